"""Two rounds a conversation: whatever the turns, contacts, channels and outcomes, a third save is never spoken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain import Channel, Event, History, PastOutcome, Speaker
from models.outcomes import PAGES, taken
from models.response import Decision
from tests.builders import (
    CANCEL,
    NOW,
    a_contact,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_request,
    a_save,
    an_outcome,
    proposed,
    some_knowledge,
)

WEEK = timedelta(days=7)
SAVES = [
    a_save("cheaper", motives=["price"], discount={"amount": 5, "months": 6}),
    a_save("smaller", motives=["price"]),
    a_save("repair", motives=["service"]),
    a_save("apology", motives=["service"]),
    a_save("stay", acceptance={"rate": 0.3}),
]
LEAVING = {"motives": ["price", "service"], "declined": {"too_dear": "price", "no_help": "service"}}
KNOWLEDGE = some_knowledge(*SAVES, CANCEL, leaving=LEAVING)
SOLD = [a_save(f"with-{product}", sells=[product]) for product in ("tv", "films", "mobile-s")]
ALWAYS = some_knowledge(
    *SAVES, *SOLD, CANCEL, leaving=LEAVING, modes=[a_mode("all", kinds=["save", "process"])]
)
"""A policy that admits saves whether or not anybody wishes to leave."""
POLICIES = {"leaving": KNOWLEDGE, "always": ALWAYS}
BY_MOUTH = ("voice", "shop")


@st.composite
def some_turns(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Turns some minutes or days apart: who asks, over what, and what becomes of which of the proposals."""
    turn = st.fixed_dictionaries(
        {
            "hours": st.sampled_from([0.0, 0.1, 0.2, 1.0, 5.0, 30.0, 100.0, 167.9, 168.0, 400.0]),
            "contact_id": st.sampled_from(["K-1", "K-2", "K-3"]),
            "channel": st.sampled_from(["voice", "chat", "whatsapp", "shop", "app", "web"]),
            "speaker": st.sampled_from([None, "agent", "bot"]),
            "intent": st.sampled_from(["cancel", "cancel", "cancel", None, "bill"]),
            "motive": st.sampled_from([None, "price", "service"]),
            "objects": st.booleans(),
            "answers": st.lists(
                st.sampled_from(
                    ["spoken", "shown", "accepted", "declined", "deferred", "withdrawn", "skipped"]
                ),
                min_size=1,
                max_size=3,
            ),
            "reason": st.sampled_from(["too_dear", "no_help", "not_now"]),
        }
    )
    return draw(st.lists(turn, min_size=3, max_size=10))


def lived(turns: list[dict[str, Any]], knowledge: Any) -> list[tuple[datetime, str]]:
    """Every save a customer heard, and when: callers speak what is proposed, in order, and report it before they ask again."""
    now, heard = NOW, []
    events: list[Event] = []
    outcomes: list[PastOutcome] = []
    for number, turn in enumerate(turns):
        now += timedelta(hours=turn["hours"])
        decision = _asked(turn, knowledge, now, History(events=tuple(events), outcomes=tuple(outcomes)))
        events.append(_event(turn, number, now))
        saves = [p.action_id for p in decision.proposals if p.kind == "save"]
        for action, kind in zip(saves, turn["answers"], strict=False):
            now += timedelta(seconds=30)
            unheard = kind == "shown" and turn["channel"] in BY_MOUTH and turn["speaker"] != "bot"
            if kind not in ("withdrawn", "skipped") and not unheard:
                heard.append((now, action))
            outcomes += _told(turn, number, action, kind, now)
    return heard


def _asked(turn: dict[str, Any], knowledge: Any, now: datetime, history: History) -> Decision:
    said = {name: turn[name] for name in ("contact_id", "channel", "speaker", "intent", "motive")}
    consents = {"profiling": False} if turn["objects"] else {}
    request = a_request(contact=a_contact(**said), consents=consents)
    return a_decision(
        knowledge, customer=a_customer(holding="fiber"), request=request, history=history, now=now
    )


