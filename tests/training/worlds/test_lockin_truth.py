"""Lock-in in the laboratory: recovered where the facts show what moves buying and leaving, wrong where they do not, and then refused."""

from __future__ import annotations

import numpy as np
import pytest

from bench.lockin import Judged, judged

MONTHS, SEED = 12, 1


def off(pairs: list[Judged]) -> tuple[float, float]:
    """By how much the estimates of a world miss the truth on average, and the standard error of that."""
    errors = np.array(
        [
            np.log(p.effect.evidence.adjusted.high / p.effect.evidence.adjusted.low)
            for p in pairs
            if p.effect.evidence
        ]
    )
    weight = (2 * 1.96 / errors) ** 2
    missed = np.array([pair.raw - pair.true for pair in pairs])
    return float(weight @ missed / weight.sum()), float(weight.sum() ** -0.5)


@pytest.fixture(scope="module")
def shown() -> list[Judged]:
    return judged("base", SEED, 4_000, MONTHS)


@pytest.fixture(scope="module")
def hidden() -> list[Judged]:
    return judged("hidden", SEED, 5_000, MONTHS)


def test_it_recovers_the_truth_where_facts_show_who_buys_and_stays(shown: list[Judged]) -> None:
    mean, error = off(shown)
    assert len(shown) >= 4
    assert abs(mean) < 2.5 * error
    assert np.mean([pair.covered for pair in shown]) >= 0.75


def test_it_fails_where_no_fact_shows_who_is_loyal(hidden: list[Judged]) -> None:
    mean, error = off(hidden)
    assert mean < -3 * error


def test_what_is_hidden_is_not_counted(hidden: list[Judged]) -> None:
    assert [pair.effect.grade for pair in hidden if pair.pull == 0.0].count("C") >= 3
