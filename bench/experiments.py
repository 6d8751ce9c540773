"""Bar 4 of the sixth issue: alarms in an experiment of nothing that is looked at every day, a lost sample ratio, and what CUPED saves.

Outcomes are margins of the laboratory's customers, over three months from a month on, with those of the three months before as covariate.

    BEHOUD_RUNS=1000 BEHOUD_SEEDS=0-3 python -m bench experiments        about three minutes
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.public import row
from training.evaluation.confidence_sequence import PLANNED, times_error
from training.evaluation.difference import Outcomes, difference
from training.evaluation.sample_ratio import sample_ratio
from training.experiment.making import Question, experiment
from training.measured.intervals import between, share
from training.simulator.laboratory.play import Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS
from training.worlds.example import catalogue_text
from training.worlds.written import write_provider_tables

if TYPE_CHECKING:
    from models.features import Floats

RUNS = int(os.environ.get("BEHOUD_RUNS", "1000"))
FIRST, _, LAST = os.environ.get("BEHOUD_SEEDS", "0-3").partition("-")
SEEDS = range(int(FIRST), int(LAST or FIRST) + 1)
CUSTOMERS, MONTHS, STARTS, WINDOW = 4000, 12, 6, 3
DAYS, A_DAY = 60, 100
UNITS = 100_000
WORLDS_ASKED = ("base", "hidden", "price-rise")
Z_95 = 1.959964


class Margins(NamedTuple):
    """(n,) euros of who was there when the experiment began: in the months before it and in those after."""

    before: Floats
    after: Floats


def played(world: str, seed: int) -> Play:
    """A year in which half of the contacts hear something."""
    return opened(set_up(WORLDS[world], seed, CUSTOMERS)).run(RandomEligible(seed=seed, share=0.5), MONTHS)


def margins(play: Play) -> Margins:
    """By the laboratory's own books, everything booked."""
    euros = play.ledger.sum(axis=2) / 100.0
    here = np.isin(np.arange(euros.shape[1]), play.seen[STARTS].row)
    return Margins(
        euros[STARTS - WINDOW : STARTS, here].sum(axis=0), euros[STARTS : STARTS + WINDOW, here].sum(axis=0)
    )


def looked_at_daily(pool: Margins, seed: int, days: int = DAYS) -> tuple[bool, bool]:
    """Whether an experiment of nothing raised an alarm on any day: by the confidence sequence, and by the t-test."""
    dice = np.random.default_rng((seed, 41))
    who = dice.integers(0, len(pool.after), days * A_DAY)
    treated = dice.random(len(who)) < 0.5
    outcome, before = pool.after[who], pool.before[who, None]
    looks = [
        difference(Outcomes(outcome[:n], covariates=before[:n]), treated[:n])
        for n in range(A_DAY, len(who) + 1, A_DAY)
    ]
    found = [one for one in looks if one is not None]
    return any(one.any_low > 0.0 or one.any_high < 0.0 for one in found), any(one.p < 0.05 for one in found)


def saved(pool: Margins, seed: int) -> float:
    """The share of the variance of a difference that CUPED takes away."""
    treated = np.random.default_rng((seed, 42)).random(len(pool.after)) < 0.5
    found = difference(Outcomes(pool.after, covariates=pool.before[:, None]), treated)
    assert found is not None
    assert found.reduction is not None
    return found.reduction


def saved_by_tables(play: Play) -> float:
    """The same as `python -m training experiment --plan` has it from the tables, the journal and the catalogue."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        write_provider_tables(play, data)
        (data / "catalogue.yaml").write_bytes(catalogue_text())
        asked = Question("plan", data, catalogue=data / "catalogue.yaml", effect=5.0)
        _, answer = experiment(asked)
    margin = next(one for one in answer["measures"] if one["measure"] == "margin")
    return float(1.0 - margin["variance_with_cuped"] / margin["variance"])


def measure() -> list[dict[str, Any]]:
    """All of it."""
    return [*_alarms(), *_ratios(), *_variances()]


def _alarms() -> list[dict[str, Any]]:
    pool = margins(played("base", SEEDS[0]))
    runs = np.array([looked_at_daily(pool, seed) for seed in range(RUNS)])
    found, by_t = share(int(runs[:, 0].sum()), RUNS), float(runs[:, 1].mean())
    looks = f"of {RUNS:,} runs of {DAYS} looks"
    return [
        row("A/A, false alarms of the sequence", found.value, f"{looks} {between(found, 4)}", "<= 0.05", found.value <= 0.05),
        row("A/A, false alarms of a t-test a day", by_t, looks, "", None),
        row("width of the sequence", times_error(PLANNED, 0.05) / Z_95, "times one look, as planned", "", None),
    ]  # fmt: skip


def _ratios() -> list[dict[str, Any]]:
    dice = np.random.default_rng(43)
    rows = []
    for part, bar in ((0.51, ">= 0.95"), (0.5, "")):
        firsts = dice.binomial(UNITS, part, RUNS).tolist()
        caught = float(np.mean([sample_ratio([n, UNITS - n], [1, 1]).mismatch for n in firsts]))
        name = f"sample ratio {part:.2f} of {UNITS:,}, withheld"
        rows.append(row(name, caught, f"of {RUNS:,} runs", bar, caught >= 0.95 if bar else None))
    return rows


def _variances() -> list[dict[str, Any]]:
    rows = []
    for world in WORLDS_ASKED:
        plays = [(seed, played(world, seed)) for seed in SEEDS]
        books = [saved(margins(play), seed) for seed, play in plays]
        tables = [saved_by_tables(play) for _, play in plays]
        for name, found in (("books", books), ("tables", tables)):
            unit = f"of the variance, least of {len(found)} seeds"
            rows.append(
                row(f"CUPED, {world}, by the {name}", min(found), unit, ">= 0.25", min(found) >= 0.25)
            )
    return rows