def _event(turn: dict[str, Any], number: int, now: datetime) -> Event:
    said = {name: turn[name] for name in ("contact_id", "channel", "intent", "motive")}
    return Event(event_id=f"E-{number}", customer_id="C-1", kind="contact", at=now, **said)


def _told(turn: dict[str, Any], number: int, action: str, kind: str, now: datetime) -> list[PastOutcome]:
    reason = turn["reason"] if kind in ("declined", "skipped") else None
    told = an_outcome(
        kind,
        action=action,
        outcome_id=f"O-{number}",
        decision_id=f"p00-{number}",
        contact_id=turn["contact_id"],
        channel=turn["channel"],
        speaker=turn["speaker"],
        reason=reason,
    )
    return [told.model_copy(update={"at": now})]


@pytest.mark.parametrize("policy", POLICIES)
@settings(max_examples=200)
@given(turns=some_turns())
def test_never_more_than_two_saves_are_spoken_in_seven_days(policy: str, turns: list[dict[str, Any]]) -> None:
    heard = lived(turns, POLICIES[policy])
    for end, _ in heard:
        within = {action for at, action in heard if end - WEEK < at <= end}
        assert len(within) <= 2


def test_two_rounds_do_happen() -> None:
    turn = {"hours": 0.1, "contact_id": "K-1", "channel": "voice", "intent": "cancel", "motive": "price"}
    turn |= {"speaker": None, "objects": False, "answers": ["declined"], "reason": "not_now"}
    assert len(lived([turn] * 5, KNOWLEDGE)) == 2
    assert len(lived([turn, turn, turn | {"hours": 200.0}, turn], KNOWLEDGE)) == 4


def saves_left(*outcomes: PastOutcome, knowledge: Any = KNOWLEDGE, **contact: Any) -> int:
    decision = a_decision(
        knowledge,
        customer=a_customer(holding="fiber"),
        history=a_history(*outcomes),
        **{"intent": "cancel", "motive": "price", **contact},
    )
    return len([name for name in proposed(decision) if name != "cancel"])


@pytest.mark.parametrize("channel", get_args(Channel))
@pytest.mark.parametrize("speaker", [None, *get_args(Speaker)])
def test_what_the_customer_himself_is_shown_is_a_round(channel: str, speaker: str | None) -> None:
    turn = {"hours": 0.1, "contact_id": "K-1", "channel": channel, "speaker": speaker, "intent": "cancel"}
    turn |= {"motive": "price", "objects": False, "answers": ["shown"], "reason": "not_now"}
    through_an_agent = channel in BY_MOUTH and speaker != "bot"
    stands = channel in PAGES and speaker != "bot"
    turns = [turn, turn | {"contact_id": "K-2"}, turn | {"contact_id": "K-3"}] if stands else [turn] * 5
    assert len(lived(turns, KNOWLEDGE)) == (0 if through_an_agent else 2)


WORDS = [
    ("chat", "bot"),
    ("chat", "agent"),
    ("whatsapp", None),
    ("sms", None),
    ("email", None),
    ("web", "bot"),
]


@pytest.mark.parametrize(("channel", "speaker"), WORDS)
def test_who_answers_a_save_in_words_does_not_hear_it_again(channel: str, speaker: str | None) -> None:
    turn = {"hours": 0.02, "contact_id": "K-1", "channel": channel, "speaker": speaker, "intent": "cancel"}
    turn |= {"motive": "price", "objects": False, "answers": ["shown"], "reason": "not_now"}
    heard = [name for _, name in lived([turn, turn | {"motive": "service"}, *[turn] * 4], KNOWLEDGE)]
    assert len(heard) == len(set(heard)) == 2


def test_who_was_sent_two_saves_and_took_none_is_sent_no_more() -> None:
    sent = [
        an_outcome("shown", action=action, channel="chat", speaker="bot", contact_id="K-1")
        for action in ("smaller", "cheaper")
    ]
    assert page_again(*sent, channel="chat", speaker="bot") == ("save", [])


