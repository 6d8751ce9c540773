"""Where bundles come from: a folder, or an alias of a registered model. MLflow is spoken here and nowhere else in `api`.

MLflow only fetches files and reads aliases: nothing it could load as code or pickle is ever loaded. All of this waits on disks
and networks, so it runs in threads.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models.bundle import MANIFEST, BundleError
from models.documents import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 500_000_000

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""A live service tells nobody what it runs, draws no progress bars, and starts without a registry that is away."""


class RegistryAwayError(Exception):
    """The registry does not answer, or does not know the alias."""


class BundleSource(Protocol):
    """`token` changes when there is another bundle; `files` fetches it; `beside` is where the one with another alias comes from."""

    def token(self) -> str: ...

    def files(self) -> dict[str, bytes]: ...

    def beside(self, alias: str) -> BundleSource: ...


class Folder:
    """A bundle as `training run` writes it; those beside it lie in folders called `folder@alias`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def token(self) -> str:
        return version_of((self._path / MANIFEST).read_bytes())

    def files(self) -> dict[str, bytes]:
        return read_folder(self._path)

    def beside(self, alias: str) -> Folder:
        return Folder(self._path.with_name(f"{self._path.name}@{alias}"))


class Registry:
    """The version of a registered model an alias points to."""

    def __init__(self, address: str, tracking_uri: str) -> None:
        self._address = address
        self._name, _, self._alias = address.removeprefix("models:/").partition("@")
        self._uri = tracking_uri

    def token(self) -> str:
        """The number of the version.

        Raises:
            RegistryAwayError: no answer, or no such alias.
        """
        with self._speaking():
            return str(self._found().version)

    def files(self) -> dict[str, bytes]:
        """Download what the alias points to now.

        Raises:
            RegistryAwayError: no answer, or the artifacts are gone.
            BundleError: there is no manifest among the artifacts.
        """
        with self._speaking(), tempfile.TemporaryDirectory(prefix="behoud-") as place:
            from mlflow.artifacts import download_artifacts  # noqa: PLC0415  two seconds a folder need not wait

            folder = download_artifacts(
                artifact_uri=self._found().source, dst_path=place, tracking_uri=self._uri
            )
            return read_folder(Path(folder))

    def beside(self, alias: str) -> Registry:
        return Registry(f"models:/{self._name}@{alias}", self._uri)

    def _found(self) -> Any:
        from mlflow import MlflowClient  # noqa: PLC0415  as above

        client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
        return client.get_model_version_by_alias(self._name, self._alias)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Whatever goes wrong on the way to MLflow is one kind of error with the address in it."""
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        from mlflow.exceptions import MlflowException  # noqa: PLC0415  as above
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  as above

        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            first = str(error).partition("\n")[0]
            raise RegistryAwayError(f"{self._address} at {self._uri}: {first}") from error


def source_of(address: str, tracking_uri: str) -> BundleSource | None:
    """The source an address means: `models:/name@alias`, a folder, or none when there is no address."""
    if not address:
        return None
    return Registry(address, tracking_uri) if address.startswith("models:/") else Folder(Path(address))


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a bundle's folder.

    Raises:
        BundleError: no manifest, or more bytes than a bundle may have.
    """
    if not (folder / MANIFEST).is_file():
        raise BundleError(
            MANIFEST, f"there is none in '{folder}'; write one with 'python -m training run --out'"
        )
    paths = [path for path in sorted(folder.iterdir()) if path.is_file()]
    total = sum(path.stat().st_size for path in paths)
    if total > MAX_BYTES:
        raise BundleError(str(folder), f"{total} bytes; a bundle may have {MAX_BYTES}")
    return {path.name: path.read_bytes() for path in paths}
