"""Why and when customers leave: tenure, the end of the term, price, complaints, lines, offers of others, a move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.features import Floats
    from training.simulator.people import Flags, Indices, People
    from training.simulator.state import State

BASE = -4.3


def pushes(people: People, state: State, bill: Floats, fiber: Flags, line: Flags) -> dict[str, Floats]:
    """Motive -> what it adds to the logit of leaving this month, each (N,) and at least 0."""
    price = np.maximum(0.35 * people.need("thrift") + 0.015 * (bill - 60.0), 0.0)
    return {
        "price": price,
        "competitor": 0.5 * people.competitor_fiber * line * ~fiber,
        "service": 0.9 * state.complaint + 0.08 * np.minimum(state.contacts, 8),
        "quality": line * (0.9 * (1.0 - people.quality) + 0.03 * np.minimum(state.outage_hours, 24.0)),
        "usage": np.maximum(-1.5 * state.slope, 0.0),
        "moving": 2.2 * state.moving,
        "other": np.full(len(people), 0.15),
    }


def hazard(state: State, pushed: dict[str, Floats], products: Floats) -> Floats:
    """The chance to leave this month, (N,): pushes, a term that holds until it ends, habit, and what is held beside."""
    term = np.where(state.term_left > 1, -1.8, np.where(state.term_left == 1, 1.2, 0.2))
    habit = 0.8 * np.exp(-state.tenure / 8.0) - 0.5 * np.log1p(state.tenure / 24.0)
    logit = BASE + sum(pushed.values()) + term + habit - 0.12 * np.minimum(products, 6.0)
    return 1.0 / (1.0 + np.exp(-logit))


def motive(pushed: dict[str, Floats], rng: np.random.Generator) -> Indices:
    """The motive a leaver gives, an index into `pushed`: mostly the one that pushed hardest, (N,)."""
    strength = np.stack(list(pushed.values()), axis=1)
    return np.asarray((3.0 * strength + rng.gumbel(size=strength.shape)).argmax(axis=1))
