"""Bar 3: whom to approach with which save within a budget, judged by the laboratory's truth.

A company of the laboratory asks at random in half of its contacts for eighteen months and learns from what it wrote down. In the six
months that follow everybody who calls to cancel is judged: each policy picks a save or nothing for each, and the same budget of euros
given away (discount over its months, and cost, of those who accept) ends each plan: half of what the oracle would spend unbounded.
Profit is the true expected worth of what was picked over 36 months; harm a save whose true worth is below zero.

Worlds where nothing can be saved or where a look at one contact is not the best one (no-effect, threats) have no place here.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.public import row
from models.budget import NOTHING, shadow_price
from models.certainty import Certainty
from models.motive import UNKNOWN
from models.pricing import forecast, price_actions
from models.situation import situation_of
from models.uncertainty import sureness
from training.simulator.laboratory import deeds
from training.simulator.laboratory.contacting import CANCEL
from training.simulator.laboratory.play import opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS
from training.simulator.laboratory.worth import worth
from training.worlds.example import DEED_OF
from training.worlds.ours import knowledge_of
from training.worlds.questions import questions
from training.worlds.remembered import Remembered

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.knowledge import Knowledge
    from models.value import Floats
    from training.simulator.laboratory.desk import Desk, Proposals
    from training.simulator.laboratory.play import Play

WORLD_NAMES = ("base", "hidden", "sleeping-dogs", "price-rise", "ignored-ranks", "no-signal")
SEEDS = range(100, 104)
LARGE = 20_000
LEARNING, JUDGED, HORIZON, LUCKS = 18, 6, 36, 4
SAVES = np.flatnonzero(deeds.SAVE)
GIVES = (deeds.DISCOUNT * deeds.MONTHS + deeds.COST)[SAVES] / 100.0
"""Euros given away to who accepts, and stays for the months of the discount."""
SHARE = 0.5
SURE = 0.9
"""Ours approaches nobody of whom it is less sure: P(the save is worth more than nothing)."""
MOST_GENEROUS = int(np.argmax(GIVES))


class Cases(NamedTuple):
    """Contacts to cancel, (n, saves) each: `true` and `value` are the worth by truth and as estimated, -inf when not eligible.

    `yes` and `p`: the chances to accept, by truth and as estimated. `risk` (n,): the estimated chance to leave now.
    `sure` (n, saves): P(the save is worth more than nothing), by draws from the posteriors.
    """

    true: Floats
    yes: Floats
    value: Floats
    p: Floats
    risk: Floats
    sure: Floats


@dataclass
class Watching:
    """Asks at random, as before, and notes of who calls to cancel what is true and what the product would say."""

    play: Play
    knowledge: Knowledge
    asks: RandomEligible
    cases: list[Cases] = field(default_factory=list)
    remembered: Remembered = field(default_factory=Remembered)

    def propose(self, desk: Desk) -> Proposals:
        """What chance says."""
        for seen in desk.past[self.remembered.months :]:
            self.remembered.add(seen)
        self.cases.append(self._seen(desk))
        return self.asks.propose(desk)

    def _seen(self, desk: Desk) -> Cases:
        assert self.play.moment is not None
        who = np.flatnonzero(desk.contacts.intent == CANCEL)
        open_to = desk.eligible & deeds.SAVE
        open_to[desk.contacts.intent != CANCEL] = False
        true = worth(self.play.setting, self.play.moment, open_to, HORIZON, lucks=LUCKS)
        asked = list(questions(desk, self.remembered))
        value, p, risk, sure = zip(*[_estimated(asked[place], self.knowledge) for place in who], strict=True)
        may = open_to[who][:, SAVES]
        euros = true.cents[who][:, SAVES] / 100.0
        return Cases(
            euros,
            true.yes[who][:, SAVES],
            np.where(may, np.array(value), -np.inf),
            np.array(p),
            np.array(risk),
            np.array(sure),
        )


def _estimated(question: Any, knowledge: Knowledge) -> tuple[list[float], list[float], float, list[float]]:
    """Expected value and chance to accept of every save, the chance to leave now, as the service prices them, and how sure it is of them."""
    request, customer, history, now = question
    situation = situation_of(
        request, customer, history, now, policy=knowledge.policy, portfolios=knowledge.portfolios
    )
    motive = situation.said or UNKNOWN
    expected = forecast(situation, motive, knowledge.tariff)
    rows = [ROWS[place] for place in SAVES.tolist()]
    priced = price_actions(rows, situation, motive, expected.outlook, knowledge.tariff, expected.leaves)
    swaps: Any = {row: situation.portfolio.fits[row] for row in rows}
    certainty = Certainty(situation, motive, expected, priced, swaps, knowledge.tariff)
    draws = certainty.draws(list(range(len(rows))))
    sure = np.ones(len(rows)) if draws is None else sureness(draws)
    return priced.priced.eiv.tolist(), priced.options.p.tolist(), expected.outlook.q0, sure.tolist()


ROWS = {place: number for number, (name, place) in enumerate(DEED_OF.items()) if name in deeds.IDS}
"""Row of the catalogue by deed."""


def cases_of(world: str, seed: int, customers: int) -> Cases:
    """Who calls to cancel in the judged months."""
    play = opened(set_up(WORLDS[world], seed, customers))
    asks = RandomEligible(seed=seed, share=0.5)
    play.run(asks, LEARNING)
    with tempfile.TemporaryDirectory() as folder:
        knowledge = knowledge_of(play, seed, Path(folder))
    watching = Watching(play, knowledge, asks)
    play.run(watching, JUDGED)
    return Cases(*[np.concatenate(parts) for parts in zip(*watching.cases, strict=True)])


Chosen = "npt.NDArray[np.intp]"


def spent(cases: Cases, chosen: npt.NDArray[np.intp]) -> float:
    """True expected euros given away."""
    at = np.flatnonzero(chosen != NOTHING)
    return float((cases.yes[at, chosen[at]] * GIVES[chosen[at]]).sum())


def paced(cases: Cases, budget: float) -> npt.NDArray[np.intp]:
    """Ours: by expected value, at the price of a euro at which the money given away lasts: it is metered as it is spent."""
    values, costs = np.where(cases.sure >= SURE, cases.value, -np.inf), cases.p * GIVES
    low, high = 0.0, float(costs.sum())
    for _ in range(30):
        middle = (low + high) / 2.0
        within = spent(cases, shadow_price(values, costs, middle).chosen) <= budget
        low, high = (middle, high) if within else (low, middle)
    return shadow_price(values, costs, low).chosen


def in_order(
    cases: Cases, order: npt.NDArray[np.intp], save: npt.NDArray[np.intp], budget: float
) -> npt.NDArray[np.intp]:
    """`save` (n,) to each in this order until the budget is spent; who may not have it gets nothing."""
    chosen = np.full(len(order), NOTHING)
    left = budget
    for who in order[np.isfinite(cases.true[order, save[order]])]:
        left -= cases.yes[who, save[who]] * GIVES[save[who]]
        if left < 0.0:
            break
        chosen[who] = save[who]
    return chosen


def plans(cases: Cases, seed: int) -> dict[str, npt.NDArray[np.intp]]:
    """What each policy says to whom."""
    n, dice = len(cases.risk), np.random.default_rng(seed)
    costs = cases.yes * GIVES
    best = np.where(cases.true.max(axis=1) > 0.0, cases.true.argmax(axis=1), NOTHING)
    budget = SHARE * spent(cases, best)
    chance = np.argmax(np.where(np.isfinite(cases.true), dice.random(cases.true.shape), -1.0), axis=1)
    shuffled = dice.permutation(n)
    same = [in_order(cases, shuffled, np.full(n, save), budget) for save in range(len(SAVES))]
    return {
        "ours": paced(cases, budget),
        "oracle": shadow_price(cases.true, costs, budget).chosen,
        "highest risk": in_order(cases, np.argsort(-cases.risk), np.full(n, MOST_GENEROUS), budget),
        "the best single save": max(same, key=lambda chosen: profit(cases, chosen)),
        "random": in_order(cases, shuffled, chance, budget),
    }


def profit(cases: Cases, chosen: npt.NDArray[np.intp]) -> float:
    """True expected euros."""
    at = np.flatnonzero(chosen != NOTHING)
    return float(cases.true[at, chosen[at]].sum())


def harmed(cases: Cases, chosen: npt.NDArray[np.intp]) -> tuple[int, int]:
    """Approached, and those of them for whom it is worth less than nothing."""
    at = np.flatnonzero(chosen != NOTHING)
    return len(at), int((cases.true[at, chosen[at]] < 0.0).sum())


def judged(world: str, seed: int, customers: int) -> dict[str, tuple[float, int, int, float]]:
    """Policy -> profit, approached, harmed, euros given away."""
    cases = cases_of(world, seed, customers)
    return {
        name: (profit(cases, chosen), *harmed(cases, chosen), spent(cases, chosen))
        for name, chosen in plans(cases, seed).items()
    }


def summed(
    runs: list[dict[str, tuple[float, int, int, float]]], name: str
) -> tuple[float, float, float, float]:
    """Share of the oracle's profit, its standard error over the runs, share harmed, and its standard error."""
    ours = np.array([run[name][:3] for run in runs], dtype=float)
    oracle = np.array([run["oracle"][0] for run in runs])
    share = ours[:, 0].sum() / oracle.sum()
    harm = ours[:, 2].sum() / max(ours[:, 1].sum(), 1.0)
    n = max(len(runs) - 1, 1) * len(runs)
    error = np.sqrt((((ours[:, 0] - share * oracle) / oracle.mean()) ** 2).sum() / n)
    harm_error = np.sqrt((((ours[:, 2] - harm * ours[:, 1]) / max(ours[:, 1].mean(), 1.0)) ** 2).sum() / n)
    return float(share), float(error), float(harm), float(harm_error)


def measure() -> list[dict[str, Any]]:
    """Bar 3 of the fifth issue: profit at least 65 % of the oracle's, harm in at most 3 % of those approached."""
    rows = []
    with ProcessPoolExecutor(2) as pool:
        for customers in (4000, LARGE):
            tasks = [(world, seed) for world in WORLD_NAMES for seed in SEEDS]
            runs = list(pool.map(judged, *zip(*tasks, strict=True), repeat(customers)))
            for name in runs[0]:
                share, error, harm, harm_error = summed(runs, name)
                ours = name == "ours"
                label = f"{name}, {customers:,} customers"
                rows.append(
                    row(
                        f"{label}: profit",
                        round(share, 3),
                        f"of the oracle's, +- {1.96 * error:.3f}",
                        ">= 0.65" if ours else "",
                        holds=share >= 0.65 if ours else None,
                    )
                )
                rows.append(
                    row(
                        f"{label}: harmed",
                        round(harm, 3),
                        f"of those approached, +- {1.96 * harm_error:.3f}",
                        "<= 0.03" if ours else "",
                        holds=harm <= 0.03 if ours else None,
                    )
                )
    return rows


if __name__ == "__main__":
    for name, found in judged(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).items():
        print(name, *found)
