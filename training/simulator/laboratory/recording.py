"""Writing down a month: what the company can know of it once it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import deeds, wanting
from training.simulator.laboratory.desk import NONE
from training.simulator.laboratory.luck import Kind
from training.simulator.laboratory.records import STAYED, UNAVOIDABLE, UNPAID, Bought, Ended, Seen

if TYPE_CHECKING:
    from training.simulator.laboratory.asking import Asked
    from training.simulator.laboratory.luck import Flags, Floats, Ints
    from training.simulator.laboratory.month import Moment, Outcome

BUYING, BUYING_DAYS = 20, 7
"""Days of the month on which is bought unasked; contacts come before."""
LAST = 27
"""Day of the month on which customers leave and purchases are withdrawn."""


def seen(
    facts: dict[str, Floats],
    before: tuple[Flags, Ints],
    moment: Moment,
    asked: Asked,
    unasked: Ints,
    outcome: Outcome,
) -> Seen:
    """`before`: held and since at the start of the month, whose `facts` these are; the state must still be that of its end."""
    row = np.flatnonzero(moment.state.here | outcome.gone)
    bought = _bought(moment, asked, unasked)
    left = np.select(
        [outcome.dies, outcome.cut_off, outcome.left], [UNAVOIDABLE, UNPAID, outcome.motive], STAYED
    )
    return Seen(
        month=moment.month,
        row=row,
        facts={name: values[row] for name, values in facts.items()},
        held=before[0][row],
        outage=moment.troubles.hours[row],
        missed=moment.troubles.missed[row],
        complains=moment.troubles.complains[row],
        contacts=moment.contacts,
        asked=asked,
        bought=bought,
        ended=_ended(before, moment, bought, outcome.gone),
        left=left[row],
    )


def _bought(moment: Moment, asked: Asked, unasked: Ints) -> Bought:
    contact, rank = np.nonzero(asked.accepted & deeds.SALE[asked.deed])
    deed = asked.deed[contact, rank]
    alone = np.flatnonzero(unasked != wanting.NOTHING)
    day = BUYING + (BUYING_DAYS * moment.state.people.luck.uniform(Kind.DAY, moment.month)).astype(np.int64)
    return Bought(
        row=np.concatenate([moment.contacts.row[contact], alone]),
        product=np.concatenate([deeds.SELLS[deed], unasked[alone]]),
        day=np.concatenate([moment.contacts.day[contact], day[alone]]),
        deed=np.concatenate([deed, np.full(len(alone), NONE)]),
    )


def _ended(before: tuple[Flags, Ints], moment: Moment, bought: Bought, gone: Flags) -> Ended:
    """What was replaced ended on the day of the purchase; what was withdrawn, and all that leavers held, on the last day."""
    state = moment.state
    had, since = before[0].copy(), np.where(before[0], before[1], moment.month)
    had[bought.row, bought.product] = True
    replaced = had & ~state.held
    day = np.full(len(gone), LAST)
    day[bought.row] = bought.day
    row, product = np.nonzero(replaced | (state.held & (state.cooling | gone[:, None])))
    return Ended(row, product, since[row, product], np.where(replaced[row, product], day[row], LAST))
