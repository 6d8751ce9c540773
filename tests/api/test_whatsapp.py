"""What WhatsApp delivers, as its platform delivers it: signed, twice, late, in any order. `whatsapp/` holds the deliveries."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from api.routes.whatsapp import PERSON_INTENT
from tests.api.running import Running, a_customer, actions, running

if TYPE_CHECKING:
    import httpx
    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

PATH = "/v1/outcomes/from/whatsapp"
DELIVERIES = Path(__file__).parent / "whatsapp"
SECRET = "a-secret-of-the-app"


@pytest.fixture
async def bot(settings: Settings) -> AsyncIterator[Running]:
    """A service that knows the app's secret, and a caller without a key."""
    known = dataclasses.replace(settings, whatsapp_secret=SECRET, whatsapp_verify="open-sesame")
    async with running(known) as desk:
        yield desk


async def a_decision(desk: Running) -> dict[str, Any]:
    """TV first or second, security beside it."""
    await desk.put(a_customer("C-1", "fiber"))
    found = await desk.decide(channel="whatsapp", contact_id="chat-1")
    assert {"offer-tv", "offer-security"} == set(actions(found)[:2])
    return found


def delivery(name: str, decision: dict[str, Any]) -> bytes:
    text = (DELIVERIES / f"{name}.json").read_text(encoding="utf-8")
    return text.replace("DECISION", decision["decision_id"]).encode()


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def post(desk: Running, body: bytes, signature: str | None = None) -> httpx.Response:
    headers = {"content-type": "application/json", "authorization": ""}
    headers["x-hub-signature-256"] = signed(body) if signature is None else signature
    return await desk.client.post(PATH, content=body, headers=headers)


async def deliver(desk: Running, name: str, decision: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await post(desk, delivery(name, decision))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def journal(store: redis.Redis, kind: str) -> list[dict[str, Any]]:
    entries = [entry for _, entry in store.xrange("{p30}:journal")]
    return [orjson.loads(entry[b"record"]) for entry in entries if entry[b"kind"].decode() == kind]


def outcomes(store: redis.Redis) -> list[tuple[str, str, str]]:
    return [(o["action_id"], o["kind"], o["at"]) for o in journal(store, "outcome")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", []),
        ("button_tap", [("offer-tv", "accepted", "2026-11-21T12:01:00Z")]),
        ("list_tap", [("offer-security", "accepted", "2026-11-21T12:01:00Z")]),
        ("template_tap", [("offer-tv", "accepted", "2026-11-21T12:01:00Z")]),
        ("late_tap", [("offer-tv", "accepted", "2026-11-21T07:01:00Z")]),
        ("early_tap", [("offer-tv", "accepted", "2026-11-21T12:05:00Z")]),
        ("person_tap", []),
        ("failed", []),
        ("other_buttons", []),
        ("other_statuses", []),
        ("strange", []),
    ],
)
async def test_a_delivery_gives_exactly_these_outcomes(
    bot: Running, store: redis.Redis, name: str, expected: list[tuple[str, str, str]]
) -> None:
    decision = await a_decision(bot)
    bot.clock.move(minutes=5)
    await deliver(bot, name, decision)
    assert outcomes(store) == expected
    again = await deliver(bot, name, decision)
    assert outcomes(store) == expected
    assert not any(row["new"] for row in again)


@pytest.mark.parametrize(("name", "seconds"), [("sent", 0), ("delivered", 2), ("read", 9)])
async def test_a_message_that_went_out_showed_what_it_said(
    bot: Running, store: redis.Redis, name: str, seconds: int
) -> None:
    decision = await a_decision(bot)
    bot.clock.move(minutes=5)
    await deliver(bot, name, decision)
    at = f"2026-11-21T12:01:0{seconds}Z"
    assert outcomes(store) == [(action, "shown", at) for action in actions(decision)[:2]]


async def test_no_declines_all_that_was_offered(bot: Running, store: redis.Redis) -> None:
    decision = await a_decision(bot)
    await deliver(bot, "no_tap", decision)
    found = journal(store, "outcome")
    assert [(o["action_id"], o["kind"], o["reason"], o["channel"]) for o in found] == [
        (action, "declined", "unknown", "whatsapp") for action in actions(decision)[:2]
    ]


