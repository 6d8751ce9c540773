"""Scores by hand: of random -2, oracle 8 euros a contact, a policy at 3 euros has half of what there is to gain."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.worlds.runs import a_run, scale
from training.worlds.figures import figures
from training.worlds.scoring import interval, score
from training.worlds.tables import page


def test_a_policy_is_worth_its_part_of_the_way_from_random_to_the_oracle() -> None:
    scores = score([*scale(), a_run("pega", 300.0)], 1)
    parts = {name: scores.nv("base", name) for name in ("random", "nothing", "pega", "oracle")}
    assert {name: float(part[0]) for name, part in parts.items() if part is not None} == pytest.approx(
        {"random": 0.0, "nothing": 0.2, "pega": 0.5, "oracle": 1.0}
    )
    assert scores.over("base", "pega", "nothing").mean == pytest.approx(3.0)
    assert scores.over("base", "pega", "random").mean == pytest.approx(5.0)


def test_where_the_oracle_is_worth_no_more_than_a_euro_over_random_there_are_euros_only() -> None:
    tight = score(scale(random=-50.0, oracle=50.0), 1)
    assert tight.nv("base", "nothing") is None
    assert tight.mean_nv("nothing") is None
    loose = score(scale(random=-50.0, oracle=51.0), 1)
    assert loose.nv("base", "nothing") is not None


def test_the_mean_is_over_the_worlds_where_it_is_defined() -> None:
    runs = [
        *scale(world="base"),
        a_run("pega", 300.0, world="base"),
        *scale(world="hidden"),
        a_run("pega", 100.0, world="hidden"),
        *scale(world="small", random=0.0, oracle=10.0),
        a_run("pega", 5.0, world="small"),
    ]
    mean = score(runs, 1).mean_nv("pega")
    assert mean is not None
    assert mean[0] == pytest.approx((0.5 + 0.3) / 2)


def test_values_are_averaged_over_the_seeds_before_they_are_divided() -> None:
    runs = [
        *scale(seed=0, random=0.0, oracle=200.0),
        a_run("pega", 200.0, seed=0),
        *scale(seed=1, random=0.0, oracle=800.0),
        a_run("pega", 300.0, seed=1),
    ]
    nv = score(runs, 1).nv("base", "pega")
    assert nv is not None
    assert nv[0] == pytest.approx((200 + 300) / (200 + 800))
    assert set(np.round(nv[1:], 6)) == {1.0, 0.5, 0.375}  # both the first, both, both the second
    assert (interval(nv).low, interval(nv).high) == pytest.approx((0.375, 1.0))


def test_of_a_single_seed_the_customers_are_drawn_in_pairs() -> None:
    draws = ((1000.0, 1400.0, 600.0),) * 2
    runs = [
        a_run("nothing", 0.0, draws=draws),
        a_run("random", -200.0, draws=((800.0, 1200.0, 400.0),) * 2),
        a_run("oracle", 800.0, draws=((1700.0, 2100.0, 1500.0),) * 2),
    ]
    scores = score(runs, 1)
    random, oracle = (scores.over("base", name, "nothing") for name in ("random", "oracle"))
    assert (random.low, random.mean, random.high) == pytest.approx(
        (-2.0, -2.0, -2.0)
    )  # luck all of them share is gone
    assert (oracle.low, oracle.mean, oracle.high) == pytest.approx((7.0, 8.0, 9.0))


def test_a_seed_counts_when_every_policy_of_the_world_was_played() -> None:
    runs = [*scale(seed=0), a_run("pega", 300.0, seed=0), *scale(seed=1, oracle=8000.0)]
    nv = score(runs, 1).nv("base", "pega")
    assert nv is not None
    assert nv[0] == pytest.approx(0.5)


def test_figures_are_shares_of_what_was_judged_and_discount_beyond_what_history_promised() -> None:
    runs = [
        a_run("nothing", 0.0, discount=50.0, spoken=0, judged=0, harmed=0, harm=0.0),
        *scale()[1:],
        a_run("pega", 300.0, discount=350.0, gap=12.5),
    ]
    lines = {line.policy: line for line in figures(runs, [score(runs, place) for place in (0, 1)])}
    pega, nothing = lines["pega"], lines["nothing"]
    assert pega.gap is not None
    told = (pega.approached, pega.harmed.mean, pega.harm.mean, pega.discount.mean, pega.gap.mean)
    assert told == (0.8, 0.1, 0.5, 3.0, 12.5)
    silent = (nothing.approached, nothing.harmed.mean, nothing.harm.mean, nothing.discount.mean)
    assert silent == (0, 0, 0, 0)
    assert nothing.gap is None
    assert np.isnan(pega.harmed.low)  # what a single seed was is not what another would be
    assert [some.mean for some in pega.nv if some is not None] == pytest.approx([0.5, 0.5])


def test_harm_discount_and_gap_have_intervals_over_seeds_that_are_drawn_alike_for_all() -> None:
    runs = [
        one
        for seed in range(4)
        for one in (
            *scale(seed),
            a_run("pega", 300.0, seed, harmed=2 * seed, discount=100.0 * seed, gap=seed or None),
            a_run("twice", 300.0, seed, harmed=4 * seed, discount=200.0 * seed),
        )
    ]
    lines = {line.policy: line for line in figures(runs, [score(runs, place) for place in (0, 1)])}
    pega, twice = lines["pega"], lines["twice"]
    assert pega.harmed.mean == pytest.approx(12 / 160)
    assert 0.0 <= pega.harmed.low < pega.harmed.mean < pega.harmed.high <= 6 / 40
    assert pega.discount.low < pega.discount.mean < pega.discount.high
    assert pega.discount.mean == pytest.approx(1.5)
    assert tuple(twice.harmed) == pytest.approx([2 * end for end in pega.harmed])
    assert tuple(twice.discount) == pytest.approx([2 * end for end in pega.discount])
    assert pega.gap is not None
    assert pega.gap.mean == pytest.approx(2.0)  # over the three seeds in which somebody threatened
    assert pega.gap.low < 2.0 < pega.gap.high
    assert "| pega | 0.500" in page(runs)
    assert f"| 7.5% [{100 * pega.harmed.low:.1f}, {100 * pega.harmed.high:.1f}] |" in page(runs)
