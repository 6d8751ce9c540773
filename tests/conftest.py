"""No test fails because the machine is slow, and what takes longest is begun first."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those too long to be measured come first: whoever is done early takes short ones over, and no process is last with a long one."""
    items.sort(key=lambda item: item.get_closest_marker("no_cover") is None)