async def test_statuses_in_any_order_and_taps_twice_are_one_outcome_each(
    bot: Running, store: redis.Redis
) -> None:
    decision = await a_decision(bot)
    bot.clock.move(minutes=5)
    first, second = actions(decision)[:2]
    rows = await deliver(bot, "whole_conversation", decision)
    assert outcomes(store) == [
        (first, "shown", "2026-11-21T12:01:09Z"),
        (second, "shown", "2026-11-21T12:01:09Z"),
        ("offer-tv", "accepted", "2026-11-21T12:01:20Z"),
    ]
    assert [row["meaning"] for row in rows] == ["shown", "shown", "ignored", "take", "take", "shown"]
    for name in ("sent", "read", "delivered"):
        assert [row["new"] for row in await deliver(bot, name, decision)] == [False]
    assert len(outcomes(store)) == 3


async def test_a_button_tapped_again_is_told_again_and_after_a_withdrawal_is_a_new_yes(
    bot: Running, store: redis.Redis
) -> None:
    decision = await a_decision(bot)
    bot.clock.move(minutes=5)
    assert [row["new"] for row in await deliver(bot, "button_tap", decision)] == [True]
    assert [row["new"] for row in await deliver(bot, "button_tap", decision)] == [False]
    assert [row["new"] for row in await deliver(bot, "early_tap", decision)] == [True]
    assert [kind for _, kind, _ in outcomes(store)] == ["accepted", "accepted"]


ALL = sorted(file.stem for file in DELIVERIES.glob("*.json"))
TOGETHER = {
    ("offer-tv", "shown"): 1,
    ("offer-security", "shown"): 1,
    ("offer-tv", "accepted"): 4,
    ("offer-security", "accepted"): 1,
    ("offer-tv", "declined"): 1,
    ("offer-security", "declined"): 1,
}
"""Of all deliveries: the message sent once, four taps on TV (button, template, late, early), one on security, and one no."""


@pytest.mark.parametrize("seed", range(8))
async def test_all_deliveries_in_any_order_some_twice_some_forged_give_exactly_their_outcomes(
    bot: Running, store: redis.Redis, seed: int
) -> None:
    decision = await a_decision(bot)
    bot.clock.move(minutes=5)
    dice = random.Random(seed)
    sent = [name for name in ALL for _ in range(dice.randint(1, 3))]
    dice.shuffle(sent)
    for name in sent:
        body = delivery(name, decision)
        if dice.random() < 0.3:
            assert (await post(bot, body, signed(body, "of somebody else"))).status_code == 401
        await deliver(bot, name, decision)
    assert Counter((action, kind) for action, kind, _ in outcomes(store)) == TOGETHER
    assert len(journal(store, "event")) == 1


async def test_a_delivery_that_comes_twice_at_once_is_one_outcome(bot: Running, store: redis.Redis) -> None:
    decision = await a_decision(bot)
    rows = await asyncio.gather(*[deliver(bot, "button_tap", decision) for _ in range(5)])
    assert sorted(row["new"] for (row,) in rows) == [False] * 4 + [True]
    assert [(action, kind) for action, kind, _ in outcomes(store)] == [("offer-tv", "accepted")]


async def test_the_answer_says_what_was_tapped(bot: Running) -> None:
    decision = await a_decision(bot)
    (row,) = await deliver(bot, "button_tap", decision)
    assert row == {
        "message_id": "wamid.BUTTON==",
        "meaning": "take",
        "customer_id": "C-1",
        "contact_id": "chat-1",
        "decision_id": decision["decision_id"],
        "action_ids": ["offer-tv"],
        "new": True,
    }


async def test_what_is_not_understood_says_why(bot: Running) -> None:
    decision = await a_decision(bot)
    assert [row["why"] for row in await deliver(bot, "other_buttons", decision)] == [
        "tap on another button",
        "not proposed in that decision",
        "no such decision; it was not recorded or has expired",
        "no such answer to that question",
        "not proposed in that decision",
        "tap on another button",
        "no id or no timestamp",
        "no id or no timestamp",
        "no id or no timestamp",
    ]
    assert [row["why"] for row in await deliver(bot, "other_statuses", decision)] == [
        "status of another message",
        "status of another message",
        "status of another message",
        "status warning",
    ]
    assert [row["why"] for row in await deliver(bot, "strange", decision)] == [
        "status {}",
        "message of type interactive",
        "message of type button",
        "message of type ['image']",
        "message of type image",
    ]


