"""The routes: one file a noun. Every function in them that declares an operation is a route; nothing is listed twice."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.contract import Endpoint


def endpoints() -> list[Endpoint]:
    """Every route of every file, in the order of files and lines."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if hasattr(value, "operation") and value.__module__ == module.__name__
    ]
