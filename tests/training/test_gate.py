"""What may become the champion."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl

from models.bundle import Bundle
from tests.training.propensity_worlds import START, families, sequels
from training.evaluation.tournament import run_tournament
from training.fit.acquisitions import PropensityData
from training.fit.ledger import days
from training.gate import judge_bundle
from training.scoreboard import UNTIL


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


def test_with_other_products_the_two_are_compared_on_those_both_know() -> None:
    data = families(400)
    bundle = a_bundle(data, "new", "multinomial")
    few = replace(data, products=tuple("abcd"), holdings=data.holdings.filter(pl.col("product_id") < "e"))
    old = a_bundle(few, "old", "popularity")
    gate = judge_bundle(bundle, (), old, data, 0)
    assert not gate.passes  # the tournament's rows are not given, so popularity was not compared with
    said = gate.sentences[1]
    assert said.startswith("Gate: not worse than the champion on ")
    assert "both as they would serve, among the 4 products both know of 7: log-loss lower by " in said
    assert float(said.partition("lower by ")[2].split()[0]) > 0.2
    back = judge_bundle(replace(old, version="newer"), (), bundle, data, 0)
    assert back.sentences[1].startswith("Gate: worse than the champion on ")


def test_with_no_product_in_common_the_champion_stays() -> None:
    data = families(120)
    bundle = a_bundle(data, "new", "popularity_by_segment")
    other = replace(
        bundle,
        version="old",
        winner=replace(bundle.winner, products=tuple("uvwxyz0")),
        products=tuple("uvwxyz0"),
    )
    gate = judge_bundle(bundle, (), other, data, 0)
    assert not gate.passes
    assert gate.sentences[1].startswith("Gate: 0 held-out acquisitions of 0 products both know")


def test_without_acquisitions_there_is_no_evidence_and_the_champion_stays() -> None:
    data = families(120)
    bundle = a_bundle(data, "new", "popularity_by_segment")
    nobody = replace(data, holdings=data.holdings.head(0))
    gate = judge_bundle(bundle, (), replace(bundle, version="old"), nobody, 0)
    assert not gate.passes
    assert (
        "Gate: 0 held-out acquisitions of 7 products both know, 20 are needed to compare; the champion stays."
        in gate.sentences[1]
    )


def test_what_is_new_since_the_champion_is_judged_by_fits_that_have_not_seen_it() -> None:
    data = sequels(800)
    until = days(pl.Series([START + timedelta(days=500)]))[0]
    early = replace(data, holdings=data.holdings.filter(pl.col("since") <= START + timedelta(days=500)))
    old = replace(a_bundle(early, "old", "multinomial"), metrics={UNTIL: until})
    bundle = a_bundle(data, "new", "multinomial")
    result = run_tournament(data, 0, "multinomial")
    gate = judge_bundle(bundle, result.rows, old, data, 0, result.settings["multinomial"])
    new = data.holdings.filter(pl.col("since") > START + timedelta(days=500))
    assert gate.passes
    assert (
        f"not worse than the champion on {len(new)} acquisitions that neither has seen" in gate.sentences[1]
    )
    gain = gate.sentences[1].partition("lower by ")[2]
    assert abs(float(gain.split()[0])) < 0.02  # the same method on the same days: nothing to gain


def test_with_too_little_to_judge_by_the_first_bundle_serves_and_no_later_one() -> None:
    data = families(120)
    bundle = a_bundle(data, "new", "popularity")
    first = judge_bundle(bundle, (), None, data, 0)
    assert first.passes
    assert first.sentences == ("Gate: too few acquisitions to compare with popularity by segment.",)
    later = judge_bundle(bundle, (), replace(bundle, version="old"), data, 0)
    assert not later.passes
    assert (
        later.sentences[0]
        == "Gate: too few acquisitions to compare with popularity by segment; the champion stays."
    )


def test_another_order_of_the_same_products_is_no_difference() -> None:
    data = families(120)
    turned = replace(data, products=data.products[::-1])
    bundle = a_bundle(data, "new", "popularity")
    other = a_bundle(turned, "old", "popularity")
    gate = judge_bundle(bundle, (), other, data, 0)
    said = next(sentence for sentence in gate.sentences if "not worse than the champion" in sentence)
    mean = float(said.partition("lower by ")[2].split()[0])
    assert abs(mean) < 0.001
