"""A bar holds, does not, or was not measured."""

from __future__ import annotations

from tests.training.worlds.runs import a_run, scale
from training.worlds.bars import Bar, bars
from training.worlds.running import Run
from training.worlds.scoring import score


def judged(*runs: Run) -> dict[str, Bar]:
    return {bar.name: bar for bar in bars(runs, score(runs, 1))}


def entered(world: str = "base", **euros: float) -> list[Run]:
    """The scale and, at so many euros each, the policies by name."""
    return [
        *scale(world=world),
        *(a_run(name.replace("_", "-"), gain, world=world) for name, gain in euros.items()),
    ]


def test_without_ours_nothing_is_said_of_it() -> None:
    found = judged(*scale())
    assert [bar.holds for bar in found.values()] == [None, None, None, None, None, True]
    assert found["oracle over nothing in base"].value == 8.0


def test_ours_must_come_far_and_farther_than_the_others() -> None:
    found = judged(*entered(ours=600.0, pega=440.0, probability_margin=560.0, popularity=620.0))
    assert found["NV of ours"].holds  # .80
    assert found["NV of ours over pega"].holds  # .16
    assert not found["NV of ours over probability-margin"].holds  # .04
    assert found["NV of ours over popularity, least: base"].holds  # -.02


def test_in_no_world_below_popularity() -> None:
    found = judged(*entered(ours=600.0, popularity=100.0), *entered("hidden", ours=600.0, popularity=630.0))
    worst = found["NV of ours over popularity, least: hidden"]
    assert worst.value is not None
    assert round(worst.value, 6) == -0.03
    assert not worst.holds


def test_discount_without_effect_is_compared_beyond_what_history_promised() -> None:
    scale_of = [a_run("nothing", 0.0, world="no-effect", discount=1000.0), *scale(world="no-effect")[1:]]
    for spent, holds in ((1090.0, True), (1110.0, False)):
        ours, pega = (
            a_run(name, 0.0, world="no-effect", discount=discount)
            for name, discount in (("ours", spent), ("pega", 2000.0))
        )
        assert judged(*scale_of, ours, pega)["discount of ours without any effect, of Pega's"].holds is holds


def test_a_policy_above_the_oracle_is_a_bar_missed_but_where_customers_learn() -> None:
    found = judged(*entered(pega=900.0), *entered("threats", pega=900.0))
    assert not found["oracle over pega in base"].holds
    assert not [name for name in found if name.endswith("in threats")]


def test_where_nothing_has_an_effect_the_oracle_gains_nothing() -> None:
    assert judged(*scale(world="no-effect", oracle=0.0))["oracle over nothing without any effect"].holds
    assert not judged(*scale(world="no-effect", oracle=30.0))["oracle over nothing without any effect"].holds
