"""Facts about a customer as numbers: the same numbers when a model is fitted and when it serves.

A numeric fact becomes hat weights on knots (a spline of degree 1: between two knots the two weights add up to 1, outside the
knots the nearest one has it all), a category becomes one column a level, and both have one more column that says the
fact is missing. A level that training has not kept leaves all columns of its fact at 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FactValue = str | float | int | bool | date
Facts = Mapping[str, FactValue]
_BOOLEANS = (bool, np.bool_)


def level(value: Any) -> str:
    """The name of a category: booleans are written as in JSON, everything else as text."""
    if isinstance(value, _BOOLEANS):
        return "true" if value else "false"
    return str(value)


@dataclass(frozen=True)
class Numeric:
    """A number, cut at `knots` (strictly rising, at least one), in the fact's own unit."""

    fact: str
    knots: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse knots that are absent, not finite or not strictly rising (ValueError)."""
        knots = np.asarray(self.knots)
        if not (knots.size and np.isfinite(knots).all() and (np.diff(knots) > 0).all()):
            message = f"fact {self.fact}: knots must be finite and strictly rising, not {self.knots}"
            raise ValueError(message)

    @property
    def columns(self) -> tuple[str, ...]:
        """One readable name a knot."""
        return tuple(f"{self.fact}@{knot:g}" for knot in self.knots)

    def write(self, value: Any, row: Floats, start: int) -> None:
        """Write its weights, which add up to 1, into the columns of `row` from `start` on, the last of which is 'missing'."""
        knots = self.knots
        if value is None or value != value:  # noqa: PLR0124  only NaN differs from itself; math.isnan costs a call
            row[start + len(knots)] = 1.0
            return
        right = bisect_right(knots, value)
        if 0 < right < len(knots):
            low = knots[right - 1]
            share = (value - low) / (knots[right] - low)
            row[start + right - 1] = 1.0 - share
            row[start + right] = share
        else:
            row[start + max(right - 1, 0)] = 1.0

    def mix(self, value: Any, effects: Sequence[float]) -> float:
        """What `effects` (one a knot, the last for 'missing') amount to at this value, without making the columns."""
        if value is None or value != value:  # noqa: PLR0124  NaN is missing
            return effects[-1]
        knots = self.knots
        right = bisect_right(knots, value)
        if right == 0:
            return effects[0]
        before = effects[right - 1]
        if right == len(knots):
            return before
        low = knots[right - 1]
        share: float = (value - low) / (knots[right] - low)
        return before + (effects[right] - before) * share

    def fill(self, block: Floats, column: Sequence[Any]) -> None:
        """Write the weights of a whole column into `block` (n, knots + 1), the last column being 'missing'."""
        numbers = np.asarray(column, dtype=np.float64)  # None becomes NaN
        knots = np.asarray(self.knots)
        missing = np.isnan(numbers)
        block[missing, -1] = 1.0
        rows = np.flatnonzero(~missing)
        numbers = numbers[rows]
        right = np.searchsorted(knots, numbers, side="right")
        low = np.clip(right - 1, 0, knots.size - 1)
        high = np.clip(right, 0, knots.size - 1)
        inside = low != high
        share = np.zeros_like(numbers)
        share[inside] = (numbers - knots[low])[inside] / (knots[high] - knots[low])[inside]
        block[rows, low] = 1.0 - share
        block[rows[inside], high[inside]] = share[inside]


@dataclass(frozen=True)
class Category:
    """A fact with levels; a boolean is the category ("false", "true")."""

    fact: str
    values: tuple[str, ...]

    @cached_property
    def position(self) -> dict[str, int]:
        """Level -> column."""
        return {value: i for i, value in enumerate(self.values)}

    @property
    def columns(self) -> tuple[str, ...]:
        """One readable name a level."""
        return tuple(f"{self.fact}={value}" for value in self.values)

    def write(self, value: Any, row: Floats, start: int) -> None:
        """Mark the column of the level in `row` from `start` on, the last one where it is missing; none for a level that training has not kept."""
        column = (
            len(self.values)
            if value is None
            else self.position.get(value if type(value) is str else level(value))
        )
        if column is not None:
            row[start + column] = 1.0

    def mix(self, value: Any, effects: Sequence[float]) -> float:
        """The effect of this level; `effects` has one a level, then 'missing', then a level that training has not kept."""
        if value is None:
            return effects[-2]
        name = value if type(value) is str else level(value)  # the quick way for what comes most
        return effects[self.position.get(name, -1)]

    def fill(self, block: Floats, column: Sequence[Any]) -> None:
        """Write a whole column into `block` (n, levels + 1), the last column being 'missing'."""
        codes = np.fromiter(map(_Codes(self.values).__getitem__, column), dtype=np.intp, count=len(column))
        known = np.flatnonzero(codes >= 0)
        block[known, codes[known]] = 1.0


class _Codes(dict[Any, int]):
    """Value -> column, each distinct value named once: missing is the last column, a level not kept is -1."""

    def __init__(self, values: tuple[str, ...]) -> None:
        super().__init__({None: len(values)})
        self._position = {value: i for i, value in enumerate(values)}

    def __missing__(self, value: Any) -> int:
        code = self[value] = self._position.get(level(value), -1)
        return code


@dataclass(frozen=True)
class Encoder:
    """The facts a model knows, in a fixed order of columns. Facts without a block are not looked at."""

    blocks: tuple[Numeric | Category, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Readable names: 'tenure@12', 'contract=month', 'tenure:missing'."""
        return tuple(name for block in self.blocks for name in (*block.columns, f"{block.fact}:missing"))

    @cached_property
    def size(self) -> int:
        """How many columns there are."""
        return len(self.columns)

    @cached_property
    def _spans(self) -> dict[str, slice]:
        spans, start = {}, 0
        for block in self.blocks:
            stop = start + len(block.columns) + 1
            spans[block.fact] = slice(start, stop)
            start = stop
        return spans

    def spans(self) -> dict[str, slice]:
        """Fact -> its columns, the last of which says 'missing'."""
        return dict(self._spans)

    @cached_property
    def _writers(self) -> tuple[tuple[str, Callable[[Any, Floats, int], None], int], ...]:
        """Fact, what writes its value, and its first column."""
        return tuple((block.fact, block.write, self._spans[block.fact].start) for block in self.blocks)

    def reads(self, facts: Collection[str]) -> bool:
        """Whether one of these facts is known."""
        return any(block.fact in facts for block in self.blocks)

    def encode(self, facts: Facts) -> Floats:
        """One customer, (size,). A fact that is absent, None or NaN is missing."""
        row, value_of = np.zeros(self.size), facts.get
        for fact, write, start in self._writers:
            write(value_of(fact), row, start)
        return row

    def encode_table(self, columns: Mapping[str, Sequence[Any]]) -> Floats:
        """Many customers, (n, size): bit for bit what `encode` says of each row. Columns have one type each; a column that is absent is missing in every row."""
        n = len(next(iter(columns.values()))) if columns else 0
        table = np.zeros((n, self.size))
        for block in self.blocks:
            span, column = self._spans[block.fact], columns.get(block.fact)
            if column is None:
                table[:, span.stop - 1] = 1.0
            else:
                block.fill(table[:, span], column)
        return table

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; floats come back bit for bit."""
        return {
            "blocks": [
                {"fact": block.fact, "knots": list(block.knots)}
                if isinstance(block, Numeric)
                else {"fact": block.fact, "values": list(block.values)}
                for block in self.blocks
            ]
        }

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Encoder:
        """The encoder that `to_json` described. Raises KeyError, TypeError or ValueError when it did not."""
        return cls(
            tuple(
                Numeric(block["fact"], tuple(float(knot) for knot in block["knots"]))
                if "knots" in block
                else Category(block["fact"], tuple(block["values"]))
                for block in obj["blocks"]
            )
        )
