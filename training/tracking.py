"""MLflow, spoken here and nowhere else in the job: runs, versions of the model `behoud`, and the alias `champion`.

MLflow carries files and names; nothing of it is ever unpickled or imported from an artifact.
"""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.errors import ServiceError
from training.folder import read_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlflow import MlflowClient

MODEL = "behoud"
EXPERIMENT = "behoud"
CHAMPION = "champion"
FOLDER = "bundle"
LONGEST = 5000
"""Characters MLflow keeps of a parameter."""
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow says of a model or an alias that is not there (yet)."""
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
"""Unless the environment says otherwise: quiet, and a server that is away is said to be away within seconds, not minutes."""


class TrackingError(ServiceError):
    """MLflow cannot be reached or does not have what was asked for."""


@dataclass(frozen=True)
class Log:
    """What a run leaves in MLflow besides the bundle: parameters, metrics, tags and files of its report."""

    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    report: Mapping[str, bytes]


class Registry:
    """One MLflow: a server's address, or `sqlite:///…/mlflow.db` with its artifacts in a folder beside it."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        self.uri = uri
        self._artifacts = artifacts

    @cached_property
    def _client(self) -> MlflowClient:
        return _client(self.uri)

    def log(self, log: Log, bundle: Mapping[str, bytes], version: str) -> int:
        """One finished run with the bundle as its artifact, registered: the number of the new version.

        Raises:
            TrackingError: MLflow did not take it.
        """
        from mlflow.entities import Metric, Param  # noqa: PLC0415  two seconds that other commands need not wait

        with self._speaking():
            run = self._client.create_run(self._experiment(), tags=dict(log.tags), run_name=version[7:19])
            run_id = run.info.run_id
            params = [Param(key, value[:LONGEST]) for key, value in log.params.items()]
            moment = int(run.info.start_time)
            metrics = [Metric(key, number, moment, 0) for key, number in log.metrics.items()]
            self._client.log_batch(run_id, metrics=metrics, params=params)
            self._upload(run_id, FOLDER, bundle)
            self._upload(run_id, "report", log.report)
            self._client.set_terminated(run_id)
            return self._register(run_id, f"{run.info.artifact_uri}/{FOLDER}", version)

    def champion(self) -> tuple[int, dict[str, bytes]] | None:
        """The number and the files of the version in service, None when there is none yet.

        Raises:
            TrackingError: MLflow cannot be asked.
        """
        from mlflow.exceptions import MlflowException  # noqa: PLC0415  as above

        with self._speaking():
            try:
                found = self._client.get_model_version_by_alias(MODEL, CHAMPION)
            except MlflowException as error:
                if error.error_code not in ABSENT:
                    raise
                return None
            return int(found.version), self._download(str(found.source))

    def promote(self, version: int) -> None:
        """Let `champion` name this version.

        Raises:
            TrackingError: MLflow did not take it.
        """
        with self._speaking():
            self._client.set_registered_model_alias(MODEL, CHAMPION, str(version))

    def fetch(self, reference: str) -> dict[str, bytes]:
        """The files of `models:/name@alias` or `models:/name/version`.

        Raises:
            TrackingError: no such version, or MLflow cannot be asked.
        """
        name, alias, version = _reference(reference)
        with self._speaking():
            found = (
                self._client.get_model_version_by_alias(name, alias)
                if alias
                else self._client.get_model_version(name, version)
            )
            return self._download(str(found.source))

    def _experiment(self) -> str:
        known = self._client.get_experiment_by_name(EXPERIMENT)
        if known is not None:
            return str(known.experiment_id)
        local = self.uri.startswith("sqlite:")
        location = self._artifacts.resolve().as_uri() if local else None
        return str(self._client.create_experiment(EXPERIMENT, artifact_location=location))

    def _register(self, run_id: str, source: str, version: str) -> int:
        if not self._client.search_registered_models(filter_string=f"name='{MODEL}'"):
            self._client.create_registered_model(MODEL)
        made = self._client.create_model_version(MODEL, source, run_id, tags={"bundle": version})
        return int(made.version)

    def _upload(self, run_id: str, folder: str, files: Mapping[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as place:
            for name, data in files.items():
                (Path(place) / name).write_bytes(data)
            self._client.log_artifacts(run_id, place, folder)

    def _download(self, source: str) -> dict[str, bytes]:
        from mlflow.artifacts import download_artifacts  # noqa: PLC0415  as above

        with tempfile.TemporaryDirectory() as place:
            folder = download_artifacts(artifact_uri=source, dst_path=place, tracking_uri=self.uri)
            return read_folder(Path(folder))

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Whatever goes wrong on the way to MLflow is one kind of error with its address in it."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415  as above
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  as above

        try:
            with _hushed():
                yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            first = str(error).strip().partition("\n")[0]
            absent = getattr(error, "error_code", "") in ABSENT
            remedy = (
                "register one with `python -m training run --promote`"
                if absent
                else "check MLFLOW_TRACKING_URI"
            )
            raise TrackingError(f"MLflow at {self.uri}: {first} {remedy}") from error


def registry(environ: Mapping[str, str], var: Path) -> Registry:
    """The MLflow that MLFLOW_TRACKING_URI names, else one in the folder `var`."""
    uri = environ.get("MLFLOW_TRACKING_URI", "")
    if not uri:
        var.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{(var / 'mlflow.db').resolve()}"
    return Registry(uri, var / "mlflow")


def _reference(reference: str) -> tuple[str, str, str]:
    """(name, alias, version), one of the last two empty."""
    name, at, alias = reference.removeprefix("models:/").partition("@")
    if at and name and alias:
        return name, alias, ""
    name, _, version = name.partition("/")
    if not name or not version.isdigit():
        raise TrackingError(
            f"'{reference}' names no version; write models:/{MODEL}@{CHAMPION} or models:/{MODEL}/3"
        )
    return name, "", version


@contextmanager
def _hushed() -> Iterator[None]:
    """Without the warnings MLflow and SQLAlchemy raise about each other: nobody who runs the job can mend them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _client(uri: str) -> MlflowClient:
    for key, value in SETTINGS.items():
        os.environ.setdefault(key, value)
    with _hushed():
        from mlflow import MlflowClient  # noqa: PLC0415  two seconds that other commands need not wait

        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        client: Any = MlflowClient(tracking_uri=uri, registry_uri=uri)
    return client  # type: ignore[no-any-return]  # mlflow is only partly typed
