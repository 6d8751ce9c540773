"""What of a journal counts as a yes, as a no, and as nothing said."""

from __future__ import annotations

import pytest

from tests.training.learning.journals import START, decided, moment, read, told
from training.learning.tally import REMEMBERED, Count, Tally
from training.learning.words import Entry

YES, NO, NOTHING = Count(1, 1), Count(1, 0), None


def counted(*entries: Entry) -> Count | None:
    """What the one proposal that is in the counts comes to."""
    counts = read(Tally(), *entries).counts
    assert len(counts) <= 1
    return next(iter(counts.values())) if counts else None


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (["spoken", "accepted"], YES),
        (["accepted"], YES),
        (["spoken", "declined"], NO),
        (["spoken", "deferred"], NO),
        (["accepted", "withdrawn"], NO),
        (["declined", "accepted"], YES),
        (["accepted", "withdrawn", "accepted"], YES),
        (["accepted", "kept"], YES),
        (["accepted", "relapsed"], NO),
        (["shown", "skipped"], NOTHING),
        (["withdrawn"], NO),
        (["kept"], NOTHING),
    ],
)
def test_the_last_word_on_a_proposal_is_the_one_that_counts(kinds: list[str], found: Count | None) -> None:
    words = [told(kind, days / 10, called=f"o-{days}") for days, kind in enumerate(kinds)]
    assert counted(decided(), *words) == found


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (["accepted"], YES),
        (["accepted", "kept"], Count(1, 1, kept=1)),
        (["accepted", "relapsed"], Count(1, 1, relapsed=1)),
        (["accepted", "relapsed", "kept"], Count(1, 1, kept=1)),
        (["accepted", "relapsed", "withdrawn"], NO),
        (["relapsed", "declined"], NO),
    ],
)
def test_of_a_save_it_is_counted_what_later_months_say_of_it(kinds: list[str], found: Count) -> None:
    words = [told(kind, days / 10, called=f"o-{days}", action="stay") for days, kind in enumerate(kinds)]
    assert counted(decided(), *words) == found


def test_the_last_word_is_the_one_that_happened_last_and_not_the_one_told_last() -> None:
    assert counted(decided(), told("accepted", 2), told("declined", 1, late=9)) == YES


def test_a_word_told_twice_counts_once() -> None:
    again = told("accepted")
    assert counted(decided(), again, again._replace(moment=again.moment + 5)) == YES


def test_an_outcome_may_come_before_its_decision() -> None:
    early = told("accepted")
    assert counted(early, decided(late=20)) == YES


def test_an_outcome_without_a_decision_is_nothing_and_is_forgotten() -> None:
    tally = read(Tally(), told("accepted"), moment(62))
    assert (tally.counts, tally.partitions["p00"].rows) == ({}, {})


# --- silence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["shown", "spoken"])
def test_silence_to_an_agent_is_nothing(kind: str) -> None:
    assert counted(decided(), told(kind), moment(30)) == NOTHING


def test_silence_on_a_message_is_a_no_after_seven_days() -> None:
    sent = (decided(channel="whatsapp"), told("shown"))
    assert counted(*sent, moment(6.9)) == NOTHING
    assert counted(*sent, moment(7.1)) == NO


def test_an_answer_after_that_still_counts() -> None:
    assert counted(decided(channel="whatsapp"), told("shown"), moment(8), told("accepted", 20)) == YES


def test_what_was_not_sent_after_all_was_not_refused() -> None:
    assert counted(decided(channel="app"), told("shown"), moment(8), told("skipped", 9)) == NOTHING


def test_a_bot_on_the_phone_has_said_what_it_shows() -> None:
    assert counted(decided(speaker="bot"), told("shown"), moment(8)) == NO


# --- too late --------------------------------------------------------------------------------------------------------


def test_thirty_days_late_is_in_time_and_three_months_are_not() -> None:
    assert counted(decided(), told("accepted", 25, late=30)) == YES
    assert counted(decided(), told("accepted", 1, late=90)) == NOTHING
    assert counted(decided(late=61), told("accepted")) == NOTHING


def test_later_months_may_undo_a_yes_for_half_a_year() -> None:
    assert counted(decided(), told("accepted"), told("relapsed", 80, late=60)) == NO
    assert counted(decided(), told("accepted"), told("relapsed", 170, late=30)) == YES


def test_what_is_settled_is_counted_and_let_go_of() -> None:
    yes, no = told("accepted"), told("declined", action="stay", called="o-2")
    for days, open_rows in ((59, 2), (61, 1), (181, 0)):
        tally = read(Tally(), decided(), yes, no, moment(days))
        assert sum(count.asked for count in tally.counts.values()) == 2
        assert len(tally.partitions["p00"].rows) == open_rows


def test_days_that_weigh_nothing_any_more_are_forgotten() -> None:
    tally = read(Tally(), decided(), told("accepted"), moment(REMEMBERED + 1))
    tally.forget()
    assert tally.counts == {}


# --- what is counted together ------------------------------------------------------------------------------------------


def test_counts_tell_apart_what_corrections_are_told_apart_by() -> None:
    one = decided(channel="chat", motive="price", taught="2026-10-31")
    tally = read(Tally(), one, told("accepted", action="stay"))
    (cell, count), *_ = tally.counts.items()
    assert cell[1:] == ("save", "saves", "stay", "chat", "price", -4)
    assert count == Count(1, 1)
    assert tally.taught == cell.day - 2


def test_what_was_decided_is_counted_on_the_day_of_the_decision() -> None:
    late = read(Tally(), decided(late=3), told("accepted", 20))
    prompt = read(Tally(), decided(), told("accepted"))
    assert [cell.day for cell in late.counts] == [cell.day for cell in prompt.counts]
    assert next(iter(prompt.counts)).day == START // 86_400_000 + 719163
