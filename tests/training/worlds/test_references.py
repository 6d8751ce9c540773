"""What each reference policy does to whom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.simulator.laboratory import deeds, goods
from training.simulator.laboratory.contacting import CANCEL
from training.simulator.laboratory.desk import NONE, Desk, Proposals
from training.simulator.laboratory.play import Play
from training.worlds import highest_risk, pega, popularity, probability_margin
from training.worlds.prices import sale_values, save_values
from training.worlds.responses import acceptance_rates, responses

MONTHS = 3
Answers = list[tuple[Desk, Proposals]]


def answers(history: Play, make: object, folder: Path) -> Answers:
    """Every desk a policy saw in its first months, and what it said."""
    play, found = history.branch(), []
    policy = make(play, 5, folder)  # type: ignore[operator]  # a policy's `make`

    class Recorder:
        def propose(self, desk: Desk) -> Proposals:
            found.append((desk, policy.propose(desk)))
            return found[-1][1]

    play.run(Recorder(), MONTHS)
    return found


def held(*names: str) -> np.ndarray:
    return np.isin(np.array(goods.IDS), names)[None, :]


def value(values: np.ndarray, deed: str) -> float:
    return float(values[0, deeds.IDS.index(deed)])


def test_a_sale_is_worth_its_first_year_less_discount_cost_and_what_it_replaces() -> None:
    values = sale_values(held("mobile-basic", "tv"))
    assert value(values, "offer-security") == pytest.approx(12 * 3.00 - 5)
    assert value(values, "offer-mobile-plus") == pytest.approx(12 * (12.00 - 5.50) - 5)
    assert value(values, "deal-mobile-plus") == pytest.approx(12 * (12.00 - 5.50) - 5 - 6 * 6)
    assert value(values, "save-5x6") == 0


def test_a_save_is_worth_a_year_of_what_is_held_less_discount_and_cost() -> None:
    values = save_values(held("mobile-basic", "tv"))
    assert value(values, "save-5x6") == pytest.approx(12 * (5.50 + 5.50) - 6 * 5)
    assert value(values, "save-renewal") == pytest.approx(12 * (5.50 + 5.50) - 12 * 2.5 - 25)
    assert value(values, "offer-security") == 0


def test_responses_are_what_was_spoken(history: Play) -> None:
    found = responses(history.seen)
    assert len(found.deed) == sum(int(seen.asked.spoken.sum()) for seen in history.seen)
    assert found.accepted.sum() == sum(int(seen.asked.accepted.sum()) for seen in history.seen)
    kept = sum(int((seen.asked.accepted & ~seen.asked.withdrawn).sum()) for seen in history.seen)
    assert found.kept.sum() == kept
    seen = history.seen[-1]
    contact, _ = np.nonzero(seen.asked.spoken)
    line = np.searchsorted(seen.row, seen.contacts.row[contact])
    assert np.array_equal(found.facts["engagement"][-len(line) :], seen.facts["engagement"][line])
    rates = acceptance_rates(found, len(deeds.DEEDS))
    one = deeds.IDS.index("save-5x12")
    assert rates[one] == (1 + found.accepted[found.deed == one].sum()) / (2 + (found.deed == one).sum())


def test_popularity_offers_what_was_bought_most_lately(history: Play, tmp_path: Path) -> None:
    bought = np.bincount(np.concatenate([seen.bought.product for seen in history.seen]), minlength=17)
    desk, said = answers(history, popularity.make, tmp_path)[0]
    for may, deed in zip(desk.eligible, said.deed, strict=True):
        sold = deeds.SELLS[deed[deed != NONE]]
        open_to = np.flatnonzero(may[:17])  # the plain offers come first, in the order of products
        assert sorted(bought[sold], reverse=True) == bought[sold].tolist()
        assert bought[sold].tolist() == sorted(bought[open_to][bought[open_to] > 0], reverse=True)[:3]
        assert not deeds.DISCOUNT[deed[deed != NONE]].any()


@pytest.mark.parametrize("make", [probability_margin.make, pega.make])
def test_saves_are_for_who_cancels(history: Play, make: object, tmp_path: Path) -> None:
    saved = 0
    for desk, said in answers(history, make, tmp_path):
        cancels = desk.contacts.intent == CANCEL
        saves = (said.deed != NONE) & deeds.SAVE[said.deed]
        assert not saves[~cancels].any()
        assert (said.deed[~cancels, 0] != NONE).mean() > 0.9
        saved += int(saves[cancels, 0].sum())
    assert saved > 10


def test_probability_times_margin_knows_who_says_yes(history: Play, tmp_path: Path) -> None:
    policy = probability_margin.ProbabilityMargin(history.seen)
    play, chances, kept = history.branch(), [], []

    class AtRandom:
        def propose(self, desk: Desk) -> Proposals:
            chance = policy.chances(desk)
            order = np.where(
                desk.eligible & deeds.SALE,
                (desk.customer[:, None] * 7 + np.arange(len(deeds.DEEDS)) * 3) % 11,
                99,
            )
            deed = order.argmin(axis=1)
            may = desk.eligible[np.arange(len(deed)), deed]
            chances.append(chance[np.arange(len(deed)), deed])
            return Proposals(
                np.column_stack([np.where(may, deed, NONE), *[np.full(len(deed), NONE)] * 2]),
                np.ones(len(deed)),
            )

    play.run(AtRandom(), 8)
    spoken = np.concatenate([seen.asked.spoken[:, 0] for seen in play.seen[6:]])
    kept = np.concatenate([(seen.asked.accepted & ~seen.asked.withdrawn)[:, 0] for seen in play.seen[6:]])[
        spoken
    ]
    chance = np.concatenate(chances)[spoken]
    assert abs(chance.mean() - kept.mean()) < 0.05
    likely = chance > np.median(chance)
    assert kept[likely].mean() > 1.5 * kept[~likely].mean()


def test_the_highest_risk_gets_one_save_and_nobody_else_anything(history: Play, tmp_path: Path) -> None:
    found = answers(history, highest_risk.make, tmp_path)
    approached = np.concatenate([said.deed[:, 0] != NONE for _, said in found])
    assert 0.1 < approached.mean() < 0.32
    for _, said in found:
        assert deeds.SAVE[said.deed[said.deed[:, 0] != NONE, 0]].all()
        assert (said.deed[:, 1:] == NONE).all()
