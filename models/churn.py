"""Monthly churn hazard: a sum of what each fact and each holding contributes, on the logit.

    logit = intercept + sum over facts of f(value) + sum over products of w · (held - share that holds it)

Each term is centred on its mean over the training rows, so a contribution of 0 is the average customer and the intercept is the
average customer's logit. Sums are exact (`math.fsum`), so the order of the terms plays no part.

That is leaving by himself, on which drivers and lock-in act. Other causes (not paying, what nobody can prevent) have a hazard of their own:

    h = 1 - (1 - h of leaving by himself)·(1 - h of other causes)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from models.fading import Fading
from models.features import Category, Encoder, Facts, Floats, Numeric
from models.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Chance = TypeVar("Chance", float, Floats)

KEPT_HOLDINGS, KEPT_CLOCKS = 1_000, 4_000
"""Sets of holdings and values of clocks worked out before: many customers share theirs."""


def sigmoid(logit: float) -> float:
    """1 / (1 + e^-logit), without overflow."""
    if logit >= 0.0:
        return 1.0 / (1.0 + math.exp(-logit))
    odds = math.exp(logit)
    return odds / (1.0 + odds)


def _sigmoids(logits: Floats) -> Floats:
    odds: Floats = 1.0 / (1.0 + np.exp(np.minimum(-logits, _LARGE)))
    return odds


_LARGE = 700.0
"""The exponential of more does not fit a double; the chance is then 0 to more digits than there are."""


@dataclass(frozen=True)
class ChurnModel:
    """Chance to leave during the month that begins now, for a customer who is here.

    `logit`, `contributions`, `drivers`, `curve` and `roll` speak of leaving by himself; `hazard` and `hazards` of leaving for whatever cause.
    `other`: the model of the other causes, None when all leave by themselves. `fading`: how facts that do not run by themselves go on,
    None when they stay. `trends`: the facts that each trend among the facts was made of.

    `effects` (encoder.size,) and `unseen` (facts,) are centred logits a column and, for a category, of a level that training
    has not kept; `product_effects` and `product_shares` (products,) the logit of holding it and who held it in training.
    """

    products: tuple[str, ...]
    encoder: Encoder
    intercept: float
    effects: Floats
    unseen: Floats
    product_effects: Floats
    product_shares: Floats
    fading: Fading | None = None
    other: ChurnModel | None = None
    trends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit each other, numbers that are not finite, and a fact named as a product (ValueError)."""
        facts = tuple(block.fact for block in self.encoder.blocks)
        shapes = {
            "effects": (self.encoder.size,),
            "unseen": (len(facts),),
            "product_effects": (len(self.products),),
            "product_shares": (len(self.products),),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or not np.isfinite(array).all():
                raise ValueError(f"churn model: {name} must be {shape} finite numbers, not {array.shape}")
        if not math.isfinite(self.intercept):
            raise ValueError("churn model: the intercept is not finite")
        names = (*facts, *self.products)
        if len(set(names)) != len(names):
            raise ValueError("churn model: facts and products must have names of their own")
        if self.fading is not None and {each.shape for each in vars(self.fading).values()} != {(len(facts),)}:
            raise ValueError(f"churn model: what fades must have {len(facts)} facts")
        if self.other is not None and (self.other.products != self.products or self.other.other is not None):
            raise ValueError("churn model: other causes need the same products and no causes beside them")

    @cached_property
    def _curves(self) -> tuple[tuple[Numeric | Category, tuple[float, ...]], ...]:
        """The blocks, each with its effects as `mix` reads them."""
        spans = self.encoder.spans()
        return tuple(
            (
                block,
                (
                    *self.effects[spans[block.fact]].tolist(),
                    *([unseen] if isinstance(block, Category) else []),
                ),
            )
            for block, unseen in zip(self.encoder.blocks, self.unseen.tolist(), strict=True)
        )

    @cached_property
    def _readers(self) -> tuple[tuple[str, Callable[[Any, Sequence[float]], float], tuple[float, ...]], ...]:
        """Fact, what reads its value, and its effects."""
        return tuple((block.fact, block.mix, effects) for block, effects in self._curves)

    @cached_property
    def _splines(self) -> dict[str, tuple[Floats, Floats]]:
        return {
            block.fact: (np.array(block.knots), np.array(effects[:-1]))
            for block, effects in self._curves
            if isinstance(block, Numeric)
        }

    @cached_property
    def _by_holdings(self) -> Memo[bytes, dict[str, float]]:
        return Memo(KEPT_HOLDINGS)

    @cached_property
    def _by_clock(self) -> Memo[tuple[str, float, float, float, int], Floats]:
        return Memo(KEPT_CLOCKS)

    def _of_holdings(self, holdings: Floats) -> dict[str, float]:
        key = holdings.tobytes()
        known = self._by_holdings.get(key)
        if known is None:
            held = self.product_effects * (holdings - self.product_shares)
            known = self._by_holdings.keep(key, dict(zip(self.products, held.tolist(), strict=True)))
        return known

    def _of_clock(self, fact: str, start: float, now: float, step: float, horizon: int) -> Floats:
        """What a clock that stands at `start` and contributes `now` adds to the logit of each month; one `step` a month."""
        key = (fact, start, now, step, horizon)
        known = self._by_clock.get(key)
        if known is None:
            effects = np.interp(start + step * np.arange(horizon), *self._splines[fact])
            known = self._by_clock.keep(key, effects - now)
        return known

    def contributions(self, facts: Facts, holdings: Floats) -> dict[str, float]:
        """Logits by fact and by product id (held or not), against the average customer. `holdings` is (products,), 0 or 1."""
        value_of = facts.get
        parts = {fact: mix(value_of(fact), effects) for fact, mix, effects in self._readers}
        parts.update(self._of_holdings(holdings))
        return parts

    def total(self, contributions: Mapping[str, float]) -> float:
        """The logit these contributions make."""
        return math.fsum((self.intercept, *contributions.values()))

    def logit(self, facts: Facts, holdings: Floats) -> float:
        """Exactly the intercept plus the contributions."""
        return self.total(self.contributions(facts, holdings))

    def hazard(self, facts: Facts, holdings: Floats) -> float:
        """The chance to leave during the month that begins now, for whatever cause, between 0 and 1."""
        by_himself = sigmoid(self.logit(facts, holdings))
        return by_himself if self.other is None else either(by_himself, self.other.hazard(facts, holdings))

    def drivers(self, contributions: Mapping[str, float], most: int | None = None) -> dict[str, float]:
        """What each contribution does to the hazard of the coming month: hazard - hazard with that one at 0, of leaving by himself.

        Strongest first, the `most` strongest of them (all when None).
        """
        logit = self.total(contributions)
        effects = sigmoid(logit) - _sigmoids(logit - np.fromiter(contributions.values(), np.float64))
        order = (-np.abs(effects)).argsort(kind="stable")[:most]
        names = [*contributions]
        return {names[place]: float(effects[place]) for place in order.tolist()}

    def curve(
        self,
        facts: Facts,
        holdings: Floats,
        horizon: int,
        clocks: Mapping[str, float],
    ) -> Floats:
        """Hazard a month of leaving by himself, (horizon,), for one who is still here at the start of that month.

        `clocks` gives the step a month of facts that run by themselves (tenure +1, months to contract end -1): month t uses
        value + step · (t - 1), and beyond the outermost knot nothing changes any more. Other facts fade as `fading` says, or stay.
        """
        return self.roll(self.contributions(facts, holdings), facts, horizon, clocks)

    def roll(
        self,
        contributions: Mapping[str, float],
        facts: Facts,
        horizon: int,
        clocks: Mapping[str, float],
        logit: float | None = None,
    ) -> Floats:
        """`curve`, for contributions already at hand, and their total where that is."""
        logits = (self.total(contributions) if logit is None else logit) + np.zeros(horizon)
        for fact, step in clocks.items():
            start: Any = facts.get(fact)
            if start is not None and start == start and fact in self._splines:  # noqa: PLR0124  NaN is missing
                logits += self._of_clock(fact, start, contributions[fact], step, horizon)
        if self.fading is not None:
            facts_only = np.array([contributions[block.fact] for block in self.encoder.blocks])
            logits += self.fading.change(facts_only, horizon)
        return _sigmoids(logits)

    def curve_of_all(
        self, facts: Facts, holdings: Floats, horizon: int, clocks: Mapping[str, float]
    ) -> Floats:
        """`curve`, of leaving for whatever cause: its first month is `hazard`."""
        by_himself = self.curve(facts, holdings, horizon, clocks)
        if self.other is None:
            return by_himself
        return either(by_himself, self.other.curve(facts, holdings, horizon, clocks))

    def hazards(self, columns: Mapping[str, Any], holdings: Floats) -> Floats:
        """`hazard` for a table: columns of n facts each, holdings (n, products) -> (n,), equal up to rounding."""
        by_himself = _sigmoids(self.logits(columns, holdings))
        return by_himself if self.other is None else either(by_himself, self.other.hazards(columns, holdings))

    def logits(self, columns: Mapping[str, Any], holdings: Floats) -> Floats:
        """`logit` for a table, (n,)."""
        parts = self.contribution_table(columns, len(holdings)).sum(axis=1)
        logits: Floats = self.intercept + (holdings - self.product_shares) @ self.product_effects + parts
        return logits

    def contribution_table(self, columns: Mapping[str, Any], rows: int) -> Floats:
        """What each fact contributes in each row of a table, (rows, facts); a column that is absent is missing in every row."""
        table = self.encoder.encode_table(
            columns or {block.fact: [None] * rows for block in self.encoder.blocks}
        )
        parts = np.zeros((rows, len(self.encoder.blocks)))
        for place, span in enumerate(self.encoder.spans().values()):
            known = table[:, span]
            parts[:, place] = known @ self.effects[span] + self.unseen[place] * (1.0 - known.sum(axis=1))
        return parts

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """JSON and arrays, the whole model."""
        meta = {
            "products": list(self.products),
            "encoder": self.encoder.to_json(),
            "intercept": self.intercept,
        }
        arrays = {name: getattr(self, name) for name in ARRAYS}
        if self.trends:
            meta["trends"] = {name: list(of) for name, of in self.trends.items()}
        if self.fading is not None:
            arrays[FADING] = np.stack([self.fading.lasts, self.fading.leaves, self.fading.spread])
        if self.other is not None:
            meta["other"], others = self.other.to_parts()
            arrays |= {OTHER + name: array for name, array in others.items()}
        return meta, arrays

    @classmethod
    def from_parts(cls, meta: Mapping[str, Any], arrays: Mapping[str, Floats]) -> ChurnModel:
        """The model that `to_parts` took apart. Raises KeyError, TypeError or ValueError when parts are missing or do not fit."""
        return cls(
            products=tuple(meta["products"]),
            encoder=Encoder.from_json(meta["encoder"]),
            intercept=float(meta["intercept"]),
            **{name: np.asarray(arrays[name], dtype=np.float64) for name in ARRAYS},
            fading=Fading(*np.asarray(arrays[FADING], dtype=np.float64)) if FADING in arrays else None,
            other=cls.from_parts(meta["other"], _others(arrays)) if "other" in meta else None,
            trends={name: tuple(of) for name, of in meta.get("trends", {}).items()},
        )


def either(one: Chance, other: Chance) -> Chance:
    """The chance that one of two independent things happens, or both."""
    return 1.0 - (1.0 - one) * (1.0 - other)


def _others(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    return {name.removeprefix(OTHER): array for name, array in arrays.items() if name.startswith(OTHER)}


ARRAYS = ("effects", "unseen", "product_effects", "product_shares")
FADING, OTHER = "fading", "other_"
"""The array of what fades (3, facts), and how the names of the other causes' arrays begin; both may be absent."""
