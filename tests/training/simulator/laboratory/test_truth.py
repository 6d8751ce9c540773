"""What the laboratory says is true is what happens when it is played."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.simulator.laboratory.conftest import Opens
from tests.training.simulator.laboratory.deed_policies import Always
from training.simulator.laboratory import deeds, goods
from training.simulator.laboratory.contacting import CANCEL, leaves_given_contact, threats
from training.simulator.laboratory.desk import Desk, Policy, Proposals, nothing
from training.simulator.laboratory.oracle import Oracle
from training.simulator.laboratory.play import Play
from training.simulator.laboratory.policies import RandomEligible, Silent
from training.simulator.laboratory.truth import clv, eligible, lock_in, potential_hazards
from training.simulator.laboratory.worlds import WORLDS
from training.simulator.laboratory.worth import IMPOSSIBLE, Worth, worth

MONTHS = 10
JUDGED = np.flatnonzero(goods.JUDGED)


@pytest.mark.parametrize("product", JUDGED.tolist())
def test_one_potential_hazard_is_the_real_one_and_the_other_what_the_effect_makes_of_it(
    opens: Opens, product: int
) -> None:
    play = opens().run(None, 1)
    outcome = play.outcomes[-1]
    without, having = potential_hazards(play, outcome, product)
    holds = outcome.held[:, product]
    assert np.allclose(having[holds], outcome.hazard[holds], atol=1e-15)
    assert np.allclose(without[~holds], outcome.hazard[~holds], atol=1e-15)
    effect = play.setting.goods.effect[product]
    assert np.sign(round(float((without - having).mean()), 12)) == np.sign(effect)


def test_lock_in_has_the_sign_of_the_effect_and_grows_with_the_months(opens: Opens) -> None:
    play = opens("base", 1, 1500)
    for product in JUDGED:
        true = lock_in(play, int(product), 6)
        effect = play.setting.goods.effect[product]
        assert (np.diff(true.gone_with, axis=1) >= 0).all()
        if effect == 0:
            assert abs(true.effect) < 0.002, goods.IDS[product]
        else:
            assert np.sign(true.effect) == -np.sign(effect), goods.IDS[product]
            assert 0.003 < abs(true.effect) < 0.08, goods.IDS[product]


def test_where_nothing_has_an_effect_no_product_locks_in(opens: Opens) -> None:
    play = opens("no-effect")
    assert [lock_in(play, product, 6).effect for product in range(len(goods.IDS))] == [0.0] * len(goods.IDS)


def test_lock_in_is_of_those_who_could_take_it(opens: Opens) -> None:
    play = opens()
    product = goods.IDS.index("tv-sport")
    row = lock_in(play, product, 2).row
    assert np.array_equal(row, eligible(play, product))
    assert np.array_equal(
        lock_in(play, product, 2, row[:5]).gone_with, lock_in(play, product, 2).gone_with[:5]
    )
    assert play.state.held[row, goods.IDS.index("tv")].all()
    assert not play.state.held[row, product].any()


def test_the_experiment_leaves_the_play_alone_and_can_be_repeated_with_other_luck(opens: Opens) -> None:
    play = opens()
    before = play.state.held.copy()
    one, again, more = (lock_in(play, int(JUDGED[-1]), 3, lucks=lucks) for lucks in (1, 1, 3))
    assert np.array_equal(play.state.held, before)
    assert np.array_equal(one.gone_with, again.gone_with)
    assert not np.array_equal(one.gone_with, more.gone_with)


@pytest.mark.parametrize(
    "policy", [Silent(), Always("save-5x12"), Always("offer-security"), RandomEligible()]
)
def test_who_calls_to_cancel_leaves_as_often_as_the_formula_says(opens: Opens, policy: Policy) -> None:
    play = opens("threats", 1, 4000)
    expected, real, variance = np.zeros(2), np.zeros(2), np.zeros(2)
    for _ in range(6):
        here, bluff = play.state.here.copy(), threats(play.setting, play.state)
        play.run(policy, 1)
        moment, outcome = play.moment, play.outcomes[-1]
        assert moment is not None
        cancel = np.zeros(len(here), dtype=bool)
        cancel[moment.contacts.row[moment.contacts.intent == CANCEL]] = True
        chance = leaves_given_contact(
            play.setting.parameters.calls, bluff, cancel, moment.before, outcome.pressure
        )
        free = here & ~outcome.dies & ~outcome.cut_off
        for place, group in enumerate((free & cancel, free & ~cancel)):
            expected[place] += chance[group].sum()
            variance[place] += (chance[group] * (1 - chance[group])).sum()
            real[place] += outcome.left[group].sum()
    assert (np.abs(real - expected) < 3.5 * np.sqrt(variance)).all()
    assert expected[0] / real.sum() > 0.3


@pytest.fixture(scope="module")
def true(opens: Opens) -> Worth:
    """Of all deeds in the contacts of one month, counted over ten."""
    play = opens("base", 3, 4000)
    asks = _Asks(play)
    play.run(asks, 1)
    assert asks.found is not None
    return asks.found


@pytest.mark.parametrize("deed", ["save-10x12", "save-apology", "offer-security", "deal-line-fast"])
def test_the_worth_of_a_deed_is_what_it_earns_when_it_is_spoken(opens: Opens, true: Worth, deed: str) -> None:
    said = opens("base", 3, 4000).run(Always(deed), 1).run(None, MONTHS - 1)
    silent = opens("base", 3, 4000).run(None, MONTHS)
    seen = said.seen[-1]
    spoken = seen.asked.spoken[:, 0]
    gain = (said.ledger - silent.ledger).sum(axis=(0, 2))[seen.contacts.row][spoken]
    error = gain - true.cents[:, deeds.IDS.index(deed)][spoken]
    assert len(error) > 100
    assert abs(error.mean()) < 3.5 * error.std() / np.sqrt(len(error))


def test_a_yes_is_as_frequent_as_its_true_probability(opens: Opens, true: Worth) -> None:
    for deed in ("save-5x6", "offer-security", "deal-mobile-plus"):
        said = opens("base", 3, 4000).run(Always(deed), 1).seen[-1].asked
        spoken = said.spoken[:, 0]
        chance = true.yes[:, deeds.IDS.index(deed)][spoken]
        assert abs(said.accepted[spoken, 0].sum() - chance.sum()) < 3.5 * np.sqrt(
            (chance * (1 - chance)).sum()
        )


def test_what_may_not_be_proposed_has_no_worth(true: Worth) -> None:
    assert ((true.cents == IMPOSSIBLE) == (true.yes == 0)).all()
    assert (true.cents == IMPOSSIBLE).any()


@pytest.mark.parametrize("name", [name for name, world in WORLDS.items() if not world.strategic])
def test_the_oracle_is_worth_more_than_chance_and_no_less_than_silence(opens: Opens, name: str) -> None:
    start = opens(name, 5, 500)
    knows = start.branch()
    knows.run(Oracle(knows, 18, lucks=1), 4)
    contacts = sum(len(seen.contacts.row) for seen in knows.seen[6:])
    value = [
        int(play.run(None, 8).ledger.sum())
        for play in (knows, start.branch().run(RandomEligible(), 4), start.branch().run(Silent(), 4))
    ]
    assert value[0] > value[1]
    assert value[0] > value[2] - 5 * contacts


def test_an_oracle_knows_only_the_play_it_was_given(opens: Opens) -> None:
    with pytest.raises(ValueError, match="not being run"):
        opens().run(Oracle(opens(), 18), 1)


def test_lifetime_value_is_what_customers_bring_in(opens: Opens) -> None:
    start = opens("base", 2, 2000)
    value = clv(start, 12, lucks=2)
    played = [start.branch(luck=luck).run(None, 12).ledger.sum(axis=(0, 2)) for luck in (1, 2)]
    error = np.mean(played, axis=0) - value
    assert abs(error.mean()) < 3.5 * error.std() / np.sqrt(len(error))
    assert not value[~start.state.here].any()


def test_where_nothing_has_an_effect_nothing_is_worth_saying_in_however_many_runs_of_luck(
    opens: Opens,
) -> None:
    play = opens("no-effect", 1, 800)
    asks = _Asks(play, lucks=3)
    play.run(asks, 1)
    assert asks.found is not None
    assert (asks.found.yes > 0).any()  # who would buy it anyway
    assert asks.found.cents.max() < 0


class _Asks:
    """Says nothing, and finds out what everything would have been worth."""

    def __init__(self, play: Play, lucks: int = 2) -> None:
        self._play, self._lucks = play, lucks
        self.found: Worth | None = None

    def propose(self, desk: Desk) -> Proposals:
        assert self._play.moment is not None
        self.found = worth(self._play.setting, self._play.moment, desk.eligible, MONTHS, lucks=self._lucks)
        return nothing(len(desk.customer))
