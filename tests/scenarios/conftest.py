"""What is asked here is asked a thousand times over, and reaches no line that the tests of the code itself leave out."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unmeasured: to note every line of every decision takes longer than to decide."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("no_cover")
