"""What becomes of proposals: which the agent speaks, what the customer answers, and what either changes in him."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from training.simulator.laboratory import deeds, wanting
from training.simulator.laboratory.contacting import CANCEL
from training.simulator.laboratory.desk import NONE, SHOWN
from training.simulator.laboratory.luck import Flags, Floats, Ints, Kind
from training.simulator.laboratory.rows import Rows

if TYPE_CHECKING:
    from training.simulator.laboratory.contacting import Contacts
    from training.simulator.laboratory.desk import Proposals
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State

BY_RANK = np.array([0.85, 0.4, 0.2])
"""Share of what is shown that an average agent speaks, by rank; the next only while nothing was accepted."""
BY_TASTE = 0.45
"""The same for one who does not look at ranks, times how much he likes to speak of it."""
CHANNEL = np.array([0.0, -0.1, -0.2, -0.3])
"""Utility of an offer by voice, chat, WhatsApp, app."""
PER_EURO = 0.05
"""Utility of a euro of discount a month."""
LEAVING = 0.8
"""Utility of an offer lost when the customer called to cancel."""
SAVE, PER_LIFT, BOUND = -0.1, 0.6, 0.3
SERVICE, UNTROUBLED = 1.2, 2.0
IRRITATION = 0.1
"""Goodwill that a refused save costs."""


@dataclass(frozen=True)
class Asked(Rows):
    """What was said in the contacts of a month. All (m, SHOWN) by rank, `probability` (m,) as the policy gave it.

    `accepted` sales that `withdrawn` names are undone within the month.
    """

    deed: Ints
    probability: Floats
    spoken: Flags
    accepted: Flags
    withdrawn: Flags


def ask(
    setting: Setting,
    state: State,
    month: int,
    contacts: Contacts,
    proposals: Proposals,
    utility: Floats,
    pick: Ints,
    motive: Ints,
) -> Asked:
    """Speak the proposals to the customers of `state`, one row a contact, and let them answer.

    `utility` (m, P), `pick` and `motive` (m,): what is wanted, what would be bought unasked in this month, what drives the customer.
    """
    m = len(contacts.row)
    spoken, accepted = np.zeros((m, SHOWN), dtype=bool), np.zeros((m, SHOWN), dtype=bool)
    withdrawn = np.zeros((m, SHOWN), dtype=bool)
    for rank in range(SHOWN):
        deed = proposals.deed[:, rank]
        chance = speaks(setting, contacts, deed, rank)
        luck = state.people.luck.uniform(Kind.SPEAK, month, np.maximum(deed, 0))
        says = (deed != NONE) & ~accepted.any(axis=1) & (luck < chance)
        yes = says & _says_yes(setting, state, month, contacts, deed, utility, pick, motive)
        spoken[:, rank], accepted[:, rank] = says, yes
        asking = np.flatnonzero(says)
        part = state.take(asking)
        react(
            setting, part, deed[asking], yes[asking], motive[asking], threat=contacts.intent[asking] == CANCEL
        )
        product = np.where(yes[asking] & deeds.SALE[deed[asking]], deeds.SELLS[deed[asking]], wanting.NOTHING)
        wanting.buy(setting, part, month, product, persuaded=pick[asking] != product)
        withdrawn[asking, rank] = part.cooling[np.arange(len(asking)), np.maximum(product, 0)] & (
            product >= 0
        )
        state.put(asking, part)
    return Asked(proposals.deed, proposals.probability, spoken, accepted, withdrawn)


def speaks(setting: Setting, contacts: Contacts, deed: Ints, rank: int) -> Floats:
    """(m,) The probability that the agent speaks a deed that is shown at this rank, when he comes to it."""
    ignore = setting.parameters.ignore
    liked = setting.favourite[contacts.agent, np.maximum(deed, 0)]
    diligence = setting.diligence[contacts.agent]
    return np.asarray(
        np.minimum(diligence * ((1.0 - ignore) * BY_RANK[rank] + ignore * BY_TASTE * liked), 1.0)
    )


def appeal(
    setting: Setting, state: State, contacts: Contacts, deed: Ints, utility: Floats, motive: Ints
) -> Floats:
    """(m,) The utility of saying yes to a spoken deed, noise apart.

    Sale: pitch + wish + skill + channel + .05·euros of discount - mood·(frustration + grievance) - fatigue·asked - .8 of who cancels.
    Save: -.1 + .6·lift for his motive + .05·euros + skill + channel - .3 while a term runs. Repair: 1.2, less 2 without trouble.
    """
    numbers, number = setting.parameters, np.arange(len(deed))
    way = setting.skill[contacts.agent] + CHANNEL[contacts.channel]
    euros = PER_EURO * deeds.DISCOUNT[deed] / 100.0
    wish = utility[number, np.maximum(deeds.SELLS[deed], 0)]
    felt = numbers.mood * (state.frustration + state.grievance) + numbers.fatigue * state.asked
    sale = numbers.pitch + wish + way + euros - felt - LEAVING * (contacts.intent == CANCEL)
    save = SAVE + PER_LIFT * deeds.LIFT[deed, motive] + way + euros - BOUND * (state.term > 0)
    repair = SERVICE - UNTROUBLED * ((state.frustration < 0.3) & ~state.complaint)
    return np.asarray(np.select([deeds.SALE[deed], deeds.SAVE[deed]], [sale, save], repair))


def acceptance(
    setting: Setting, state: State, contacts: Contacts, deed: Ints, utility: Floats, motive: Ints
) -> Floats:
    """(m,) The true probability of a yes to a spoken deed, but for sales that would be made unasked in the same month."""
    moved = np.where(deeds.SALE[deed], setting.parameters.persuasion, 1.0)
    return np.asarray(moved * ndtr(appeal(setting, state, contacts, deed, utility, motive)))


def _says_yes(
    setting: Setting,
    state: State,
    month: int,
    contacts: Contacts,
    deed: Ints,
    utility: Floats,
    pick: Ints,
    motive: Ints,
) -> Flags:
    luck, safe = state.people.luck, np.maximum(deed, 0)
    mean = appeal(setting, state, contacts, safe, utility, motive)
    open_minded = ~deeds.SALE[safe] | (
        luck.uniform(Kind.PERSUADE, month, safe) < setting.parameters.persuasion
    )
    convinced = open_minded & (mean + luck.normal(Kind.ACCEPT, month, safe) > 0.0)
    anyway = deeds.SALE[safe] & (pick == deeds.SELLS[safe])
    return np.asarray(convinced | anyway)


def react(setting: Setting, state: State, deed: Ints, yes: Flags, motive: Ints, *, threat: Flags) -> None:
    """What a spoken deed leaves in the customer, whether he said yes or no; the product itself is `wanting.buy`'s.

    `threat`: he called to cancel, so that a discount teaches him that this pays.
    """
    numbers = setting.parameters
    state.asked[:] += 1.0
    state.alert[:] += numbers.waking * state.people.startle * deeds.WAKES[deed]
    lift = numbers.saving * deeds.LIFT[deed, motive]
    refused = np.where(deeds.SAVE[deed], -IRRITATION * numbers.saving, 0.0)
    state.goodwill[:] += np.where(yes, lift, refused)
    given = yes & (deeds.DISCOUNT[deed] > 0)
    state.discount[:] = np.where(given, deeds.DISCOUNT[deed], state.discount)
    state.lasts[:] = np.where(given, deeds.MONTHS[deed], state.lasts)
    state.term[:] = np.maximum(state.term, np.where(yes, deeds.TERM[deed], 0))
    mended = np.where(yes, np.minimum(deeds.MENDS[deed] * numbers.saving, 1.0), 0.0)
    state.frustration[:] *= 1.0 - mended
    state.complaint[:] &= mended == 0.0
    state.learned[:] += numbers.learning * (given & threat)
