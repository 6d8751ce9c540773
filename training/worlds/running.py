"""One world of one seed, played once up to the end of history and branched for every policy."""

from __future__ import annotations

import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import money
from training.simulator.laboratory.luck import stirred
from training.simulator.laboratory.play import DECIDING, HISTORY, RUN_OUT, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS
from training.worlds.balance import balanced
from training.worlds.entrant import policies
from training.worlds.loyalty_gap import loyalty_gap
from training.worlds.watching import Watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.simulator.laboratory.luck import Floats
    from training.simulator.laboratory.play import Play

SHARE = 0.5
"""Of the contacts of history that something was said in, anything eligible."""
HORIZONS = (DECIDING, DECIDING + RUN_OUT)
"""Months after history money is counted over; the last is the product's own."""
DRAWS = 200
"""Times the customers of a run are drawn again, the same ones for every policy."""
LUCKS = 2
"""Runs of luck that the true worth of what was said is averaged over."""
SEEDS = 2**31
"""Policies get a seed below this one, a number every library takes."""


@dataclass(frozen=True)
class Plan:
    """`policies` by name. Worlds smaller than `customers` keep their size."""

    world: str
    seed: int
    customers: int
    policies: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """One policy in one world of one seed. All euros; `values` and `draws` by horizon, 12 months then 36.

    values      sum over all customers
    draws       (DRAWS,) the same with the customers drawn again, each as often as in the runs of the other policies
    contacts    in touch while it was decided, under this policy; `spoken`: those in which something was said
    discount    given until the end of the run-out
    judged      contacts of `spoken` in a month that was judged by the truth
    harmed      contacts of `judged` in which what was said first had a true worth below nought; `harm`: the sum of it, above nought
    worth       sum over `judged` of the true worth of what was said first
    gap         discount a customer who threatens gets more than a quiet one of equal margin; None without a threat
    left        customers who left by themselves until the end
    """

    world: str
    seed: int
    customers: int
    policy: str
    values: tuple[float, ...]
    draws: tuple[tuple[float, ...], ...]
    contacts: int
    spoken: int
    discount: float
    judged: int
    harmed: int
    harm: float
    worth: float
    gap: float | None
    left: int
    seconds: float


def run(plan: Plan) -> Iterator[Run]:
    """Each policy of the plan in turn, all from the same history and with the same luck; money is checked to the cent."""
    start = opened(set_up(WORLDS[plan.world], plan.seed, plan.customers)).run(
        RandomEligible(share=SHARE), HISTORY
    )
    known = policies()
    times = _times(plan.seed, len(start.state.here))
    for name in plan.policies:
        began = time.process_time()
        play = start.branch()
        with tempfile.TemporaryDirectory(prefix="behoud-worlds-") as folder:
            own = stirred(plan.seed, zlib.crc32(name.encode())) % SEEDS
            watched = Watched(play, known[name].make(play, own, Path(folder)))
            play.run(watched, DECIDING)
        play.run(None, RUN_OUT)
        balanced(play, start)
        yield _judged(plan, name, start, watched, times, began)


def _judged(plan: Plan, name: str, start: Play, watched: Watched, times: Floats, began: float) -> Run:
    play = watched.play
    seen = play.seen[start.month :]
    ledger = play.ledger[start.month :]
    sums = [ledger[:months].sum(axis=(0, 2)) / 100.0 for months in HORIZONS]
    true = watched.true_worths(start.month + HORIZONS[-1], LUCKS)
    return Run(
        world=plan.world,
        seed=plan.seed,
        customers=len(start.state.here),
        policy=name,
        values=tuple(round(float(euros.sum()), 2) for euros in sums),
        draws=tuple(tuple(np.round(times @ euros, 2).tolist()) for euros in sums),
        contacts=sum(len(month.contacts.row) for month in seen),
        spoken=sum(int(month.asked.spoken.any(axis=1).sum()) for month in seen),
        discount=-int(ledger[:, :, money.DISCOUNT].sum()) / 100.0,
        judged=len(true),
        harmed=int((true < 0.0).sum()),
        harm=-float(true[true < 0.0].sum()),
        worth=float(true.sum()),
        gap=loyalty_gap(play, start),
        left=int(sum(outcome.left.sum() for outcome in play.outcomes[start.month :])),
        seconds=time.process_time() - began,
    )


def _times(seed: int, customers: int) -> Floats:
    """(DRAWS, customers) how often each is drawn."""
    generator = np.random.default_rng(stirred(seed))
    drawn = (
        np.bincount(generator.integers(0, customers, customers), minlength=customers) for _ in range(DRAWS)
    )
    return np.stack([*drawn]).astype(np.float64)


def size(plan: Plan) -> int:
    """How many customers there will be."""
    return min(plan.customers, WORLDS[plan.world].at_most or plan.customers)
