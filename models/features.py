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
from functools import cached_property, partial
from operator import getitem
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from models.memo import Memo

Floats = npt.NDArray[np.float64]
FactValue = str | float | int | bool | date
Facts = Mapping[str, FactValue]
Read = TypeVar("Read")
KEPT_NUMBERS = 4_000
"""Values of a number that are read once: customers share most of theirs."""
_BOOLEANS = (bool, np.bool_)


def level(value: Any) -> str:
    """The name of a category: booleans are written as in JSON, everything else as text."""
    if isinstance(value, _BOOLEANS):
        return "true" if value else "false"
    return str(value)


class _Numbers(Memo[Any, Read]):
    """What is read off a number, by the number."""

    def __init__(self, read: Callable[[Any], Read]) -> None:
        super().__init__(KEPT_NUMBERS)
        self._read = read

    def __missing__(self, value: Any) -> Read:
        return self.keep(value, self._read(value))


class _Levels(dict[Any, Read]):
    """What is read off a category: of its levels and of None at once, and of a boolean by its truth values, for which it takes 1 and 0 as well."""

    def __init__(self, values: Sequence[str], read: Callable[[Any], Read]) -> None:
        truths = (True, False) if {"true", "false"}.issuperset(values) else ()
        super().__init__({value: read(value) for value in (*values, *truths, None)})
        self._read = read

    def __missing__(self, value: Any) -> Read:
        name = level(value)
        return self[name] if name in self else self._read(name)


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

    def write(self, value: Any, row: Floats) -> None:
        """Write its weights, which add up to 1, into its columns, the last of which is 'missing'."""
        knots = self.knots
        if value is None or value != value:  # noqa: PLR0124  only NaN differs from itself; math.isnan costs a call
            row[-1] = 1.0
            return
        right = bisect_right(knots, value)
        if 0 < right < len(knots):
            low = knots[right - 1]
            share = (value - low) / (knots[right] - low)
            row[right - 1] = 1.0 - share
            row[right] = share
        else:
            row[max(right - 1, 0)] = 1.0

    def table(self, read: Callable[[Any], Read]) -> dict[Any, Read]:
        """What is read off each value, worked out once for most."""
        return _Numbers(read)

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

    def write(self, value: Any, row: Floats) -> None:
        """Mark the column of the level, the last one where it is missing; none for a level that training has not kept."""
        column = len(self.values) if value is None else self.position.get(level(value))
        if column is not None:
            row[column] = 1.0

    def table(self, read: Callable[[Any], Read]) -> dict[Any, Read]:
        """What is read off each value, worked out once for all that are kept."""
        return _Levels(self.values, read)

    def mix(self, value: Any, effects: Sequence[float]) -> float:
        """The effect of this level; `effects` has one a level, then 'missing', then a level that training has not kept."""
        if value is None:
            return effects[-2]
        return effects[self.position.get(level(value), -1)]

    def fill(self, block: Floats, column: Sequence[Any]) -> None:
        """Write a whole column into `block` (n, levels + 1), the last column being 'missing'."""
        codes = np.fromiter(map(_Codes(self.values).__getitem__, column), dtype=np.intp, count=len(column))
        known = np.flatnonzero(codes >= 0)
        block[known, codes[known]] = 1.0


def _columns(block: Numeric | Category, value: Any) -> bytes:
    row = np.zeros(len(block.columns) + 1)
    block.write(value, row)
    return row.tobytes()


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
    def facts(self) -> tuple[str, ...]:
        """By name, one a block."""
        return tuple(block.fact for block in self.blocks)

    @cached_property
    def _tables(self) -> tuple[dict[Any, bytes], ...]:
        """The columns of each fact by its value, as the bytes of their numbers."""
        return tuple(block.table(partial(_columns, block)) for block in self.blocks)

    def reads(self, facts: Collection[str]) -> bool:
        """Whether one of these facts is known."""
        return any(block.fact in facts for block in self.blocks)

    def encode(self, facts: Facts) -> Floats:
        """One customer, (size,), not to be written to. A fact that is absent, None or NaN is missing."""
        return np.frombuffer(b"".join(map(getitem, self._tables, map(facts.get, self.facts))))

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
