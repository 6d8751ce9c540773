"""The data actions to import into Genesys Cloud, played against the service as Genesys plays them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft7Validator, ValidationError

from api.flat import FlatDecision
from tests.api.genesys import DataAction
from tests.api.running import TOKEN, Running, a_customer, an_event, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.settings import Settings

pytestmark = pytest.mark.anyio

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = sorted((EXAMPLES / "integrations" / "genesys").glob("*.custom.json"))
DECIDE = DataAction.of(EXAMPLES / "integrations" / "genesys" / "Behoud-next-best-action.custom.json")
TELL = DataAction.of(EXAMPLES / "integrations" / "genesys" / "Behoud-outcome.custom.json")
CALL: dict[str, Any] = {"customer_id": "C-1", "conversation_id": "6f2d-call-1", "channel": "voice"}
FACTS: dict[str, Any] = {
    "tenure_months": 30,
    "months_to_contract_end": 0,
    "contract": "month",
    "data_used_gb": 3.0,
    "data_plan_gb": 20.0,
    "age": 44,
}


@pytest.fixture
async def provider(settings: Settings) -> AsyncIterator[Running]:
    async with running(dataclasses.replace(settings, knowledge=EXAMPLES / "telecom")) as found:
        await found.put(a_customer("C-1", "mobile-m", "internet-fiber-100", **FACTS))
        yield found


async def decided(provider: Running, **inputs: Any) -> dict[str, Any]:
    return await DECIDE.run(provider.client, TOKEN, **{**CALL, **inputs})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_has_what_an_import_asks_for(file: Path) -> None:
    fields = json.loads(file.read_text(encoding="utf-8"))
    assert list(fields) == ["name", "integrationType", "actionType", "config", "contract", "secure"]
    assert (fields["integrationType"], fields["actionType"]) == ("custom-rest-actions", "custom")
    request, response = fields["config"]["request"], fields["config"]["response"]
    assert list(request) == ["requestUrlTemplate", "requestType", "headers", "requestTemplate"]
    assert list(response) == ["translationMap", "translationMapDefaults", "successTemplate"]
    assert set(response["translationMap"]) == set(response["translationMapDefaults"])
    taken = fields["contract"]["input"]["inputSchema"]
    given = fields["contract"]["output"]["successSchema"]
    for schema in (taken, given):
        Draft7Validator.check_schema(schema)
        assert set(schema["required"]) <= set(schema["properties"])
        assert {row["type"] for row in schema["properties"].values()} <= {
            "string",
            "integer",
            "number",
            "boolean",
        }
    assert {"orgId", "integrationId", "rawRequest"}.isdisjoint(taken["properties"])


def test_what_is_promised_is_the_flat_form_field_by_field() -> None:
    promised = DECIDE.fields["contract"]["output"]["successSchema"]["properties"]
    flat = FlatDecision.model_json_schema(mode="serialization")["properties"]
    assert {name: row["type"] for name, row in promised.items()} == {
        name: row["type"] for name, row in flat.items()
    }


async def test_a_decision_comes_out_in_every_mode(provider: Running) -> None:
    complaint = {"events": [an_event("e-1", "C-2")]}
    assert (await provider.post("/v1/events", complaint)).status_code == 200
    await provider.put(a_customer("C-3", "mobile-m", **{**FACTS, "arrears_eur": 60.0}))
    await provider.put(a_customer("C-4", "mobile-m", **{**FACTS, "tenure_months": 1}))
    await provider.put(a_customer("C-5", **FACTS, former_customer=True))
    found = [
        await decided(provider),
        await decided(provider, intent="cancel", motive="price", conversation_id="call-2"),
        await decided(provider, intent="cancel_confirmed", conversation_id="call-3"),
        *[await decided(provider, customer_id=f"C-{number}") for number in (2, 3, 4, 5)],
    ]
    assert [row["mode"] for row in found] == [
        "grow",
        "save",
        "proceed_to_cancel",
        "fix_first",
        "payment_care",
        "welcome",
        "win_back",
    ]
    assert all(list(row) == list(FlatDecision.model_fields) for row in found)


async def test_where_there_is_nothing_to_propose_every_field_is_there_and_empty(provider: Running) -> None:
    found = await decided(provider, customer_id="C-9", channel="sms", direction="outbound")
    assert found["offers"] == 0
    assert {value for name, value in found.items() if name.startswith("offer1_")} == {"", 0}  # False is 0


async def test_all_inputs_arrive(provider: Running) -> None:
    said = {
        "intent": "cancel",
        "motive": "price",
        "language": "nl",
        "agent_language": "en",
        "direction": "inbound",
    }
    method, address, headers, body = DECIDE.request(
        {**CALL, **said, "agent_id": "A-17", "queue_load": 0.8}, {"url": "https://behoud", "key": "bh_x"}
    )
    assert (method, address) == ("POST", "https://behoud/v1/decisions?shape=flat")
    assert headers == {"Authorization": "Bearer bh_x", "Content-Type": "application/json"}
    assert json.loads(body) == {
        "customer_id": "C-1",
        "language": "en",
        "contact": {
            "contact_id": "6f2d-call-1",
            "channel": "voice",
            "direction": "inbound",
            "intent": "cancel",
            "motive": "price",
            "language": "nl",
            "agent": {"agent_id": "A-17"},
            "queue_load": 0.8,
        },
    }
    assert (await decided(provider, **said))["offer1_title"]


async def test_what_is_left_empty_is_left_out(provider: Running) -> None:
    empty = {
        "intent": "",
        "motive": "",
        "language": "",
        "agent_language": "",
        "direction": "",
        "agent_id": "",
    }
    _, _, _, body = DECIDE.request({**CALL, **empty}, {"url": "", "key": ""})
    contact = {"contact_id": "6f2d-call-1", "channel": "voice"}
    assert json.loads(body) == {"customer_id": "C-1", "contact": contact}


def test_quotes_in_an_input_stay_inside_it() -> None:
    hostile = 'x", "consents": {"marketing": true}, "y": "\\\n'
    _, _, _, body = DECIDE.request({**CALL, "intent": hostile}, {"url": "", "key": ""})
    assert json.loads(body)["contact"]["intent"] == hostile


def test_an_input_that_is_missing_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ValidationError, match="'customer_id' is a required property"):
        DECIDE.request({"conversation_id": "call-1", "channel": "voice"}, {"url": "", "key": ""})


async def test_an_outcome_is_told_once_however_often_it_is_sent(provider: Running) -> None:
    found = await decided(provider, intent="cancel", motive="price")
    offer = {
        "decision_id": found["decision_id"],
        "action_id": found["offer1_action_id"],
        "at": "2026-11-21T12:01:00Z",
    }
    declined = {**offer, "kind": "declined", "reason": "too_expensive", "motive": "price"}
    assert await TELL.run(provider.client, TOKEN, **offer, kind="spoken") == {"status": "new"}
    assert await TELL.run(provider.client, TOKEN, **declined) == {"status": "new"}
    assert await TELL.run(provider.client, TOKEN, **declined) == {"status": "known"}
    after = await decided(provider, intent="cancel", motive="price")
    assert after["decision_id"] != found["decision_id"]
    assert found["offer1_action_id"] not in {after[f"offer{number}_action_id"] for number in (1, 2, 3)}


def test_an_answer_of_another_form_still_keeps_the_contract() -> None:
    assert TELL.output({"results": []}) == {"status": ""}