def test_a_no_after_a_yes_to_the_same_proposal_takes_the_yes_back() -> None:
    yes, no = an_outcome("accepted", action="repair"), an_outcome("declined", action="repair")
    later = no.model_copy(update={"at": yes.at + timedelta(minutes=1), "decision_id": yes.decision_id})
    assert taken([yes, later]) == {}
    assert taken([yes, later, yes.model_copy(update={"at": later.at + timedelta(minutes=1)})]).keys() == {
        "repair"
    }
    elsewhere = later.model_copy(update={"decision_id": "p00-another"})
    assert taken([yes, elsewhere]) == taken([yes])


def test_a_yes_that_is_told_twice_is_one() -> None:
    yes = an_outcome("accepted", action="repair")
    again = yes.model_copy(update={"outcome_id": "O-again", "at": yes.at + timedelta(minutes=1)})
    assert taken([yes, again]) == {"repair": {yes.decision_id: yes.at}}


SHOWN = {"hours": 0.1, "contact_id": "K-1", "channel": "web", "speaker": None, "intent": "cancel"}
SHOWN |= {"motive": "price", "objects": False, "answers": ["shown"], "reason": "not_now"}


@pytest.mark.parametrize("objects", [False, True])
def test_a_page_that_is_loaded_again_shows_the_same_save(objects: bool) -> None:
    view = SHOWN | {"objects": objects}
    assert len({name for _, name in lived([view] * 5, KNOWLEDGE)}) == 1
    after_a_no = [view, view | {"answers": ["declined"]}, *[view] * 5]
    heard = [name for _, name in lived(after_a_no, KNOWLEDGE)]
    assert (heard[0], len(set(heard[2:]))) == (heard[1], 1)
    assert heard[2] != heard[0]


def page_again(*outcomes: PastOutcome, **contact: Any) -> tuple[str, list[str]]:
    decision = a_decision(
        KNOWLEDGE,
        customer=a_customer(holding="fiber"),
        history=a_history(*outcomes),
        **{"contact_id": "K-1", "channel": "web", "intent": "cancel", "motive": "price", **contact},
    )
    return decision.mode, [name for name in proposed(decision) if name != "cancel"]


def seen(action: str, contact_id: str = "K-1", kind: str = "shown") -> PastOutcome:
    return an_outcome(kind, action=action, channel="web", contact_id=contact_id)


def test_what_a_page_showed_stays_on_it_and_is_refused_elsewhere() -> None:
    assert page_again(seen("smaller")) == page_again(seen("smaller"), seen("smaller"))
    assert page_again(seen("smaller"))[1] == ["smaller"]
    assert "smaller" not in page_again(seen("smaller"), contact_id="K-2")[1]
    assert page_again(seen("smaller", kind="spoken"))[1] != ["smaller"]
    assert page_again(seen("smaller"), seen("smaller", kind="deferred"))[1] != ["smaller"]


def test_two_rounds_that_nobody_answered_show_the_last_again_and_nothing_else() -> None:
    assert page_again(seen("cheaper"), seen("smaller"))[1] == ["smaller"]
    assert page_again(seen("cheaper"), seen("smaller"), contact_id="K-2")[1] == []


def test_an_agent_who_takes_over_in_the_same_contact_has_one_save_more() -> None:
    by_telephone = page_again(seen("smaller"), channel="voice", speaker="agent")[1]
    assert (by_telephone[0], len(by_telephone)) == ("smaller", 2)


def test_an_accepted_save_was_a_round_too() -> None:
    assert saves_left() == 2
    assert saves_left(an_outcome("accepted", action="repair")) == 1
    assert saves_left(an_outcome("accepted", action="repair"), an_outcome("declined", action="apology")) == 0


def test_rounds_end_also_where_nobody_said_that_he_leaves() -> None:
    spoken = (an_outcome("spoken", action="repair"), an_outcome("accepted", action="apology"))
    assert saves_left(knowledge=ALWAYS, intent=None) == 2
    assert saves_left(*spoken, knowledge=ALWAYS, intent=None) == 0
