"""What holding a product does to staying: hazard ratios with their evidence, a causal estimate or nothing.

Grades: A randomised, B adjusted and not refuted, C anything else; C counts as nothing. What binds by a term or a fee is a barrier: always C.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from math import log, prod, sqrt
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from models.evidence import Evidence, check_ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Grade: TypeAlias = Literal["A", "B", "C"]
_GRADES: Final = get_args(Grade)
_COUNTED: Final = ("A", "B")
WIDTH: Final = 1.959963984540054
"""Standard errors from the middle of a 95 % interval to its end."""


@dataclass(frozen=True)
class Effect:
    """Holding the product multiplies the monthly hazard by `hazard_ratio`, 95 % interval [low, high], symmetrical on the log.

    `barrier`: it binds by a term or a fee. `reason`: why it counts, or why not. `evidence`: what it rests on; None when nothing was estimated.

    Raises:
        ValueError: a ratio that is not a positive finite number, one outside its interval, an unknown grade, a barrier that counts.
    """

    product_id: str
    hazard_ratio: float
    low: float
    high: float
    grade: Grade
    barrier: bool = False
    reason: str = ""
    evidence: Evidence | None = None

    def __post_init__(self) -> None:
        where = f"lock-in of product {self.product_id!r}"
        check_ratio(where, hazard_ratio=self.hazard_ratio, low=self.low, high=self.high)
        if not self.low <= self.hazard_ratio <= self.high:
            raise ValueError(
                f"{where}: hazard_ratio {self.hazard_ratio} lies outside [{self.low}, {self.high}]: "
                "give low <= hazard_ratio <= high"
            )
        if self.grade not in _GRADES:
            raise ValueError(f"{where}: grade is {self.grade!r}: give one of {', '.join(_GRADES)}")
        if self.barrier and self.grade in _COUNTED:
            raise ValueError(f"{where}: grade is {self.grade!r}: a barrier is no reason to stay; give C")

    @cached_property
    def log_ratio(self) -> float:
        """The mean of ln(hazard ratio), where it is normal."""
        return log(self.hazard_ratio)

    @cached_property
    def error(self) -> float:
        """The standard error of ln(hazard ratio)."""
        return log(self.high / self.low) / (2 * WIDTH)


_KEYS: Final = tuple(field.name for field in fields(Effect))
_NEEDED: Final = _KEYS[:5]


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
    def counted(self) -> Mapping[str, Effect]:
        """Product -> effect, of those that count: grades A and B."""
        return {effect.product_id: effect for effect in self.effects if effect.grade in _COUNTED}

    def ratio(self, gained: Iterable[str] = (), lost: Iterable[str] = ()) -> float:
        """The hazard ratio of changed holdings: gained products multiply, lost ones divide; 1 without evidence."""
        counted = self.counted
        up = prod(counted[product].hazard_ratio for product in gained if product in counted)
        down = prod(counted[product].hazard_ratio for product in lost if product in counted)
        return float(up / down)

    def error(self, gained: Iterable[str] = (), lost: Iterable[str] = ()) -> float:
        """The standard error of the logarithm of `ratio`; effects of different products are estimated apart, what is exchanged for itself cancels."""
        counted = self.counted
        net = Counter(gained)
        net.subtract(Counter(lost))
        return sqrt(
            sum((n * counted[product].error) ** 2 for product, n in net.items() if product in counted)
        )

    def grade(self, gained: Iterable[str] = (), lost: Iterable[str] = ()) -> Grade | None:
        """The weakest grade that counted in the ratio, None when nothing did: the source shown beside the term."""
        grades = [self.counted[product].grade for product in (*gained, *lost) if product in self.counted]
        return max(grades, default=None)

    def to_json(self) -> list[dict[str, Any]]:
        """One object an effect, sorted by product: equal tables give equal bytes."""
        return [asdict(effect) for effect in sorted(self.effects, key=lambda effect: effect.product_id)]

    @classmethod
    def from_json(cls, rows: Any) -> LockIn:
        """The table that `to_json` wrote.

        Raises:
            ValueError: not a list of objects with the keys of an effect, or an effect that cannot be.
        """
        if not isinstance(rows, list):
            raise ValueError(  # noqa: TRY004  a wrong document is one kind of error, whatever is wrong in it
                f"lock-in: {type(rows).__name__} found: give a list with one object a product"
            )
        return cls(tuple(_effect(number, row) for number, row in enumerate(rows)))


def _effect(number: int, row: Any) -> Effect:
    known = isinstance(row, dict) and set(_NEEDED) <= set(row) <= set(_KEYS)
    if not known or not isinstance(row["product_id"], str):
        raise ValueError(
            f"lock-in, row {number}: {row!r}: give an object with product_id (text), {', '.join(_NEEDED[1:])}, "
            f"and if you like {', '.join(_KEYS[5:])}"
        )
    evidence = row.get("evidence")
    return Effect(**{**row, "evidence": None if evidence is None else Evidence.from_json(evidence)})
