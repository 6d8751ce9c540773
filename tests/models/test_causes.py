"""Causes that come one after another: what each takes adds up to what is lost."""

from dataclasses import replace

import numpy as np
import pytest

from models.causes import cumulative_incidences, curves_by_cause, either, hazards_by_cause, incidences
from tests.builders import a_churn_model

MODEL = replace(
    a_churn_model(0.03, tv=-0.5),
    causes={"unavoidable": a_churn_model(0.002, tv=0.0), "non-payment": a_churn_model(0.01, tv=0.4)},
)
TV = np.ones(1)


def test_each_cause_takes_of_who_was_spared_by_those_before_it() -> None:
    found = incidences(np.array([0.1, 0.2, 0.5]))
    assert found == pytest.approx([0.1, 0.9 * 0.2, 0.9 * 0.8 * 0.5])
    assert found.sum() == pytest.approx(1 - 0.9 * 0.8 * 0.5)


def test_incidences_add_up_to_the_chance_to_be_lost_whatever_the_hazards() -> None:
    hazards = np.random.default_rng(4).random((3, 50, 12))
    assert incidences(hazards).sum(axis=0) == pytest.approx(1 - np.prod(1 - hazards, axis=0), abs=1e-15)
    sure = incidences(np.ones((3, 2)))
    assert sure.tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]


def test_cumulative_incidences_and_who_is_still_here_add_up_to_one() -> None:
    monthly = incidences(np.random.default_rng(5).random((3, 4, 12)) / 5)
    found = cumulative_incidences(monthly)
    stays = np.cumprod(1 - monthly.sum(axis=0), axis=-1)
    assert found.shape == (3, 4, 13)
    assert (found[..., 0] == 0.0).all()
    assert found[..., 1:].sum(axis=0) + stays == pytest.approx(np.ones((4, 12)), abs=1e-14)


def test_two_months_are_counted_as_by_hand() -> None:
    monthly = np.array([[0.1, 0.2], [0.3, 0.1]])
    assert cumulative_incidences(monthly) == pytest.approx(
        np.array([[0, 0.1, 0.1 + 0.6 * 0.2], [0, 0.3, 0.3 + 0.6 * 0.1]])
    )


def test_a_models_causes_add_up_to_its_hazard_in_a_table_and_along_the_curve() -> None:
    found = hazards_by_cause(MODEL, {}, TV[None, :])
    assert list(found) == ["unavoidable", "non-payment", "voluntary"]
    assert sum(found.values()) == pytest.approx(MODEL.hazards({}, TV[None, :]), abs=1e-15)
    curves = curves_by_cause(MODEL, {}, TV, 6, {})
    assert sum(curves.values()) == pytest.approx(MODEL.curve_of_all({}, TV, 6, {}), abs=1e-15)
    assert {name: curve[0] for name, curve in curves.items()} == pytest.approx(
        {name: each[0] for name, each in found.items()}
    )


def test_a_model_without_other_causes_has_one() -> None:
    alone = a_churn_model(0.03)
    assert {name: each.tolist() for name, each in curves_by_cause(alone, {}, np.zeros(0), 2, {}).items()} == {
        "voluntary": pytest.approx([0.03, 0.03])
    }


def test_either_is_one_less_what_both_spare() -> None:
    assert either(0.1, 0.2) == pytest.approx(0.28)
