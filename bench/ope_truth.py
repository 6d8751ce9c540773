"""What a proposal is worth in contacts of the shop, by the laboratory alone: its answers are drawn anew and the customers play them out.

Nothing of `training.ope` is used. Of each contact what stands is drawn by `arbitrate` itself with fresh second seeds, spoken and answered by the
laboratory with luck that has not come yet, and a save counts by the chance that he is still there after the months its ninety days reach into.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import numpy as np

from bench.ope_shop import EVERY, said
from models.arbitration import arbitrate
from models.decision import candidates
from models.exploration import race
from models.response import Seeds
from training.experiment.euros import DAYS_A_MONTH
from training.ope.judging import WINDOW
from training.simulator.laboratory import deeds, wanting
from training.simulator.laboratory.asking import ask
from training.simulator.laboratory.contacting import CANCEL, leaves_given_contact, threats
from training.simulator.laboratory.deeds import DEEDS
from training.simulator.laboratory.desk import Proposals
from training.simulator.laboratory.goods import LIST
from training.simulator.laboratory.leaving import pressure
from training.simulator.laboratory.month import buy_unasked
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.state import next_month
from training.worlds.example import action_of, cheaper_plans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.ope_shop import Met
    from models.knowledge import Knowledge
    from training.simulator.laboratory.luck import Flags, Floats, Ints
    from training.simulator.laboratory.setting import Setting
    from training.worlds.questions import Question

DRAWS = 8
"""Of each contact: what stands first, and what the customer's luck is. The same for every proposal."""
MARGIN = np.array([good.margin for good in LIST]) / 100.0
SWAPS = np.array([[plan.id in cheaper_plans(good) for plan in LIST] for good in LIST])
MONTHS = WINDOW / DAYS_A_MONTH

Asked = list[tuple[int, "list[Question]", "Met"]]


def earned(setting: Setting, asked: Asked, knowledge: Knowledge, rate: float) -> Floats:
    """(contacts,) expected euros of what is accepted and stands, with this knowledge at the desk."""
    costs = {action.id: action.cost for action in knowledge.catalogue.actions}
    months = []
    for month, found, met in asked:
        slates = np.array([drawn(question, knowledge, rate) for question in found])  # (m, DRAWS, SHOWN)
        worth = standing_worth(met.state.held, costs)
        draws = [brings(setting, month, met, slates[:, draw], worth, draw + 1) for draw in range(DRAWS)]
        months.append(np.mean(draws, axis=0))
    return np.concatenate(months)


def drawn(question: Question, knowledge: Knowledge, rate: float) -> Ints:
    """(DRAWS, SHOWN) deeds that would be said, by so many second seeds; which ones belongs to the contact."""
    request, customer, history, now = question
    among = candidates(request, customer, history, knowledge, now=now, explore=rate)
    names = among.catalogue.action_ids
    placed = arbitrate(among)
    if placed.drawn is None or among.exploring is None:
        return np.tile(said([names[row] for row in placed.ranked]), (DRAWS, 1))
    chances = {row: (names[row], chance) for row, chance in placed.drawn.chances.items()}
    dice, slates, found = Random(request.contact.contact_id), {}, []
    for _ in range(DRAWS):
        choice = dice.getrandbits(48)
        first = race(chances, choice)
        if first not in slates:
            seeds = Seeds(values=among.exploring.seeds.values, choice=choice)
            again = arbitrate(among._replace(exploring=among.exploring._replace(seeds=seeds)))
            slates[first] = said([names[row] for row in again.ranked])
        found.append(slates[first])
    return np.array(found)


def standing_worth(held: Flags, costs: Mapping[str, float]) -> Floats:
    """(m, deeds) euros of each deed that was accepted and stands for the window: the definition of the reward, by the goods themselves."""
    kept = held @ MARGIN
    found = np.zeros((len(held), len(DEEDS)))
    for place, deed in enumerate(DEEDS):
        if deed.sells >= 0:
            found[:, place] = MARGIN[deed.sells] - held @ (SWAPS[deed.sells] * MARGIN)
        if deed.kind == "save":
            found[:, place] = kept
        given = deed.discount / 100.0 * min(MONTHS, deed.months)
        cost = np.array([costs.get(action_of(place, one), deed.cost / 100.0) for one in held])
        found[:, place] = MONTHS * found[:, place] - given - cost
    return found


def brings(setting: Setting, month: int, met: Met, slates: Ints, worth: Floats, luck: int) -> Floats:
    """(m,) euros when this is said, (m, SHOWN), with other luck from the conversation on."""
    state = met.state.again(luck)
    bluff = threats(setting, state)
    pick = wanting.picks(setting, state, month, met.utility)
    proposals = Proposals(slates, np.ones(len(slates)))
    heard = ask(setting, state, month, met.contacts, proposals, met.utility, pick, met.before.motive)
    yes = heard.accepted & ~heard.withdrawn
    safe = np.maximum(slates, 0)
    saves = yes & deeds.SAVE[safe]
    share = np.ones(len(slates))
    rows = np.flatnonzero(saves.any(axis=1))
    if len(rows):
        there = state.take(rows)
        buy_unasked(setting, there, month, pick[rows])
        after = pressure(setting, there, met.troubles.take(rows))
        cancel = met.contacts.intent[rows] == CANCEL
        share[rows] = 1.0 - leaves_given_contact(setting.parameters.calls, bluff[rows], cancel, met.before.take(rows), after)  # fmt: skip
        next_month(there)
        later = Play(setting, there, month + 1, nobody_leaves=True)
        for _ in range(EVERY - 1):
            share[rows] *= 1.0 - later.run(None, 1).outcomes.pop().hazard
    stands = np.where(saves, share[:, None], yes)
    return np.asarray((stands * np.take_along_axis(worth, safe, axis=1)).sum(axis=1))
