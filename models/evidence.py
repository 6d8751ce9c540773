"""What a lock-in estimate rests on: the plain comparison, the adjusted one, how many were compared, and what tried to refute it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Made = TypeVar("Made")


def check_ratio(where: str, **numbers: Any) -> None:
    """Refuse hazard ratios that are no positive finite numbers, or do not rise in the order given (ValueError)."""
    for name, value in numbers.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and isfinite(value) and value > 0):
            raise ValueError(f"{where}: {name} is {value!r}: give a positive finite hazard ratio")


@dataclass(frozen=True)
class Ratio:
    """A hazard ratio with its 95 % interval.

    Raises:
        ValueError: numbers that are not positive and finite, or a ratio outside its interval.
    """

    ratio: float
    low: float
    high: float

    def __post_init__(self) -> None:
        check_ratio("evidence", ratio=self.ratio, low=self.low, high=self.high)
        if not self.low <= self.ratio <= self.high:
            raise ValueError(f"evidence: ratio {self.ratio} lies outside [{self.low}, {self.high}]")


@dataclass(frozen=True)
class Check:
    """An attempt to refute the estimate. `value`: what came of it, None when it could not be made; `says`: one sentence, in that case why not.

    Raises:
        ValueError: a value that is not finite.
    """

    name: str
    passed: bool
    value: float | None
    says: str

    def __post_init__(self) -> None:
        if self.value is not None and not isfinite(self.value):
            raise ValueError(f"check {self.name!r}: value is {self.value!r}: give a finite number or null")


@dataclass(frozen=True)
class Evidence:
    """`naive`: leaving of those who took it against all others, nothing adjusted; `adjusted`: before shrinkage; `instrument`: by offers drawn at random, where there were any.

    `taken`, `controls`: customers and months that were compared. `months`: they were followed at most so long. `overlap`: share of those
    who took it for whom there are comparable others.

    Raises:
        ValueError: counts below 0, an overlap that is no share.
    """

    naive: Ratio
    adjusted: Ratio
    taken: int
    controls: int
    months: int
    overlap: float
    checks: tuple[Check, ...] = ()
    instrument: Ratio | None = None

    def __post_init__(self) -> None:
        if min(self.taken, self.controls, self.months) < 0 or not 0 <= self.overlap <= 1:
            raise ValueError("evidence: counts are not below 0 and overlap is a share: correct them")

    @classmethod
    def from_json(cls, row: Any) -> Evidence:
        """The evidence that `asdict` wrote.

        Raises:
            ValueError: other keys than those of an evidence, or an evidence that cannot be.
        """
        given = _keys(cls, row)
        ratios = {name: _made(Ratio, given[name]) for name in ("naive", "adjusted")}
        instrument = None if given["instrument"] is None else _made(Ratio, given["instrument"])
        checks = tuple(_made(Check, check) for check in given["checks"])
        return cls(**{**given, **ratios, "instrument": instrument, "checks": checks})


def _made(kind: type[Made], row: Any) -> Made:
    return kind(**_keys(kind, row))


def _keys(kind: Any, row: Any) -> Mapping[str, Any]:
    names = {field.name for field in fields(kind)}
    if not isinstance(row, dict) or set(row) != names:
        raise ValueError(f"lock-in evidence: {row!r}: give an object with {', '.join(sorted(names))}")
    return row
