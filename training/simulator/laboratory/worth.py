"""What saying something is really worth, in expectation over the luck to come: the oracle's knowledge.

    value(a) = p·V(said, yes) + (1 - p)·V(said, no) - V(not said),       p = P(yes | spoken)

Each V is played: the customer is copied as he is in the middle of the contact, the answer is forced, and the months are played on with
nothing more said and with luck that has not come yet, the same luck in all copies. In place of leaving, money is weighted by survival.
Nothing here is the formula of `models`: organic purchases, fading goodwill, troubles and later contacts happen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import deeds, money, wanting
from training.simulator.laboratory.asking import acceptance, react
from training.simulator.laboratory.contacting import CANCEL, Contacts, leaves_given_contact, threats
from training.simulator.laboratory.expectation import expected
from training.simulator.laboratory.leaving import pressure
from training.simulator.laboratory.month import buy_unasked
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.state import next_month

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Flags, Floats, Ints
    from training.simulator.laboratory.month import Moment
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State
    from training.simulator.laboratory.troubles import Troubles

NOBODY, NO, YES = 0, 1, 2
IMPOSSIBLE = -np.inf


@dataclass(frozen=True)
class Worth:
    """(m, deeds), the deed being spoken: `yes` the probability it is accepted, `cents` what that is worth against silence, IMPOSSIBLE when not eligible."""

    yes: Floats
    cents: Floats


@dataclass(frozen=True)
class _Futures:
    """(k,) futures to play: the contact they branch from, what was said, and the answer."""

    contact: Ints
    deed: Ints
    answer: Ints


def worth(setting: Setting, moment: Moment, eligible: Flags, months: int, *, lucks: int = 2) -> Worth:
    """The true worth of each eligible deed in each contact of the moment, over `months` months with this one, by so many runs of luck.

    Precision: the standard error falls with the square root of `lucks`; both branches of a deed share their luck.
    """
    contact, deed = np.nonzero(eligible)
    m, k = len(eligible), len(contact)
    refused, like = _refusals(contact, deed)
    futures = _Futures(
        np.concatenate([np.arange(m), contact[refused], contact]),
        np.concatenate([np.zeros(m, dtype=np.int64), deed[refused], deed]),
        np.repeat([NOBODY, NO, YES], [m, len(refused), k]),
    )
    said = money.PER_MINUTE * deeds.MINUTES[deed]
    chance, gain = np.zeros(k), np.zeros(k)
    for luck in range(
        1, lucks + 1
    ):  # each by itself: who buys it anyway in one run would say yes in that one
        value = _played(setting, moment, futures, months, luck)
        p = _chance(setting, moment, contact, deed, luck)
        chance += p / lucks
        no, yes = value[m : m + len(refused)][like], value[m + len(refused) :]
        gain += (p * yes + (1.0 - p) * no - said - value[contact]) / lucks
    yes, cents = np.zeros(eligible.shape), np.full(eligible.shape, IMPOSSIBLE)
    yes[contact, deed], cents[contact, deed] = chance, gain
    return Worth(yes, cents)


def _refusals(contact: Ints, deed: Ints) -> tuple[Ints, Ints]:
    """Places of (k,) deeds whose refusals are to be played, and for each deed the one of these that its own refusal is like.

    What is refused leaves nothing in a customer but how it wakes, and the irritation of a save.
    """
    trace = np.stack([contact, deeds.WAKES[deed], deeds.SAVE[deed]])
    _, first, like = np.unique(trace, axis=1, return_index=True, return_inverse=True)
    return first, like


def _chance(setting: Setting, moment: Moment, contact: Ints, deed: Ints, luck: int) -> Floats:
    """(k,) P(yes | spoken): talked into it, or about to buy it anyway."""
    row = moment.contacts.row[contact]
    state, motive = moment.state.take(row).again(luck), moment.before.motive[row]
    utility = moment.utility[row]
    talked = acceptance(setting, state, moment.contacts.take(contact), deed, utility, motive)
    anyway = deeds.SALE[deed] & (wanting.picks(setting, state, moment.month, utility) == deeds.SELLS[deed])
    return np.asarray(np.where(anyway, 1.0, talked))


def _played(setting: Setting, moment: Moment, futures: _Futures, months: int, luck: int) -> Floats:
    """(k,) expected cents of each future."""
    row = moment.contacts.row[futures.contact]
    contacts = replace(moment.contacts.take(futures.contact), row=np.arange(len(row)))
    state, troubles = moment.state.take(row).again(luck), moment.troubles.take(row)
    before = moment.before.take(row)
    bluff = threats(setting, state)
    pick = wanting.picks(setting, state, moment.month, moment.utility[row])
    _answer(setting, state, moment.month, contacts, futures, pick, before.motive)
    buy_unasked(setting, state, moment.month, pick)
    after = pressure(setting, state, troubles)
    cancel = contacts.intent == CANCEL
    leaves = leaves_given_contact(setting.parameters.calls, bluff, cancel, before, after)
    now = _this_month(setting, state, moment.month, futures, troubles, leaves)
    next_month(state)
    return now + expected(Play(setting, state, moment.month + 1), months - 1, np.asarray(1.0 - leaves))


def _answer(
    setting: Setting,
    state: State,
    month: int,
    contacts: Contacts,
    futures: _Futures,
    pick: Ints,
    motive: Ints,
) -> None:
    """Force what was said and answered upon the customers of `state`."""
    asked = np.flatnonzero(futures.answer != NOBODY)
    part, deed, yes = state.take(asked), futures.deed[asked], futures.answer[asked] == YES
    react(setting, part, deed, yes, motive[asked], threat=contacts.intent[asked] == CANCEL)
    product = np.where(yes & deeds.SALE[deed], deeds.SELLS[deed], wanting.NOTHING)
    wanting.buy(setting, part, month, product, persuaded=pick[asked] != product)
    state.put(asked, part)


def _this_month(
    setting: Setting,
    state: State,
    month: int,
    futures: _Futures,
    troubles: Troubles,
    leaves: Floats,
) -> Floats:
    """(k,) cents of the month of the contact; its own minutes come in all futures and are left out, those of the deed are `worth`'s."""
    nobody = np.zeros(len(leaves), dtype=bool)
    entries = money.book(state, setting.margin(month), left=nobody, woken=nobody, unpaid=troubles.missed)
    cost = np.where(futures.answer == YES, deeds.COST[futures.deed], 0)
    return np.asarray((1.0 - leaves) * entries.sum(axis=1) - cost)
