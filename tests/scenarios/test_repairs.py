"""Whatever must be repaired first, the first proposal is a repair with somebody who owns it; and who must be called about it is on the list."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, islice, product
from typing import get_args

import pytest

from models.calling import Call, Caller
from models.decision import decide
from models.domain import Channel, Contact, Customer, DecisionRequest, Event, History, Holding
from models.lists import compile_lists
from models.scenario_run import question_of
from tests.scenarios.test_telecom import FILES, KNOWLEDGE

_, GIVEN, _, NOW = question_of(
    next(file for file in FILES if file.document.source == "fixing.yaml").scenarios[0], KNOWLEDGE
)
SUBJECTS = (
    None,
    "internet",
    "wifi",
    "tv",
    "fixed_phone",
    "bill",
    "mobile",
    "contract",
    "moving",
    "privacy",
    "separation",
    "lost_phone",
)
HOLDINGS = (
    (),
    ("mobile-m",),
    ("internet-dsl",),
    ("internet-fiber-100", "mobile-m", "tv-basic"),
    ("online-security",),
)
TRIGGERS = ("contacts", "subject", "complaint", "promise", "outage", "outages")
OTHERWISE = ({}, {"arrears_eur": 100.0}, {"tenure_months": 1, "app_active": False}, {"vulnerable": True})


def events(trigger: str, subject: str | None) -> tuple[Event, ...]:
    """What makes a repair come first."""

    def event(number: int, kind: str, hours_ago: float, **fields: object) -> Event:
        fixed = {"event_id": f"E-{number}", "customer_id": "C-1", "contact_id": f"K-{number}"}
        return Event.model_validate({**fixed, "kind": kind, "at": NOW - timedelta(hours=hours_ago), **fields})

    match trigger:
        case "contacts":
            return tuple(event(number, "contact", 24 * number) for number in range(1, 7))
        case "subject":
            about = subject or "mobile"
            return tuple(event(number, "contact", 24 * number, subject=about) for number in range(1, 4))
        case "complaint":
            return (event(1, "complaint_opened", 48),)
        case "promise":
            return (event(1, "promise", 48, due=NOW - timedelta(hours=1)),)
        case "outage":
            return (event(1, "outage", 5),)
        case _:
            return (event(1, "outage", 96, hours=30),)


def someone(held: tuple[str, ...], facts: dict[str, object], **consents: bool) -> Customer:
    holdings = tuple(Holding(product_id=name) for name in held)
    known = {**GIVEN.facts, **facts}
    return GIVEN.model_copy(
        update={
            "customer_id": "C-1",
            "holdings": holdings,
            "facts": known,
            "consents": {**GIVEN.consents, **consents},
        }
    )


@pytest.mark.parametrize("intent", [None, "cancel"])
@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_first_proposal_is_a_repair_with_an_owner(
    trigger: str, subject: str | None, intent: str | None
) -> None:
    # The facts go round among the other cases: by all that is asked here each meets each.
    facts_in_turn = islice(cycle(OTHERWISE), SUBJECTS.index(subject), None)
    for (held, channel), facts in zip(product(HOLDINGS, get_args(Channel)), facts_in_turn, strict=False):
        contact = Contact(contact_id="K-0", channel=channel, subject=subject, intent=intent)
        decision = decide(
            DecisionRequest(customer_id="C-1", contact=contact),
            someone(held, facts),
            History(events=events(trigger, subject)),
            KNOWLEDGE,
            now=NOW,
            decision_id="p00-1",
        )
        assert decision.mode == "fix_first"
        first = decision.proposals[0]
        assert first.kind == "service"
        assert first.do is not None
        assert first.do.owner is not None, (first.action_id, held, channel)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_whoever_must_be_helped_first_is_called_about_the_repair_and_about_no_renewal(trigger: str) -> None:
    lists, _ = compile_lists(KNOWLEDGE.catalogue, KNOWLEDGE.policy)
    customer = someone(
        ("internet-fiber-100",), {"months_to_contract_end": 2, "household_size": 3}, telemarketing=True
    )
    history = History(events=events(trigger, "internet"))

    def considered(wanted: str) -> object:
        return Caller(KNOWLEDGE, lists, lists.by_id[wanted], "voice", NOW).consider(customer, history)

    assert isinstance(considered("service"), Call)
    assert not isinstance(considered("renew"), Call)


def test_without_anything_to_repair_he_is_called_about_the_renewal() -> None:
    lists, _ = compile_lists(KNOWLEDGE.catalogue, KNOWLEDGE.policy)
    customer = someone(
        ("internet-fiber-100",), {"months_to_contract_end": 2, "household_size": 3}, telemarketing=True
    )
    assert isinstance(
        Caller(KNOWLEDGE, lists, lists.by_id["renew"], "voice", NOW).consider(customer, History()), Call
    )
