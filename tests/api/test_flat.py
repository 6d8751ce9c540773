"""`shape=flat`: every field always there, of one type, for desktops that only map one field onto another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from api.examples.decisions import DECISION_EXAMPLE
from api.flat import FlatDecision, flat
from tests.api.running import Running, a_customer, a_question, an_event

if TYPE_CHECKING:
    from models.domain import Noun

pytestmark = pytest.mark.anyio


async def flattened(desk: Running, query: str = "shape=flat", **question: Any) -> dict[str, Any]:
    answer = await desk.post(f"/v1/decisions?{query}", a_question(**{"detail": "short", **question}))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def offered(found: dict[str, Any], number: int) -> dict[str, Any]:
    """What is said of one offer, without what is empty."""
    start = f"offer{number}_"
    return {
        name.removeprefix(start): value for name, value in found.items() if name.startswith(start) and value
    }


async def test_an_offer_is_told_in_fields_of_its_own(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    found = await flattened(desk)
    whole = await desk.decide(detail="short")
    first = whole["proposals"][0]
    assert offered(found, 1) == {
        "action_id": "offer-tv",
        "kind": "offer",
        "title": "TV",
        "say": "Shall we add TV?",
        "price_before": "40.00",
        "price_after": "55.00",
        "price_after_discount": "55.00",
        "customer_benefit": f"{first['comparison']['customer_benefit']:.2f}",
        "expected": f"{first['value']['expected']:.2f}",
        "p_accept": str(first["value"]["p_accept"]),
        **({"reason1": first["why"][0]["text"]} if first["why"] else {}),
    }
    assert (found["decision_id"], found["mode"]) == (whole["decision_id"], "grow")
    assert (found["offers"], found["valid_until"]) == (len(whole["proposals"]), whole["valid_until"])


async def test_the_flat_form_of_the_same_question_is_of_the_same_decision(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    assert (await flattened(desk))["decision_id"] == (await desk.decide(detail="short"))["decision_id"]


async def test_a_save_says_its_discount_and_what_it_binds_to(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    found = await flattened(desk, intent="cancel", motive="price")
    number = next(n for n in (1, 2, 3) if found[f"offer{n}_action_id"] == "save-discount")
    saving = offered(found, number)
    assert (saving["price_before"], saving["price_after"]) == ("40.00", "35.00")
    assert (saving["price_after_discount"], saving["discount_months"]) == ("40.00", 6)
    assert saving["commitment_months"] == 12
    assert found["motive"] == "price"


async def test_every_field_is_there_with_its_type_in_every_mode(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    await desk.post("/v1/events", {"events": [an_event("e-1", "C-2")]})
    asked = [
        {"customer_id": "C-1"},
        {"customer_id": "C-1", "intent": "cancel"},
        {"customer_id": "C-2"},
        {"customer_id": "C-3", "intent": "cancel_confirmed"},
    ]
    found = [await flattened(desk, **question) for question in asked]
    assert [row["mode"] for row in found] == ["grow", "save", "fix_first", "proceed_to_cancel"]
    for row in [*found, flat({**DECISION_EXAMPLE, "proposals": []})]:
        assert list(row) == list(FlatDecision.model_fields)
        assert {type(value) for value in row.values()} == {str, int, bool}
        FlatDecision.model_validate(row, strict=True)


def test_what_the_caller_may_not_see_is_empty() -> None:
    seen = {
        "decision_id": "p07-1",
        "valid_until": "2026-11-21T20:41:00Z",
        "proposals": [
            {"rank": 1, "action_id": "a", "title": "A", "say": "Shall we?", "disclosures": ["One.", "Two."]}
        ],
    }
    found = flat(seen)
    FlatDecision.model_validate(found, strict=True)
    assert {name: value for name, value in found.items() if value} == {
        "decision_id": "p07-1",
        "valid_until": "2026-11-21T20:41:00Z",
        "offers": 1,
        "offer1_action_id": "a",
        "offer1_title": "A",
        "offer1_say": "Shall we?",
        "offer1_disclosures": "One. Two.",
    }


def test_a_question_says_what_to_send_back_and_what_to_say() -> None:
    asked = {
        "fact": "people_at_home",
        "motive": False,
        "answers": [
            {"value": 1, "label": "alone"},
            {"value": True, "label": "Yes"},
            {"value": "x", "label": "X"},
        ],
        "worth": 1.0,
    }
    found = flat({"proposals": [{"kind": "question", "question": asked}]})
    assert (found["offer1_asks"], found["offer1_answers"]) == ("people_at_home", "1=alone; true=Yes; x=X")
    motive = {"question": {"fact": None, "motive": True, "answers": [], "worth": None}}
    assert flat({"proposals": [motive]})["offer1_asks"] == "motive"


def test_what_carries_it_out_is_a_process_or_a_link_and_a_promise_has_its_moment() -> None:
    by = {"by": "2026-11-24T17:00:00Z", "subject": "repair"}
    found = flat({"proposals": [{"do": {"process": None, "link": "/swap"}, "promise": by}, *[{}] * 3]})
    assert (found["offer1_do"], found["offer1_promised_by"]) == ("/swap", "2026-11-24T17:00:00Z")
    assert found["offers"] == 3


def test_more_evidence_and_reasons_than_there_are_fields_are_left_out() -> None:
    said = [{"code": str(number), "text": f"Reason {number}"} for number in range(1, 5)]
    found = flat({"evidence": said, "proposals": [{"why": said}], "degraded": ["store", "record"]})
    assert [found[f"evidence{number}"] for number in (1, 2, 3)] == ["Reason 1", "Reason 2", "Reason 3"]
    assert (found["offer1_reason1"], found["offer1_reason2"]) == ("Reason 1", "Reason 2")
    assert found["degraded"] == "store, record"


def test_the_example_of_the_contract_is_flat_too() -> None:
    found: Noun = FlatDecision.model_validate(flat(DECISION_EXAMPLE), strict=True)
    assert found.model_dump()["offer1_expected"] == "15.82"


async def test_with_render_the_message_is_json_in_one_field(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    asked = {"channel": "whatsapp", "contact_id": "chat-1"}
    found = await flattened(desk, "shape=flat&render=1", **asked)
    whole = (await desk.post("/v1/decisions?render=1", a_question(detail="short", **asked))).json()
    assert orjson.loads(found["render"]) == whole["render"]
    assert (await flattened(desk, "shape=flat&render=1"))["render"] == ""
    assert (await flattened(desk, **asked))["render"] == ""


async def test_a_shape_nobody_knows_is_refused(desk: Running) -> None:
    answer = await desk.post("/v1/decisions?shape=round", a_question())
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "shape", "message": "there is no shape 'round'", "remedy": "use 'flat', or leave it out"}
    ]
