"""Which product a customer takes next, from holdings and facts: one serving form for every method.

    P(which | any) = softmax over what may still be acquired of   b + scale * S(X) + F·U + C[number of holdings]

S is `Linear` (X·W) for every method but ALS, where it is `Factors`: one small solve for the customer's factors. Products are
columns in the order of `products`; holdings X are 0 or 1, facts F come out of the encoder that training fitted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.any_purchase import MOST_COUNTED, AnyPurchase, count_of
from models.features import Encoder, Facts, Floats
from models.memo import Memo
from models.scores import Factors, Linear, Scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

KEPT_HOLDINGS = 1_000
"""Sets of holdings worked out before: many customers share theirs."""


def softmax(logits: Floats, allowed: npt.NDArray[np.bool_]) -> Floats:
    """Probabilities over the allowed cells of each row, (..., P): 0 elsewhere, all 0 in a row without an allowed cell."""
    ceiling = np.max(logits, axis=-1, keepdims=True, initial=-1e30, where=allowed)
    weight = np.exp(np.minimum(logits - ceiling, 0.0)) * allowed
    total = weight.sum(axis=-1, keepdims=True)
    return weight / np.where(total > 0.0, total, 1.0)  # type: ignore[no-any-return]  # numpy types the quotient as Any


class Held(NamedTuple):
    """What a set of holdings says by itself: of each product (P,), -inf for what may not be acquired, and of any acquisition."""

    logits: Floats
    any_logit: float


@dataclass(frozen=True)
class PropensityModel:
    """A fitted and calibrated method. P products, k encoded facts.

    `base` (P,) is P(which) on average in training, all above 0; `repeatable` (P,) marks what may be acquired while held.
    """

    products: tuple[str, ...]
    method: str
    encoder: Encoder
    repeatable: npt.NDArray[np.bool_]
    base: Floats
    scores: Scores
    scale: float
    intercept: Floats
    facts: Floats
    counts: Floats
    any_purchase: AnyPurchase | None = None

    def which(self, holdings: Floats, facts: Facts) -> Floats:
        """P(which | any), (P,): sums to 1 over what may still be acquired, all 0 when nothing may be."""
        return self._which(self._of_holdings(holdings), self.encoder.encode(facts))

    def any_in_90_days(self, holdings: Floats, facts: Facts) -> float | None:
        """P(any acquisition in 90 days); None when the training data had no dates."""
        return self._any(self._of_holdings(holdings), self.encoder.encode(facts))

    @property
    def any_base(self) -> float | None:
        """P(any acquisition in 90 days) of the average customer in training; None without dates."""
        return None if self.any_purchase is None else self.any_purchase.typical

    def takes(self, holdings: Floats, facts: Facts) -> tuple[Floats, float | None]:
        """`which` and `any_in_90_days` in one go: the facts are encoded once."""
        held, encoded = self._of_holdings(holdings), self.encoder.encode(facts)
        return self._which(held, encoded), self._any(held, encoded)

    def which_table(self, holdings: Floats, encoded: Floats) -> Floats:
        """P(which | any) for many customers: holdings (n, P), encoded facts (n, k) -> (n, P)."""
        return softmax(self.logits_table(holdings, encoded), self.allowed(holdings))

    def logits_table(self, holdings: Floats, encoded: Floats) -> Floats:
        """The link before what may not be acquired is taken out, (n, P)."""
        raw = self.scale * self.scores.table(holdings)
        return self.intercept + raw + encoded @ self.facts + self.counts[count_of(holdings)]

    def allowed(self, holdings: Floats) -> npt.NDArray[np.bool_]:
        """What may still be acquired: not held, or repeatable."""
        return np.asarray(np.logical_or(holdings == 0.0, self.repeatable))

    @cached_property
    def _by_holdings(self) -> Memo[bytes, Held]:
        return Memo(KEPT_HOLDINGS)

    def _of_holdings(self, holdings: Floats) -> Held:
        key = holdings.tobytes()
        known = self._by_holdings.get(key)
        if known is None:
            count = min(int(holdings.sum()), MOST_COUNTED)
            logits = self.scale * self.scores.row(holdings) + self.intercept + self.counts[count]
            logits[~self.allowed(holdings)] = -np.inf
            any_logit = 0.0 if self.any_purchase is None else self.any_purchase.of_holdings(holdings, count)
            known = self._by_holdings.keep(key, Held(logits, any_logit))
        return known

    def _which(self, held: Held, encoded: Floats) -> Floats:
        logits = held.logits + encoded @ self.facts
        top = np.maximum.reduce(logits)
        if top == -np.inf:
            return np.zeros_like(logits)
        weight = np.exp(logits - top)
        return weight / np.add.reduce(weight)  # type: ignore[no-any-return]  # numpy types the quotient as Any

    def _any(self, held: Held, encoded: Floats) -> float | None:
        if self.any_purchase is None:
            return None
        return self.any_purchase.row(held.any_logit, encoded)

    def to_parts(self) -> tuple[dict[str, Any], dict[str, Floats | npt.NDArray[np.bool_]]]:
        """JSON-able meta and named arrays: everything the model is."""
        meta: dict[str, Any] = {
            "products": list(self.products),
            "method": self.method,
            "encoder": self.encoder.to_json(),
            "scale": self.scale,
        }
        arrays: dict[str, Floats | npt.NDArray[np.bool_]] = {name: getattr(self, name) for name in _ARRAYS}
        if isinstance(self.scores, Factors):
            meta["alpha"] = self.scores.alpha
            arrays |= {"items": self.scores.items, "gram": self.scores.gram}
        else:
            assert isinstance(self.scores, Linear)  # noqa: S101  two forms exist
            arrays["weights"] = self.scores.weights
        if self.any_purchase is not None:
            meta |= {"any_intercept": self.any_purchase.intercept, "any_typical": self.any_purchase.typical}
            arrays |= {f"any_{name}": getattr(self.any_purchase, name) for name in _ANY_ARRAYS}
        return meta, arrays

    @classmethod
    def from_parts(cls, meta: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> PropensityModel:
        """What `to_parts` gave. Raises KeyError for a missing part and ValueError for an array of the wrong shape."""
        encoder, products = Encoder.from_json(meta["encoder"]), tuple(meta["products"])
        _check_shapes(arrays, len(products), encoder.size)
        scores: Scores = (
            Factors(arrays["items"], float(meta["alpha"]), arrays["gram"])
            if "alpha" in meta
            else Linear(arrays["weights"])
        )
        purchase = (
            AnyPurchase(
                intercept=float(meta["any_intercept"]),
                typical=float(meta["any_typical"]),
                **{name: arrays[f"any_{name}"] for name in _ANY_ARRAYS},
            )
            if "any_intercept" in meta
            else None
        )
        return cls(
            products=products,
            method=str(meta["method"]),
            encoder=encoder,
            scores=scores,
            scale=float(meta["scale"]),
            any_purchase=purchase,
            **{name: arrays[name] for name in _ARRAYS},
        )


_ARRAYS = ("repeatable", "base", "intercept", "facts", "counts")
_ANY_ARRAYS = tuple(field.name for field in fields(AnyPurchase) if field.name not in {"intercept", "typical"})


def _check_shapes(arrays: Mapping[str, npt.NDArray[Any]], n_products: int, n_facts: int) -> None:
    rows = MOST_COUNTED + 1
    factors = arrays["items"].shape[-1] if "items" in arrays else 0
    expected: dict[str, Sequence[int]] = {
        "repeatable": (n_products,),
        "base": (n_products,),
        "intercept": (n_products,),
        "facts": (n_facts, n_products),
        "counts": (rows, n_products),
        "weights": (n_products, n_products),
        "items": (n_products, factors),
        "gram": (factors, factors),
        "any_holdings": (n_products,),
        "any_facts": (n_facts,),
        "any_counts": (rows,),
    }
    for name, shape in expected.items():
        if name in arrays and arrays[name].shape != tuple(shape):
            raise ValueError(
                f"propensity: array {name!r} has shape {arrays[name].shape}, expected {tuple(shape)}"
            )
