"""Public data sets as canonical tables: one file each, a function (source, out) -> what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.datasets.insurance import import_insurance
from training.datasets.telco import import_telco

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

IMPORTERS: Mapping[str, Callable[[Path, Path], str]] = {"telco": import_telco, "insurance": import_insurance}
"""What `python -m training import` knows."""
