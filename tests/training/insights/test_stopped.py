"""Why nothing was offered and which actions starve, from records as the service wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from models.domain import History
from models.journal import DecisionRecord
from models.response import Experiment
from tests.builders import (
    a_contact,
    a_customer,
    a_decision,
    a_mode,
    a_request,
    a_rule,
    a_save,
    an_offer,
    some_knowledge,
)
from training.insights.read import answered
from training.insights.stopped import again, nothing, starved

if TYPE_CHECKING:
    from models.insights import Figure
    from models.knowledge import Knowledge
    from tests.training.report.small_worlds import World

MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)
NEVER = {"rules": [a_rule("false", id="never_tv", **{"for": {"actions": ["sell-tv"]}})]}


def a_record(knowledge: Knowledge, number: int = 1, **contact: Any) -> str:
    """A decision of March about somebody who holds nothing."""
    request = a_request(contact=a_contact(contact_id=f"K-{number}", **contact))
    decision = a_decision(knowledge, request=request, now=MARCH)
    named = decision.model_copy(update={"decision_id": f"p00-{number}", "contact_id": f"K-{number}"})
    record = DecisionRecord(request=request, customer=a_customer(), history=History(), decision=named)
    return record.model_dump_json()


def told(figure: Figure) -> list[tuple[str, str, float, int]]:
    return [(point.series, point.at, point.value, point.n) for point in figure.points]


def test_the_rule_that_stopped_the_only_offer_is_the_last_hurdle_and_starves_it() -> None:
    knowledge = some_knowledge(an_offer(), **NEVER)
    found = again([a_record(knowledge)] * 2, knowledge)
    (reason,) = nothing(found).points
    assert (reason.at, reason.value, reason.n, reason.about["of_all"]) == ("never_tv", 1.0, 2, 1.0)
    (action,) = starved(found).points
    assert (action.at, action.value, action.n) == ("sell-tv", 1.0, 2)
    assert (action.about["rule"], action.about["proposed"]) == ("never_tv", 0.0)


def test_a_mode_that_sells_nothing_is_a_reason_by_itself() -> None:
    modes = {"modes": [a_mode("calm", kinds=["service", "process"])]}
    knowledge = some_knowledge(an_offer(), **modes)
    found = again([a_record(knowledge)], knowledge)
    assert told(nothing(found)) == [("mode", "calm", 1.0, 1)]


def test_where_an_offer_stands_nothing_is_missing_and_nothing_starves() -> None:
    knowledge = some_knowledge(an_offer(acceptance={"rate": 0.9}))
    found = again([a_record(knowledge)], knowledge)
    assert [one.action_id for one in found.decisions[0].proposals] == ["sell-tv"]
    assert (nothing(found).missing, starved(found).missing) == ("too_few", "too_few")
    assert (nothing(None).missing, starved(None).missing) == ("no_documents", "no_documents")


def test_a_record_that_is_none_is_counted_and_left_out() -> None:
    knowledge = some_knowledge(a_save())
    found = again(["{}", a_record(knowledge, intent="cancel")], knowledge)
    assert (len(found.decisions), found.unreadable) == (1, 1)


def test_decisions_are_read_as_rows_and_the_same_few_of_them_whole(world: World) -> None:
    knowledge = some_knowledge(an_offer(acceptance={"rate": 0.9}), a_save())
    for number in (1, 2, 3):
        world.decided(a_record(knowledge, number))
    broken = json.loads(a_record(knowledge, 4))
    del broken["decision"]["mode"]
    world.decided(json.dumps(broken))
    world.lives(C_1="ssssss")
    parts = world.read().parts
    found = answered(parts, sample=2)
    assert found.unreadable == 1
    assert found.decisions["decision_id"].to_list() == ["p00-1", "p00-2", "p00-3"]
    assert found.decisions.select("mode", "first", "held", "at").row(0) == ("grow", "sell-tv", None, MARCH)  # fmt: skip
    assert found.thought.select("decision_id", "action_id").row(0) == ("p00-1", "sell-tv")
    assert len(found.whole) == 2
    assert found.whole == answered(parts, sample=2).whole


def test_who_is_left_out_is_told_as_such(world: World) -> None:
    knowledge = some_knowledge(an_offer())
    record = json.loads(a_record(knowledge))
    record["decision"]["experiment"] = Experiment(holdout="universal").model_dump()
    world.decided(json.dumps(record))
    world.lives(C_1="ssssss")
    assert answered(world.read().parts).decisions["held"].to_list() == ["universal"]


def test_what_is_offered_to_who_objects_to_profiling_stands_first_though_it_has_no_price(
    world: World,
) -> None:
    knowledge = some_knowledge(an_offer(acceptance={"rate": 0.9}), consents={"profiling": "x"})
    request = a_request(contact=a_contact(contact_id="K-1"), consents={"profiling": False})
    decision = a_decision(knowledge, request=request, now=MARCH)
    [offer] = [one for one in decision.proposals if one.kind == "offer"]
    assert offer.value is None
    record = DecisionRecord(request=request, customer=a_customer(), history=History(), decision=decision)
    world.decided(record.model_dump_json())
    world.lives(C_1="ssssss")
    found = answered(world.read().parts)
    assert found.decisions["first"].to_list() == ["sell-tv"]
    assert len(found.thought) == 0


def test_an_offer_drawn_for_the_holdout_is_no_exploring(world: World) -> None:
    knowledge = some_knowledge(an_offer(acceptance={"rate": 0.9}))
    record = json.loads(a_record(knowledge))
    record["decision"]["selection"] |= {"explored": True, "rate": 0.0}
    world.decided(json.dumps(record))
    world.lives(C_1="ssssss")
    assert answered(world.read().parts).decisions["explored"].to_list() == [False]
