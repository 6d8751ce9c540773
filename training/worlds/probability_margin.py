"""Probability times margin: the next best offer as it is usually made.

    p(accepts and keeps | asked) = sigmoid(b·[logit of taking, discount, cancels, channel, product]),    priority = p x first year's margin

Taking: one penalised logistic regression a product (the project's own fit) on the customer-months of history. Fitted when deciding begins and once
more half a year later. Who calls to cancel gets the saves, by the share that accepted them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import expit

from training.fit.logistic import regress
from training.simulator.laboratory import deeds
from training.simulator.laboratory.contacting import CANCEL
from training.simulator.laboratory.desk import Desk, Policy, Proposals
from training.simulator.laboratory.goods import FAMILIES, LIST
from training.simulator.laboratory.luck import Flags, Floats, Ints
from training.simulator.laboratory.people import CHANNELS
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.records import Seen
from training.worlds.design import Design, design_of
from training.worlds.entrant import Entrant
from training.worlds.prices import FAMILY, sale_values
from training.worlds.ranking import best
from training.worlds.responses import Responses, acceptance_rates, responses

REFIT = 6
"""Months of deciding after which it is fitted again, once."""
THINNED = 4
"""One in so many customer-months without a purchase takes part, for all of them."""
L2 = 10.0
NEEDS = np.array([[good.needs == family for family in FAMILIES] for good in LIST])
OF_FAMILY = FAMILY[:, None] == np.array(FAMILIES)[None, :]


@dataclass(frozen=True)
class Fitted:
    """`taking` (d, P) of the design; `accepting` (e,) as `_asked` has its columns; `rates` (deeds,) of acceptance."""

    design: Design
    taking: Floats
    accepting: Floats
    rates: Floats


def fit(past: Sequence[Seen]) -> Fitted:
    """On everything written down."""
    design = design_of(past)
    taking = _taking(past, design)
    found = responses(past)
    sales = np.flatnonzero(deeds.SALE[found.deed])
    columns = _asked(
        _logits(design, taking, found)[sales], found.deed[sales], found.intent[sales], found.channel[sales]
    )
    kept = found.kept[sales, None].astype(np.float64)
    accepting = regress(columns, kept, np.ones_like(kept), np.ones((columns.shape[1], 1)), 1.0)[:, 0]
    return Fitted(design, taking, accepting, acceptance_rates(found, len(deeds.DEEDS)))


def _taking(past: Sequence[Seen], design: Design) -> Floats:
    """Who takes what in a month, asked or not, of those who could."""
    features: list[Floats] = []
    target: list[Floats] = []
    cell: list[Floats] = []
    for seen in past:
        takes = np.zeros(seen.held.shape)
        takes[np.searchsorted(seen.row, seen.bought.row), seen.bought.product] = 1.0
        active = np.asarray(takes.any(axis=1))
        kept = np.flatnonzero(active | ((seen.row + seen.month) % THINNED == 0))
        facts = {name: values[kept] for name, values in seen.facts.items()}
        features.append(design.columns(facts, seen.held[kept]))
        target.append(takes[kept])
        open_to = _open(seen.held[kept]) | (takes[kept] > 0)
        cell.append(np.where(active[kept], 1.0, float(THINNED))[:, None] * open_to.astype(np.float64))
    X, Y = np.concatenate(features), np.concatenate(target)
    return regress(X, Y, np.concatenate(cell), np.ones((X.shape[1], Y.shape[1])), L2)


def _open(held: Flags) -> Flags:
    """(n, P) not held, and of the family it needs something is."""
    has = (held.astype(np.float64) @ OF_FAMILY) > 0
    met = ~NEEDS.any(axis=1) | ((has.astype(np.float64) @ NEEDS.T) > 0)
    return np.asarray(~held & met)


def _logits(design: Design, taking: Floats, found: Responses | Desk) -> Floats:
    return np.asarray(design.columns(found.facts, found.held) @ taking)


def _asked(logit: Floats, deed: Ints, intent: Ints, channel: Ints) -> Floats:
    """(k, e) of sales of these deeds, `logit` (k, P)."""
    product = deeds.SELLS[deed]
    taking = logit[np.arange(len(deed)), product]
    return np.column_stack(
        [
            np.ones(len(deed)),
            taking,
            deeds.DISCOUNT[deed] / 500.0,
            intent == CANCEL,
            np.eye(len(CHANNELS))[channel],
            np.eye(len(LIST))[product],
        ]
    )


class ProbabilityMargin:
    """Keeps what it has fitted, and when."""

    def __init__(self, past: Sequence[Seen]) -> None:
        self._began = len(past)
        self._fitted = fit(past)

    def propose(self, desk: Desk) -> Proposals:
        """Offers by probability times margin; saves by their acceptance to who calls to cancel, and to nobody else."""
        if desk.month == self._began + REFIT:
            self._fitted = fit(desk.past)
        chance = self.chances(desk)
        leaving = (desk.contacts.intent == CANCEL)[:, None]
        score = np.where(
            leaving & deeds.SAVE, self._fitted.rates, np.where(leaving, 0.0, chance * sale_values(desk.held))
        )
        return best(score, desk.eligible)

    def chances(self, desk: Desk) -> Floats:
        """(m, deeds) that a sale is accepted and kept when it is spoken; 0 of what sells nothing."""
        known, contacts = self._fitted, desk.contacts
        logit = _logits(known.design, known.taking, desk)
        sales = np.flatnonzero(deeds.SALE)
        m = len(desk.customer)
        line = np.repeat(np.arange(m), len(sales))
        columns = _asked(logit[line], np.tile(sales, m), contacts.intent[line], contacts.channel[line])
        chance = np.zeros((m, len(deeds.DEEDS)))
        chance[:, sales] = expit(columns @ known.accepting).reshape(m, len(sales))
        return chance


def make(play: Play, seed: int, workdir: Path) -> Policy:  # noqa: ARG001  as every entrant is made
    """Fitted on what was written down."""
    return ProbabilityMargin(play.seen)


ENTRANT = Entrant(
    "probability-margin",
    "offers by probability of acceptance x first year's margin; a save to who cancels",
    make,
)
