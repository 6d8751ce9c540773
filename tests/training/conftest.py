"""An MLflow that nobody has used, made once."""

from __future__ import annotations

import pytest

from training.tracking import registry


@pytest.fixture(scope="session")
def new_mlflow(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Its database: it takes longer to make than a small world to learn from."""
    folder = tmp_path_factory.mktemp("mlflow")
    assert registry({}, folder).champion() is None
    return (folder / "mlflow.db").read_bytes()
