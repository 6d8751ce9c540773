"""Uplift: found where it differs, the same for all where it does not, and held out on a trial that took place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from bench.uplift import OURS, RESPONSE, halves, read, scores
from training.evaluation.qini import Trial, coefficient
from training.fit.response import fit_response, sigmoid
from training.fit.uplift import fit_uplift

DATA = Path(os.environ.get("BEHOUD_DATA", Path(__file__).parents[4] / "shared/data")) / "email_offers"
KINDS = {"trait": "boolean", "age": "number", "place": "string"}


class Made(NamedTuple):
    facts: dict[str, list[object]]
    treated: np.ndarray
    yes: np.ndarray
    effect: np.ndarray

    def side(self, treated: bool) -> tuple[dict[str, list[object]], np.ndarray]:
        rows = np.flatnonzero(self.treated == treated)
        return {fact: [column[i] for i in rows] for fact, column in self.facts.items()}, self.yes[rows]


def a_trial(only_with_trait: bool, seed: int, n: int = 4000) -> Made:
    """The treatment adds .6 to the logit of everybody, or 1.2 to that of those with the trait."""
    dice = np.random.default_rng(seed)
    trait, treated, age = dice.random(n) < 0.5, dice.random(n) < 0.5, dice.uniform(20, 80, n)
    place = dice.choice(["city", "town", "land"], n)
    untreated = -1.5 + 0.02 * (age - 50) + 0.3 * (place == "city")
    added = 1.2 * trait if only_with_trait else np.full(n, 0.6)
    effect = sigmoid(untreated + added) - sigmoid(untreated)
    yes = (dice.random(n) < sigmoid(untreated) + treated * effect).astype(float)
    return Made({"trait": trait.tolist(), "age": age.tolist(), "place": place.tolist()}, treated, yes, effect)


def test_who_is_changed_is_found() -> None:
    made = a_trial(only_with_trait=True, seed=1)
    found = fit_uplift(made.facts, KINDS, made.treated, made.yes)
    effects, trait = found.effects(made.facts), np.array(made.facts["trait"])
    assert found.spread >= 0.16
    assert effects[trait].mean() == pytest.approx(made.effect[trait].mean(), abs=0.05)
    assert effects[~trait].mean() == pytest.approx(0.0, abs=0.05)
    assert np.corrcoef(effects, made.effect)[0, 1] > 0.95


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_where_all_are_changed_alike_the_shift_of_the_logit_is_the_same_for_all(seed: int) -> None:
    made = a_trial(only_with_trait=False, seed=seed)
    found = fit_uplift(made.facts, KINDS, made.treated, made.yes)
    assert found.spread <= 0.08
    assert np.ptp(found.columns.table(made.facts) @ found.differs) < 0.25
    assert found.mean == pytest.approx(0.6, abs=0.2)
    apart = np.subtract(
        *(
            fit_response(facts, KINDS, yes).probabilities(made.facts)
            for facts, yes in (made.side(True), made.side(False))
        )
    )
    ours, theirs = (
        np.sqrt(np.mean((guess - made.effect) ** 2)) for guess in (found.effects(made.facts), apart)
    )
    assert ours < theirs


def test_a_fact_that_is_missing_counts_as_average() -> None:
    made = a_trial(only_with_trait=True, seed=1)
    found = fit_uplift(made.facts, KINDS, made.treated, made.yes)
    nothing = found.effects({"trait": [None], "age": [None], "place": [None]})
    assert 0.0 < nothing[0] < found.effects({"trait": [True], "age": [50.0], "place": ["town"]})[0]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data in {DATA}; set BEHOUD_DATA")
def test_half_of_a_mailing_tells_whom_it_moves_in_the_other_half() -> None:
    mailing = read("Womens E-Mail", DATA)
    learn, judge = (mailing.take(rows) for rows in halves(len(mailing.visit), 0))
    trial = Trial(judge.treated, judge.visit)
    found = {name: coefficient(trial, score) for name, score in scores(learn, judge.facts).items()}
    assert found[OURS] > 0.004
    assert found[OURS] > found[RESPONSE]
