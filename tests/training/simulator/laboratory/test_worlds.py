"""A world is its declaration and a seed."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest

from training.simulator.laboratory import goods
from training.simulator.laboratory.parameters import Parameters, draw_parameters
from training.simulator.laboratory.people import draw_people
from training.simulator.laboratory.records import observe
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.state import at_first
from training.simulator.laboratory.worlds import WORLDS


def test_there_are_nine() -> None:
    assert [*WORLDS] == [
        "base", "no-signal", "no-effect", "hidden", "sleeping-dogs", "price-rise", "ignored-ranks", "small", "threats",
    ]  # fmt: skip


def test_each_is_told_in_the_documentation() -> None:
    page = (Path(__file__).parents[4] / "docs" / "science.md").read_text(encoding="utf-8")
    assert [name for name in WORLDS if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("name", WORLDS)
def test_a_seed_draws_every_parameter_within_its_range(name: str) -> None:
    for seed in range(20):
        drawn = asdict(draw_parameters(seed, WORLDS[name].ranges))
        for item in fields(Parameters):
            low, high = WORLDS[name].ranges.get(item.name, item.metadata["range"])
            assert low <= drawn[item.name] <= high


@pytest.mark.parametrize("name", WORLDS)
def test_worlds_of_one_seed_differ_in_what_they_declare_alone(name: str) -> None:
    base, other = asdict(draw_parameters(3, {})), asdict(draw_parameters(3, WORLDS[name].ranges))
    assert {key for key in base if base[key] != other[key]} <= WORLDS[name].ranges.keys()


def test_a_parameter_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter charm; there are needs"):
        draw_parameters(0, {"charm": (0.0, 1.0)})


def test_every_parameter_says_what_it_is() -> None:
    assert all(len(item.metadata["says"]) > 10 for item in fields(Parameters))


def test_a_third_of_the_products_change_nothing_and_a_quarter_make_leaving_likelier() -> None:
    for seed in range(10):
        effect = set_up(WORLDS["base"], seed, 1).goods.effect[goods.JUDGED]
        assert (np.sum(effect == 0), np.sum(effect < 0), len(effect)) == (4, 3, 12)


def test_which_products_change_nothing_differs_by_seed() -> None:
    nil = {tuple(set_up(WORLDS["base"], seed, 1).goods.effect == 0) for seed in range(10)}
    assert len(nil) > 5


def test_the_small_world_stays_small() -> None:
    assert len(set_up(WORLDS["small"], 0, 5000).people.number) == 4000
    assert len(set_up(WORLDS["base"], 0, 5000).people.number) == 5000


def test_a_customer_is_the_same_in_a_small_and_a_large_world() -> None:
    few, many = draw_people(4, 10, 17), draw_people(4, 100, 17)
    assert (few.needs == many.needs[:10]).all()
    assert (few.response == many.take(np.arange(10)).response).all()


def test_loyalty_that_no_fact_shows_is_shown_by_no_fact() -> None:
    setting = set_up(WORLDS["hidden"], 0, 6000)
    facts = observe(setting, at_first(setting.people), 0)
    for name, values in facts.items():
        known = np.isfinite(values)
        if values[known].std() > 0:
            seen = np.corrcoef(values[known], setting.people.unseen[known])[0, 1]
            assert abs(seen) < 0.06, name


def test_views_of_needs_are_noisy_and_some_are_missing() -> None:
    setting = set_up(WORLDS["base"], 0, 6000)
    hours = observe(setting, at_first(setting.people), 0)["tv_hours"]
    known = np.isfinite(hours)
    assert 0.25 < 1 - known.mean() < 0.35
    assert 0.6 < np.corrcoef(np.log(hours[known] + 0.1), setting.people.needs[known, 1])[0, 1] < 0.9


def test_products_need_what_they_need() -> None:
    shop = set_up(WORLDS["base"], 0, 1).goods
    held = np.zeros((2, len(goods.IDS)), dtype=bool)
    held[1, goods.IDS.index("line-fast")] = True
    can = [{goods.IDS[product] for product in np.flatnonzero(row)} for row in shop.open_to(held)]
    assert "tv" not in can[0]
    assert "mobile-basic" in can[0]
    assert "tv" in can[1]
    assert "tv-sport" not in can[1]
    assert "line-fast" not in can[1]
