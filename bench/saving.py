"""Bar 3: whom to approach with which save within a budget, judged by the laboratory's truth.

A company of the laboratory asks at random in half of its contacts for eighteen months and learns from what it wrote down. In the six
months that follow everybody who calls to cancel is judged: each policy picks a save or nothing for each, and the same budget of euros
given away (discount over its months, and cost, of those who accept) ends each plan: half of what the oracle would spend unbounded.
Profit is the true expected worth of what was picked over 36 months; harm a save whose true worth is below zero.

Ours picks among what `decide` would let stand: what policy and catalogue allow, without what is not surely worth it under
`arbitration.harmed`. Beside it the same without that key, and how often the sure were right.

Worlds where nothing can be saved or where a look at one contact is not the best one (no-effect, threats) have no place in the sum.

`BEHOUD_SEEDS=100-119` plays other seeds than 0 and 1; `python -m bench.saving WORLD SEED CUSTOMERS` a single play.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.public import row
from models.budget import NOTHING, shadow_price
from models.decision import weigh
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
CUSTOMERS = 4000
LEARNING, JUDGED, HORIZON, LUCKS = 18, 6, 36, 4
SAVES = np.flatnonzero(deeds.SAVE)
GIVES = (deeds.DISCOUNT * deeds.MONTHS + deeds.COST)[SAVES] / 100.0
"""Euros given away to who accepts, and stays for the months of the discount."""
SHARE = 0.5
HARMED = 0.03
"""The policy's `arbitration.harmed`, and the bar."""
LEVELS = (0.0, 0.8, 0.9, 0.95, 0.99, 1.001)
"""How sure the product was, from one to the next."""
MOST_GENEROUS = int(np.argmax(GIVES))


class Cases(NamedTuple):
    """Contacts to cancel, (n, saves) each: `true` and `value` are the worth by truth and as estimated, -inf when not eligible, or not for the product.

    `yes` and `p`: the chances to accept, by truth and as estimated. `risk` (n,): the estimated chance to leave now.
    `sure` (n, saves): P(the save is worth more than nothing), by draws from the posteriors; `unsure`: that is not enough for the policy.
    """

    true: Floats
    yes: Floats
    value: Floats
    p: Floats
    risk: Floats
    sure: Floats
    unsure: npt.NDArray[np.bool_]


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
        known = [_estimated(asked[place], self.knowledge) for place in who]
        value, p, sure, unsure = np.stack([table for table, _ in known], axis=1)
        may = open_to[who][:, SAVES]
        euros = true.cents[who][:, SAVES] / 100.0
        return Cases(
            euros,
            true.yes[who][:, SAVES],
            np.where(may, value, -np.inf),
            p,
            np.array([q0 for _, q0 in known]),
            sure,
            unsure > 0.0,
        )


def _estimated(question: Any, knowledge: Knowledge) -> tuple[Floats, float]:
    """Expected value, chance to accept, sureness and whether that is too little, (4, saves), as the service has them; and the chance to leave now."""
    request, customer, history, now = question
    seen = weigh(request, customer, history, knowledge, now=now)
    assert seen.expected is not None
    table = np.zeros((4, len(SAVES)))
    table[0] = -np.inf
    if seen.priced is not None and seen.certainty is not None:
        places = {row: place for place, row in enumerate(seen.priced.index)}
        stand = [save for save, row in enumerate(ROWS) if row in places]
        at = [places[ROWS[save]] for save in stand]
        draws, unsure = seen.certainty.draws(at), seen.certainty.unsure()
        if draws is not None:
            table[0, stand] = [seen.priced.priced.eiv[place] for place in at]
            table[1, stand] = [seen.priced.options.p[place] for place in at]
            table[2, stand] = sureness(draws)
            table[3, stand] = [ROWS[save] in unsure for save in stand]
    return table, seen.expected.outlook.q0


_ROW = {place: number for number, (name, place) in enumerate(DEED_OF.items()) if name in deeds.IDS}
ROWS = [_ROW[place] for place in SAVES.tolist()]
"""Row of the catalogue of each save."""


def bounded(knowledge: Knowledge) -> Knowledge:
    """The same under a policy that bounds who is harmed."""
    arbitration = knowledge.policy.arbitration.model_copy(update={"harmed": HARMED})
    policy = knowledge.policy.model_copy(update={"arbitration": arbitration})
    return replace(knowledge, policy=policy, tariff=replace(knowledge.tariff, policy=policy))


def cases_of(world: str, seed: int, customers: int) -> Cases:
    """Who calls to cancel in the judged months."""
    play = opened(set_up(WORLDS[world], seed, customers))
    asks = RandomEligible(seed=seed, share=0.5)
    play.run(asks, LEARNING)
    with tempfile.TemporaryDirectory() as folder:
        knowledge = bounded(knowledge_of(play, seed, Path(folder)))
    watching = Watching(play, knowledge, asks)
    play.run(watching, JUDGED)
    return Cases(*[np.concatenate(parts) for parts in zip(*watching.cases, strict=True)])


