"""What loyalty costs the quiet: discount to those who called to cancel, against customers of equal value who called, but never for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import money
from training.simulator.laboratory.contacting import CANCEL

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Flags, Floats
    from training.simulator.laboratory.play import Play

DECILES = 10


def loyalty_gap(play: Play, start: Play) -> float | None:
    """Euros of discount a customer from the branch on: who threatened less who did not, within deciles of margin at the branch.

    Both were in touch while it was decided. Deciles weigh by their threats; one without any quiet customer is left out; None without a threat.
    """
    threatens, calls = _flags(play, start)
    given = -play.ledger[start.month :, :, money.DISCOUNT].sum(axis=0) / 100.0
    margin = start.state.held @ play.setting.margin(start.month)
    return gap(given[calls], margin[calls].astype(np.float64), threatens[calls])


def gap(given: Floats, margin: Floats, threatens: Flags) -> float | None:
    """(n,) each: the difference of the mean of `given` within deciles of `margin`, weighted by those who threaten."""
    if not threatens.any():
        return None
    edges = np.quantile(margin, np.arange(1, DECILES) / DECILES)
    decile = np.searchsorted(edges, margin, side="right")
    many, few = (np.bincount(decile[flags], minlength=DECILES) for flags in (threatens, ~threatens))
    sums = [np.bincount(decile[flags], given[flags], DECILES) for flags in (threatens, ~threatens)]
    both = (many > 0) & (few > 0)
    if not both.any():
        return None
    difference = sums[0][both] / many[both] - sums[1][both] / few[both]
    return float((many[both] * difference).sum() / many[both].sum())


def _flags(play: Play, start: Play) -> tuple[Flags, Flags]:
    threatens, calls = np.zeros((2, len(start.state.here)), dtype=bool)
    for seen in play.seen[start.month :]:
        calls[seen.contacts.row] = True
        threatens[seen.contacts.row[seen.contacts.intent == CANCEL]] = True
    return threatens, calls
