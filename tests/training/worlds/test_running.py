"""A run: the same luck for all, money to the cent, harm that is true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.simulator.laboratory.deed_policies import Always
from training.simulator.laboratory import deeds, money
from training.simulator.laboratory.desk import Desk, Proposals, nothing
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.policies import RandomEligible, Silent
from training.worlds.balance import BalanceError, balanced
from training.worlds.loyalty_gap import loyalty_gap
from training.worlds.running import HORIZONS, Plan, Run, run, size
from training.worlds.watching import EVERY, Watched


@pytest.fixture(scope="module")
def without_effect() -> dict[str, Run]:
    return {one.policy: one for one in run(Plan("no-effect", 4, 300, ("nothing", "random", "popularity")))}


def test_where_nothing_has_an_effect_asking_costs_its_minutes_and_what_is_given(
    without_effect: dict[str, Run],
) -> None:
    quiet, popular, chance = (without_effect[name] for name in ("nothing", "popularity", "random"))
    assert quiet.spoken == quiet.judged == 0
    assert quiet.left == popular.left == chance.left
    assert quiet.contacts == popular.contacts == chance.contacts
    assert popular.values[1] < quiet.values[1]
    assert popular.discount == quiet.discount < chance.discount
    assert popular.harmed == popular.judged > 0
    assert popular.worth == pytest.approx(-popular.harm)


def test_customers_are_drawn_in_pairs(without_effect: dict[str, Run]) -> None:
    quiet, popular = without_effect["nothing"], without_effect["popularity"]
    alone = np.std(popular.draws[1])
    paired = np.std(np.array(popular.draws[1]) - np.array(quiet.draws[1]))
    assert paired < alone / 20
    assert np.mean(quiet.draws[1]) == pytest.approx(quiet.values[1], rel=0.03)


def test_the_same_plan_gives_the_same_run(without_effect: dict[str, Run]) -> None:
    (again,) = run(Plan("no-effect", 4, 300, ("popularity",)))
    assert replace(again, seconds=0.0) == replace(without_effect["popularity"], seconds=0.0)


def test_a_world_keeps_its_size() -> None:
    assert size(Plan("small", 0, 20000, ())) == 4000
    assert size(Plan("base", 0, 20000, ())) == 20000


def test_money_is_conserved(history: Play) -> None:
    play = history.branch().run(RandomEligible(3), 4).run(None, 3)
    balanced(play, history)
    ledger = play.ledger
    assert ledger.sum() == sum(int(ledger[:, :, column].sum()) for column in range(len(money.COLUMNS)))


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (money.SERVICE, "contacts of month 6 cost"),
        (money.COST, "contacts of month 6 cost"),
        (money.MARGIN, "margin below nought"),
    ],
)
def test_a_cent_too_few_is_found(history: Play, column: int, says: str) -> None:
    play = history.branch().run(RandomEligible(3), 1)
    play.outcomes[-1].entries[int(np.flatnonzero(play.state.here)[0]), column] -= (
        1 if column != money.MARGIN else 10**6
    )
    with pytest.raises(BalanceError, match=says):
        balanced(play, history)


def test_money_of_who_has_gone_and_of_months_gone_by_is_found(history: Play) -> None:
    play = history.branch().run(Silent(), 2)
    gone = int(np.flatnonzero(play.outcomes[-2].gone)[0])
    play.outcomes[-1].entries[gone, money.MARGIN] += 1
    with pytest.raises(BalanceError, match="who had left was booked in month 7"):
        balanced(play, history)
    other = history.branch()
    first = other.outcomes[0]
    other.outcomes[0] = replace(first, entries=first.entries + 1)
    with pytest.raises(BalanceError, match="booked anew"):
        balanced(other, history)


class Ranked:
    """A save at the first rank and a repair at the second, where both may be said."""

    def propose(self, desk: Desk) -> Proposals:
        said = nothing(len(desk.customer))
        both = [deeds.IDS.index("save-5x6"), deeds.IDS.index("service-repair")]
        said.deed[desk.eligible[:, both].all(axis=1), :2] = both
        return said


def test_judged_is_what_was_spoken_first_in_a_month_of_three(history: Play) -> None:
    play = history.branch()
    watched = Watched(play, Ranked())
    play.run(watched, EVERY + 2)
    assert [moment.month for moment in watched.moments] == [history.month, history.month + EVERY]
    months = [seen for seen in play.seen if seen.month in (history.month, history.month + EVERY)]
    spoken = sum(int(seen.asked.spoken.any(axis=1).sum()) for seen in months)
    true = watched.true_worths(history.month + HORIZONS[1], 1)
    assert len(true) == spoken > 0
    assert np.isfinite(true).all()


def test_the_true_worth_of_what_was_said_is_what_it_earned(history: Play) -> None:
    play, silent = history.branch(), history.branch().run(None, 10)
    watched = Watched(play, Always("save-10x12"))
    play.run(watched, 1).run(None, 9)
    seen = play.seen[-1]
    spoken = seen.asked.spoken[:, 0]
    gain = (play.ledger - silent.ledger).sum(axis=(0, 2))[seen.contacts.row][spoken] / 100.0
    error = gain - watched.true_worths(history.month + 10, 4)
    assert abs(error.mean()) < 3.5 * error.std() / np.sqrt(len(error))


def test_a_policy_is_watched_in_its_own_play_alone(history: Play) -> None:
    with pytest.raises(ValueError, match="not being run"):
        history.branch().run(Watched(history.branch(), Silent()), 1)


def test_a_discount_to_whoever_cancels_is_a_gap(history: Play) -> None:
    class ToThreats:
        def propose(self, desk: Desk) -> Proposals:
            said = Always("save-10x12").propose(desk)
            said.deed[desk.contacts.intent != 0] = -1
            return said

    to_threats = loyalty_gap(history.branch().run(ToThreats(), 6).run(None, 6), history)
    to_nobody = loyalty_gap(history.branch().run(Silent(), 6).run(None, 6), history)
    assert to_threats is not None
    assert to_nobody is not None
    assert to_threats > to_nobody + 10
