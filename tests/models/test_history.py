"""What happened to a customer, counted as of one moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain import Event, PastOutcome
from models.history import HISTORY_TYPES, fold
from tests.builders import NOW, a_contact, a_history, ago, an_event, an_outcome


def folded(*items: Event | PastOutcome, **contact: Any) -> dict[str, Any]:
    return fold(a_history(*items), a_contact(**contact), NOW)


def counted(path: str, *items: Event | PastOutcome, **contact: Any) -> Any:
    return folded(*items, **contact).get(path)


def a_conversation(contact_id: str, days_ago: float = 1, **given: Any) -> Event:
    return an_event("contact", contact_id=contact_id, days_ago=days_ago, **given)


def test_nothing_happened_to_a_stranger() -> None:
    assert folded() == {
        "contacts_30d": 1,
        "contacts_7d": 1,
        "same_subject_30d": 0,
        "open_complaints": 0,
        "outage_open_hours": 0.0,
        "outage_hours_30d": 0.0,
        "missed_payments_12m": 0,
        "unpaid": 0,
        "open_promises": 0,
        "overdue_promises": 0,
        "saves_spoken_7d": 0,
        "saves_refused_7d": 0,
        "saves_refused": [],
        "save_accepted_7d": False,
        "saves_accepted_365d": 0,
        "offers_spoken_30d": 0,
        "subjects_14d": [],
        "interests_14d": [],
        "declined_90d": [],
        "declined_families_30d": [],
        "accepted_90d": [],
    }


def test_without_a_subject_the_one_with_most_conversations_counts() -> None:
    earlier = [
        a_conversation("K-2", subject="bill"),
        a_conversation("K-3", subject="internet"),
        a_conversation("K-4", subject="internet"),
        a_conversation("K-4", subject="internet"),
        a_conversation("K-5"),
        a_conversation("K-6", subject="bill", days_ago=30),
        a_conversation("K-7", subject="bill", days_ago=31),
    ]
    assert counted("same_subject_30d", *earlier) == 2
    assert counted("same_subject_30d", *earlier[:1], a_conversation("K-5")) == 1
    assert counted("same_subject_30d", a_conversation("K-5")) == 0


def test_a_turn_that_names_no_subject_counts_with_the_one_that_did() -> None:
    earlier = [a_conversation("K-2", subject="bill"), a_conversation("K-1", subject="bill")]
    assert counted("same_subject_30d", *earlier, contact_id="K-1") == 2


def test_every_count_is_a_declared_path() -> None:
    everything = folded(
        an_event("complaint_opened"),
        an_event("contact", direction="inbound", channel="voice"),
        an_event("feedback", score=3.0),
        an_outcome("accepted", days_ago=9),
    )
    assert everything.keys() == HISTORY_TYPES.keys()


@pytest.mark.parametrize(
    "item",
    [
        an_event("contact", days_ago=-1),
        an_event("complaint_opened", days_ago=-1),
        an_event("outage", days_ago=-1),
        an_event("missed_payment", days_ago=-1),
        an_event("promise", days_ago=-1, due=NOW),
        an_event("feedback", days_ago=-1, score=1.0),
        an_event("information", days_ago=-1, subject="moving"),
        an_event("interest", days_ago=-1, product_id="tv"),
        an_outcome("accepted", days_ago=-1),
    ],
    ids=lambda item: item.kind,
)
def test_what_comes_after_the_moment_does_not_count(item: Event | PastOutcome) -> None:
    assert folded(item) == folded()


def test_what_happens_at_the_moment_itself_counts() -> None:
    assert counted("open_complaints", an_event("complaint_opened", days_ago=0)) == 1


# --- contacts --------------------------------------------------------------------------------------------------------


def test_this_contact_is_counted_once_also_when_it_was_recorded() -> None:
    assert counted("contacts_30d", a_conversation("K-1", days_ago=0), contact_id="K-1") == 1


def test_contacts_are_counted_over_all_channels() -> None:
    assert (
        counted("contacts_30d", a_conversation("K-2", channel="chat"), a_conversation("K-3", channel="email"))
        == 3
    )


def test_a_conversation_that_wrote_several_events_is_one_contact() -> None:
    assert counted("contacts_30d", *[a_conversation("K-2", days_ago=d) for d in (1, 2, 3)]) == 2


@pytest.mark.parametrize(("days_ago", "month", "week"), [(6.99, 2, 2), (7, 2, 1), (29.99, 2, 1), (30, 1, 1)])
def test_contacts_leave_their_windows_to_the_second(days_ago: float, month: int, week: int) -> None:
    counts = folded(a_conversation("K-2", days_ago=days_ago))
    assert (counts["contacts_30d"], counts["contacts_7d"]) == (month, week)


def test_a_call_or_message_of_ours_is_no_contact_the_customer_had_to_make() -> None:
    ours = [a_conversation(f"K-{n}", subject="bill", direction="outbound") for n in range(2, 8)]
    counts = folded(*ours, a_conversation("K-9", subject="bill", direction="inbound"))
    assert (counts["contacts_30d"], counts["contacts_7d"], counts["same_subject_30d"]) == (2, 2, 1)


def test_contacts_on_this_subject_are_counted_with_this_one() -> None:
    earlier = (a_conversation("K-2", subject="bill"), a_conversation("K-3", subject="wifi"))
    assert counted("same_subject_30d", *earlier, subject="bill") == 2


# --- complaints ------------------------------------------------------------------------------------------------------


def a_complaint(subject: str | None = None, days_ago: float = 3) -> Event:
    return an_event("complaint_opened", subject=subject, days_ago=days_ago)


def closed(subject: str | None = None, days_ago: float = 1) -> Event:
    return an_event("complaint_closed", subject=subject, days_ago=days_ago)


def test_a_complaint_is_open_until_it_is_closed() -> None:
    assert counted("open_complaints", a_complaint()) == 1
    assert counted("open_complaints", a_complaint(), closed()) == 0


def test_the_days_are_those_of_the_oldest_open_complaint() -> None:
    assert counted("complaint_days", a_complaint(days_ago=3), a_complaint(days_ago=9.5)) == 9


def test_without_an_open_complaint_there_are_no_days() -> None:
    assert counted("complaint_days", a_complaint(), closed()) is None


def test_closing_a_complaint_closes_the_one_on_its_subject() -> None:
    complaints = (a_complaint("bill", days_ago=9), a_complaint("wifi", days_ago=5))
    assert counted("complaint_days", *complaints, closed("wifi")) == 9


def test_closing_a_complaint_closes_the_oldest_on_its_subject() -> None:
    complaints = (a_complaint("bill", days_ago=9), a_complaint("bill", days_ago=5))
    assert counted("complaint_days", *complaints, closed("bill")) == 5


def test_closing_a_complaint_leaves_one_on_another_subject_open() -> None:
    assert counted("open_complaints", a_complaint("bill"), closed("wifi")) == 1


def test_closing_without_a_subject_closes_the_oldest() -> None:
    complaints = (a_complaint("bill", days_ago=9), a_complaint(None, days_ago=5))
    assert counted("complaint_days", *complaints, closed(None)) == 5


def test_a_complaint_without_a_subject_is_closed_by_any() -> None:
    complaints = (a_complaint("bill", days_ago=9), a_complaint(None, days_ago=5))
    assert counted("complaint_days", *complaints, closed("wifi")) == 9


def test_a_complaint_opened_after_the_closing_stays_open() -> None:
    assert counted("open_complaints", closed(days_ago=3), a_complaint(days_ago=1)) == 1


def test_events_may_be_told_in_any_order() -> None:
    assert counted("open_complaints", closed(days_ago=1), a_complaint(days_ago=3)) == 0


# --- outages ---------------------------------------------------------------------------------------------------------


def test_a_running_outage_is_counted_by_the_hour() -> None:
    counts = folded(an_event("outage", days_ago=0, hours_ago=5))
    assert (counts["outage_open_hours"], counts["outage_hours_30d"]) == (5.0, 5.0)


def test_an_outage_of_known_length_is_over() -> None:
    counts = folded(an_event("outage", days_ago=2, hours=7.5))
    assert (counts["outage_open_hours"], counts["outage_hours_30d"]) == (0.0, 7.5)


def test_an_outage_lasts_until_it_is_ended() -> None:
    counts = folded(an_event("outage", days_ago=2), an_event("outage_ended", days_ago=1))
    assert (counts["outage_open_hours"], counts["outage_hours_30d"]) == (0.0, 24.0)


def test_an_outage_reported_twice_is_one() -> None:
    assert (
        counted("outage_open_hours", an_event("outage", days_ago=2), an_event("outage", days_ago=1)) == 48.0
    )


def test_an_end_without_an_outage_ends_nothing() -> None:
    assert counted("outage_hours_30d", an_event("outage_ended")) == 0.0


@pytest.mark.parametrize(("days_ago", "hours"), [(29.99, 4.0), (30, 0.0)])
def test_an_outage_that_is_over_leaves_the_month_whole(days_ago: float, hours: float) -> None:
    assert counted("outage_hours_30d", an_event("outage", days_ago=days_ago, hours=4.0)) == hours


def test_only_the_hours_within_the_month_are_counted() -> None:
    assert (
        counted("outage_hours_30d", an_event("outage", days_ago=32), an_event("outage_ended", days_ago=29))
        == 24.0
    )


def test_an_outage_that_ended_before_the_month_is_forgotten() -> None:
    assert (
        counted("outage_hours_30d", an_event("outage", days_ago=34), an_event("outage_ended", days_ago=32))
        == 0.0
    )


def test_a_month_has_no_more_hours_than_720() -> None:
    counts = folded(an_event("outage", days_ago=40))
    assert (counts["outage_open_hours"], counts["outage_hours_30d"]) == (960.0, 720.0)


# --- payments, promises, feedback, interests ---------------------------------------------------------------------------


def test_a_payment_clears_what_was_missed_before_it() -> None:
    missed = [an_event("missed_payment", days_ago=d) for d in (60, 30, 5)]
    assert counted("unpaid", *missed, an_event("payment", days_ago=20)) == 1


def test_missed_payments_stay_counted_when_they_are_paid() -> None:
    assert counted("missed_payments_12m", an_event("missed_payment", days_ago=9), an_event("payment")) == 1


@pytest.mark.parametrize(("days_ago", "count"), [(364.99, 1), (365, 0)])
def test_a_missed_payment_is_remembered_a_year(days_ago: float, count: int) -> None:
    assert counted("missed_payments_12m", an_event("missed_payment", days_ago=days_ago)) == count


def test_what_was_missed_is_unpaid_however_long_ago() -> None:
    assert counted("unpaid", an_event("missed_payment", days_ago=500)) == 1


def a_promise(due_in_hours: float, subject: str | None = None, days_ago: float = 3) -> Event:
    return an_event("promise", due=NOW + timedelta(hours=due_in_hours), subject=subject, days_ago=days_ago)


@pytest.mark.parametrize(("due_in_hours", "overdue"), [(-0.01, 1), (0, 0), (5, 0)])
def test_a_promise_is_overdue_once_its_date_is_past(due_in_hours: float, overdue: int) -> None:
    counts = folded(a_promise(due_in_hours))
    assert (counts["open_promises"], counts["overdue_promises"]) == (1, overdue)


def test_a_promise_that_was_kept_is_not_overdue() -> None:
    counts = folded(a_promise(-5), an_event("promise_kept"))
    assert (counts["open_promises"], counts["overdue_promises"]) == (0, 0)


def test_keeping_one_promise_leaves_that_on_another_subject() -> None:
    counts = folded(a_promise(-5, "call"), a_promise(5, "visit"), an_event("promise_kept", subject="visit"))
    assert (counts["open_promises"], counts["overdue_promises"]) == (1, 1)


def test_the_last_score_is_the_youngest() -> None:
    counts = folded(
        an_event("feedback", score=9.0, days_ago=2.5), an_event("feedback", score=3.0, days_ago=20)
    )
    assert (counts["last_score"], counts["score_days"]) == (9.0, 2)


def test_without_feedback_there_is_no_score() -> None:
    assert {"last_score", "score_days"}.isdisjoint(folded())


@pytest.mark.parametrize(
    ("path", "kind", "field"),
    [("subjects_14d", "information", "subject"), ("interests_14d", "interest", "product_id")],
)
def test_what_was_looked_up_is_listed_once_for_two_weeks(path: str, kind: str, field: str) -> None:
    looked_up = [
        an_event(kind, days_ago=d, **{field: what}) for d, what in ((14, "a"), (13, "b"), (2, "c"), (1, "b"))
    ]
    assert counted(path, *looked_up) == ["b", "c"]


# --- outcomes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "spoken"),
    [
        ("spoken", 1),
        ("accepted", 1),
        ("declined", 1),
        ("deferred", 1),
        ("shown", 0),
        ("skipped", 0),
        ("withdrawn", 0),
        ("relapsed", 0),
    ],
)
def test_a_save_counts_once_it_was_spoken(kind: str, spoken: int) -> None:
    assert counted("saves_spoken_7d", an_outcome(kind)) == spoken


def test_a_save_spoken_and_then_declined_is_one_round() -> None:
    counts = folded(an_outcome("spoken", days_ago=0.2), an_outcome("declined", days_ago=0.1))
    assert (counts["saves_spoken_7d"], counts["saves_refused_7d"]) == (1, 1)


def test_a_save_spoken_and_not_accepted_was_refused() -> None:
    assert counted("saves_refused", an_outcome("spoken")) == ["cheaper"]


def test_a_save_spoken_and_accepted_was_not_refused() -> None:
    counts = folded(an_outcome("spoken", days_ago=2), an_outcome("accepted"))
    assert (counts["saves_refused"], counts["save_accepted_7d"]) == ([], True)


def test_an_acceptance_that_was_withdrawn_is_a_refusal() -> None:
    counts = folded(an_outcome("accepted", days_ago=2), an_outcome("withdrawn"))
    assert (counts["saves_refused"], counts["save_accepted_7d"]) == (["cheaper"], False)


def test_an_acceptance_after_a_withdrawal_stands() -> None:
    outcomes = [
        an_outcome("accepted", days_ago=3),
        an_outcome("withdrawn", days_ago=2),
        an_outcome("accepted"),
    ]
    assert counted("save_accepted_7d", *outcomes) is True


def test_a_save_that_was_kept_was_accepted() -> None:
    assert counted("save_accepted_7d", an_outcome("kept")) is True


@pytest.mark.parametrize(("days_ago", "refused"), [(6.99, ["cheaper"]), (7, [])])
def test_a_conversation_about_leaving_lasts_seven_days(days_ago: float, refused: list[str]) -> None:
    assert counted("saves_refused", an_outcome("declined", days_ago=days_ago)) == refused


def test_saves_are_counted_over_contacts_and_channels() -> None:
    spoken = [
        an_outcome("spoken", action="a", contact_id="K-2", channel="chat"),
        an_outcome("spoken", action="b", contact_id="K-3", channel="voice"),
    ]
    assert counted("saves_spoken_7d", *spoken) == 2


@pytest.mark.parametrize(
    ("channel", "spoken"),
    [
        ("chat", 1),
        ("whatsapp", 1),
        ("sms", 1),
        ("email", 1),
        ("web", 1),
        ("app", 1),
        ("voice", 0),
        ("shop", 0),
    ],
)
@pytest.mark.parametrize("speaker", [None, "agent", "bot"])
def test_what_the_customer_himself_is_shown_was_spoken(
    channel: str, spoken: int, speaker: str | None
) -> None:
    told = 1 if speaker == "bot" else spoken
    counts = folded(an_outcome("shown", channel=channel, speaker=speaker))
    assert (counts["saves_spoken_7d"], counts["saves_refused_7d"]) == (told, told)
    offer = an_outcome("shown", action_kind="offer", channel=channel, speaker=speaker)
    assert counted("offers_spoken_30d", offer) == told


# --- saves of earlier conversations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days_ago", "days"), [(6.99, None), (7, 7), (60.9, 60), (400, 400)])
def test_the_days_since_a_save_count_from_an_earlier_conversation(days_ago: float, days: int | None) -> None:
    assert counted("days_since_save", an_outcome("accepted", days_ago=days_ago)) == days


def test_one_save_that_was_refused_starts_no_count() -> None:
    assert (
        counted("days_since_save", an_outcome("declined", days_ago=9), an_outcome("spoken", days_ago=8))
        is None
    )


@pytest.mark.parametrize(("first", "days"), [(14.99, 8), (15, None)])
def test_two_saves_spoken_in_one_conversation_count_though_refused(first: float, days: int | None) -> None:
    rounds = [
        an_outcome("spoken", action="a", days_ago=first),
        an_outcome("declined", action="b", days_ago=8),
    ]
    assert counted("days_since_save", *rounds) == days


def test_a_conversation_that_still_lasts_is_not_counted_from() -> None:
    rounds = [an_outcome("spoken", action="a", days_ago=8), an_outcome("spoken", action="b", days_ago=2)]
    assert counted("days_since_save", *rounds) is None


def test_the_days_are_those_since_the_last_of_them() -> None:
    rounds = [an_outcome("accepted", days_ago=30)]
    rounds += [an_outcome("spoken", action=name, days_ago=20) for name in ("a", "b")]
    assert counted("days_since_save", *rounds) == 20


def test_a_save_that_was_withdrawn_was_not_given() -> None:
    counts = folded(an_outcome("accepted", days_ago=30), an_outcome("withdrawn", days_ago=20))
    assert (counts.get("days_since_save"), counts["saves_accepted_365d"]) == (None, 0)


def test_that_a_save_is_kept_gives_it_no_second_time() -> None:
    counts = folded(an_outcome("accepted", days_ago=100), an_outcome("kept", days_ago=10))
    assert (counts["days_since_save"], counts["saves_accepted_365d"]) == (100, 1)


@pytest.mark.parametrize(("days_ago", "times"), [(364.99, 2), (365, 1)])
def test_a_save_given_twice_within_a_year_counts_twice(days_ago: float, times: int) -> None:
    given = [an_outcome("accepted", decision_id="p00-0", days_ago=days_ago), an_outcome("accepted")]
    assert counted("saves_accepted_365d", *given) == times


def test_an_offer_is_no_save() -> None:
    assert counted("saves_spoken_7d", an_outcome("spoken", action_kind="offer")) == 0


def test_an_offer_is_counted_once_a_contact() -> None:
    offers = [
        an_outcome(kind, action="tv", action_kind="offer", contact_id=contact)
        for kind, contact in (("spoken", "K-2"), ("declined", "K-2"), ("spoken", "K-3"), ("shown", "K-4"))
    ]
    assert counted("offers_spoken_30d", *offers) == 2


@pytest.mark.parametrize(
    ("days_ago", "offers", "families", "declined"),
    [(29.99, 1, ["tv"], ["o"]), (30, 0, [], ["o"]), (89.99, 0, [], ["o"]), (90, 0, [], [])],
)
def test_a_declined_offer_is_remembered_a_month_by_family_and_a_quarter_by_name(
    days_ago: float, offers: int, families: list[str], declined: list[str]
) -> None:
    counts = folded(an_outcome("declined", action="o", family="tv", action_kind="offer", days_ago=days_ago))
    assert counts["offers_spoken_30d"] == offers
    assert counts["declined_families_30d"] == families
    assert counts["declined_90d"] == declined


@pytest.mark.parametrize(("days_ago", "accepted"), [(89.99, ["cheaper"]), (90, [])])
def test_what_was_accepted_is_remembered_a_quarter(days_ago: float, accepted: list[str]) -> None:
    assert counted("accepted_90d", an_outcome("accepted", days_ago=days_ago)) == accepted


# --- properties ------------------------------------------------------------------------------------------------------

some_items = st.lists(
    st.one_of(
        st.builds(
            an_event,
            st.sampled_from(
                [
                    "contact",
                    "complaint_opened",
                    "complaint_closed",
                    "outage",
                    "outage_ended",
                    "missed_payment",
                    "payment",
                ]
            ),
            days_ago=st.floats(0, 60),
            subject=st.sampled_from([None, "bill", "wifi"]),
        ),
        st.builds(
            an_outcome,
            st.sampled_from(["shown", "spoken", "accepted", "declined", "withdrawn"]),
            action=st.sampled_from(["a", "b"]),
            days_ago=st.floats(0, 20),
        ),
    ),
    max_size=12,
    unique_by=lambda item: item.at,
)


@given(some_items, st.randoms())
def test_the_order_in_which_things_were_told_plays_no_part(items: list[Any], random: Any) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    lists = ("subjects_14d", "interests_14d")
    one, other = folded(*items), folded(*shuffled)
    assert {k: v for k, v in one.items() if k not in lists} == {
        k: v for k, v in other.items() if k not in lists
    }


@given(some_items)
def test_what_was_refused_was_spoken(items: list[Any]) -> None:
    counts = folded(*items)
    assert counts["saves_refused_7d"] == len(counts["saves_refused"]) <= counts["saves_spoken_7d"]


@given(some_items, st.floats(0, 60))
def test_an_old_moment_counts_what_it_knew_then(items: list[Any], days: float) -> None:
    then = ago(days)
    known = [item for item in items if item.at <= then]
    assert fold(a_history(*items), a_contact(), then) == fold(a_history(*known), a_contact(), then)


# --- when the customer last wrote --------------------------------------------------------------------------------------


def test_hours_since_inbound_count_from_the_last_contact_of_the_customer_on_this_channel() -> None:
    wrote = {"direction": "inbound", "channel": "whatsapp"}
    happened = (
        an_event("contact", days_ago=3, **wrote),
        an_event("contact", days_ago=0, hours_ago=5, **wrote),
        an_event("contact", days_ago=0, hours_ago=2, direction="outbound", channel="whatsapp"),
        an_event("contact", days_ago=0, hours_ago=1, direction="inbound", channel="voice"),
        an_event("contact", days_ago=0, hours_ago=1, channel="whatsapp"),
    )
    assert folded(*happened, channel="whatsapp")["hours_since_inbound"] == 5.0
    assert folded(*happened, channel="voice")["hours_since_inbound"] == 1.0
    assert "hours_since_inbound" not in folded(*happened, channel="chat")
