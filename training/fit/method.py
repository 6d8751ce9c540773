"""What a propensity method is. A method is a file in this folder with a constant METHOD: nothing else registers it."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import training.fit

if TYPE_CHECKING:
    from models.propensity import PropensityModel
    from training.fit.examples import Examples

Settings = dict[str, Any]


@dataclass(frozen=True)
class Fitted:
    """A calibrated model and the settings that were chosen for it inside the training part (JSON-able)."""

    model: PropensityModel
    settings: Settings


class Fit(Protocol):
    """Fit on these examples. `chosen`: the settings of an earlier fit, taken as they are instead of being tuned again."""

    def __call__(self, examples: Examples, seed: int, chosen: Settings | None = None) -> Fitted:
        """A calibrated model; the same examples, seed and settings give the same one."""


@dataclass(frozen=True)
class Method:
    """name as `--method` takes it, title as the report prints it, and how it is fitted."""

    name: str
    title: str
    fit: Fit


def methods() -> dict[str, Method]:
    """Every method in this folder by name, in order of file name."""
    names = sorted(module.name for module in pkgutil.iter_modules(training.fit.__path__))
    found = (getattr(importlib.import_module(f"training.fit.{name}"), "METHOD", None) for name in names)
    return {method.name: method for method in found if isinstance(method, Method)}
