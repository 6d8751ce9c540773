"""Caps: at most so many within so many days, counted over what was heard, taken and refused; then closed until a day that can be named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.caps import Caps, compile_caps, reopens_on
from models.documents import DocumentError
from models.domain import PastOutcome
from models.sections.caps import Cap
from tests.builders import (
    NOW,
    WAY_OUT,
    a_catalogue,
    a_contact,
    a_decision,
    a_history,
    a_policy,
    a_process,
    a_request,
    a_save,
    an_offer,
    an_outcome,
    both,
    some_knowledge,
)

ACTIONS = (
    an_offer("sell-tv", family="tv"),
    an_offer("sell-more-tv", family="tv"),
    an_offer("sell-films", sells=["films"], family="streaming", purpose="marketing"),
    a_save("cheaper", family="discount", purpose="retention"),
    a_process("block-sim", family="safety", emergency=True),
)
CATALOGUE = a_catalogue(*ACTIONS)
ROWS = {action.id: row for row, action in enumerate(CATALOGUE.actions)}
FAMILIES = {action.id: action.family for action in CATALOGUE.actions}
KINDS = {action.id: action.kind for action in CATALOGUE.actions}


def a_cap(cap_id: str = "cap", /, **given: Any) -> dict[str, Any]:
    return {
        "id": cap_id,
        "count": "spoken",
        "per": "action",
        "days": 30,
        "reason": both("Nu even niet", "Not now"),
        **given,
    }


def the_caps(*rows: dict[str, Any], **given: Any) -> Caps:
    caps, problems = compile_caps(CATALOGUE, a_policy(caps=list(rows), **given))
    assert problems == []
    return caps


def past(kind: str, action: str = "sell-tv", days_ago: float = 1, **given: Any) -> PastOutcome:
    about = {"family": FAMILIES[action], "action_kind": KINDS[action]} if action in ROWS else {}
    return an_outcome(kind, action=action, days_ago=days_ago, **{**about, **given})


def closed(caps: Caps, *outcomes: PastOutcome, now: datetime = NOW, **contact: Any) -> dict[str, list[str]]:
    """The actions that are closed, with the caps that close them."""
    names = {row: name for name, row in ROWS.items()}
    found = caps.capped(outcomes, a_contact(**contact), now)
    return {names[row]: [stop.cap for stop in stops] for row, stops in found.items()}


# --- what is counted -------------------------------------------------------------------------------------------------


def test_nothing_is_closed_for_someone_of_whom_nothing_is_told() -> None:
    assert closed(the_caps(a_cap())) == {}


def test_a_policy_without_caps_closes_nothing() -> None:
    assert closed(the_caps(), past("spoken")) == {}


def test_an_action_is_open_below_the_cap_and_closed_at_it() -> None:
    caps = the_caps(a_cap(most=2))
    assert closed(caps, past("spoken", contact_id="K-1")) == {}
    assert closed(caps, past("spoken", contact_id="a"), past("spoken", contact_id="b")) == {
        "sell-tv": ["cap"]
    }


@pytest.mark.parametrize("kind", ["spoken", "accepted", "declined", "deferred"])
def test_whatever_became_of_it_the_customer_has_heard_it(kind: str) -> None:
    assert closed(the_caps(a_cap()), past(kind)) == {"sell-tv": ["cap"]}


@pytest.mark.parametrize("kind", ["skipped", "withdrawn", "kept", "relapsed"])
def test_what_was_not_said_is_not_heard(kind: str) -> None:
    assert closed(the_caps(a_cap()), past(kind)) == {}


@pytest.mark.parametrize(
    ("channel", "heard"), [("chat", True), ("whatsapp", True), ("voice", False), ("web", True)]
)
def test_what_is_shown_is_heard_where_the_customer_himself_sees_it(channel: str, heard: bool) -> None:
    caps = the_caps(a_cap())
    assert bool(closed(caps, past("shown", channel=channel))) is heard
    assert closed(caps, past("shown", channel=channel, speaker="bot")) == {"sell-tv": ["cap"]}


def test_a_proposal_counts_once_for_each_contact_however_often_it_is_told_of() -> None:
    caps = the_caps(a_cap(most=2))
    once = [past("shown", channel="chat"), past("spoken"), past("declined"), past("declined")]
    assert closed(caps, *once) == {}
    assert closed(caps, *once, past("spoken", contact_id="another")) == {"sell-tv": ["cap"]}


def test_what_was_accepted_twice_over_is_one_acceptance() -> None:
    caps = the_caps(a_cap(count="accepted", most=2))
    told = [past("accepted", outcome_id="agent"), past("accepted", outcome_id="order-system")]
    assert closed(caps, *told) == {}
    assert closed(caps, *told, past("accepted", contact_id="another")) == {"sell-tv": ["cap"]}


def test_a_cap_on_declines_hears_no_other_answer() -> None:
    caps = the_caps(a_cap(count="declined"))
    assert closed(caps, past("spoken"), past("accepted"), past("deferred")) == {}
    assert closed(caps, past("declined")) == {"sell-tv": ["cap"]}


def test_too_expensive_closes_the_family_for_longer_than_not_now() -> None:
    caps = the_caps(
        a_cap("not_now", count="declined", reasons=["not_now"], per="family", days=30),
        a_cap("too_expensive", count="declined", reasons=["too_expensive"], per="family", days=180),
    )
    for reason, days, cap in (("not_now", 30, "not_now"), ("too_expensive", 180, "too_expensive")):
        family = {"sell-tv": [cap], "sell-more-tv": [cap]}
        assert closed(caps, past("declined", days_ago=days - 1, reason=reason)) == family
        assert closed(caps, past("declined", days_ago=days, reason=reason)) == {}
    assert closed(caps, past("declined", reason="unknown")) == {}


# --- what is counted together ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per", "shut"),
    [
        ("action", {"sell-tv"}),
        ("family", {"sell-tv", "sell-more-tv"}),
        ("kind", {"sell-tv", "sell-more-tv", "sell-films"}),
        ("all", {"sell-tv", "sell-more-tv", "sell-films", "cheaper"}),
    ],
)
def test_what_is_counted_together_is_closed_together(per: str, shut: set[str]) -> None:
    assert set(closed(the_caps(a_cap(per=per)), past("declined"))) == shut


def test_only_what_a_cap_speaks_of_counts_and_closes() -> None:
    caps = the_caps(a_cap(per="all", most=2, **{"for": {"kinds": ["offer"]}}))
    assert closed(caps, past("spoken"), past("spoken", "cheaper")) == {}
    assert set(closed(caps, past("spoken"), past("spoken", "sell-films"))) == {
        "sell-tv",
        "sell-more-tv",
        "sell-films",
    }


@pytest.mark.parametrize(
    ("selector", "shut"),
    [
        ({"families": ["tv"]}, {"sell-tv", "sell-more-tv"}),
        ({"actions": ["sell-tv", "cheaper"]}, {"sell-tv", "cheaper"}),
        ({"purposes": ["marketing"]}, {"sell-tv", "sell-more-tv", "sell-films"}),
    ],
)
def test_a_cap_speaks_of_families_actions_and_purposes(selector: dict[str, Any], shut: set[str]) -> None:
    caps = the_caps(a_cap(per="all", **{"for": selector}))
    assert set(closed(caps, past("spoken"))) == shut
    assert closed(caps, past("spoken", "gone", family="other", action_kind="service")) == {}


def test_what_left_the_catalogue_still_counts_by_family_and_kind() -> None:
    gone = past("declined", "old-tv", family="tv", action_kind="offer")
    assert set(closed(the_caps(a_cap(per="family")), gone)) == {"sell-tv", "sell-more-tv"}
    assert set(closed(the_caps(a_cap(per="kind")), gone)) == {"sell-tv", "sell-more-tv", "sell-films"}


def test_a_cap_over_a_channel_counts_what_was_heard_there() -> None:
    caps = the_caps(a_cap(over=["email", "sms"]))
    assert closed(caps, past("spoken", channel="voice")) == {}
    assert closed(caps, past("spoken", channel="sms")) == {"sell-tv": ["cap"]}


def test_a_cap_for_a_channel_closes_there_and_nowhere_else() -> None:
    caps = the_caps(a_cap(**{"for": {"channels": ["email"]}}))
    assert closed(caps, past("spoken"), channel="voice") == {}
    assert closed(caps, past("spoken"), channel="email") == {"sell-tv": ["cap"]}


def test_neither_the_way_out_nor_an_emergency_is_ever_capped() -> None:
    caps = the_caps(a_cap(per="all"))
    shut = closed(caps, past("spoken"), past("spoken", "block-sim"), past("spoken", str(WAY_OUT["id"])))
    assert set(shut) == {"sell-tv", "sell-more-tv", "sell-films", "cheaper"}


# --- this contact ----------------------------------------------------------------------------------------------------


def test_what_was_spoken_in_this_contact_may_be_spoken_again_in_it() -> None:
    caps = the_caps(a_cap(per="all", most=2))
    said = [past("spoken", contact_id="K-0"), past("spoken", contact_id="K-1", days_ago=0)]
    assert set(closed(caps, *said, contact_id="K-1")) == {"sell-more-tv", "sell-films", "cheaper"}
    assert "sell-tv" in closed(caps, *said, contact_id="K-2")


def test_what_was_heard_too_often_before_is_closed_in_this_contact_too() -> None:
    caps = the_caps(a_cap(per="family"))
    said = [past("spoken", "sell-more-tv", days_ago=9), past("spoken", contact_id="K-1", days_ago=0)]
    (stop,) = caps.capped(said, a_contact(contact_id="K-1"), NOW)[ROWS["sell-tv"]]
    assert (stop.count, stop.last) == (1, 9)
    assert stop.reopens == date(2026, 12, 21)  # thirty days after this contact, which counts in the next


def test_what_was_refused_in_this_contact_is_not_proposed_again_in_it() -> None:
    caps = the_caps(a_cap(count="declined"))
    assert closed(caps, past("declined", contact_id="K-1", days_ago=0), contact_id="K-1") == {
        "sell-tv": ["cap"]
    }


# --- when it opens ---------------------------------------------------------------------------------------------------


def test_what_decided_is_told_with_the_day_it_opens() -> None:
    caps = the_caps(a_cap(most=2, days=30, per="family"))
    heard = [past("spoken", days_ago=20, contact_id="a"), past("spoken", "sell-more-tv", 12, contact_id="b")]
    (stop,) = caps.capped(heard, a_contact(), NOW)[ROWS["sell-tv"]]
    assert stop.values == (("count", 2), ("most", 2), ("days", 30), ("last", 12))
    assert stop.reopens == date(2026, 12, 1)  # the one of twenty days ago goes first


def test_a_cap_far_over_its_most_opens_when_enough_have_gone() -> None:
    caps = the_caps(a_cap(most=2, days=30))
    heard = [past("spoken", days_ago=ago, contact_id=f"k-{ago}") for ago in (1, 5, 20, 29)]
    (stop,) = caps.capped(heard, a_contact(), NOW)[ROWS["sell-tv"]]
    assert (stop.count, stop.reopens) == (4, date(2026, 12, 16))


def test_days_are_those_of_the_companys_own_calendar() -> None:
    caps = the_caps(a_cap(count="declined", days=1))
    late = past("declined").model_copy(update={"at": datetime(2026, 11, 20, 22, 30, tzinfo=UTC)})  # 23:30
    at_night = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
    assert closed(caps, late, now=at_night) == {"sell-tv": ["cap"]}
    assert closed(caps, late, now=at_night + timedelta(minutes=1)) == {}


def test_what_is_yet_to_come_does_not_count() -> None:
    assert closed(the_caps(a_cap()), past("spoken", days_ago=-0.1)) == {}


def test_every_full_cap_is_named_in_the_order_of_the_ids_and_the_last_to_open_says_when() -> None:
    caps = the_caps(a_cap("z", days=10), a_cap("a", days=40, per="family"), a_cap("m", most=2))
    stops = caps.capped([past("declined", days_ago=3)], a_contact(), NOW)[ROWS["sell-tv"]]
    assert [stop.cap for stop in stops] == ["a", "z"]
    assert [stop.reopens for stop in stops] == [date(2026, 12, 28), date(2026, 11, 28)]
    assert reopens_on(stops) == date(2026, 12, 28)


def test_a_cap_says_its_counts_and_its_day() -> None:
    reason = both(
        "{count} van {most} keer in {days} dagen; weer vanaf {reopens:date}",
        "{last} days ago; from {reopens:date}",
    )
    knowledge = some_knowledge(catalogue=CATALOGUE, caps=[a_cap(count="declined", days=90, reason=reason)])
    history = a_history(past("declined", days_ago=20))

    def said(language: str) -> list[str]:
        decision = a_decision(knowledge, history=history, request=a_request(language=language))
        return [veto.text for veto in decision.vetoes if veto.rule == "cap" and veto.action_id == "sell-tv"]

    assert said("nl") == ["1 van 1 keer in 90 dagen; weer vanaf 30 januari 2027"]
    assert said("en") == ["20 days ago; from 30 January 2027"]


# --- for any caps and any history ------------------------------------------------------------------------------------

CAPS = st.lists(
    st.builds(
        a_cap,
        count=st.sampled_from(["spoken", "accepted", "declined"]),
        per=st.sampled_from(["action", "family", "kind", "all"]),
        over=st.sampled_from([[], ["voice"]]),
        most=st.integers(1, 3),
        days=st.integers(1, 40),
    ),
    min_size=1,
    max_size=4,
).map(lambda rows: [{**row, "id": f"cap-{number}"} for number, row in enumerate(rows)])
OUTCOMES = st.lists(
    st.builds(
        past,
        kind=st.sampled_from(["shown", "spoken", "accepted", "declined", "withdrawn"]),
        action=st.sampled_from(sorted(ROWS)),
        days_ago=st.floats(-2, 60),
        contact_id=st.sampled_from(["K-1", "K-2", "K-3", "K-4"]),
        channel=st.sampled_from(["voice", "chat"]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(rows=CAPS, outcomes=OUTCOMES, data=st.data())
def test_the_order_of_caps_and_of_what_happened_changes_nothing(
    rows: list[dict[str, Any]], outcomes: list[PastOutcome], data: st.DataObject
) -> None:
    mixed = the_caps(*data.draw(st.permutations(rows)))
    happened = data.draw(st.permutations(outcomes))
    assert mixed.capped(happened, a_contact(), NOW) == the_caps(*rows).capped(outcomes, a_contact(), NOW)


@settings(max_examples=150, deadline=None)
@given(rows=CAPS, outcomes=OUTCOMES)
def test_taking_a_cap_away_closes_nothing_more(
    rows: list[dict[str, Any]], outcomes: list[PastOutcome]
) -> None:
    full = the_caps(*rows).capped(outcomes, a_contact(), NOW)
    for gone in rows:
        left = the_caps(*[row for row in rows if row is not gone]).capped(outcomes, a_contact(), NOW)
        kept = {row: tuple(stop for stop in stops if stop.cap != gone["id"]) for row, stops in full.items()}
        assert left == {row: stops for row, stops in kept.items() if stops}


@settings(max_examples=150, deadline=None)
@given(rows=CAPS, outcomes=OUTCOMES)
def test_an_action_opens_on_the_day_that_was_named_and_not_a_day_before(
    rows: list[dict[str, Any]], outcomes: list[PastOutcome]
) -> None:
    caps = the_caps(*rows)
    known = [outcome for outcome in outcomes if outcome.at <= NOW]
    later = a_contact(contact_id="another")
    for row, stops in caps.capped(known, later, NOW).items():
        wait = (reopens_on(stops) - NOW.date()).days
        assert row not in caps.capped(known, later, NOW + timedelta(days=wait))
        assert row in caps.capped(known, later, NOW + timedelta(days=wait - 1))


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(*rows: dict[str, Any], **given: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(catalogue=CATALOGUE, caps=list(rows), **given)
    return [f"{problem.key}: {problem.message}" for problem in caught.value.problems]


def test_reasons_are_those_of_declines() -> None:
    (problem,) = refused(a_cap(reasons=["not_now"]))
    assert problem.startswith("caps[cap]: ")
    assert "what was spoken has no reasons; remove 'reasons' or count: declined" in problem


@pytest.mark.parametrize(
    ("key", "value"), [("most", 0), ("days", 0), ("days", 731), ("count", "shown"), ("per", "x")]
)
def test_a_number_or_word_that_means_nothing_is_refused(key: str, value: Any) -> None:
    (problem,) = refused(a_cap(**{key: value}))
    assert problem.startswith(f"caps[cap].{key}: ")


def test_a_cap_without_a_text_in_every_language_is_refused() -> None:
    assert refused(a_cap(reason={"nl": "Nee"})) == ["caps[cap].reason: no text in 'en'; add it"]


def test_two_caps_with_one_id_are_refused() -> None:
    assert refused(a_cap(), a_cap()) == ["caps[cap].id: 'cap' is used twice; give each its own id"]


@pytest.mark.parametrize("taken", ["r", "condition"])
def test_a_cap_may_not_be_called_what_a_rule_is_called(taken: str) -> None:
    rule = {"id": "r", "tier": "relevance", "require": "true", "reason": both("Nee")}
    assert refused(a_cap(taken), rules=[rule]) == [
        f"caps[{taken}].id: '{taken}' is what a rule is called; give the cap another id"
    ]


def test_a_text_that_names_what_no_cap_knows_is_refused() -> None:
    known = "{count}, {days}, {last}, {most}, {reopens}"
    assert refused(a_cap(reason=both("{tenure}", "Not now"))) == [
        f"caps[cap].reason.nl: a cap does not know '{{tenure}}'; it can say {known}"
    ]


def test_a_cap_on_the_way_out_is_refused() -> None:
    problems = refused(a_cap(**{"for": {"actions": [WAY_OUT["id"], "block-sim"]}}))
    assert problems == [
        "caps[cap].for: speaks of no action; the way out and emergencies are never capped, so correct it or remove the cap"
    ]


def test_an_action_or_family_that_nobody_knows_is_refused() -> None:
    problems = refused(a_cap(**{"for": {"actions": ["sell-tv", "sel-tv"]}}))
    assert problems == [
        "caps[cap].for.actions[1]: unknown action 'sel-tv'; add it to the catalogue or correct the name"
    ]
    problems = refused(a_cap(**{"for": {"families": ["tv", "tvs"]}}))
    assert problems == ["caps[cap].for.families[1]: no action has the family 'tvs'; correct the name"]


def test_a_cap_is_most_one_unless_it_says_so() -> None:
    assert Cap.model_validate(a_cap()).most == 1
