import math
from typing import Any

import numpy as np
import pytest

from models.logits import sigmoid
from training.fit import hazard as at_work
from training.fit.churn import fit_churn, fit_hazard
from training.fit.churn_rows import ChurnRows

KINDS = {"tenure": "integer", "contract": "string"}
PRODUCTS = ("fiber", "tv")


def a_world(n: int = 6000, months: int = 10, seed: int = 3, rate: float = -2.0) -> ChurnRows:
    """Hazard falls with tenure until month 24, is higher on a monthly contract and with fiber; tv does nothing."""
    dice = np.random.default_rng(seed)
    tenure = dice.integers(0, 60, n)
    monthly = dice.random(n) < 0.5
    holdings = (dice.random((n, 2)) < 0.4).astype(float)
    logits = rate - np.minimum(tenure, 24) / 12 + 1.2 * monthly + 0.8 * holdings[:, 0]
    churned = (dice.random(n) < 1 / (1 + np.exp(-logits))).astype(float)
    facts: dict[str, list[Any]] = {
        "tenure": [
            None if hidden else int(value)
            for hidden, value in zip(dice.random(n) < 0.05, tenure, strict=True)
        ],
        "contract": ["month" if one else "year" for one in monthly],
    }
    return ChurnRows(facts, holdings, churned, np.arange(n) // 3, np.arange(n) % months)


WORLD = a_world()


def test_the_fit_finds_what_drives_leaving() -> None:
    fitted = fit_churn(WORLD, KINDS, PRODUCTS, seed=1)
    assert fitted.model is not None
    held_nothing = np.zeros(2)

    def part(name: str, **facts: Any) -> float:
        return fitted.model.contributions(facts, held_nothing)[name]  # type: ignore[union-attr]

    # Two in truth, drawn towards 0 by the strength.
    assert part("tenure", tenure=0) - part("tenure", tenure=24) == pytest.approx(1.7, abs=0.4)
    assert part("tenure", tenure=24) - part("tenure", tenure=55) == pytest.approx(0.0, abs=0.4)
    assert part("contract", contract="month") - part("contract", contract="year") == pytest.approx(
        1.2, abs=0.2
    )
    assert fitted.model.product_effects == pytest.approx([0.8, 0.0], abs=0.2)
    assert 0.70 < fitted.metrics["auc"] < 0.80
    assert fitted.metrics["ece"] < 0.02  # of a rate of .09
    assert 0.7 < fitted.metrics["calibration_slope"] < 1.4  # 110 churners know it within .26


def test_only_some_of_those_who_stayed_are_fitted_on_and_calibration_stays_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = fit_hazard(WORLD, KINDS, PRODUCTS, seed=1).hazards(WORLD.facts, WORLD.holdings)
    monkeypatch.setattr(at_work, "MOST_STAYED", 1500)
    some = fit_hazard(WORLD, KINDS, PRODUCTS, seed=1).hazards(WORLD.facts, WORLD.holdings)
    assert some.mean() == pytest.approx(WORLD.churned.mean(), abs=0.003)
    assert np.corrcoef(some, whole)[0, 1] > 0.98
    assert np.abs(some - whole).max() > 0.0


def test_the_last_months_judge_and_the_sentences_say_so() -> None:
    fitted = fit_churn(WORLD, KINDS, PRODUCTS, seed=1)
    assert fitted.metrics["rows"] == 1200.0
    assert fitted.sentences[0].endswith("judged on the last 2 of 10 months.")
    assert f"AUC {fitted.metrics['auc']:.3f}" in fitted.sentences[1]
    assert fitted.held_out is not None
    assert [part.shape for part in fitted.held_out] == [(1200,), (1200,)]


def test_a_single_month_is_judged_on_a_quarter_of_the_customers() -> None:
    fitted = fit_churn(a_world(months=1), KINDS, PRODUCTS, seed=1)
    assert fitted.metrics["rows"] == 1500.0
    assert fitted.sentences[0].endswith("judged on a quarter of the customers.")


def test_contributions_are_centred_on_the_training_rows() -> None:
    model = fit_hazard(WORLD, KINDS, PRODUCTS, seed=1)
    rows = [
        {fact: column[i] for fact, column in WORLD.facts.items() if column[i] is not None}
        for i in range(len(WORLD.churned))
    ]
    parts = [model.contributions(facts, held) for facts, held in zip(rows, WORLD.holdings, strict=True)]
    for name in ("tenure", "contract", *PRODUCTS):
        assert np.mean([part[name] for part in parts]) == pytest.approx(0.0, abs=1e-9)
    assert math.fsum([model.intercept, *parts[0].values()]) == model.logit(rows[0], WORLD.holdings[0])


def test_the_mean_hazard_is_the_rate_of_leaving() -> None:
    model = fit_hazard(WORLD, KINDS, PRODUCTS, seed=1)
    assert model.hazards(WORLD.facts, WORLD.holdings).mean() == pytest.approx(WORLD.churned.mean(), rel=0.02)


def test_what_no_row_had_counts_as_average_and_a_rare_level_as_it_was_fitted() -> None:
    rare = ["decade", *WORLD.facts["contract"][1:]]
    model = fit_hazard(
        ChurnRows(
            {**WORLD.facts, "contract": rare}, WORLD.holdings, WORLD.churned, WORLD.customers, WORLD.months
        ),
        KINDS,
        PRODUCTS,
        seed=1,
    )
    nothing = np.zeros(2)
    assert model.contributions({}, nothing)["contract"] == 0.0  # never missing in training
    assert model.contributions({}, nothing)["tenure"] != 0.0
    assert model.contributions({"contract": "decade"}, nothing)["contract"] != 0.0
    known = fit_hazard(WORLD, KINDS, PRODUCTS, seed=1)
    assert known.contributions({"contract": "decade"}, nothing)["contract"] == 0.0


def test_the_same_rows_and_seed_give_the_same_bits() -> None:
    first, second = (fit_hazard(WORLD, KINDS, PRODUCTS, seed=5) for _ in range(2))
    assert first.effects.tobytes() == second.effects.tobytes()
    assert first.intercept == second.intercept


def test_noise_is_calibrated_before_it_is_served() -> None:
    # Forty noise facts on few rows are too sure of themselves: the slope is folded into the weights.
    dice = np.random.default_rng(0)
    n = 300
    facts = {f"noise{i}": dice.normal(size=n).tolist() for i in range(40)}
    churned = (dice.random(n) < 0.2).astype(float)
    rows = ChurnRows(facts, np.zeros((n, 0)), churned, np.arange(n), np.zeros(n, dtype=np.int64))
    model = fit_hazard(rows, dict.fromkeys(facts, "number"), (), seed=1)
    hazards = model.hazards(facts, rows.holdings)
    assert hazards.std() < 0.05
    assert sigmoid(model.intercept) == pytest.approx(0.2, abs=0.05)


def test_without_a_churn_column_it_is_left_out_and_said_so() -> None:
    fitted = fit_churn(None, KINDS, PRODUCTS, seed=1)
    assert fitted.model is None
    assert fitted.sentences == ("Churn is left out: the customers table has no column 'churned'.",)


def test_too_few_churners_are_too_few() -> None:
    fitted = fit_churn(a_world(n=600, rate=-4.5), KINDS, PRODUCTS, seed=1)
    assert fitted.model is None
    assert "50 of each are needed" in fitted.sentences[0]


def test_late_months_without_churners_are_not_ranked() -> None:
    late = WORLD.months >= 8
    rows = ChurnRows(
        WORLD.facts, WORLD.holdings, np.where(late, 0.0, WORLD.churned), WORLD.customers, WORLD.months
    )
    fitted = fit_churn(rows, KINDS, PRODUCTS, seed=1)
    assert fitted.model is not None
    assert "only one kind of ending" in fitted.sentences[1]


def test_a_fact_named_as_a_product_is_left_out() -> None:
    facts = {**WORLD.facts, "tv": WORLD.holdings[:, 1].tolist()}
    rows = ChurnRows(facts, WORLD.holdings, WORLD.churned, WORLD.customers, WORLD.months)
    fitted = fit_churn(rows, {**KINDS, "tv": "number"}, PRODUCTS, seed=1)
    assert fitted.sentences[0] == "Churn: fact 'tv' is left out, a product has the same name."
    assert fitted.model is not None
    assert [block.fact for block in fitted.model.encoder.blocks] == ["tenure", "contract"]


def test_what_nobody_wants_judged_is_fitted_once_on_all_months_and_says_so() -> None:
    fitted, judged = (fit_churn(WORLD, KINDS, PRODUCTS, seed=1, judged=told) for told in (False, True))
    assert fitted.sentences == (
        judged.sentences[0].replace("judged on the last 2 of 10 months", "not judged"),
    )
    assert (fitted.metrics, fitted.held_out) == ({}, None)
    assert fitted.model is not None
    assert judged.model is not None
    one, other = (fit.hazards(WORLD.facts, WORLD.holdings) for fit in (fitted.model, judged.model))
    assert np.log(one) == pytest.approx(np.log(other), abs=0.5)  # the strength may be chosen otherwise
    assert one.mean() == pytest.approx(other.mean(), rel=0.01)
