"""How far facts have moved, against the formula worked out by hand."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from tests.builders import a_bundle
from training.insights import drifting, trying
from training.insights.drifting import Counts, binned, psi

if TYPE_CHECKING:
    from tests.training.report.small_worlds import World


def test_the_index_is_the_sum_of_differences_times_log_ratios() -> None:
    found = psi(Counts(np.array([70.0, 30.0]), np.array([40.0, 60.0])))
    p, q = (70.5 / 101, 30.5 / 101), (40.5 / 101, 60.5 / 101)
    assert found.value == pytest.approx(sum((b - a) * log(b / a) for a, b in zip(p, q, strict=True)))
    assert found.low < found.value < found.high
    assert found.n == 100


def test_what_has_not_moved_is_near_nought() -> None:
    assert psi(Counts(np.array([500.0, 500.0]), np.array([50.0, 50.0]))).value == pytest.approx(0.0)


def test_numbers_fall_in_tenths_of_the_reference_and_what_is_not_known_in_a_bin_of_its_own() -> None:
    before = pl.Series("usage", [float(n) for n in range(1, 101)] + [None] * 10)
    found = binned(before, pl.Series("usage", [1000.0] * 5 + [None]), numeric=True)
    assert found.before.tolist() == [10.0] * 11
    assert found.now.tolist() == [0.0] * 9 + [5.0, 1.0]


def test_a_number_with_one_value_has_one_bin_and_a_new_value_another() -> None:
    found = binned(pl.Series("x", [0, 0, 0]), pl.Series("x", [0, 1]), numeric=True)
    assert (found.before.tolist(), found.now.tolist()) == ([3.0, 0.0], [1.0, 1.0])


def test_words_fall_in_bins_by_value_and_a_new_word_in_another() -> None:
    found = binned(pl.Series("region", ["n", "n", "s"]), pl.Series("region", ["s", "x"]), numeric=False)
    assert (found.before.tolist(), found.now.tolist()) == ([2.0, 1.0, 0.0], [0.0, 1.0, 1.0])


def test_a_fact_that_jumped_comes_first(world: World) -> None:
    rows = ["customer_id,month,churned,usage,age"]
    rows += [f"C-{n},2026-0{m}-01,false,{n + 100 * (m == 3)},{n}" for n in range(50) for m in (1, 2, 3)]
    world.months = "\n".join(rows) + "\n"
    figure, largest = drifting.drift(world.read())
    assert [point.at for point in figure.points] == ["usage", "age"]
    assert list(largest) == ["usage"]
    assert largest["usage"] > 0.25


def test_of_a_few_customers_what_chance_gives_rings_no_alarm(world: World) -> None:
    """Forty customers whose usage is drawn anew each month, from what it always was: ten facts of them."""
    draws = np.random.default_rng(4).normal(size=(40, 4, 10))
    rows = ["customer_id,month,churned," + ",".join(f"f{fact}" for fact in range(10))]
    rows += [f"C-{n},2026-0{m}-01,false," + ",".join(map(str, draws[n, m - 1])) for n in range(40) for m in (1, 2, 3, 4)]  # fmt: skip
    world.months = "\n".join(rows) + "\n"
    figure, largest = drifting.drift(world.read())
    assert max(point.value for point in figure.points) > 0.25
    assert largest == {}


def test_a_model_twofold_too_low_has_a_slope_of_one_and_a_level_of_two() -> None:
    generator = np.random.default_rng(0)
    said = generator.uniform(0.02, 0.2, 20_000)
    yes = (generator.random(20_000) < said / (said + 0.5 * (1.0 - said))).astype(float)
    line = drifting.watched_line(yes, said, np.arange(20_000))
    assert line is not None
    slope, level = line
    assert slope.low < 1.0 < slope.high
    assert level.value == pytest.approx(yes.sum() / said.sum(), abs=1e-6)
    assert 1.6 < level.low < level.value < level.high < 2.0
    assert drifting.watched_line(yes[:50], said[:50], np.arange(50)) is None


def test_one_month_has_nothing_to_be_compared_with(world: World) -> None:
    world.months = "customer_id,month,churned,usage\nC-1,2026-01-01,false,3\n"
    assert drifting.drift(world.read())[0].missing == "too_few"


def test_without_a_model_and_without_customers_it_is_said_what_is_missing(world: World) -> None:
    given = world.read(a_bundle())
    assert drifting.churn_calibration(given, None)[0].missing == "no_model"
    assert drifting.drift(given)[0].missing == "no_months"
    assert drifting.acceptance_calibration(given, pl.DataFrame())[0].missing == "no_journal"


def test_an_experiment_whose_ratio_is_off_tells_its_p_alone() -> None:
    ratio = {"arms": [{"arm": "a", "units": 60}, {"arm": "b", "units": 140}], "p": 1e-6}
    figure, ratios = trying.experiments([{"experiment": "x", "sample_ratio": ratio, "withheld": True}])
    assert [(point.series, point.at, point.value, point.n) for point in figure.points] == [("x", "withheld", 1e-6, 200)]  # fmt: skip
    assert ratios == {"x": 1e-6}
    assert trying.experiments([])[0].missing == "not_in_use"


def test_of_too_many_experiments_the_last_ones_are_told_and_the_worst_ratios_watched() -> None:
    arms = [{"arm": "a", "units": 100}, {"arm": "b", "units": 100}]
    answers = [
        {"experiment": f"x-{n}", "until": f"2026-01-{n + 1:02d}", "withheld": True, "sample_ratio": {"arms": arms, "p": n / 100}}
        for n in range(31)
    ]  # fmt: skip
    figure, ratios = trying.experiments(answers)
    assert [one.series for one in figure.points] == [f"x-{n}" for n in range(30, 0, -1)]
    assert figure.left_out == 1
    assert list(ratios) == [f"x-{n}" for n in range(30)]
