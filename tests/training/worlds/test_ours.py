"""The product plays in the laboratory: what it proposes may be proposed, and is the same when it is asked again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.value import Floats
from training.simulator.laboratory.contacting import CANCEL
from training.simulator.laboratory.deeds import SAVE
from training.simulator.laboratory.desk import NONE, Desk, Proposals
from training.simulator.laboratory.play import HISTORY, Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS
from training.worlds.ours import Ours, make
from training.worlds.questions import questions
from training.worlds.remembered import Remembered

MONTHS = 2


class Watched:
    """A policy, and what it was asked and answered."""

    def __init__(self, policy: Ours) -> None:
        self.policy = policy
        self.heard: list[tuple[Desk, Proposals]] = []

    def propose(self, desk: Desk) -> Proposals:
        answer = self.policy.propose(desk)
        self.heard.append((desk, answer))
        return answer


@pytest.fixture(scope="module")
def before() -> Play:
    return opened(set_up(WORLDS["base"], 5, 300)).run(RandomEligible(share=0.5), HISTORY)


def played(before: Play, folder: Path) -> tuple[Play, Watched]:
    play = before.branch()
    watched = Watched(make(play, 5, folder))
    return play.run(watched, MONTHS), watched


@pytest.fixture(scope="module")
def once(before: Play, tmp_path_factory: pytest.TempPathFactory) -> tuple[Play, Watched]:
    return played(before, tmp_path_factory.mktemp("ours"))


def test_it_proposes_what_is_eligible_to_most_who_call(once: tuple[Play, Watched]) -> None:
    for desk, answer in once[1].heard:
        there = answer.deed != NONE
        assert there.any(axis=1).mean() > 0.5
        contact, place = np.nonzero(there)
        assert desk.eligible[contact, answer.deed[contact, place]].all()


def test_saves_are_for_those_who_want_to_leave(once: tuple[Play, Watched]) -> None:
    for desk, answer in once[1].heard:
        saves = ((answer.deed != NONE) & SAVE[answer.deed]).any(axis=1)
        assert set(desk.contacts.intent[saves].tolist()) <= {CANCEL}


def test_the_same_seed_gives_the_same_answers(
    before: Play, once: tuple[Play, Watched], tmp_path: Path
) -> None:
    again = played(before, tmp_path)[1]
    for (_, first), (_, second) in zip(once[1].heard, again.heard, strict=True):
        assert first.deed.tolist() == second.deed.tolist()


def test_what_is_hidden_changes_no_answer(before: Play, once: tuple[Play, Watched], tmp_path: Path) -> None:
    """Another truth behind the same desk and the same records."""
    setting = before.setting

    def other(values: Floats) -> Floats:
        return -values

    blind = before.branch()
    blind.setting = replace(setting, taste=other(setting.taste), pull=other(setting.pull))
    blind.outcomes, blind.moment = [], None
    desk, first = once[1].heard[0]
    desk = replace(desk, past=desk.past[: desk.month])
    assert make(blind, 5, tmp_path).propose(desk).deed.tolist() == first.deed.tolist()


def test_a_customer_is_asked_about_with_what_the_records_say_of_him(once: tuple[Play, Watched]) -> None:
    desk = once[1].heard[1][0]
    remembered = Remembered()
    for seen in desk.past[: desk.month]:
        remembered.add(seen)
    told = {
        (seen.month, row): set(seen.asked.deed[contact].tolist()) - {NONE}
        for seen in desk.past[: desk.month]
        for contact, row in enumerate(seen.contacts.row.tolist())
    }
    for row, question in zip(desk.contacts.row.tolist(), questions(desk, remembered), strict=True):
        assert question.customer.facts["tenure_months"] >= desk.month
        contacts = [event for event in question.history.events if event.kind == "contact"]
        assert len(contacts) == sum(customer == row for _, customer in told)
        shown = [outcome for outcome in question.history.outcomes if outcome.kind == "shown"]
        assert len(shown) == sum(len(said) for (_, customer), said in told.items() if customer == row)
        assert all(outcome.at < question.now for outcome in question.history.outcomes)
