"""Three causes in a world that is known: who is angry leaves, who owes is cut off, and nobody can prevent the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.causes import (
    CAUSES,
    VOLUNTARY,
    cumulative_incidences,
    hazards_by_cause,
    incidences,
)
from training.evaluation.binary import calibration_slope
from training.evaluation.incidence import aalen_johansen
from training.fit.cause import fit_cause
from training.fit.churn import fit_churn, fit_hazard
from training.fit.churn_rows import ChurnRows

if TYPE_CHECKING:
    from models.churn import ChurnModel

ALL = (*CAUSES, VOLUNTARY)
MONTHS, LEARNED = 16, 12
KINDS = {"angry": "number", "owes": "boolean", "tenure": "number"}
CLOCKS = {"tenure": 1.0}
NOBODY = np.zeros(0)


def a_world(customers: int, seed: int) -> tuple[ChurnRows, dict[str, Any]]:
    """Lives month by month, as rows, with the true incidence of each cause in each row."""
    dice = np.random.default_rng(seed)
    angry, tenure = dice.normal(size=customers), dice.integers(0, 60, customers).astype(float)
    owes = dice.random(customers) < 0.08
    here = np.ones(customers, dtype=bool)
    rows, truth = [], []
    for month in range(MONTHS):
        owes = np.where(owes, dice.random(customers) < 0.7, dice.random(customers) < 0.025)
        hazards = np.stack(
            [
                np.full(customers, 0.0012),
                np.where(owes, 0.06, 0.001),
                1 / (1 + np.exp(3.6 - 0.8 * angry + np.minimum(tenure, 24) / 24)),
            ]
        )
        each = incidences(hazards)
        gone = dice.random(customers) < each.sum(axis=0)
        which = (dice.random(customers) * each.sum(axis=0) < np.cumsum(each, axis=0)).argmax(axis=0)
        lost = np.where(gone, which, -1)
        who = np.flatnonzero(here)
        rows.append([who, np.full(who.size, month), angry[who], owes[who], tenure[who], lost[who]])
        truth.append(each[:, who])
        here &= ~gone
        tenure += 1
    who, when, mood, debt, long, why = (np.concatenate(column) for column in zip(*rows, strict=True))
    facts = {"angry": mood, "owes": debt.astype(object), "tenure": long}
    causes = {cause: (why == place).astype(float) for place, cause in enumerate(CAUSES)}
    table = ChurnRows(facts, np.zeros((who.size, 0)), (why >= 0).astype(float), who, when, causes)
    return table, dict(zip(ALL, np.concatenate(truth, axis=1), strict=True))


WORLD, TRUTH = a_world(5000, seed=6)
EARLY, LATER = np.flatnonzero(WORLD.months < LEARNED), np.flatnonzero(WORLD.months >= LEARNED)
MODEL = fit_hazard(WORLD.take(EARLY), KINDS, (), 0, CLOCKS)
UNPAID = MODEL.causes["non-payment"]


def test_a_fact_that_drives_one_cause_alone_contributes_to_that_cause_alone() -> None:
    def owing(model: ChurnModel) -> float:
        return difference(model, "owes", False, True)

    def angrier(model: ChurnModel) -> float:
        return difference(model, "angry", -0.5, 0.5)

    assert owing(UNPAID) == pytest.approx(np.log(0.06 / 0.94) - np.log(0.001 / 0.999), abs=0.7)
    assert owing(MODEL) == pytest.approx(0.0, abs=0.25)
    assert angrier(MODEL) == pytest.approx(0.8, abs=0.15)
    assert angrier(UNPAID) == pytest.approx(0.0, abs=0.25)


def difference(model: ChurnModel, fact: str, one: Any, other: Any) -> float:
    """What the fact adds to the logit when it is the other."""
    return model.contributions({fact: other}, NOBODY)[fact] - model.contributions({fact: one}, NOBODY)[fact]


def test_where_no_fact_tells_who_is_lost_there_is_one_level() -> None:
    level = MODEL.causes["unavoidable"].level
    assert level == pytest.approx(0.0012, rel=0.4)  # some sixty were lost


@pytest.mark.parametrize("cause", ALL)
def test_each_cause_is_calibrated_in_months_nobody_learned_from(cause: str) -> None:
    later = WORLD.take(LATER)
    expected = hazards_by_cause(MODEL, later.facts, later.holdings)[cause]
    lost = later.causes.get(cause, later.churned - sum(later.causes.values()))
    assert abs(lost.sum() - expected.sum()) < 3.0 * np.sqrt(expected.sum())
    assert expected.mean() == pytest.approx(TRUTH[cause][LATER].mean(), rel=0.3)
    if cause != "unavoidable":
        drawn = (np.random.default_rng(1).random(LATER.size) < TRUTH[cause][LATER]).astype(float)
        assert 0.7 < calibration_slope(drawn, expected) < 1.3


def test_the_causes_add_up_to_the_whole_hazard_row_by_row() -> None:
    found = hazards_by_cause(MODEL, WORLD.facts, WORLD.holdings)
    assert tuple(found) == ALL
    whole = MODEL.hazards(WORLD.facts, WORLD.holdings)
    assert np.abs(sum(found.values()) - whole).max() < 1e-15


def test_what_is_expected_month_by_month_is_what_aalen_and_johansen_count() -> None:
    """Of the customers of the first month nobody learned from: the mean incidences of each month, and who was lost of them."""
    first = WORLD.take(np.flatnonzero(WORLD.months == LEARNED))
    rows = hazards_by_cause(MODEL, WORLD.facts, WORLD.holdings)
    means = [[rows[cause][WORLD.months == month].mean() for month in range(LEARNED, MONTHS)] for cause in ALL]
    expected = cumulative_incidences(np.array(means))
    later = WORLD.take(LATER)
    end, why = np.zeros((2, later.customers.max() + 1), dtype=np.int64)
    np.maximum.at(end, later.customers, later.months - LEARNED + 1)
    for place, cause in enumerate(CAUSES, 1):
        np.maximum.at(why, later.customers, place * later.causes[cause].astype(np.int64))
    by_himself = (later.churned - sum(later.causes.values())).astype(np.int64)
    np.maximum.at(why, later.customers, len(ALL) * by_himself)
    seen = aalen_johansen(end[first.customers], why[first.customers] - 1, len(ALL))
    assert [one.lost.sum() for one in seen] == [later.causes[cause].sum() for cause in CAUSES] + [
        by_himself.sum()
    ]
    for found, said in zip(seen, expected, strict=True):
        error = (found.high[-1] - found.low[-1]) / 4  # two standard errors a side
        assert abs(found.share[-1] - said[-1]) < 3.5 * error


def test_the_sentences_name_each_cause_and_what_tells_who() -> None:
    some = WORLD.take(np.flatnonzero(WORLD.customers < 2000))
    fitted = fit_churn(some, KINDS, (), seed=0, clocks=CLOCKS)
    rare, unpaid = fitted.sentences[-2:]
    lost, whole = (int(column.sum()) for column in (some.causes["unavoidable"], some.churned))
    assert rare.startswith(
        f"Churn: {lost} of the {whole:,} were lost for cause unavoidable, on which lock-in does not act;"
    )
    assert "one level for everyone" in rare
    assert "facts and holdings tell who. In the months it was judged on " in unpaid
    assert fitted.metrics["non-payment.left"] == pytest.approx(
        fitted.metrics["non-payment.expected"], rel=0.5
    )
    assert (
        fitted.metrics["voluntary.left"]
        + fitted.metrics["non-payment.left"]
        + fitted.metrics["unavoidable.left"]
        == fitted.metrics["churners"]
    )
    unjudged = fit_churn(some, KINDS, (), seed=0, clocks=CLOCKS, judged=False)
    assert "judged on" not in unjudged.sentences[-1]


def some_lost(seed: int, driven: float = 0.0) -> ChurnRows:
    """Of 6,000 rows some sixty are lost, with `driven` later the longer they are here; twelve facts say nothing."""
    dice = np.random.default_rng(seed)
    n = 6_000
    tenure = dice.uniform(0, 60, n)
    lost = dice.random(n) < 1 / (1 + np.exp(4.6 + driven * (tenure - 30) / 30))
    facts = {"tenure": tenure, **{f"noise{i}": dice.normal(size=n) for i in range(12)}}
    return ChurnRows(facts, np.zeros((n, 0)), lost.astype(float), np.arange(n) // 6, np.arange(n) % 6)


SOME_KINDS = {"tenure": "number", **{f"noise{i}": "number" for i in range(12)}}


def test_noise_does_not_tell_who_is_lost() -> None:
    found = [fit_cause(some_lost(seed), SOME_KINDS, (), seed, CLOCKS) for seed in range(3)]
    assert [each.by for each in found] == ["level"] * 3
    for each in found:
        assert each.model.level == pytest.approx(0.01, rel=0.5)


def test_a_cause_that_goes_with_time_alone_is_fitted_on_time_alone() -> None:
    rows = some_lost(0, driven=1.2)
    found = fit_cause(rows, SOME_KINDS, (), 0, CLOCKS)
    assert found.by == "duration"
    assert [block.fact for block in found.model.encoder.blocks] == ["tenure"]
    assert found.model.fading is None
    new, old = (found.model.hazard({"tenure": tenure}, NOBODY) for tenure in (3.0, 50.0))
    assert new > 2.0 * old
    assert found.model.curve({"tenure": 3.0}, NOBODY, 48, CLOCKS)[-1] == pytest.approx(old)
    again = fit_cause(rows, SOME_KINDS, (), 0, CLOCKS, found)
    assert again.by == "duration"
    assert again.model.effects == pytest.approx(found.model.effects)


def test_what_was_found_on_some_rows_is_not_looked_for_again_and_a_level_is() -> None:
    rows = WORLD.take(EARLY).lost_for("non-payment")
    first = fit_cause(rows, KINDS, (), 0, CLOCKS)
    again = fit_cause(rows, KINDS, (), 0, CLOCKS, first)
    assert first.by == again.by == "facts"
    assert again.chosen == first.chosen
    assert again.model.effects == pytest.approx(first.model.effects)
    nobody = replace(rows, churned=np.zeros_like(rows.churned))
    level = fit_cause(nobody, KINDS, (), 0, CLOCKS)
    assert (level.by, level.chosen) == ("level", None)
    assert fit_cause(rows, KINDS, (), 0, CLOCKS, level).by == "facts"


def test_without_facts_and_holdings_there_is_nothing_to_tell_customers_apart_by() -> None:
    rows = replace(some_lost(0), facts={})
    assert fit_cause(rows, {}, (), 0, ()).by == "level"
