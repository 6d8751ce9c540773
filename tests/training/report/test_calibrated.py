"""Calibration: slope and error with intervals that are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import norm

from models.churn import ChurnModel
from models.features import Encoder, Numeric
from tests.builders import a_bundle
from tests.training.report.small_worlds import World, plain, rows_of
from training.measured.calibration import calibration_error, slope
from training.measured.watching import hazards_of, watched_months
from training.report.calibrated import calibrated


def some_months(n: int, seed: int, steeper: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    logits = dice.normal(-2.5, 1.0, n)
    chances = 1 / (1 + np.exp(-logits))
    return (dice.random(n) < 1 / (1 + np.exp(-steeper * logits))).astype(float), chances


def test_the_slope_has_the_interval_of_the_likelihoods_curvature() -> None:
    labels, chances = some_months(3000, 1, 0.8)
    logits = np.log(chances / (1 - chances))

    def gradient(line: np.ndarray) -> np.ndarray:
        rest = 1 / (1 + np.exp(-(line[0] + line[1] * logits))) - labels
        return np.array([rest.sum(), (rest * logits).sum()])

    found = slope(labels, chances)
    line = np.array([0.0, found.value])
    for _ in range(20):
        line -= np.linalg.solve(approx_fprime(line, gradient), gradient(line))
    reach = norm.ppf(0.975) * np.sqrt(np.linalg.inv(approx_fprime(line, gradient))[1, 1])
    assert found == pytest.approx((line[1], line[1] - reach, line[1] + reach, 3000), rel=1e-4)


def test_the_slope_of_a_calibrated_model_is_one_nineteen_times_in_twenty() -> None:
    inside = sum(
        found.low <= 1.0 <= found.high for found in (slope(*some_months(800, seed)) for seed in range(200))
    )
    assert 0.9 <= inside / 200 <= 0.99


def test_the_calibration_error_is_the_mean_distance_of_ten_groups() -> None:
    labels, chances = np.tile([1.0, 0.0, 0.0, 0.0], 250), np.full(1000, 0.2)
    found = calibration_error(labels, chances)
    assert found.value == pytest.approx(0.05)
    assert found.low <= found.value <= found.high <= 0.1


def test_as_many_left_as_the_model_said(world: World) -> None:
    world.lives(**{f"C_{n}": "sssssl" if n < 30 else "ssssss" for n in range(60)})
    given = world.read()
    root = calibrated(given, watched_months(given))
    rows = {row[0]: [plain(cell) for cell in row[1:3]] for row in rows_of(root)}
    assert rows["left in a month"] == ["8.33 % [5.90, 11.65]", "360"]
    assert rows["predicted"] == ["10.00 %", "360"]
    assert len(list(root.iter("figure"))) == 2


def test_what_the_job_found_stands_in_the_units_of_what_is_found_here(world: World) -> None:
    world.lives(**{f"C_{n}": "sssssl" if n < 30 else "ssssss" for n in range(60)})
    given = world.read()
    metrics = {"churn.calibration_slope": 1.046, "churn.ece": 0.0046}
    judged = replace(given, bundle=replace(given.bundle, metrics=metrics))
    rows = {
        row[0]: [plain(cell) for cell in row[1:]]
        for row in rows_of(calibrated(judged, watched_months(given)))
    }
    assert rows["calibration slope"][-1] == "1.05"
    assert rows["calibration error"][-1] == "0.46 %"
    assert rows["calibration error"][0].split(" [")[0].endswith(" %")
    assert {row[0]: row[-1] for row in rows_of(calibrated(given, watched_months(given)))}[
        "calibration error"
    ] == ""


def test_without_leavers_or_without_a_model_it_is_said(world: World) -> None:
    world.lives(C_1="ssl")
    given = world.read()
    assert "1 customers who may be scored left" in "".join(
        calibrated(given, watched_months(given)).itertext()
    )
    given = world.read(a_bundle())
    assert "no churn model" in "".join(calibrated(given, watched_months(given)).itertext())


def test_level_and_slope_of_use_are_worked_out_for_a_model_that_knows_them(world: World) -> None:
    """Whoever's use falls by a hundred a month leaves with .9, all others with .1."""
    flat, falling = np.log([1 / 9, 9.0])
    model = ChurnModel(
        products=("tv",),
        encoder=Encoder((Numeric("use_slope", (-1.0, 0.0)),)),
        intercept=0.0,
        effects=np.array([falling, flat, flat]),
        unseen=np.zeros(1),
        product_effects=np.zeros(1),
        product_shares=np.zeros(1),
        trends={"use": ("use_before", "use_now")},
    )
    world.months = "customer_id,month,churned,use_before,use_now\nC-1,2026-06-01,false,300,100\nC-2,2026-06-01,true,50,50\n"
    given = world.read(a_bundle(churn=model))
    assert given.months is not None
    assert hazards_of(given, model, given.months).tolist() == pytest.approx([0.9, 0.1])


def test_one_month_is_not_drawn_against_time(world: World) -> None:
    world.lives(**{f"C_{n}": "l" if n < 30 else "s" for n in range(60)})
    given = world.read()
    assert len(list(calibrated(given, watched_months(given)).iter("figure"))) == 1
