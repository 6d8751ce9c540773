"""Money is conserved: every cent of a play is in the ledger once, and what was said accounts for what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import deeds, money
from training.simulator.laboratory.contacting import MINUTES

if TYPE_CHECKING:
    from training.simulator.laboratory.play import Play


class BalanceError(AssertionError):
    """Cents appeared or were lost."""


def balanced(play: Play, start: Play) -> None:
    """Check a play that was branched from `start`, to the cent.

    What `start` had booked stands; who has gone books nothing more; in every month that was written down, the minutes and the costs of the contacts
    are those of what was spoken and accepted; margin comes in and all else goes out.

    Raises:
        BalanceError: with what does not add up.
    """
    ledger = play.ledger
    if not np.array_equal(ledger[: start.month], start.ledger):
        raise BalanceError("the months before the branch were booked anew")
    if (ledger[:, :, money.MARGIN] < 0).any() or (ledger[:, :, money.MARGIN + 1 :] > 0).any():
        raise BalanceError("margin below nought, or an expense above it")
    gone = np.zeros(ledger.shape[1], dtype=bool)
    for month, outcome in enumerate(play.outcomes):
        if ledger[month, gone].any():
            raise BalanceError(f"who had left was booked in month {month}")
        gone |= outcome.gone
    for seen in play.seen:
        asked = seen.asked
        minutes = MINUTES[seen.contacts.intent] + np.where(asked.spoken, deeds.MINUTES[asked.deed], 0.0).sum(
            axis=1
        )
        owed = (
            np.rint(minutes * money.PER_MINUTE).sum(),
            np.where(asked.accepted, deeds.COST[asked.deed], 0).sum(),
        )
        booked = ledger[seen.month, :, money.SERVICE].sum(), ledger[seen.month, :, money.COST].sum()
        if (-int(booked[0]), -int(booked[1])) != (int(owed[0]), int(owed[1])):
            raise BalanceError(f"contacts of month {seen.month} cost {owed} cents and {booked} were booked")