def spent(cases: Cases, chosen: npt.NDArray[np.intp]) -> float:
    """True expected euros given away."""
    at = np.flatnonzero(chosen != NOTHING)
    return float((cases.yes[at, chosen[at]] * GIVES[chosen[at]]).sum())


def paced(cases: Cases, budget: float) -> npt.NDArray[np.intp]:
    """Ours: by expected value, at the price of a euro at which the money given away lasts: it is metered as it is spent."""
    values, costs = cases.value, cases.p * GIVES
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
        "ours": paced(cases._replace(value=np.where(cases.unsure, -np.inf, cases.value)), budget),
        "ours, however unsure": paced(cases, budget),
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


class Judged(NamedTuple):
    """By policy: profit, approached, harmed, euros given away. `sure` (levels, 3): saves between two LEVELS, the sum of how sure they were, and how many were worth something."""

    plans: dict[str, tuple[float, int, int, float]]
    sure: Floats


def judged(world: str, seed: int, customers: int) -> Judged:
    """One play."""
    cases = cases_of(world, seed, customers)
    told = {
        name: (profit(cases, chosen), *harmed(cases, chosen), spent(cases, chosen))
        for name, chosen in plans(cases, seed).items()
    }
    open_to = np.isfinite(cases.value)
    sure, right = cases.sure[open_to], cases.true[open_to] > 0.0
    level = np.digitize(sure, LEVELS[1:-1])
    counted = [np.bincount(level, weight, len(LEVELS) - 1) for weight in (np.ones(len(sure)), sure, right)]
    return Judged(told, np.stack(counted, axis=1))


def summed(runs: list[Judged], name: str) -> tuple[float, float, float, float]:
    """Share of the oracle's profit, its standard error over the runs, share harmed, and its standard error."""
    ours = np.array([run.plans[name][:3] for run in runs], dtype=float)
    oracle = np.array([run.plans["oracle"][0] for run in runs])
    share = ours[:, 0].sum() / oracle.sum()
    harm = ours[:, 2].sum() / max(ours[:, 1].sum(), 1.0)
    n = max(len(runs) - 1, 1) * len(runs)
    error = np.sqrt((((ours[:, 0] - share * oracle) / oracle.mean()) ** 2).sum() / n)
    harm_error = np.sqrt((((ours[:, 2] - harm * ours[:, 1]) / max(ours[:, 1].mean(), 1.0)) ** 2).sum() / n)
    return float(share), float(error), float(harm), float(harm_error)


def measure() -> list[dict[str, Any]]:
    """Bar 3 of the laboratory: profit at least 65 % of the oracle's, harm in at most 3 % of those approached."""
    first, last = (int(seed) for seed in os.environ.get("BEHOUD_SEEDS", "0-1").split("-"))
    tasks = [(world, seed, CUSTOMERS) for seed in range(first, last + 1) for world in WORLD_NAMES]
    with ProcessPoolExecutor(2) as pool:
        runs = list(pool.map(judged, *zip(*tasks, strict=True)))
    rows = []
    for name in runs[0].plans:
        share, error, harm, harm_error = summed(runs, name)
        ours = name == "ours"
        rows += [
            row(
                f"{name}: profit",
                share,
                f"of the oracle's, +- {1.96 * error:.3f}",
                ">= 0.65" if ours else "",
                share >= 0.65 if ours else None,
            ),
            row(
                f"{name}: harmed",
                harm,
                f"of those approached, +- {1.96 * harm_error:.3f}",
                f"<= {HARMED}" if ours else "",
                harm <= HARMED if ours else None,
            ),
        ]
    return [*rows, *by_world(tasks, runs), *reliability(np.sum([run.sure for run in runs], axis=0))]


def by_world(tasks: list[tuple[str, int, int]], runs: list[Judged]) -> list[dict[str, Any]]:
    """Ours, world by world."""
    rows = []
    for world in WORLD_NAMES:
        played = [run for (name, *_), run in zip(tasks, runs, strict=True) if name == world]
        share, _, harm, _ = summed(played, "ours")
        rows += [
            row(f"ours in {world}: profit", share, "of the oracle's", "", None),
            row(f"ours in {world}: harmed", harm, "of those approached", "", None),
        ]
    return rows


def reliability(sure: Floats) -> list[dict[str, Any]]:
    """Whether the sure are right; `sure` (levels, 3) as `Judged` has it."""
    return [
        row(
            f"worth something, {low:g} to {min(high, 1.0):g} sure",
            right / n if n else None,
            f"of {n:,.0f} saves; said {said / max(n, 1.0):.3f}",
            "",
            None,
        )
        for (n, said, right), low, high in zip(sure.tolist(), LEVELS, LEVELS[1:], strict=False)
    ]


if __name__ == "__main__":
    for name, found in judged(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).plans.items():
        print(name, *found)
