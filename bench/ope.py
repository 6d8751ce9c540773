"""Bar 3 of the sixth issue on the real thing: proposals of a manager judged as `python -m training ope` does, from journals that `decide()` has written.

Each proposal has a journal of its own: a shop of the laboratory with luck of its own is asked in four months, explores, and writes down what
the service would. The proposal is decided again through the same `decide()`; what it is really worth is played by the laboratory (`ope_truth`).
The estimators by themselves, in worlds of made-up policies and on Open Bandit: `python -m bench policy_value`.

    BEHOUD_PROPOSALS=50 BEHOUD_CUSTOMERS=12000 BEHOUD_MONTHS=4 python -m bench ope        a quarter of an hour on two idle cores; ten proposals are one of each sort
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.ope_proposals import proposal
from bench.ope_shop import METHOD, RATE, Shop, archive, founded, lay_down, open_shop, trade, written
from bench.ope_truth import earned
from bench.public import row
from models.bundle import open_bundle
from models.catalogue import load_catalogue
from models.policy import load_policy
from training.measured.intervals import between, share
from training.ope.choices import first_of
from training.ope.judging import Asked, judge
from training.ope.kept import Proposed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.ope_proposals import Proposal
    from training.evaluation.policy_value import Estimate, PolicyValue
    from training.simulator.laboratory.play import Play

PROPOSALS = int(os.environ.get("BEHOUD_PROPOSALS", "50"))
CUSTOMERS = int(os.environ.get("BEHOUD_CUSTOMERS", "12000"))
MONTHS = int(os.environ.get("BEHOUD_MONTHS", "4"))
"""In which the desk is asked, every fourth."""
ASKED = ("base", "hidden", "threats")
WORLDS = ASKED[: max(1, min(len(ASKED), PROPOSALS))]
ERROR, COVERED, NEAR, SLACK = 0.05, 0.92, 3.0, 0.05
"""The bar: relative error of DR, share of intervals, errors and share of the truth it may be away."""


class Trial(NamedTuple):
    """One proposal on one journal, of which `agree` contacts have the same first.

    `then`, `new`: what the logged knowledge and the proposal are worth in the contacts of its journal, by the laboratory. `new` is the truth:
    what a proposal would have earned in these contacts is what the command says it tells.
    """

    number: int
    world: str
    name: str
    then: float
    new: float
    found: PolicyValue
    agree: int


class Told(NamedTuple):
    """A proposal that passes the gates beside the truth."""

    truth: float
    dr: Estimate
    snips: Estimate


def measure() -> list[dict[str, Any]]:
    """Every proposal, and the bar over them."""
    with tempfile.TemporaryDirectory() as folder:
        done = sorted(_played(Path(folder)), key=lambda one: one.number)
    return rows_of(done)


def _played(folder: Path) -> Iterator[Trial]:
    context = multiprocessing.get_context("spawn")  # polars has threads, which a fork would not take along
    # One thread a process: the processes share the cores among them already.
    os.environ |= {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        for world, _ in zip(WORLDS, pool.map(partial(prepare, folder), WORLDS), strict=True):
            print(f"  {world}: learned", flush=True)
        for found in as_completed([pool.submit(tried, folder, number) for number in range(PROPOSALS)]):
            one = found.result()
            said = f"worth {one.then:.3f} as logged, {one.new:.3f} as proposed"
            print(f"  {one.number:>2} {one.world}: {one.name}: {said}; {_short(one)}", flush=True)
            yield one


def prepare(folder: Path, world: str) -> None:
    """Found the shop of a world and learn its usual bundle."""
    open_shop(folder, world, founded(world, CUSTOMERS, ASKED.index(world)))


def tried(folder: Path, number: int) -> Trial:
    """Trade, propose, judge, and hold it against the truth."""
    world = WORLDS[number % len(WORLDS)]
    base = founded(world, CUSTOMERS, ASKED.index(world))
    return trial(Shop.at(folder, world), base, number)


def trial(shop: Shop, base: Play, number: int) -> Trial:
    """One proposal on a journal of its own."""
    knowledge = shop.papers.knowledge(shop.bundle)
    play, desk = trade(base, knowledge, luck=number + 1, months=MONTHS)
    with tempfile.TemporaryDirectory() as place:
        journal, shelf = Path(place) / "archive", Path(place) / "shelf"
        archive(play, desk, journal)
        lay_down(shop, knowledge, shelf)
        often = Counter(first_of(record.decision) for record in desk.records)
        made = proposal(number, shop.papers, often)
        bundle = shop.bundle if made.method == METHOD else shop.taught(made.method)
        judged = judge(asked_of(made, shop, bundle, journal, shelf))
    then = earned(play.setting, desk.asked, knowledge, RATE)
    new = earned(play.setting, desk.asked, made.papers.knowledge(bundle), made.rate)
    name = f"{made.sort}, {made.says}"
    worth = float(then.mean()), float(new.mean())
    return Trial(number, shop.world, name, *worth, judged.found, judged.choices.agree)


def asked_of(made: Proposal, shop: Shop, bundle: Mapping[str, bytes], journal: Path, shelf: Path) -> Asked:
    """As somebody asks who names only what is new."""
    catalogue, policy = made.papers
    proposed = Proposed(
        load_catalogue(written(catalogue)) if catalogue != shop.papers.catalogue else None,
        load_policy(written(policy)) if policy != shop.papers.policy else None,
        open_bundle(dict(bundle)) if made.method != METHOD else None,
    )
    return Asked(journal, shelf, proposed, explore=None if made.rate == RATE else made.rate)


def elsewhere(done: Sequence[Trial]) -> list[float]:
    """Of each proposal what it is worth in the contacts of all journals of its world: what those are worth as logged, and what it changes here.

    Each journal has outages, campaigns and moods of its own, which all its customers share: drawing these again does not tell of others.
    """
    then: dict[str, list[float]] = {}
    for one in done:
        then.setdefault(one.world, []).append(one.then)
    return [float(np.mean(then[one.world])) + one.new - one.then for one in done]


def rows_of(done: Sequence[Trial]) -> list[dict[str, Any]]:
    """A row a proposal, and the bar over those that pass the gates."""
    found = [one.found for one in done]
    rows = [_row(one) for one in done]
    told = [Told(one.new, one.found.found.dr, one.found.found.snips) for one in done if one.found.found is not None]  # fmt: skip
    failed = Counter(gate.name for one in found if one.found is None for gate in one.failed[:1])
    why = ", ".join(f"{name} {count}" for name, count in failed.most_common())
    contacts = [one.weights.contacts for one in found]
    off = [one.found.logged.value - one.then for one in done]
    rows += [
        row("ope.estimable", len(told), f"of {len(done)} proposals; first gate that failed: {why or 'none'}", f">= {len(done) / 2:g}", 2 * len(told) >= len(done)),
        row("ope.contacts", float(np.median(contacts)), f"a journal, {min(contacts):,} to {max(contacts):,}", "", None),
        row("ope.logged less its truth", float(np.mean(off)), f"EUR a contact, ± {np.std(off, ddof=1) / np.sqrt(len(off)):.2f}" if len(off) > 1 else "EUR a contact", "", None),
    ]  # fmt: skip
    if told:
        rows += [*bar_of("dr", told), *bar_of("snips", told)]
        other = [(truth, one.found.found.dr) for one, truth in zip(done, elsewhere(done), strict=True) if one.found.found is not None]  # fmt: skip
        covered = share(sum(dr.low <= truth <= dr.high for truth, dr in other), len(other))
        rows.append(row("ope.dr: coverage of what other journals would bring", covered.value, f"of {len(other)} intervals {between(covered, 3)}, which do not claim it", "", None))  # fmt: skip
    return rows


def bar_of(kind: str, told: Sequence[Told]) -> Iterator[dict[str, Any]]:
    """The three figures of the bar, which stands on DR."""
    ones = [(one.truth, getattr(one, kind)) for one in told]
    n, decides = len(ones), kind == "dr"
    error = float(np.median([abs(one.value - truth) / abs(truth) for truth, one in ones]))
    covered = share(sum(one.low <= truth <= one.high for truth, one in ones), n)
    near = sum(abs(one.value - truth) <= NEAR * one.error + SLACK * abs(truth) for truth, one in ones)
    spread = float(np.sqrt(np.mean([((one.value - truth) / one.error) ** 2 for truth, one in ones])))
    yield row(f"ope.{kind}: relative error, median", error, "of the truth", f"<= {ERROR}" if decides else "", error <= ERROR if decides else None)  # fmt: skip
    yield row(f"ope.{kind}: coverage", covered.value, f"of {n} intervals {between(covered, 3)}", f">= {COVERED}" if decides else "", covered.value >= COVERED if decides else None)  # fmt: skip
    yield row(f"ope.{kind}: within 3 errors + 5 %", near, f"of {n}", f"{n}" if decides else "", near == n if decides else None)  # fmt: skip
    yield row(f"ope.{kind}: errors in standard errors", spread, "root of the mean square; 1 is right", "", None)  # fmt: skip


def _row(one: Trial) -> dict[str, Any]:
    """DR, or nothing where a gate failed."""
    found = one.found.found
    told = f"EUR, truth {one.new:.2f}; {_short(one)}"
    return row(f"ope.{one.number:02d} {one.world}, {one.name}", None if found is None else found.dr.value, told, "", None)  # fmt: skip


def _short(one: Trial) -> str:
    found = one.found
    same = f"same first in {100.0 * one.agree / found.weights.contacts:.0f} %, {found.weights.effective:,.0f} of {found.weights.contacts:,} effective"
    if found.found is None:
        return f"not estimable: {'; '.join(f'{gate.name} ({gate.figure})' for gate in found.failed)}; {same}"
    dr, snips = found.found.dr, found.found.snips
    return f"DR {dr.value:.3f} ± {dr.error:.3f} [{dr.low:.2f}, {dr.high:.2f}], SNIPS {snips.value:.2f} [{snips.low:.2f}, {snips.high:.2f}], logged {found.logged.value:.2f}; {same}"
