"""From holdings to p: what customers like this one take unasked, and what this one accepts when asked.

Taking (o) is learned where acquisitions are dated; accepting (p) starts at the rate the catalogue states and is corrected
by outcomes, on the logit. Holding, taking and accepting are three different things.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from models.motive import Figures
    from models.value import Floats

# A chance of exactly 0 or 1 has no logit. Arrays, which numpy need not make again in every decision.
_LEAST: Final = np.array(1e-6)
_MOST: Final = np.array(1.0 - 1e-6)
_ZERO: Final = np.array(0.0)
_ONE: Final = np.array(1.0)
_CERTAIN: Final = np.array(500.0)


_NOTHING: Final = np.zeros(1)  # the last place, -1: what sells nothing is not taken unasked


def logit(chance: Floats) -> Floats:
    """ln(p/(1-p)), of a chance strictly between 0 and 1."""
    odds: Floats = np.log(chance) - np.log1p(-chance)
    return odds


class Taken(NamedTuple):
    """o by product, each in [1e-6, 1-1e-6]; `assumed` where the catalogue said it and not the data. Both (n_products,)."""

    o: Floats
    assumed: npt.NDArray[np.bool_]


def taken_unasked(any_in_90_days: float | None, which: Floats, base: Floats, take_rate: Floats) -> Taken:
    """The o of each product: P(any acquisition in 90 days) x P(which | any), from dated acquisitions that no spoken offer preceded.

    Without dates (any_in_90_days is None) the catalogue's take rate times the lift which/base, marked assumed. A product
    that training never saw acquired (base 0) has no lift: its take rate stands, assumed. All arrays (n_products,).
    """
    seen = base > _ZERO
    assumed = np.ones_like(seen) if any_in_90_days is None else ~seen
    return Taken(taken(any_in_90_days, which, base, take_rate, seen), assumed)


def taken(
    any_in_90_days: float | None,
    which: Floats,
    base: Floats,
    take_rate: Floats,
    seen: npt.NDArray[np.bool_],
) -> Floats:
    """The o alone; `seen` marks where the base is above 0. All (n_products,)."""
    if any_in_90_days is None:
        return _within(take_rate * np.divide(which, base, out=np.ones_like(base), where=seen))
    return _within(np.where(seen, any_in_90_days * which, take_rate))


def taken_by_action(o: Floats, sold: npt.NDArray[np.intp]) -> Floats:
    """The o of each action: the smallest o of the products it sells, 0 when it sells nothing.

    o (n_products,), `sold` (N, most) the places in it of what each action sells, filled up by naming one of them again and
    all -1 when it sells nothing -> (N,).
    """
    smallest: Floats = np.concatenate((o, _NOTHING))[sold].min(axis=1)
    return smallest


def pull_from_rate(rate: Floats, typical: Floats) -> Floats:
    """The pull a that makes the average customer accept at the stated rate: a = logit(rate) - logit(o_typical).

    `rate` is the share that accepts when asked, `typical` the action's o at the average customer, 0 when it sells nothing
    (then a = logit(rate)). What outcomes taught is added to a, on the logit. All (N,).
    """
    return logit(_within(rate)) - np.log(odds_of_taking(typical))


def odds_of_taking(o: Floats) -> Floats:
    """o/(1-o), and 1 for what sells nothing (o = 0), whose acceptance knows no taking."""
    inside = _within(o)
    return np.where(o > _ZERO, inside / (_ONE - inside), _ONE)


def accepted(o: Floats, pull: Floats, keep: Floats) -> Floats:
    """The chance p that he accepts and keeps it: keep · sigmoid(logit(o) + a), or keep · sigmoid(a) when it sells nothing.

    o in 0..1 (0: sells nothing), pull a = stated + learned, keep = the share of acceptances that hold. Broadcasts: pull (N,), or (draws, N).
    """
    return accepted_at(odds_of_taking(o) * boost_of(pull), keep)


def accepted_at(odds: Figures, keep: Figures) -> Figures:
    """The same from the odds of accepting, o/(1-o) · e^a, which needs no logarithm: keep · odds/(1 + odds)."""
    return keep * odds / (1.0 + odds)


def boost_of(pull: Floats) -> Floats:
    """What a pull does to the odds, e^a; beyond what doubles can tell from certain nothing grows."""
    boost: Floats = np.exp(np.minimum(pull, _CERTAIN))
    return boost


def leaves_after(q0: float, fatigue: float, refused: int, q1: float | None = None) -> float:
    """The chance of leaving now after `refused` refusals: min(1, q0 · f^refused). In EIV q1 is this with one refusal more.

    Where what the first refusal does is learned, `q1`, only those after it weigh by fatigue: min(1, q1 · f^(refused - 1)).
    """
    if q1 is None or refused == 0:
        return min(1.0, q0 * fatigue**refused)
    return min(1.0, q1 * fatigue ** (refused - 1))


def _within(chance: Floats) -> Floats:
    inside: Floats = np.minimum(np.maximum(chance, _LEAST), _MOST)
    return inside
