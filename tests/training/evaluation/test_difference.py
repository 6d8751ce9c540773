"""Differences of means and ratios, with CUPED and by clusters: the same numbers as tea-tasting and statsmodels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
import tea_tasting as tt

from training.evaluation.difference import Difference, Outcomes, difference
from training.evaluation.linearised import linearised

if TYPE_CHECKING:
    import numpy.typing as npt

SAME = 1e-9


class Trial(NamedTuple):
    treated: npt.NDArray[np.bool_]
    before: npt.NDArray[np.float64]
    margin: npt.NDArray[np.float64]
    spoken: npt.NDArray[np.float64]
    accepted: npt.NDArray[np.float64]
    agent: npt.NDArray[np.intp]


@pytest.fixture(scope="module")
def trial() -> Trial:
    dice = np.random.default_rng(7)
    n = 3000
    treated = dice.random(n) < 0.4
    before = dice.lognormal(3.0, 0.8, n)
    agent = dice.integers(0, 40, n)
    margin = 0.7 * before + dice.lognormal(2.0, 1.0, n) + 1.5 * treated + dice.normal(0, 2, 40)[agent]
    spoken = dice.poisson(2.0, n).astype(float)
    accepted = dice.binomial(spoken.astype(int), 0.2 + 0.002 * np.minimum(before, 100.0)).astype(float)
    return Trial(treated, before, margin, spoken, accepted, agent)


def found(outcomes: Outcomes, treated: npt.NDArray[np.bool_]) -> Difference:
    result = difference(outcomes, treated)
    assert result is not None
    return result


@pytest.mark.parametrize("name", ["mean", "cuped", "ratio", "ratio with cuped"])
def test_the_numbers_are_those_of_tea_tasting(trial: Trial, name: str) -> None:
    covariate = trial.before[:, None]
    metric, outcomes = {
        "mean": (tt.Mean("margin"), Outcomes(trial.margin)),
        "cuped": (tt.Mean("margin", "before"), Outcomes(trial.margin, covariates=covariate)),
        "ratio": (tt.RatioOfMeans("accepted", "spoken"), Outcomes(trial.accepted, trial.spoken)),
        "ratio with cuped": (
            tt.RatioOfMeans("accepted", "spoken", "before"),
            Outcomes(trial.accepted, trial.spoken, covariate),
        ),
    }[name]
    table = pl.DataFrame(
        {"variant": trial.treated.astype(int), **{k: getattr(trial, k) for k in trial._fields[1:5]}}
    )
    theirs: Any = tt.Experiment(it=metric).analyze(table)["it"]
    ours = found(outcomes, trial.treated)
    for mine, other in (
        (ours.control, theirs.control),
        (ours.treatment, theirs.treatment),
        (ours.estimate, theirs.effect_size),
        (ours.low, theirs.effect_size_ci_lower),
        (ours.high, theirs.effect_size_ci_upper),
        (ours.p, theirs.pvalue),
    ):
        assert mine == pytest.approx(other, abs=SAME)


def test_clusters_are_those_of_statsmodels(trial: Trial) -> None:
    ours = found(Outcomes(trial.margin, clusters=trial.agent), trial.treated)
    model = sm.OLS(trial.margin, sm.add_constant(trial.treated.astype(float)))
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": trial.agent}, use_t=True)
    low, high = theirs.conf_int()[1]
    mine = (ours.estimate, ours.error, ours.p, ours.low, ours.high)
    assert mine == pytest.approx((theirs.params[1], theirs.bse[1], theirs.pvalues[1], low, high), abs=SAME)


def test_arms_given_to_whole_clusters_vary_more_than_their_customers_by_themselves(trial: Trial) -> None:
    by_agent = trial.agent % 2 == 0
    alone = found(Outcomes(trial.margin), by_agent)
    assert found(Outcomes(trial.margin, clusters=trial.agent), by_agent).error > 1.2 * alone.error


def test_several_covariates_take_away_what_least_squares_explains(trial: Trial) -> None:
    more = np.column_stack([trial.before, trial.margin * 0 + 3.0, trial.before**2, trial.before])
    ours = found(Outcomes(trial.margin, covariates=more), trial.treated)
    fit = sm.OLS(trial.margin, sm.add_constant(more[:, [0, 2]])).fit()
    assert ours.reduction == pytest.approx(fit.rsquared, abs=0.02)
    one = found(Outcomes(trial.margin, covariates=more[:, :1]), trial.treated)
    assert one.reduction is not None
    assert ours.reduction is not None
    assert ours.reduction > one.reduction > 0.4


def test_a_covariate_that_is_unknown_for_some_leaves_them_in(trial: Trial) -> None:
    gaps = np.where(np.arange(len(trial.before)) % 5 == 0, np.nan, trial.before)[:, None]
    ours = found(Outcomes(trial.margin, covariates=gaps), trial.treated)
    whole = found(Outcomes(trial.margin, covariates=trial.before[:, None]), trial.treated)
    assert ours.n_control + ours.n_treatment == len(trial.margin)
    assert 0.0 < (ours.reduction or 0.0) < (whole.reduction or 0.0)
    nothing = found(Outcomes(trial.margin, covariates=gaps * np.nan), trial.treated)
    assert nothing.error == pytest.approx(found(Outcomes(trial.margin), trial.treated).error)


def test_the_sequence_is_wider_and_its_p_agrees_with_it(trial: Trial) -> None:
    ours = found(Outcomes(trial.margin, covariates=trial.before[:, None]), trial.treated)
    assert ours.any_low < ours.low < ours.estimate < ours.high < ours.any_high
    assert (ours.any_low > 0.0) == (ours.p_any_time < 0.05)
    assert ours.p_any_time > ours.p


def test_too_few_or_nothing_to_divide_by_is_no_figure(trial: Trial) -> None:
    few = np.arange(len(trial.margin)) < 29
    assert difference(Outcomes(trial.margin), few) is None
    silent = np.where(trial.treated, 0.0, trial.spoken)
    assert difference(Outcomes(trial.accepted, silent), trial.treated) is None


def test_what_never_varies_is_sure() -> None:
    treated = np.arange(100) < 50
    same = found(Outcomes(np.ones(100)), treated)
    assert (same.estimate, same.error, same.p, same.p_any_time) == (0.0, 0.0, 1.0, 1.0)
    apart = found(Outcomes(treated.astype(float)), treated)
    assert (apart.estimate, apart.p, apart.p_any_time) == (1.0, 0.0, 0.0)


def test_one_cluster_alone_says_nothing(trial: Trial) -> None:
    ours = found(Outcomes(trial.margin, clusters=np.zeros(len(trial.margin), dtype=np.intp)), trial.treated)
    assert ours.low == -np.inf
    assert ours.p == 1.0


def test_a_figure_needs_somebody_and_something_to_divide_by() -> None:
    with pytest.raises(ValueError, match="one unit"):
        linearised(np.zeros(0))
    with pytest.raises(ValueError, match="denominator"):
        linearised(np.ones(3), np.zeros(3))


def test_an_arm_in_which_it_has_hardly_happened_yet_is_no_proof() -> None:
    in_the_arm = np.arange(1200) < 60
    left = (np.arange(1200) % 50 == 49) & ~in_the_arm
    assert difference(Outcomes(left.astype(float)), in_the_arm) is None
    many = np.tile(left, 40), np.tile(in_the_arm, 40)
    assert difference(Outcomes(many[0].astype(float)), many[1]) is not None
    half = np.arange(1200) < 600
    assert difference(Outcomes(left.astype(float)), half) is not None


def test_a_ratio_needs_enough_who_have_something_to_divide_by(trial: Trial) -> None:
    heard = np.where(np.arange(len(trial.spoken)) < 60, 1.0, 0.0)
    took = np.where(trial.treated, heard, 0.0)
    assert difference(Outcomes(took, heard), trial.treated) is None
    assert difference(Outcomes(trial.accepted, trial.spoken), trial.treated) is not None


def test_who_looks_every_day_at_a_small_arm_and_a_rare_outcome_is_rarely_alarmed() -> None:
    runs, days, a_day = 60, 10, 200
    alarms = 0
    for seed in range(runs):
        dice = np.random.default_rng((seed, 51))
        n = days * a_day
        small, left = dice.random(n) < 0.05, (dice.random(n) < 0.02).astype(float)
        looks = [difference(Outcomes(left[:n]), small[:n]) for n in range(a_day, n + 1, a_day)]
        alarms += any(one is not None and not one.any_low <= 0.0 <= one.any_high for one in looks)
    assert alarms <= 3
