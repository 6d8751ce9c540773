"""The months of a world: the same by seed, paired between policies, every cent booked once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pytest

from tests.training.simulator.laboratory.conftest import Opens
from tests.training.simulator.laboratory.deed_policies import Always
from training.simulator.laboratory import deeds, goods, money
from training.simulator.laboratory.contacting import CANCEL, MINUTES
from training.simulator.laboratory.desk import NONE, Desk, IneligibleError, Proposals, nothing
from training.simulator.laboratory.play import Play, opened
from training.simulator.laboratory.policies import RandomEligible, Silent
from training.simulator.laboratory.records import STAYED
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS


def rows_of(play: Play, rows: np.ndarray) -> list[np.ndarray]:
    state = play.state
    names = [item.name for item in fields(state) if isinstance(getattr(state, item.name), np.ndarray)]
    return [getattr(state, name)[rows] for name in names] + [play.ledger[:, rows]]


def equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(first, second) for first, second in zip(one, other, strict=True))


def test_the_same_seed_gives_the_same_months_and_another_seed_others(opens: Opens) -> None:
    plays = [opened(set_up(WORLDS["base"], seed, 300)).run(RandomEligible(), 4) for seed in (1, 1, 2)]
    everyone = np.arange(300)
    assert equal(rows_of(plays[0], everyone), rows_of(plays[1], everyone))
    assert not equal(rows_of(plays[0], everyone), rows_of(plays[2], everyone))


def test_customers_live_alike_in_a_small_and_a_large_world() -> None:
    few, many = (opened(set_up(WORLDS["base"], 1, size)).run(RandomEligible(), 5) for size in (100, 300))
    assert equal(rows_of(few, np.arange(100)), rows_of(many, np.arange(100)))


def test_a_policy_that_proposes_what_another_proposes_gets_the_same_outcomes(opens: Opens) -> None:
    """Odd customers are told nothing by either, even ones the same by both of the first two."""
    start = opens()
    some, everyone, nobody = (
        start.branch().run(policy, 8)
        for policy in (Always("save-5x6", even=True), Always("save-5x6"), Silent())
    )
    even, odd = np.arange(0, 800, 2), np.arange(1, 800, 2)
    assert equal(rows_of(some, even), rows_of(everyone, even))
    assert equal(rows_of(some, odd), rows_of(nobody, odd))
    assert not equal(rows_of(everyone, odd), rows_of(nobody, odd))


def test_saying_nothing_is_what_happens_when_nobody_decides(opens: Opens) -> None:
    said, unsaid = opens().run(Silent(), 6), opens().run(None, 6)
    assert equal(rows_of(said, np.arange(800)), rows_of(unsaid, np.arange(800)))
    assert len(unsaid.seen) == 6


def test_a_branch_leaves_the_play_as_it_was(opens: Opens) -> None:
    play = opens()
    before = [part.copy() for part in rows_of(play, np.arange(800))]
    play.branch().run(RandomEligible(), 3)
    play.branch(np.arange(10), luck=1).run(None, 3)
    assert equal(before, rows_of(play, np.arange(800)))
    assert play.month == 6


def test_some_customers_played_alone_live_as_among_all(opens: Opens) -> None:
    rows = np.arange(100, 200)
    alone, among = opens().branch(rows).run(None, 5), opens().run(None, 5)
    assert np.array_equal(alone.ledger, among.ledger[6:][:, rows])


def test_every_cent_is_booked_once(opens: Opens) -> None:
    """Margin of who stayed and paid, less discounts, costs and minutes, counted again from what was written down."""
    play = opens().run(RandomEligible(), 6)
    for month in range(12):
        seen, entries = play.seen[month], play.outcomes[month].entries
        assert entries.dtype == np.int64
        asked = seen.asked
        minutes = MINUTES[seen.contacts.intent] + np.where(asked.spoken, deeds.MINUTES[asked.deed], 0).sum(
            axis=1
        )
        cost = int(deeds.COST[asked.deed[asked.accepted]].sum())
        assert -entries[:, money.SERVICE].sum() == sum(round(one * money.PER_MINUTE) for one in minutes)
        assert -entries[:, money.COST].sum() == cost
        stayed = seen.row[(seen.left == STAYED) & ~seen.missed]
        outcome = play.outcomes[month]
        withdrawn = np.zeros_like(outcome.held)
        last = seen.ended.day == 27
        new = last & (seen.ended.since == month)
        withdrawn[seen.ended.row[new], seen.ended.product[new]] = True
        held = outcome.held & ~withdrawn
        margin = int((held[stayed] @ play.setting.margin(month)).sum())
        discount = -int(entries[:, money.DISCOUNT].sum())
        assert entries.sum() == margin - discount - cost + entries[:, money.SERVICE].sum()
        assert (entries[:, 1:] <= 0).all()


def test_a_discount_is_given_for_its_months_and_no_longer(opens: Opens) -> None:
    play = opened(set_up(WORLDS["base"], 1, 800)).run(Always("save-5x6"), 1).run(Silent(), 7)
    contact = play.seen[0].asked.accepted[:, 0]
    row = play.seen[0].contacts.row[contact]
    given = -play.ledger[:, row, money.DISCOUNT]
    stayed = play.state.here[row] & (play.ledger[:, row, money.UNPAID] == 0).all(axis=0)
    assert stayed.sum() > 10
    assert given[:, stayed].tolist() == [[500] * int(stayed.sum())] * 6 + [[0] * int(stayed.sum())] * 2


def test_who_is_gone_books_nothing(opens: Opens) -> None:
    play = opens().run(RandomEligible(), 2)
    gone = ~play.state.here
    assert gone.any()
    assert not play.run(RandomEligible(), 1).ledger[-1][gone].any()


def test_the_true_hazard_is_the_rate_at_which_customers_leave(opens: Opens) -> None:
    play = opens("base", 1, 4000).run(None, 12)
    left, expected, variance = 0.0, 0.0, 0.0
    here = np.ones(4000, dtype=bool)
    for outcome in play.outcomes:
        hazard = outcome.hazard[here & ~outcome.dies & ~outcome.cut_off]
        left += outcome.left.sum()
        expected += hazard.sum()
        variance += (hazard * (1 - hazard)).sum()
        here &= ~outcome.gone
    asked = sum(outcome.left.sum() for outcome in play.outcomes[:6])
    assert asked > 0
    assert abs(left - expected) < 3.5 * np.sqrt(variance)


def test_where_nothing_has_any_effect_random_offers_cost_what_they_cost_and_change_nothing_else(
    opens: Opens,
) -> None:
    for seed in range(3):
        start = opens("no-effect", seed, 600)
        silent, random = start.branch().run(Silent(), 12), start.branch().run(RandomEligible(), 12)
        difference = (random.ledger - silent.ledger).sum(axis=(0, 1))
        assert difference[money.MARGIN : money.UNPAID + 1].tolist() == [0, 0, 0, 0]
        assert (difference[money.DISCOUNT :] < 0).all()
        assert np.array_equal(silent.state.here, random.state.here)
        assert np.array_equal(silent.state.held, random.state.held)


def test_being_asked_wakes_sleeping_dogs(opens: Opens) -> None:
    woken = {}
    for name in ("base", "sleeping-dogs"):
        play = opens(name, 2, 2000).run(Always("save-5x6"), 6)
        woken[name] = sum(outcome.woken.sum() for outcome in play.outcomes)
    assert woken["sleeping-dogs"] > 1.5 * woken["base"]


def test_nobody_is_woken_by_silence(opens: Opens) -> None:
    play = opens("sleeping-dogs", 2, 2000).run(Silent(), 6)
    assert not any(outcome.woken.any() for outcome in play.outcomes[6:])


def test_customers_learn_that_threats_pay(opens: Opens) -> None:
    calls = {}
    for policy in (Silent(), Always("save-10x12")):
        play = opens("threats", 2, 2000).run(policy, 12)
        calls[policy] = sum((seen.contacts.intent == CANCEL).sum() for seen in play.seen[6:])
    assert calls[Always("save-10x12")] > 1.1 * calls[Silent()]


@pytest.mark.parametrize(("name", "least", "most"), [("base", 1.6, 3.0), ("ignored-ranks", 0.8, 1.2)])
def test_agents_speak_what_stands_first_unless_they_ignore_ranks(
    opens: Opens, name: str, least: float, most: float
) -> None:
    play = opens(name, 1, 2000).run(RandomEligible(), 6)
    first, second = 0.0, 0.0
    for seen in play.seen[6:]:
        reached = ~seen.asked.accepted[:, 0] & (seen.asked.deed[:, 1] != NONE)
        first += seen.asked.spoken[reached, 0].mean()
        second += seen.asked.spoken[reached, 1].mean()
    assert least < first / second < most


def test_the_price_rises_once_and_is_margin(opens: Opens) -> None:
    setting = opens("price-rise").setting
    months = [setting.rise(month) for month in range(20)]
    assert sum(rise > 0 for rise in months) == 1
    then = int(np.argmax(months))
    assert setting.margin(then - 1).tolist() == [good.margin for good in goods.LIST]
    assert (setting.margin(then) > setting.margin(then - 1)).all()


def test_a_policy_may_only_propose_what_is_eligible_and_once(opens: Opens) -> None:
    @dataclass(frozen=True)
    class Wrong:
        deed: tuple[str, str]
        eligible: bool

        def propose(self, desk: Desk) -> Proposals:
            said = nothing(len(desk.customer))
            numbers = [deeds.IDS.index(name) for name in self.deed]
            at = np.flatnonzero(desk.eligible[:, numbers[0]] == self.eligible)[0]
            said.deed[at, :2] = numbers
            return said

    with pytest.raises(IneligibleError, match="'offer-tv-sport' at rank 1 of contact"):
        opens().run(Wrong(("offer-tv-sport", "save-apology"), False), 1)
    with pytest.raises(IneligibleError, match="'save-apology' at rank 2 of contact"):
        opens().run(Wrong(("save-apology", "save-apology"), True), 1)


def test_proposals_have_one_row_a_contact(opens: Opens) -> None:
    class Short:
        def propose(self, desk: Desk) -> Proposals:
            return nothing(len(desk.customer) - 1)

    with pytest.raises(IneligibleError, match="proposals of shape"):
        opens().run(Short(), 1)


def test_random_proposals_are_three_different_eligible_ones_in_a_share_of_the_contacts(opens: Opens) -> None:
    play = opens()
    asked = [seen.asked for seen in play.seen]
    told = np.concatenate([one.deed[:, 0] != NONE for one in asked])
    assert 0.4 < told.mean() < 0.6
    probability = np.concatenate([one.probability for one in asked])
    assert (probability[~told] == 1).all()
    assert (probability[told] < 0.34).all()