async def test_a_person_who_is_asked_for_is_a_turn_of_the_same_contact(
    bot: Running, store: redis.Redis
) -> None:
    decision = await a_decision(bot)
    bot.clock.move(minutes=5)
    (row,) = await deliver(bot, "person_tap", decision)
    assert (row["meaning"], row["contact_id"], row["new"]) == ("person", "chat-1", True)
    (event,) = journal(store, "event")
    event.pop("event_id")
    assert event == {
        "customer_id": "C-1",
        "kind": "contact",
        "at": "2026-11-21T12:01:00Z",
        "channel": "whatsapp",
        "direction": "inbound",
        "contact_id": "chat-1",
        "intent": PERSON_INTENT,
    }
    assert [row["new"] for row in await deliver(bot, "person_tap", decision)] == [False]
    assert len(journal(store, "event")) == 1


@pytest.mark.parametrize(
    ("asked", "fact", "value"),
    [
        ({"fact": "data_gb", "motive": False}, "data_gb", 20.5),
        ({"fact": None, "motive": True}, None, "price"),
    ],
)
async def test_an_answer_is_given_back_and_a_motive_is_remembered(
    bot: Running, store: redis.Redis, asked: dict[str, Any], fact: str | None, value: Any
) -> None:
    decision = await a_decision(bot)
    key = f"{{p30}}:decision:{decision['decision_id']}"
    record = orjson.loads(store.get(key))
    answers = [{"value": "other", "label": "Other"}, {"value": value, "label": "This"}]
    for proposal in record["decision"]["proposals"]:
        if proposal["action_id"] == "offer-tv":
            proposal["question"] = {**asked, "answers": answers, "worth": None}
    store.set(key, orjson.dumps(record))
    (row,) = await deliver(bot, "answer_tap", decision)
    assert (row["meaning"], row.get("fact"), row["answer"]) == ("answer", fact, value)
    assert [kind for _, kind, _ in outcomes(store)] == ["accepted"]
    told = [(event["motive"], event["motive_source"]) for event in journal(store, "event")]
    assert told == ([("price", "stated")] if asked["motive"] else [])


@pytest.mark.parametrize("wrong", ["", "sha256=", "sha256=00", "sha1=abc", "é", "other secret", "other body"])
async def test_a_delivery_that_is_not_signed_with_the_secret_changes_nothing(
    bot: Running, store: redis.Redis, wrong: str
) -> None:
    body = delivery("button_tap", await a_decision(bot))
    made = {"other secret": signed(body, "another"), "other body": signed(body + b" ")}.get(wrong, wrong)
    headers = {"content-type": "application/json", "x-hub-signature-256": made.encode()}
    answer = await bot.client.post(PATH, content=body, headers=headers)
    assert answer.status_code == 401
    assert "X-Hub-Signature-256" in answer.json()["detail"]
    missing = await bot.client.post(PATH, content=body, headers={"content-type": "application/json"})
    assert missing.status_code == 401
    assert outcomes(store) == []


async def test_without_a_secret_nothing_is_signed(desk: Running) -> None:
    body = delivery("button_tap", await a_decision(desk))
    assert (await post(desk, body, signed(body, ""))).status_code == 401


async def test_a_signed_body_that_is_no_json_is_refused(bot: Running) -> None:
    assert (await post(bot, b"{")).status_code == 400
    assert (await post(bot, b"[]")).json() == {"results": []}


async def test_the_platform_is_asked_to_deliver_again_while_the_store_is_away(
    bot: Running, settings: Settings, tmp_path: Path
) -> None:
    body = delivery("button_tap", await a_decision(bot))
    gone = f"unix://{tmp_path}/nobody.sock"
    away = dataclasses.replace(
        settings, redis_url=gone, whatsapp_secret=SECRET, var=tmp_path / "other", redis_timeout=0.05
    )
    async with running(away) as desk:
        answer = await post(desk, body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_the_platform_is_told_that_this_address_is_meant(bot: Running, desk: Running) -> None:
    def asking(token: str, mode: str = "subscribe") -> str:
        return f"{PATH}?hub.mode={mode}&hub.verify_token={token}&hub.challenge=1158201444"

    answer = await bot.client.get(asking("open-sesame"), headers={"authorization": ""})
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    for wrong in (asking("open"), asking(""), asking("open-sesame", "unsubscribe"), PATH):
        assert (await bot.get(wrong)).status_code == 403
    assert (await desk.get(asking(""))).status_code == 403
