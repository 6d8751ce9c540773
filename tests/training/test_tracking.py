"""Runs, versions and the champion, in a real MLflow on SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from training.errors import ServiceError
from training.tracking import EXPERIMENT, Log, Registry, TrackingError, registry

if TYPE_CHECKING:
    from pathlib import Path

LOG = Log(
    {"seed": "1", "long": "x" * 9000},
    {"propensity.als.log_loss": 0.5},
    {"data": "sha256:d"},
    {"report.txt": b"well"},
)
FILES = {"manifest.json": b"{}", "winner.npz": b"123"}
VERSION = "sha256:" + "ab" * 32


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return registry({}, tmp_path_factory.mktemp("var"))


def test_the_first_run_is_version_1_and_nobody_is_champion_until_promoted(mlflow: Registry) -> None:
    assert mlflow.champion() is None
    first = mlflow.log(LOG, FILES, VERSION)
    assert first == 1
    assert mlflow.champion() is None
    mlflow.promote(first)
    assert mlflow.champion() == (1, FILES)
    second = mlflow.log(LOG, {**FILES, "winner.npz": b"456"}, VERSION)
    assert second == 2
    assert mlflow.champion() == (1, FILES)
    mlflow.promote(second)
    assert mlflow.champion() == (2, {**FILES, "winner.npz": b"456"})
    assert mlflow.fetch("models:/behoud@champion")["winner.npz"] == b"456"
    assert mlflow.fetch("models:/behoud/1") == FILES


def test_a_run_keeps_parameters_metrics_tags_and_its_report(mlflow: Registry) -> None:
    mlflow.log(LOG, FILES, VERSION)
    client = mlflow._client
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    run = client.search_runs([experiment.experiment_id], max_results=1)[0]
    assert run.info.status == "FINISHED"
    assert run.data.params["seed"] == "1"
    assert len(run.data.params["long"]) == 5000
    assert run.data.metrics == {"propensity.als.log_loss": 0.5}
    assert run.data.tags["data"] == "sha256:d"
    assert [file.path for file in client.list_artifacts(run.info.run_id, "report")] == ["report/report.txt"]


@pytest.mark.parametrize(
    "reference", ["models:/behoud@nobody", "models:/behoud/77", "models:/other@champion"]
)
def test_a_version_that_is_not_there_is_named_with_a_remedy(mlflow: Registry, reference: str) -> None:
    with pytest.raises(TrackingError, match="register one with"):
        mlflow.fetch(reference)


@pytest.mark.parametrize(
    "reference", ["models:/behoud", "models:/@champion", "models:/behoud/new", "models:/"]
)
def test_a_reference_that_names_no_version_is_refused(mlflow: Registry, reference: str) -> None:
    with pytest.raises(TrackingError, match=r"write models:/behoud@champion or models:/behoud/3"):
        mlflow.fetch(reference)


def test_an_mlflow_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(ServiceError, match=r"MLflow at sqlite:.*check MLFLOW_TRACKING_URI"):
        registry({}, tmp_path).champion()


def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match=r"MLflow at http://127\.0\.0\.1:1: .*check MLFLOW_TRACKING_URI"):
        registry({"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}, tmp_path).log(LOG, FILES, VERSION)


def test_a_tracking_uri_from_outside_wins(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'theirs.db'}"
    assert registry({"MLFLOW_TRACKING_URI": uri}, tmp_path / "var").uri == uri
    assert not (tmp_path / "var").exists()
