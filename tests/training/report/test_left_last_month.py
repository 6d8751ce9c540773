"""The post-mortem of those who left in the last month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from models.domain import History
from models.journal import DecisionRecord
from models.response import Decision
from tests.builders import (
    WAY_OUT,
    a_bundle,
    a_churn_model,
    a_contact,
    a_customer,
    a_decision,
    a_request,
    a_rule,
    a_save,
    catalogue_bytes,
    policy_bytes,
    some_knowledge,
)
from tests.training.report.small_worlds import World, plain, rows_of
from training.report.left_last_month import left_last_month

MAY = datetime(2026, 5, 10, 12, tzinfo=UTC)
RULES = {"rules": [a_rule("false", id="never_cheaper", **{"for": {"actions": ["cheaper"]}})]}


def a_record(detail: str = "short", at: datetime = MAY, **changes: object) -> str:
    """C-1 wishes to leave in May and is offered the way out alone: a rule stops the save."""
    request = a_request(contact=a_contact(intent="cancel"), detail=detail)
    knowledge = some_knowledge(a_save(), **RULES)
    decision: Decision = a_decision(knowledge, request=request, now=at)
    record = DecisionRecord(request=request, customer=a_customer(), history=History(), decision=decision)
    return record.model_copy(update=changes).model_dump_json()


def told(
    world: World, customers: int = 5, *, with_ids: bool = True, **documents: Path
) -> tuple[str, list[list[str]]]:
    root = left_last_month(world.read(**documents), customers, with_ids=with_ids)
    return plain("".join(root.itertext())), [[plain(cell) for cell in row] for row in rows_of(root)]


def test_it_says_what_was_known_and_said_of_those_who_left(world: World) -> None:
    world.lives(C_1="sssssl", C_2="ssssss", C_3="sssssu", C_4="sl")
    world.contact("C-1", 5)
    world.said("C-1", 5, "declined")
    text, rows = told(world)
    assert rows[1] == ["left in Jun 2026, of 3 customers", "2", "66.67 % [20.77, 93.85]"]
    assert [row[1] for row in rows[3:]] == ["1", "1", "1", "0"]
    assert "2 of 2, one by one" in text
    assert text.index("C-1") < text.index("C-3")
    assert "C-4" not in text
    assert "chance to leave 10.0 %" in text
    assert "10 May voice (cancel, motive price): cheaper not accepted" in text


def test_a_product_among_the_drivers_goes_by_its_name(
    world: World, documents: Callable[[bytes, bytes], dict[str, Path]]
) -> None:
    world.lives(C_1="sssssl")
    products = [
        {
            "id": "tv",
            "name": {"nl": "Televisie", "en": "Television"},
            "family": "all-tv",
            "price": 15.0,
            "margin": 6.0,
        }
    ]
    files = documents(catalogue_bytes(WAY_OUT, products=products), policy_bytes())
    given = world.read(a_bundle(churn=a_churn_model(0.1, tv=-0.5)), **files)
    text = plain("".join(left_last_month(given, 5, with_ids=True).itertext()))
    assert "Drivers in points: Television -" in text


def test_what_was_said_in_a_contact_nobody_wrote_down_is_told_too(world: World) -> None:
    world.lives(C_1="sssssl")
    world.said("C-1", 5, "accepted", "withdrawn")
    text, rows = told(world)
    assert "10 May voice (no intent told): cheaper accepted and withdrawn." in text
    assert [row[1] for row in rows[3:]] == ["1", "0", "1", "0"]


def test_a_rule_that_stopped_a_save_is_named_from_a_full_record(world: World) -> None:
    world.lives(C_1="sssssl")
    world.decided(a_record("full"))
    world.decided(a_record("full", datetime(2026, 1, 10, tzinfo=UTC)))
    text, rows = told(world)
    assert ["never_cheaper", "suitability", "1", "1", "1"] in rows
    assert "1 decision in mode save; proposed: way-out" in text
    assert "never_cheaper stopped cheaper; 0 actions did not fit" in text


def test_a_short_record_names_tiers_and_with_the_documents_rules(
    world: World, documents: Callable[[bytes, bytes], dict[str, Path]]
) -> None:
    world.lives(C_1="sssssl")
    world.decided(a_record())
    text, _ = told(world)
    assert "1 decisions removed actions and were stored without saying by which rule" in text
    assert "Removed by tier: suitability 1" in text
    files = documents(catalogue_bytes(a_save(), WAY_OUT), policy_bytes(**RULES))
    text, rows = told(world, **files)
    assert ["never_cheaper", "suitability", "1", "1", "1"] in rows
    assert "1 were decided again with other documents than then" in text


def test_a_record_of_another_version_is_counted_and_passed_over(world: World) -> None:
    world.lives(C_1="sssssl")
    world.decided(a_record("full"))
    world.decided('{"decision": {"customer_id": "C-1"}}')
    assert "1 records could not be read" in told(world)[0]


def test_ids_are_left_out_when_asked_and_facts_always(world: World) -> None:
    world.months = "customer_id,month,churned,salary\nC-1,2026-06-01,true,77777\n"
    world.contact("C-1", 5)
    text, _ = told(world, with_ids=False)
    assert "C-1" not in text
    assert "customer 1" in text
    assert "77777" not in text


def test_no_more_customers_than_asked(world: World) -> None:
    world.lives(**{f"C_{n}": "sssssl" for n in range(9)})
    assert "2 of 9, one by one" in told(world, 2)[0]
    assert "one by one" not in told(world, 0)[0]


def test_who_objects_to_profiling_is_neither_scored_nor_told_of(world: World) -> None:
    world.months = "customer_id,month,churned,profiling_objection\nC-1,2026-06-01,true,true\n"
    text, rows = told(world)
    assert [row[0] for row in rows[1:]] == ["left in Jun 2026, of 1 customers"]
    assert "C-1" not in text


def test_without_a_journal_nothing_is_said_of_what_was_said(world: World) -> None:
    world.lives(C_1="sssssl")
    text, _ = told(world)
    assert "There is no journal beside the tables" in text
    assert "no contact." not in text


def test_when_nobody_left_it_is_said(world: World) -> None:
    world.lives(C_1="ssssss")
    assert "Nobody left in Jun 2026" in told(world)[0]
