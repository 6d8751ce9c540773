"""Monthly churn hazard: a sum of what each fact and each holding contributes, on the logit.

    logit = intercept + sum over facts of f(value) + sum over products of w · (held - share that holds it)

Each term is centred on its mean over the training rows, so a contribution of 0 is the average customer and the intercept is the
average customer's logit. Sums are exact (`math.fsum`), so the order of the terms plays no part.

That is leaving by himself, on which drivers and lock-in act. Other causes (not paying, what nobody can prevent) have a model of their own each, of
the same form and as exact. Who stays was spared by all of them, as `models.causes` says:

    h = 1 - (1 - h of leaving by himself)·product over the other causes of (1 - h)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property, partial, reduce
from operator import getitem
from typing import TYPE_CHECKING, Any

import numpy as np

from models.causes import CAUSES, ONE_FOR_BOTH, VOLUNTARY, either
from models.fading import Fading
from models.features import Category, Encoder, Facts, Floats, Numeric
from models.logits import sigmoid, sigmoids
from models.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_HOLDINGS, KEPT_CLOCKS = 1_000, 4_000
"""Sets of holdings and values of clocks worked out before: many customers share theirs."""


@dataclass(frozen=True)
class ChurnModel:
    """Chance to leave during the month that begins now, for a customer who is here.

    `logit`, `contributions`, `drivers`, `curve` and `roll` speak of leaving by himself; `hazard` and `hazards` of leaving for whatever cause.
    `causes`: the models of the other causes, in the order in which they come; none when all leave by themselves. `fading`: how facts that do not run by themselves go on,
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
    causes: Mapping[str, ChurnModel] = field(default_factory=dict)
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
        for name, cause in self.causes.items():
            if name not in (*CAUSES, ONE_FOR_BOTH):
                raise ValueError(f"churn model: cause '{name}' is none of {', '.join(CAUSES)}")
            if cause.products != self.products or cause.causes:
                raise ValueError(
                    f"churn model: cause '{name}' needs the same products and no causes beside it"
                )

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
    def apart(self) -> dict[str, ChurnModel]:
        """The model of each cause alone, in the order in which they come, leaving by himself last."""
        return {**self.causes, VOLUNTARY: replace(self, causes={})}

    @cached_property
    def level(self) -> float | None:
        """The hazard of leaving by himself where it is the same for everyone and every month, else None."""
        same = not self.encoder.blocks and not self.product_effects.any()
        return sigmoid(self.intercept) if same else None

    @cached_property
    def _tables(self) -> tuple[dict[Any, float], ...]:
        """What each fact contributes, by its value."""
        return tuple(block.table(partial(block.mix, effects=effects)) for block, effects in self._curves)

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
        names = self.encoder.facts
        parts = dict(zip(names, map(getitem, self._tables, map(facts.get, names)), strict=True))
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
        return reduce(either, [cause.hazard(facts, holdings) for cause in self.causes.values()], by_himself)

    def drivers(self, contributions: Mapping[str, float], most: int | None = None) -> dict[str, float]:
        """What each contribution does to the hazard of the coming month: hazard - hazard with that one at 0, of leaving by himself.

        Strongest first, the `most` strongest of them (all when None).
        """
        logit = self.total(contributions)
        effects = sigmoid(logit) - sigmoids(logit - np.fromiter(contributions.values(), np.float64))
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
        if self.level is not None:
            return np.full(horizon, self.level)
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
        return sigmoids(logits)

    def curve_of_causes(
        self, facts: Facts, holdings: Floats, horizon: int, clocks: Mapping[str, float]
    ) -> Floats | None:
        """Hazard a month of all other causes together, (horizon,); None where no other is known."""
        curves = [cause.curve(facts, holdings, horizon, clocks) for cause in self.causes.values()]
        return reduce(either, curves) if curves else None

    def curve_of_all(
        self, facts: Facts, holdings: Floats, horizon: int, clocks: Mapping[str, float]
    ) -> Floats:
        """`curve`, of leaving for whatever cause: its first month is `hazard`."""
        by_himself = self.curve(facts, holdings, horizon, clocks)
        others = self.curve_of_causes(facts, holdings, horizon, clocks)
        return by_himself if others is None else either(by_himself, others)

    def hazards(self, columns: Mapping[str, Any], holdings: Floats) -> Floats:
        """`hazard` for a table: columns of n facts each, holdings (n, products) -> (n,), equal up to rounding."""
        by_himself = sigmoids(self.logits(columns, holdings))
        return reduce(
            either, [cause.hazards(columns, holdings) for cause in self.causes.values()], by_himself
        )

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
        meta: dict[str, Any] = {
            "products": list(self.products),
            "encoder": self.encoder.to_json(),
            "intercept": self.intercept,
        }
        arrays = {name: getattr(self, name) for name in ARRAYS}
        if self.trends:
            meta["trends"] = {name: list(of) for name, of in self.trends.items()}
        if self.fading is not None:
            arrays[FADING] = np.stack([self.fading.lasts, self.fading.leaves, self.fading.spread])
        apart = {name: cause.to_parts() for name, cause in self.causes.items()}
        if apart:
            meta["causes"] = [{"cause": name, **of} for name, (of, _) in apart.items()]
        for name, (_, theirs) in apart.items():
            arrays |= {f"{name}_{array}": numbers for array, numbers in theirs.items()}
        return meta, arrays

    @classmethod
    def from_parts(cls, meta: Mapping[str, Any], arrays: Mapping[str, Floats]) -> ChurnModel:
        """The model that `to_parts` took apart. Raises KeyError, TypeError or ValueError when parts are missing or do not fit."""
        causes = {one["cause"]: one for one in meta.get("causes", ())}
        if "other" in meta:
            causes[ONE_FOR_BOTH] = meta["other"]
        return cls(
            products=tuple(meta["products"]),
            encoder=Encoder.from_json(meta["encoder"]),
            intercept=float(meta["intercept"]),
            **{name: np.asarray(arrays[name], dtype=np.float64) for name in ARRAYS},
            fading=Fading(*np.asarray(arrays[FADING], dtype=np.float64)) if FADING in arrays else None,
            causes={name: cls.from_parts(of, _of(name, arrays)) for name, of in causes.items()},
            trends={name: tuple(of) for name, of in meta.get("trends", {}).items()},
        )


def _of(cause: str, arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    start = f"{cause}_"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


ARRAYS = ("effects", "unseen", "product_effects", "product_shares")
FADING = "fading"
"""The array of what fades (3, facts); it may be absent. Arrays of a cause begin with its name."""
