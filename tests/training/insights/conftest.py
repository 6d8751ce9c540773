"""A data folder to be filled, and documents as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.report.small_worlds import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "data"
    folder.mkdir()
    return World(folder)


@pytest.fixture
def documents(tmp_path: Path) -> Callable[[bytes, bytes], dict[str, Path]]:
    """Catalogue and policy as files."""

    def written(catalogue: bytes, policy: bytes) -> dict[str, Path]:
        found = {"catalogue": tmp_path / "catalogue.yaml", "policy": tmp_path / "policy.yaml"}
        for path, text in zip(found.values(), (catalogue, policy), strict=True):
            path.write_bytes(text)
        return found

    return written
