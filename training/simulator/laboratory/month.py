"""One month of some customers: troubles, contacts, what is said, what is bought, who leaves, what it was worth.

facts as known -> troubles -> contacts and answers (days 10 to 18) -> purchases unasked (days 20 to 26) -> leaving (last day)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import money, wanting
from training.simulator.laboratory.asking import ask
from training.simulator.laboratory.contacting import Contacts, get_in_touch
from training.simulator.laboratory.leaving import anew, leaves, pressure
from training.simulator.laboratory.troubles import CUT_OFF, suffer

if TYPE_CHECKING:
    from training.simulator.laboratory.asking import Asked
    from training.simulator.laboratory.desk import Proposals
    from training.simulator.laboratory.leaving import Pressure
    from training.simulator.laboratory.luck import Flags, Floats, Ints
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State
    from training.simulator.laboratory.troubles import Troubles


@dataclass(frozen=True)
class Moment:
    """A month when its contacts begin, hidden things included. `utility` (n, P), `pick` (n,): wishes, and what is bought if nobody asks."""

    month: int
    state: State
    troubles: Troubles
    utility: Floats
    pick: Ints
    before: Pressure
    contacts: Contacts


@dataclass(frozen=True)
class Outcome:
    """How a month ended. `pressure`: as it was then. `held` (n, P): at its end, before anybody left.

    `left`: who left by himself; `woken`: those of them who would have stayed had nobody asked. `entries`: the ledger.
    """

    pressure: Pressure
    held: Flags
    left: Flags
    woken: Flags
    cut_off: Flags
    dies: Flags
    entries: Ints

    @property
    def hazard(self) -> Floats:
        """(n,) The true probability to leave by himself in this month."""
        return self.pressure.hazard

    @property
    def motive(self) -> Ints:
        """(n,) Why he would."""
        return self.pressure.motive

    @property
    def gone(self) -> Flags:
        """Who is no customer any more, for whatever reason."""
        return np.asarray(self.left | self.cut_off | self.dies)


def begin(setting: Setting, state: State, month: int) -> Moment:
    """Troubles happen and customers get in touch."""
    troubles = suffer(setting, state, month)
    utility = wanting.wishes(setting, state, month)
    pick = wanting.picks(setting, state, month, utility)
    before = pressure(setting, state, troubles)
    contacts = get_in_touch(setting, state, month, troubles, before)
    return Moment(month, state, troubles, utility, pick, before, contacts)


def converse(setting: Setting, moment: Moment, proposals: Proposals) -> tuple[Asked, Flags]:
    """Propose to everyone in touch; what was said, and who would have left (n,) had nobody said it."""
    row, state = moment.contacts.row, moment.state
    part = state.take(row)
    untold = part.copy()
    utility, pick, motive = moment.utility[row], moment.pick[row], moment.before.motive[row]
    asked = ask(setting, part, moment.month, moment.contacts, proposals, utility, pick, motive)
    state.put(row, part)
    buy_unasked(setting, untold, moment.month, pick)
    otherwise = pressure(setting, untold, moment.troubles.take(row))
    would_leave = np.zeros(len(state.here), dtype=bool)
    would_leave[row] = leaves(untold, moment.month, otherwise)
    return asked, would_leave


def buy_unasked(setting: Setting, state: State, month: int, pick: Ints) -> Ints:
    """(n,) What is bought of what was picked: it may have been sold in a contact of the same month, or closed by one."""
    who = np.flatnonzero(state.here & (pick != wanting.NOTHING))
    still = wanting.may_buy(setting, state.held[who], state.barred[who])[np.arange(len(who)), pick[who]]
    bought = np.full(len(pick), wanting.NOTHING)
    bought[who[still]] = pick[who[still]]
    wanting.buy(setting, state, month, bought)
    return bought


def close(
    setting: Setting,
    moment: Moment,
    asked: Asked | None,
    would_leave: Flags | None,
    unasked: Ints,
    *,
    nobody_leaves: bool,
) -> Outcome:
    """Who leaves, and what the month was worth. `unasked` (n,): what was bought.

    With `nobody_leaves` only who dies or does not pay: survival is then the product of 1 - hazard.
    """
    state, troubles = moment.state, moment.troubles
    changed = unasked != wanting.NOTHING
    if asked is not None:
        changed[moment.contacts.row] = True
    after = anew(setting, moment.before, state, troubles, np.flatnonzero(changed))
    dies, cut_off = state.here & troubles.dies, state.here & (state.missed >= CUT_OFF)
    left = np.zeros_like(dies)
    if not nobody_leaves:
        left = state.here & ~dies & ~cut_off & leaves(state, moment.month, after)
    woken = np.zeros_like(left)
    if would_leave is not None:
        woken[moment.contacts.row] = (left & ~would_leave)[moment.contacts.row]
    entries = money.book(
        state, setting.margin(moment.month), left=left | dies | cut_off, woken=woken, unpaid=troubles.missed
    )
    money.book_contacts(entries, moment.contacts, asked)
    state.here[left | dies | cut_off] = False
    state.contacts[:, 1:] = state.contacts[:, :-1].copy()
    state.contacts[:, 0] = 0
    state.contacts[moment.contacts.row, 0] = 1
    return Outcome(after, state.held.copy(), left, woken, cut_off, dies, entries)
