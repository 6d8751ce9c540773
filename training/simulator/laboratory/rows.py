"""Records of many customers at once, of which some can be taken."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


class Rows:
    """A dataclass whose arrays all have one row a customer."""

    def take(self, rows: npt.NDArray[Any]) -> Self:
        """These rows, by index (also twice) or by flag, in arrays of their own."""
        return replace(
            self,
            **{field.name: getattr(self, field.name)[rows] for field in _arrays(self)} | _nested(self, rows),
        )  # type: ignore[type-var]  # every one is a dataclass

    def put(self, rows: npt.NDArray[Any], other: Self) -> None:
        """Write the rows of another one over these."""
        for field in _arrays(self):
            getattr(self, field.name)[rows] = getattr(other, field.name)


def _arrays(record: Any) -> list[Any]:
    return [field for field in fields(record) if isinstance(getattr(record, field.name), np.ndarray)]


def _nested(record: Any, rows: npt.NDArray[Any]) -> dict[str, Any]:
    found = {field.name: getattr(record, field.name) for field in fields(record)}
    return {name: value.take(rows) for name, value in found.items() if isinstance(value, Rows)}
