"""A small shop whose desk asks `decide()`: what is judged from its journal is what the laboratory plays; the whole is `python -m bench ope`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from bench.ope import Told, asked_of, bar_of
from bench.ope_proposals import SORTS, Proposal, proposal
from bench.ope_shop import RATE, Deciding, Shop, archive, founded, lay_down, open_shop, trade, written
from bench.ope_truth import MONTHS, earned, standing_worth
from models.bundle import open_bundle
from models.catalogue import load_catalogue
from models.knowledge import build_knowledge
from models.policy import load_policy
from training.evaluation.policy_value import Estimate
from training.knowledge import shipped_words
from training.ope.choices import first_of
from training.ope.judging import Judged, judge
from training.ope.page import verdict
from training.simulator.laboratory.deeds import IDS as DEEDS
from training.simulator.laboratory.goods import IDS

if TYPE_CHECKING:
    from pathlib import Path

    from models.knowledge import Knowledge
    from training.simulator.laboratory.play import Play

CUSTOMERS, ASKED = 5000, 3


class Traded(NamedTuple):
    """A shop after some months."""

    shop: Shop
    knowledge: Knowledge
    play: Play
    desk: Deciding
    folder: Path

    def often(self) -> Counter[str]:
        return Counter(first_of(record.decision) for record in self.desk.records)

    def judged(self, made: Proposal) -> Judged:
        place = self.folder
        return judge(asked_of(made, self.shop, self.shop.bundle, place / "archive", place / "shelf"))

    def worth(self, made: Proposal) -> float:
        knowledge = made.papers.knowledge(self.shop.bundle)
        return float(earned(self.play.setting, self.desk.asked, knowledge, made.rate).mean())


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Traded:
    folder = tmp_path_factory.mktemp("laboratory")
    base = founded("base", CUSTOMERS, 3)
    shop = open_shop(folder, "base", base)
    knowledge = shop.papers.knowledge(shop.bundle)
    play, desk = trade(base, knowledge, luck=1, months=ASKED)
    archive(play, desk, folder / "archive")
    lay_down(shop, knowledge, folder / "shelf")
    return Traded(shop, knowledge, play, desk, folder)


def near(found: Judged, truth: float) -> bool:
    assert found.found.found is not None
    return all(
        abs(one.value - truth) <= 3.0 * one.error + 0.05 * abs(truth)
        for one in (found.found.found.dr, found.found.found.snips)
    )


def made(traded: Traded, sort: str, variant: int) -> Proposal:
    return proposal([*SORTS].index(sort) + len(SORTS) * variant, traded.shop.papers, traded.often())


def test_every_contact_the_desk_was_asked_about_is_judged(traded: Traded) -> None:
    found = traded.judged(Proposal("as it is", "", traded.shop.papers))
    assert found.found.weights.contacts + found.waiting == len(traded.desk.records)
    assert found.waiting < 0.05 * len(traded.desk.records)
    assert found.read.unreadable == 0
    assert found.choices.agree == found.found.weights.contacts
    assert found.choices.by_chance > 0.8 * found.choices.agree
    assert near(found, traded.worth(Proposal("as it is", "", traded.shop.papers)))


@pytest.mark.parametrize(("sort", "variant"), [("exploration", 0), ("lever", 0)])
def test_a_mild_proposal_is_estimable_and_near_its_truth(traded: Traded, sort: str, variant: int) -> None:
    proposed = made(traded, sort, variant)
    found = traded.judged(proposed)
    assert found.found.failed == ()
    assert found.choices.agree < found.found.weights.contacts  # it is another policy indeed
    assert near(found, traded.worth(proposed))


def test_a_wild_proposal_is_not_estimable_and_the_gate_is_named(traded: Traded) -> None:
    papers = made(traded, "lever", 0).papers
    for action in papers.catalogue["actions"]:
        action["cost"] = action.get("cost", 0.0) + 1.0
    found = traded.judged(Proposal("all offers cost more", "", papers))
    assert found.found.found is None
    assert verdict(found).startswith("not estimable: support is ")


def test_each_of_fifty_proposals_can_be_decided_by_and_is_another_one(traded: Traded) -> None:
    bundle, often = open_bundle(dict(traded.shop.bundle)), traded.often()
    seen = set()
    for number in range(50):
        proposed = proposal(number, traded.shop.papers, often)
        catalogue = load_catalogue(written(proposed.papers.catalogue))
        policy = load_policy(written(proposed.papers.policy))
        build_knowledge(catalogue, policy, bundle, wordbooks=shipped_words())
        seen.add((catalogue.version, policy.version, proposed.method, proposed.rate))
    usual = (traded.knowledge.versions.catalogue, traded.knowledge.versions.policy, "multinomial", RATE)
    assert len(seen - {usual}) == 50


def test_what_stands_is_worth_its_months_of_margin_less_discount_and_cost() -> None:
    held = np.zeros((1, len(IDS)), dtype=bool)
    held[0, [IDS.index("mobile-basic"), IDS.index("tv")]] = True
    worth = dict(zip(DEEDS, standing_worth(held, {"offer-wifi": 9.0})[0].tolist(), strict=True))
    assert worth["offer-wifi"] == pytest.approx(3.3 * MONTHS - 9.0)
    assert worth["offer-mobile-plus"] == pytest.approx((12.0 - 5.5) * MONTHS - 5.0)
    assert worth["deal-mobile-plus"] == pytest.approx((12.0 - 5.5 - 6.0) * MONTHS - 5.0)
    assert worth["save-5x12"] == pytest.approx((5.5 + 5.5 - 5.0) * MONTHS)


def test_the_bar_counts_what_is_near_and_what_is_covered() -> None:
    one = Estimate(10.0, 9.0, 11.0, 0.5)
    told = [Told(truth, one, one) for truth in (10.0, 10.4, 11.5, 20.0)]
    rows = {row["name"]: row for row in bar_of("dr", told)}
    assert rows["ope.dr: relative error, median"]["value"] == pytest.approx(
        (0.4 / 10.4 + 1.5 / 11.5) / 2, abs=1e-4
    )
    assert rows["ope.dr: coverage"]["value"] == 0.5
    assert rows["ope.dr: within 3 errors + 5 %"]["value"] == 3
    assert [row["holds"] for row in rows.values()] == [False, False, False, None]
