"""What the tests of experiments start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.training.experiment.companies import Company

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)
