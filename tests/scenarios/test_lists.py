"""The telecom provider's call lists: each calls somebody, and none calls whom the law protects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.languages import spoken
from api.law import shipped
from models.calling import Call, Caller, Left
from models.catalogue import load_catalogue
from models.consents import OBJECTIONS
from models.domain import Channel, Customer, Event, History, Holding
from models.in_force import load_lawful
from models.knowledge import build_knowledge
from models.lists import compile_lists

TELECOM = Path(__file__).parents[2] / "examples" / "telecom"
KNOWLEDGE = build_knowledge(
    load_catalogue((TELECOM / "catalogue.yaml").read_bytes()),
    load_lawful((TELECOM / "policy.yaml").read_bytes(), "policy.yaml", shipped()),
    wordbooks=spoken(),
)
LISTS, _ = compile_lists(KNOWLEDGE.catalogue, KNOWLEDGE.policy)
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, ten o'clock in Amsterdam."""
COMPLAINT = History(
    events=(
        Event(
            event_id="e", customer_id="C-1", kind="complaint_opened", at=datetime(2026, 11, 20, tzinfo=UTC)
        ),
    )
)
AGREES = {"marketing": True, "profiling": True, "telemarketing": True, "email": True}
FACTS: dict[str, Any] = {
    "tenure_months": 30,
    "months_to_contract_end": 1,
    "contract": "one_year",
    "age": 40,
    "data_used_gb": 5.5,
    "data_plan_gb": 5.0,
    "app_active": False,
    "vulnerable": False,
    "household_size": 2,
}


def considered(
    wanted: str,
    history: History,
    *,
    channel: Channel = "voice",
    now: datetime = MORNING,
    consents: dict[str, bool] = AGREES,
    **facts: Any,
) -> Call | Left:
    held = (Holding(product_id="mobile-s"),)
    customer = Customer(customer_id="C-1", holdings=held, facts={**FACTS, **facts}, consents=consents)
    return Caller(KNOWLEDGE, LISTS, LISTS.by_id[wanted], channel, now).consider(customer, history)


@pytest.mark.parametrize(
    ("wanted", "history", "kind"),
    [("renew", History(), "offer"), ("re_engage", History(), "service"), ("service", COMPLAINT, "service")],
)
def test_each_list_calls_somebody(wanted: str, history: History, kind: str) -> None:
    call = considered(wanted, history)
    assert isinstance(call, Call)
    assert call.proposal.kind == kind


def test_every_list_of_the_policy_is_one_of_these() -> None:
    assert list(LISTS.by_id) == ["renew", "re_engage", "service"]


def test_at_night_nobody_is_called_with_an_offer() -> None:
    left = considered("renew", History(), now=MORNING.replace(hour=2))
    assert isinstance(left, Left)
    assert left.rule == "nl.calling_hours"


@pytest.mark.parametrize(
    ("day", "hour", "rings"), [(23, 20, True), (28, 9, True), (28, 15, False), (29, 12, False)]
)
def test_an_offer_is_called_about_until_ten_but_until_four_on_saturday_and_not_on_sunday(
    day: int, hour: int, rings: bool
) -> None:
    """Hours are UTC, an hour behind Amsterdam."""
    found = considered("renew", History(), now=MORNING.replace(day=day, hour=hour))
    assert isinstance(found, Call) is rings


@pytest.mark.parametrize(("hour", "rings"), [(3, False), (6, False), (7, True), (20, True), (21, False)])
def test_at_night_nobody_is_called_about_a_repair_either(hour: int, rings: bool) -> None:
    found = considered("service", COMPLAINT, now=MORNING.replace(hour=hour))
    assert isinstance(found, Call) is rings
    if isinstance(found, Left):
        assert found.rule == "no_call_at_night"


USE = ({}, {"data_gb_m3": 40.0, "data_gb_m2": 30.0, "data_gb_m1": 22.0, "data_plan_gb": 50.0})
LOOKED_UP = Event(
    event_id="i",
    customer_id="C-1",
    kind="information",
    at=MORNING - timedelta(days=2),
    subject="cancelling",
)


@pytest.mark.parametrize("objects_to", OBJECTIONS)
@given(
    wanted=st.sampled_from(["renew", "re_engage"]),
    use=st.sampled_from(USE),
    tenure=st.sampled_from([1, 4, 30]),
    to_go=st.sampled_from([0, 1, 5]),
    happened=st.sampled_from([(), (LOOKED_UP,), COMPLAINT.events]),
    others=st.booleans(),
    channel=st.sampled_from(get_args(Channel)),
    hour=st.integers(0, 23),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_who_objects_is_on_no_list_that_sells_or_keeps(
    objects_to: str,
    wanted: str,
    use: dict[str, float],
    tenure: int,
    to_go: int,
    happened: tuple[Event, ...],
    others: bool,
    channel: Channel,
    hour: int,
) -> None:
    consents = {**dict.fromkeys(KNOWLEDGE.policy.consents, others), objects_to: False}
    found = considered(
        wanted,
        History(events=happened),
        channel=channel,
        now=MORNING.replace(hour=hour),
        consents=consents,
        tenure_months=tenure,
        months_to_contract_end=to_go,
        **use,
    )
    assert isinstance(found, Left)


def test_who_does_not_object_is_called_about_less_and_less_use() -> None:
    call = considered("re_engage", History(), **USE[1])
    assert isinstance(call, Call)
    assert call.proposal.action_id == "heavy-use-talk"


consents_given = st.dictionaries(st.sampled_from(sorted(AGREES)), st.booleans())


@given(
    st.sampled_from(["renew", "re_engage", "service"]),
    consents_given,
    st.sampled_from(["voice", "email"]),
    st.booleans(),
    st.integers(0, 23),
)
@settings(max_examples=150, deadline=None)
def test_nobody_is_called_with_an_offer_against_his_will(
    wanted: str, consents: dict[str, bool], channel: Channel, complains: bool, hour: int
) -> None:
    history = COMPLAINT if complains else History()
    call = considered(wanted, history, channel=channel, consents=consents, now=MORNING.replace(hour=hour))
    if isinstance(call, Call) and KNOWLEDGE.catalogue.action[call.proposal.action_id].purpose != "service":
        assert consents.get("telemarketing" if channel == "voice" else "email") is True
        assert False not in (consents.get("marketing"), consents.get("profiling"))
        assert not complains
