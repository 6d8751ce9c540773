"""Deciding over HTTP: what is stored is used, what is asked is answered, what was answered is kept."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from api.deciding import as_json
from models.response import Decision
from tests.api.running import Running, a_customer, a_question, actions, an_event, running, write_bundle

if TYPE_CHECKING:
    from pathlib import Path

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio


async def test_a_stored_customer_gets_offers_that_fit_what_he_holds(desk: Running) -> None:
    await desk.put(a_customer("C-1", "mobile", "fiber"))
    decision = await desk.decide()
    assert decision["mode"] == "grow"
    assert set(actions(decision)) <= {"offer-tv", "offer-security", "repair"}
    assert {veto["action_id"]: veto["rule"] for veto in decision["vetoes"]}["offer-fiber"] == "already_held"


async def test_a_customer_nobody_stored_is_decided_from_the_request(desk: Running) -> None:
    decision = await desk.decide(customer_id="C-new", holdings=[{"product_id": "fiber"}])
    assert decision["customer_id"] == "C-new"
    assert "bundle" in decision["degraded"]
    assert "offer-tv" in actions(decision)


async def test_facts_of_the_request_override_the_stored_ones_for_this_call_only(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber", months_to_contract_end=20))
    assert "offer-tv" not in actions(await desk.decide(contact_id="k-1"))
    assert "offer-tv" in actions(await desk.decide(contact_id="k-2", facts={"months_to_contract_end": 2}))
    assert "offer-tv" not in actions(await desk.decide(contact_id="k-3"))


async def test_the_same_contact_with_the_same_question_gets_the_stored_decision(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    first = await desk.post("/v1/decisions", a_question())
    desk.clock.move(minutes=5)
    again = await desk.post("/v1/decisions", dict(reversed(a_question().items())))
    assert again.content == first.content


async def test_an_event_makes_it_another_question(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    first = await desk.decide()
    await desk.post("/v1/events", {"events": [an_event()]})
    second = await desk.decide()
    assert (first["mode"], second["mode"]) == ("grow", "fix_first")
    assert second["decision_id"] != first["decision_id"]


async def test_a_changed_customer_makes_it_another_question_and_an_unchanged_one_does_not(
    desk: Running,
) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    first = await desk.decide()
    await desk.put(a_customer("C-1", "fiber"))
    assert (await desk.decide())["decision_id"] == first["decision_id"]
    await desk.put(a_customer("C-1", "fiber", "tv"))
    changed = await desk.decide()
    assert changed["decision_id"] != first["decision_id"]
    assert "offer-tv" not in actions(changed)


async def test_fifty_callers_with_one_question_at_once_get_one_decision(
    desk: Running, store: redis.Redis
) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    answers = await asyncio.gather(*(desk.post("/v1/decisions", a_question()) for _ in range(50)))
    assert len({answer.content for answer in answers}) == 1
    assert len(list(store.scan_iter("{*}:decision:*"))) == 1


async def test_the_wish_to_leave_is_remembered_for_seven_days(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    assert (await desk.decide(intent="question"))["mode"] == "grow"
    assert (await desk.decide(intent="cancel"))["mode"] == "save"
    assert (await desk.decide(subject="bill"))["mode"] == "save"
    assert (await desk.decide(contact_id="call-2"))["mode"] == "save"
    desk.clock.move(days=7)
    assert (await desk.decide(contact_id="call-3"))["mode"] == "grow"


async def test_six_contacts_are_counted_once_each_however_often_they_ask(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    for number in range(1, 6):
        for channel in ("voice", "chat"):
            decision = await desk.decide(contact_id=f"k-{number}", channel=channel)
            assert decision["mode"] == "grow"
    assert (await desk.decide(contact_id="k-6"))["evidence"] == [
        {"code": "many_contacts", "text": "6 contacts in 30 days"}
    ]


async def test_a_decision_is_found_again_byte_for_byte(desk: Running) -> None:
    made = await desk.post("/v1/decisions", a_question())
    found = await desk.get(f"/v1/decisions/{made.json()['decision_id']}")
    assert found.content == made.content
    assert found.headers["content-type"] == "application/json"


async def test_a_decision_id_begins_with_the_partition_of_its_customer(
    desk: Running, store: redis.Redis
) -> None:
    decision_id = (await desk.decide())["decision_id"]
    assert decision_id.startswith("p30-")
    assert store.exists(f"{{p30}}:decision:{decision_id}") == 1
    assert store.lrange("{p30}:decisions:C-1", 0, -1) == [decision_id.encode()]


async def test_a_decision_is_kept_as_long_as_the_policy_says_and_in_the_journal(
    desk: Running, store: redis.Redis
) -> None:
    decision_id = (await desk.decide())["decision_id"]
    assert store.ttl(f"{{p30}}:decision:{decision_id}") == pytest.approx(400 * 86_400, abs=60)
    [(_, entry)] = store.xrange("{p30}:journal")
    assert entry == {
        b"kind": b"decision",
        b"id": decision_id.encode(),
        b"customer": b"C-1",
        b"at": b"2026-11-21T12:00:00+00:00",
    }


async def test_an_answer_says_how_long_it_is_good_for_and_how_long_it_took(desk: Running) -> None:
    decision = await desk.decide()
    assert (decision["decided_at"], decision["valid_until"]) == (
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:30:00Z",
    )
    assert 0 < decision["took_ms"] < 2000


async def test_what_is_written_is_what_pydantic_writes(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber", months_to_contract_end=20, joined="2024-02-29"))
    for question in (a_question(), a_question(intent="cancel", motive="price"), a_question(contact_id="k-2")):
        answer = await desk.post("/v1/decisions", question)
        decision = Decision.model_validate_json(answer.content)
        assert as_json(decision).decode() == decision.model_dump_json() == answer.text


@pytest.mark.parametrize("name", ["profiling", "marketing"])
async def test_a_stored_objection_is_not_overridden_by_a_request(desk: Running, name: str) -> None:
    await desk.put({**a_customer("C-1", "fiber"), "consents": {name: False}})
    plain = await desk.decide(contact_id="k-1")
    asked = await desk.decide(contact_id="k-2", consents={name: True})
    assert (asked["churn"], asked["proposals"]) == (plain["churn"], plain["proposals"])
    offers = {veto["action_id"] for veto in asked["vetoes"] if veto["rule"] == "marketing_consent"}
    assert ("offer-tv" in offers) is (name == "marketing")
    assert asked["churn"] is None


async def test_a_product_that_left_the_catalogue_is_named_and_counted(
    desk: Running, store: redis.Redis
) -> None:
    stored = {**a_customer(), "holdings": [{"product_id": "pager"}, {"product_id": "fiber"}]}
    store.set("{p30}:customer:C-1", orjson.dumps(stored))
    decision = await desk.decide()
    assert "unknown:pager" in decision["degraded"]
    assert 'behoud_degraded_total{what="holdings"} 1.0' in (await desk.get("/metrics")).text
    again = (await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")).json()
    assert again["same"] is True


async def test_a_broken_customer_costs_himself_a_degraded_answer(desk: Running, store: redis.Redis) -> None:
    store.set("{p30}:customer:C-1", b'{"customer_id": 7')
    decision = await desk.decide()
    assert "customer" in decision["degraded"]
    again = (await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")).json()
    assert (again["same"], again["differences"]) == (True, [])


async def test_a_broken_history_costs_its_customer_a_degraded_answer(
    desk: Running, store: redis.Redis
) -> None:
    store.rpush("{p30}:history:C-1", b"{oops")
    decision = await desk.decide(intent="cancel", motive="price", holdings=[{"product_id": "fiber"}])
    assert "history" in decision["degraded"]
    assert [p["action_id"] for p in decision["proposals"] if p["kind"] == "save"] == []
    assert "history_unread" in {veto["rule"] for veto in decision["vetoes"]}
    again = (await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")).json()
    assert again["same"] is True


async def test_the_log_says_what_is_wrong_with_what_is_stored_without_its_values(
    desk: Running, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    store.set("{p30}:customer:C-1", b'{"customer_id": "C-1", "holdings": "secret-1", "shoe": "secret-2"}')
    store.rpush("{p30}:history:C-1", b'{"event_id": "e-1", "kind": "secret-3"}')
    with caplog.at_level(logging.WARNING, "behoud.deciding"):
        assert {"customer", "history"} <= set((await desk.decide())["degraded"])
    told = [record.__dict__["why"] for record in caplog.records]
    assert told[0] == ["holdings: Input should be a valid array", "shoe: Extra inputs are not permitted"]
    assert told[1][0] == "events.0.customer_id: Field required"
    assert "secret" not in str([vars(record) for record in caplog.records])


async def test_a_server_that_forgot_its_scripts_gets_them_again(desk: Running, store: redis.Redis) -> None:
    await desk.decide()
    store.script_flush()
    decision = await desk.decide(contact_id="call-2")
    assert "record" not in decision["degraded"]


async def test_switching_to_the_implicit_scores_changes_the_prices(
    settings: Settings, tmp_path: Path
) -> None:
    bundle = str(write_bundle(tmp_path / "bundle"))
    prices: dict[str, dict[str, Any]] = {}
    for which in ("winner", "implicit"):
        serving = dataclasses.replace(settings, bundle=bundle, propensity=which)
        async with running(serving) as desk:
            decision = await desk.decide(contact_id=which, holdings=[{"product_id": "fiber"}])
            prices[which] = {
                p["action_id"]: p["value"]["p_accept"] for p in decision["proposals"] if p["value"]
            }
            assert decision["versions"]["bundle"].startswith("sha256:")
    assert prices["winner"] != prices["implicit"]


async def test_a_bot_and_an_agent_are_counted_apart(desk: Running) -> None:
    await desk.decide()
    await desk.decide()
    await desk.decide(contact_id="chat-1", channel="chat", intent="cancel")
    text = (await desk.get("/metrics")).text
    assert 'behoud_decisions_total{channel="voice",mode="grow",result="known"} 1.0' in text
    assert 'behoud_decisions_total{channel="chat",mode="save",result="degraded"} 1.0' in text
    assert 'behoud_degraded_total{what="bundle"} 2.0' in text
    assert "behoud_decision_seconds_count 3.0" in text


async def test_the_list_of_decisions_forgets_those_that_have_expired(
    desk: Running, store: redis.Redis
) -> None:
    for number in range(49):
        await desk.decide(contact_id=f"k-{number}")
    ids = store.lrange("{p30}:decisions:C-1", 0, -1)
    for gone in ids[:10]:
        store.delete(b"{p30}:decision:" + gone)
    await desk.decide(contact_id="k-50")
    left = store.lrange("{p30}:decisions:C-1", 0, -1)
    assert len(left) == 40
    assert left[:39] == ids[10:]


async def test_only_the_last_events_are_kept(desk: Running, store: redis.Redis) -> None:
    for number in range(202):
        await desk.decide(contact_id=f"k-{number}")
    kept = [orjson.loads(item)["contact_id"] for item in store.lrange("{p30}:contacts:C-1", 0, -1)]
    assert kept == [f"k-{number}" for number in range(2, 202)]
