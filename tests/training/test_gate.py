"""What may become the champion."""

from __future__ import annotations

from dataclasses import replace

from models.bundle import Bundle
from tests.training.propensity_worlds import families
from training.evaluation.tournament import run_tournament
from training.fit.acquisitions import PropensityData
from training.gate import judge_bundle


def a_bundle(data: PropensityData, version: str, method: str | None = None) -> Bundle:
    result = run_tournament(data, 0, method)
    return Bundle(
        version=version,
        products=data.products,
        fact_kinds={},
        dated=False,
        winner=result.winner,
        implicit=result.implicit,
    )


def test_a_champion_that_knows_other_products_is_not_compared_with() -> None:
    data = families(120)
    bundle = a_bundle(data, "new", "popularity_by_segment")
    gate = judge_bundle(bundle, (), replace(bundle, version="old", products=("a", "z")), data, 0)
    assert gate.passes
    assert "Gate: the champion knows other products, so the two cannot be compared." in gate.sentences


def test_without_acquisitions_nothing_is_compared() -> None:
    data = families(120)
    bundle = a_bundle(data, "new", "popularity_by_segment")
    nobody = replace(data, holdings=data.holdings.head(0))
    gate = judge_bundle(bundle, (), replace(bundle, version="old"), nobody, 0)
    assert gate.passes
    assert "Gate: no acquisition is held out, so the two cannot be compared." in gate.sentences


def test_with_too_little_to_judge_by_nothing_is_significantly_worse() -> None:
    data = families(120)
    gate = judge_bundle(a_bundle(data, "new", "popularity"), (), None, data, 0)
    assert gate.passes
    assert gate.sentences == ("Gate: too few acquisitions to compare with popularity by segment.",)


def test_another_order_of_the_same_products_is_no_difference() -> None:
    data = families(120)
    turned = replace(data, products=data.products[::-1])
    bundle = a_bundle(data, "new", "popularity")
    other = a_bundle(turned, "old", "popularity")
    gate = judge_bundle(bundle, (), other, data, 0)
    assert gate.passes
    said = next(sentence for sentence in gate.sentences if "not worse than the champion" in sentence)
    mean = float(said.partition("lower by ")[2].split()[0])
    assert abs(mean) < 0.001
