"""The save ladder, against a brute force that walks every order."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest

from models.ladder import WITHIN, Plan, Saves, ladder


def some_saves(*rows: tuple[float, float, float, float, float]) -> Saves:
    """One row an offer: alpha, rho, V1, cost, contact cost."""
    return Saves(*([float(figure) for figure in column] for column in zip(*rows, strict=True)))


def a_plan(
    saves: Saves,
    *,
    V0: float = 400.0,
    q0: float = 0.5,
    fatigue: float = 1.0,
    refused: int = 0,
    within: float = WITHIN,
) -> Plan:
    return ladder(saves, V0=V0, q0=q0, fatigue=fatigue, refused=refused, within=within)


class BruteForce:
    """Every order of at most two spoken rounds, each walked to its end."""

    def __init__(
        self,
        saves: Saves,
        V0: float,
        q0: float,
        fatigue: float,
        refused: int,
        rounds: int = 2,
        goes_on: float = 1.0,
    ) -> None:
        self.saves, self.V0, self.q0, self.fatigue, self.refused = saves, V0, q0, fatigue, refused
        self.rounds, self.goes_on = rounds, goes_on
        left = max(0, rounds - refused)
        self.orders = [o for size in range(left + 1) for o in permutations(range(len(saves.alpha)), size)]

    def worth(self, order: tuple[int, ...]) -> float:
        """Sum over the ends of the talk: accepts the first, accepts the second, refuses all."""
        reached, total = 1.0, 0.0
        for place, k in enumerate(order):
            if place:
                total += reached * (1 - self.goes_on) * self.left(place)
                reached *= self.goes_on
            alpha, rho, V1, cost, talk = (float(column[k]) for column in self.saves)
            total += reached * (-talk + alpha * ((1 - rho) * V1 - cost))
            reached *= 1 - alpha
        return total + reached * self.left(len(order))

    def left(self, refused: int) -> float:
        """What is left of him when the talk ends after so many refusals more."""
        return (1 - min(1.0, self.q0 * self.fatigue ** (self.refused + refused))) * self.V0

    def best(self) -> float:
        return max(self.worth(order) for order in self.orders)

    def first(self, without: int | None = None) -> int | None:
        """The cheapest first offer within a euro of the best, when any beats stopping."""
        starts: dict[int, float] = {}
        for order in self.orders:
            if order and without not in order:
                starts[order[0]] = max(starts.get(order[0], -np.inf), self.worth(order))
        good = {k: worth for k, worth in starts.items() if worth > self.worth(())}
        near = [k for k, worth in good.items() if worth >= max(good.values()) - 1]
        given = self.saves.cost + np.maximum(0, self.V0 - np.array(self.saves.V1))
        return min(near, key=lambda k: (float(given[k]), -good[k]), default=None)

    def order(self) -> tuple[int, ...]:
        one = self.first()
        if one is None or self.refused + 1 == self.rounds:
            return () if one is None else (one,)
        later = BruteForce(
            self.saves, self.V0, self.q0, self.fatigue, self.refused + 1, self.rounds, self.goes_on
        )
        two = later.first(without=one)
        return (one,) if two is None else (one, two)


def a_problem(rng: np.random.Generator) -> tuple[Saves, float, float, float, int]:
    n, V0 = int(rng.integers(0, 5)), float(rng.uniform(50, 900))
    saves = Saves(
        rng.uniform(0, 1, n).tolist(),
        rng.uniform(0, 0.6, n).tolist(),
        (V0 + rng.normal(-30, 40, n)).tolist(),
        (rng.uniform(0, 30, n) * rng.integers(0, 2, n)).tolist(),
        rng.uniform(0, 4, n).tolist(),
    )
    return saves, V0, float(rng.uniform(0, 1)), float(rng.uniform(0.9, 1.5)), int(rng.integers(0, 4))


@pytest.mark.parametrize(("rounds", "goes_on"), [(0, 1.0), (1, 1.0), (2, 1.0), (2, 0.4)])
def test_the_ladder_equals_brute_force_over_all_orders(rounds: int, goes_on: float) -> None:
    rng = np.random.default_rng(2024)
    lengths = set()
    for _ in range(1000):
        saves, V0, q0, fatigue, refused = a_problem(rng)
        plan = ladder(saves, V0=V0, q0=q0, fatigue=fatigue, refused=refused, rounds=rounds, goes_on=goes_on)
        brute = BruteForce(saves, V0, q0, fatigue, refused, rounds, goes_on)
        assert plan.value == pytest.approx(brute.best(), abs=1e-9)
        assert plan.stop == pytest.approx(brute.worth(()), abs=1e-9)
        assert plan.order == brute.order()
        assert len(plan.order) + min(refused, rounds) <= rounds
        assert brute.worth(plan.order) >= plan.value - rounds
        lengths.add(len(plan.order))
    assert lengths == set(range(rounds + 1))


def test_with_one_round_the_offer_that_is_best_alone_is_made() -> None:
    """A dear talk that a good second offer would have paid for is not begun when no second may follow."""
    saves = some_saves((0.30, 0.1, 390, 0, 60), (0.28, 0.1, 400, 0, 1))
    both = a_plan(saves)
    one = ladder(saves, V0=400.0, q0=0.5, fatigue=1.0, rounds=1)
    assert one.order == (1,)
    assert one.value == one.first[1] == pytest.approx(-1 + 0.28 * 0.9 * 400 + 0.72 * 200)
    assert one.first[0] < both.first[0]


def test_what_is_seldom_followed_by_a_second_offer_is_the_best_one_alone() -> None:
    """A cheap offer goes first where a deep one can follow; where it hardly ever does, the deep one goes first."""
    saves = some_saves((0.4, 0.1, 395, 0, 1), (0.7, 0.1, 350, 0, 1))
    sure, seldom = (
        ladder(saves, V0=400.0, q0=0.6, fatigue=1.0, goes_on=goes_on).order for goes_on in (1.0, 0.2)
    )
    assert (sure, seldom) == ((0, 1), (1, 0))


@pytest.mark.parametrize("rounds", [-1, 3])
def test_a_conversation_has_at_most_two_rounds(rounds: int) -> None:
    with pytest.raises(ValueError, match="a conversation has 0 to 2"):
        ladder(some_saves((0.5, 0.1, 400, 0, 2)), V0=400.0, q0=0.5, fatigue=1.0, rounds=rounds)


def test_what_stands_second_is_first_once_the_first_is_refused() -> None:
    rng = np.random.default_rng(7)
    seen = 0
    for _ in range(300):
        saves, V0, q0, fatigue, _refused = a_problem(rng)
        plan = ladder(saves, V0=V0, q0=q0, fatigue=fatigue)
        if not plan.order:
            continue
        left = [k for k in range(len(saves.alpha)) if k != plan.order[0]]
        rest = Saves(*([column[k] for k in left] for column in saves))
        then = ladder(rest, V0=V0, q0=q0, fatigue=fatigue, refused=1)
        assert plan.order[1:] == tuple(left[k] for k in then.order)
        seen += 1
    assert seen > 100


def test_the_worth_of_an_offer_is_written_out() -> None:
    plan = a_plan(some_saves((0.4, 0.1, 380, 10, 2)), fatigue=1.2)
    assert plan.stop == 200.0
    assert plan.first == pytest.approx((0.4 * (0.9 * 380 - 10) + 0.6 * (1 - 0.6) * 400 - 2,))
    assert plan.order == (0,)
    assert plan.value == plan.first[0]


def test_an_offer_worth_less_than_stopping_is_not_made() -> None:
    plan = a_plan(some_saves((0.5, 0.4, 300, 0, 2)))
    assert plan.order == ()
    assert plan.value == plan.stop == 200.0
    assert plan.first[0] < 200.0


def test_an_offer_that_is_worth_exactly_stopping_is_not_made() -> None:
    assert a_plan(some_saves((0.5, 0.5, 400, 0, 0))).order == ()


def test_after_the_first_refusal_stopping_may_be_best() -> None:
    plan = a_plan(some_saves((0.9, 0.1, 400, 0, 2), (0.01, 0.3, 390, 0, 3)))
    assert plan.order == (0,)


def test_nothing_to_offer_is_an_answer() -> None:
    nothing = Saves([], [], [], [], [])
    assert a_plan(nothing) == Plan((), 200.0, 200.0, ())


@pytest.mark.parametrize("refused", [2, 3, 7])
def test_two_spoken_rounds_are_all(refused: int) -> None:
    plan = a_plan(some_saves((0.9, 0.1, 400, 0, 2)), refused=refused)
    assert plan == Plan((), 200.0, 200.0, ())


def test_one_round_is_left_after_one_refusal() -> None:
    plan = a_plan(some_saves((0.5, 0.1, 400, 0, 2), (0.5, 0.1, 390, 0, 2)), refused=1)
    assert plan.order == (0,)


def test_fatigue_wears_what_stopping_is_worth() -> None:
    nothing = Saves([], [], [], [], [])
    stops = [a_plan(nothing, q0=0.5, fatigue=1.5, refused=refused).stop for refused in range(3)]
    assert stops == pytest.approx([200.0, 100.0, 0.0])


def test_within_one_euro_the_cheaper_goes_first() -> None:
    free, dear = (1.0, 0.30, 400.0, 0.0, 0.0), (1.0, 0.2622, 380.0, 0.0, 0.0)
    plan = a_plan(some_saves(dear, free))
    assert plan.first == pytest.approx((280.364, 280.0))
    assert plan.order[0] == 1
    assert plan.value == pytest.approx(280.364)


def test_beyond_one_euro_the_better_goes_first() -> None:
    free, dear = (1.0, 0.30, 400.0, 0.0, 0.0), (1.0, 0.26, 380.0, 0.0, 0.0)
    plan = a_plan(some_saves(dear, free))
    assert plan.first == pytest.approx((281.2, 280.0))
    assert plan.order[0] == 0


def test_how_near_the_cheaper_must_be_can_be_said() -> None:
    free, dear = (1.0, 0.30, 400.0, 0.0, 0.0), (1.0, 0.2622, 380.0, 0.0, 0.0)
    saves = some_saves(dear, free)
    assert a_plan(saves, within=0.0).order[0] == 0, "by value alone"
    poor = some_saves((1.0, 0.20, 380.0, 0.0, 0.0), (1.0, 0.45, 400.0, 0.0, 0.0))
    assert a_plan(poor).order[0] == 0
    assert a_plan(poor, within=math.inf).order[0] == 1, "whatever gives away least"
    assert a_plan(poor, within=math.inf).value == a_plan(poor).value


def test_the_cost_on_acceptance_counts_as_given_away() -> None:
    gift, cut = (1.0, 0.25, 400.0, 20.0, 0.0), (1.0, 0.2632, 380.0, 0.0, 0.5)
    plan = a_plan(some_saves(cut, gift))
    assert plan.first == pytest.approx((279.484, 280.0))
    assert plan.order[0] == 1, "20 euros given either way: then the better one"


def test_a_cheaper_offer_that_is_worse_than_stopping_does_not_go_first() -> None:
    dear, free = (1.0, 0.4720, 380.0, 0.0, 0.0), (1.0, 0.5005, 400.0, 0.0, 0.0)
    plan = a_plan(some_saves(dear, free))
    assert plan.first == pytest.approx((200.64, 199.8))
    assert plan.order == (0,)


def test_of_the_cuts_of_the_worked_example_the_short_one_goes_first() -> None:
    """47.89 and 47.64 more than saying nothing are within a euro, and six months cost less than twelve."""
    V0 = 446.28
    plan = a_plan(
        some_saves(
            (1, 0.26, V0 - 50.21, 0, 0),
            (1, 0.37, V0, 0, 0),
            (1, 0.30, V0 - 27.22, 0, 0),
            (1, 0.235, V0 - 80.33, 0, 0),
        ),
        V0=V0,
        q0=0.45,
    )
    assert [round(worth - plan.stop, 2) for worth in plan.first] == [47.64, 35.7, 47.89, 34.5]
    assert plan.order[0] == 2


ONE = (0.5, 0.1, 400.0, 0.0, 2.0)


def test_more_than_four_candidates_are_refused() -> None:
    with pytest.raises(ValueError, match="5 candidates: keep the 4 with the highest expected value"):
        a_plan(some_saves(*[ONE] * 5))


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[1, 1, 1, 1, 2\] figures: give every candidate all five"):
        a_plan(some_saves(ONE)._replace(contact_cost=[0.0, 0.0]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", Saves._fields)
def test_a_figure_that_is_not_finite_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match="a figure is not finite: price the candidates first"):
        a_plan(some_saves(ONE)._replace(**{name: [value]}))


def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        a_plan(some_saves(ONE), V0=float("nan"))


def test_a_negative_count_or_no_fatigue_factor_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"refused -1, fatigue 1\.0: give a count from 0 and a positive factor"
    ):
        a_plan(some_saves(ONE), refused=-1)
    with pytest.raises(ValueError, match=r"refused 0, fatigue 0\.0"):
        a_plan(some_saves(ONE), fatigue=0.0)


def test_a_learned_first_refusal_counts_for_itself_and_fatigue_for_those_after() -> None:
    saves = some_saves((0.5, 0.1, 400.0, 0.0, 1.0), (0.4, 0.1, 400.0, 0.0, 1.0))
    plan = ladder(saves, V0=400.0, q0=0.5, fatigue=1.2, q1=0.4)
    last = (1 - 1.2 * 0.4) * 400.0
    second = -1.0 + 0.4 * 0.9 * 400.0 + 0.6 * last
    first = -1.0 + 0.5 * 0.9 * 400.0 + 0.5 * max(second, (1 - 0.4) * 400.0)
    assert plan.stop == pytest.approx(200.0)
    assert plan.first[0] == pytest.approx(first)
