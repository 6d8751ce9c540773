"""Every policy but the oracle and the product itself knows only what the company has written down, and answers alike when asked alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.simulator.laboratory.desk import NONE, Desk, Policy, Proposals, check
from training.simulator.laboratory.play import Play
from training.worlds.entrant import ORACLE, SCALE, policies

PRODUCT = "ours"  # reads the same through write_tables, and has tests of its own
MONTHS = 2
SIMPLE = [name for name in policies() if name not in (ORACLE, PRODUCT)]


class Recorder:
    """Keeps what a policy was shown and said."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.said: list[Proposals] = []
        self.desks: list[Desk] = []

    def propose(self, desk: Desk) -> Proposals:
        said = self._policy.propose(desk)
        self.said.append(said)
        self.desks.append(desk)
        return said


def written_down(play: Play) -> Play:
    """The same with nothing but the records: whoever reads more fails."""
    return Play(None, None, play.month, seen=list(play.seen))  # type: ignore[arg-type]  # nothing to read there


def recorded(name: str, history: Play, seed: int, folder: Path) -> Recorder:
    recorder = Recorder(policies()[name].make(written_down(history), seed, folder))
    history.branch().run(recorder, MONTHS)
    return recorder


def test_the_scale_comes_first_and_every_name_is_its_own() -> None:
    assert tuple(policies())[:3] == SCALE
    assert {"highest-risk", "ours", "pega", "popularity", "probability-margin"} <= policies().keys()
    assert all(len(entrant.says) > 10 for entrant in policies().values())


@pytest.mark.parametrize("name", SIMPLE)
def test_a_policy_proposes_only_what_is_eligible_and_the_same_for_the_same_seed(
    name: str, history: Play, tmp_path: Path
) -> None:
    one, again = (recorded(name, history, 11, tmp_path) for _ in range(2))
    for desk, said, other in zip(one.desks, one.said, again.said, strict=True):
        check(said, desk.eligible)
        assert np.array_equal(said.deed, other.deed)
    if name != "nothing":
        assert (one.said[0].deed != NONE).any()


@pytest.mark.parametrize("name", ["random", "pega"])
def test_dice_are_the_policys_own(name: str, history: Play, tmp_path: Path) -> None:
    one, other = (recorded(name, history, seed, tmp_path) for seed in (11, 12))
    assert not np.array_equal(one.said[0].deed, other.said[0].deed)


@pytest.mark.parametrize("name", SIMPLE)
def test_a_contact_is_answered_alike_whoever_else_calls(name: str, history: Play, tmp_path: Path) -> None:
    recorder = recorded(name, history, 11, tmp_path)
    desk, said = recorder.desks[0], recorder.said[0]
    alone = policies()[name].make(written_down(history), 11, tmp_path)
    for rows in halves(desk):
        part = replace(
            desk,
            customer=desk.customer[rows],
            contacts=desk.contacts.take(rows),
            facts={fact: values[rows] for fact, values in desk.facts.items()},
            held=desk.held[rows],
            since=desk.since[rows],
            eligible=desk.eligible[rows],
            past=history.seen,
        )
        assert np.array_equal(alone.propose(part).deed, said.deed[rows])


def halves(desk: Desk) -> Iterator[np.ndarray]:
    number = np.arange(len(desk.customer))
    yield from (number[::2], number[1::2])


def test_the_oracle_answers_alike_too(history: Play, tmp_path: Path) -> None:
    said = []
    for _ in range(2):
        play = history.branch()
        recorder = Recorder(policies()[ORACLE].make(play, 1, tmp_path))
        play.run(recorder, 1)
        said.append(recorder.said[0].deed)
    assert np.array_equal(*said)
