"""What a customer's month was worth, in whole cents: every cent booked once, so that columns and customers add up to the same sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import deeds
from training.simulator.laboratory.contacting import MINUTES

if TYPE_CHECKING:
    from training.simulator.laboratory.asking import Asked
    from training.simulator.laboratory.contacting import Contacts
    from training.simulator.laboratory.luck import Flags, Ints
    from training.simulator.laboratory.state import State

COLUMNS = ("margin", "left", "wake", "unpaid", "discount", "cost", "service")
"""margin: of all that is held, withdrawn sales apart. left, wake: that of who left in this month, by himself or because he was asked.
unpaid: that of who did not pay. discount: given to who stayed and paid. cost: of what was accepted. service: of the minutes. All but the first are negative."""
MARGIN, LEFT, WAKE, UNPAID, DISCOUNT, COST, SERVICE = range(len(COLUMNS))
PER_MINUTE = 60
"""Cents a minute of service costs."""


def book(state: State, margins: Ints, *, left: Flags, woken: Flags, unpaid: Flags) -> Ints:
    """(n, COLUMNS) of a month, contacts apart. `woken` are among those who `left`; who is not there books nothing."""
    held = (state.held & ~state.cooling).astype(np.int64)
    margin = np.where(state.here, held @ margins, 0)
    owed = ~left & unpaid
    entries = np.zeros((len(margin), len(COLUMNS)), dtype=np.int64)
    entries[:, MARGIN] = margin
    entries[:, LEFT] = -np.where(left & ~woken, margin, 0)
    entries[:, WAKE] = -np.where(woken, margin, 0)
    entries[:, UNPAID] = -np.where(owed, margin, 0)
    entries[:, DISCOUNT] = -np.where(state.here & ~left & ~owed, state.discount, 0)
    return entries


def book_contacts(entries: Ints, contacts: Contacts, asked: Asked | None) -> None:
    """Add minutes and costs of the contacts to the entries of their customers, one contact a customer at most."""
    minutes = MINUTES[contacts.intent]
    if asked is not None:
        minutes = minutes + np.where(asked.spoken, deeds.MINUTES[asked.deed], 0.0).sum(axis=1)
        entries[contacts.row, COST] -= np.where(asked.accepted, deeds.COST[asked.deed], 0).sum(axis=1)
    entries[contacts.row, SERVICE] -= np.rint(minutes * PER_MINUTE).astype(np.int64)
