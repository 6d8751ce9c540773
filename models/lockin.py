"""What holding a product does to staying: hazard ratios with their evidence, a causal estimate or nothing.

Grades: A randomised, B adjusted and not refuted, C anything else; C counts as nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from math import inf, prod
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Grade: TypeAlias = Literal["A", "B", "C"]
_GRADES: Final = get_args(Grade)
_COUNTED: Final = ("A", "B")
_NUMBERS: Final = ("hazard_ratio", "low", "high")


@dataclass(frozen=True)
class Effect:
    """Holding the product multiplies the monthly hazard by `hazard_ratio`, 95 % interval [low, high].

    Raises:
        ValueError: a ratio that is not a positive finite number, one outside its interval, an unknown grade.
    """

    product_id: str
    hazard_ratio: float
    low: float
    high: float
    grade: Grade

    def __post_init__(self) -> None:
        where = f"lock-in of product {self.product_id!r}"
        for name in _NUMBERS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
                raise ValueError(f"{where}: {name} is {value!r}: give a positive finite hazard ratio")
        if not self.low <= self.hazard_ratio <= self.high:
            raise ValueError(
                f"{where}: hazard_ratio {self.hazard_ratio} lies outside [{self.low}, {self.high}]: "
                "give low <= hazard_ratio <= high"
            )
        if self.grade not in _GRADES:
            raise ValueError(f"{where}: grade is {self.grade!r}: give one of {', '.join(_GRADES)}")


_KEYS: Final = tuple(field.name for field in fields(Effect))


@dataclass(frozen=True)
class LockIn:
    """The table of effects in the bundle, one row a product; a product without a row has no effect.

    Raises:
        ValueError: two rows for one product.
    """

    effects: tuple[Effect, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for effect in self.effects:
            if effect.product_id in seen:
                raise ValueError(
                    f"lock-in of product {effect.product_id!r}: it has two rows: keep one of them"
                )
            seen.add(effect.product_id)

    @cached_property
    def _counted(self) -> Mapping[str, Effect]:
        return {effect.product_id: effect for effect in self.effects if effect.grade in _COUNTED}

    def ratio(self, gained: Iterable[str] = (), lost: Iterable[str] = ()) -> float:
        """The hazard ratio of changed holdings: gained products multiply, lost ones divide; 1 without evidence."""
        counted = self._counted
        up = prod(counted[product].hazard_ratio for product in gained if product in counted)
        down = prod(counted[product].hazard_ratio for product in lost if product in counted)
        return float(up / down)

    def grade(self, gained: Iterable[str] = (), lost: Iterable[str] = ()) -> Grade | None:
        """The weakest grade that counted in the ratio, None when nothing did: the source shown beside the term."""
        grades = [self._counted[product].grade for product in (*gained, *lost) if product in self._counted]
        return max(grades, default=None)

    def to_json(self) -> list[dict[str, Any]]:
        """One object an effect, sorted by product: equal tables give equal bytes."""
        return [asdict(effect) for effect in sorted(self.effects, key=lambda effect: effect.product_id)]

    @classmethod
    def from_json(cls, rows: Any) -> LockIn:
        """The table that `to_json` wrote.

        Raises:
            ValueError: not a list of objects with exactly the keys of an effect, or an effect that cannot be.
        """
        if not isinstance(rows, list):
            raise ValueError(  # noqa: TRY004  a wrong document is one kind of error, whatever is wrong in it
                f"lock-in: {type(rows).__name__} found: give a list with one object a product"
            )
        return cls(tuple(_effect(number, row) for number, row in enumerate(rows)))


def _effect(number: int, row: Any) -> Effect:
    if not isinstance(row, dict) or set(row) != set(_KEYS) or not isinstance(row["product_id"], str):
        raise ValueError(
            f"lock-in, row {number}: {row!r}: give an object with product_id (text), {', '.join(_KEYS[1:])}"
        )
    return Effect(**row)
