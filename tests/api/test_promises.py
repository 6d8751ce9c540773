"""Accepting an action that promises something writes the promise; the next contact knows whether it was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.api.running import Running, actions, an_event, an_outcome

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.anyio


async def accept(desk: Running, outcome_id: str = "o-1", **rest: Any) -> dict[str, Any]:
    """The repair is proposed on Saturday the 21st at noon, and accepted a minute later."""
    decision = await desk.decide()
    assert "repair" in actions(decision)
    told = an_outcome(decision, outcome_id, **{"action_id": "repair", "kind": "accepted", **rest})
    await send(desk, told)
    return told


async def send(desk: Running, told: dict[str, Any]) -> None:
    answer = await desk.post("/v1/outcomes", {"outcomes": [told]})
    assert answer.status_code == 200, answer.text


async def next_contact(desk: Running) -> tuple[str, list[str]]:
    decision = await desk.decide(contact_id="call-2")
    return decision["mode"], [reason["code"] for reason in decision["evidence"]]


def promises(store: redis.Redis) -> list[dict[str, Any]]:
    return [orjson.loads(item) for item in store.lrange("{p30}:troubles:C-1", 0, -1)]


async def test_a_promise_is_due_at_the_end_of_the_next_working_day(desk: Running, store: redis.Redis) -> None:
    await accept(desk)
    [promise] = promises(store)
    assert promise.pop("event_id").startswith("promise-")
    assert promise == {
        "customer_id": "C-1",
        "kind": "promise",
        "at": "2026-11-21T12:00:00Z",
        "channel": "voice",
        "contact_id": "call-1",
        "subject": "repair",
        "due": "2026-11-23T23:59:59+01:00",
    }
    assert 'behoud_events_total{kind="promise"} 1.0' in (await desk.get("/metrics")).text


async def test_a_promise_that_is_overdue_makes_the_next_contact_repair_first(desk: Running) -> None:
    await accept(desk)
    desk.clock.move(days=3)
    assert await next_contact(desk) == ("fix_first", ["promise_overdue"])


async def test_a_promise_that_still_runs_changes_nothing(desk: Running) -> None:
    await accept(desk)
    desk.clock.move(days=2)
    assert await next_contact(desk) == ("grow", [])


async def test_a_promise_that_was_kept_changes_nothing(desk: Running) -> None:
    await accept(desk)
    desk.clock.move(days=2)
    kept = an_event(kind="promise_kept", subject="repair", at="2026-11-23T10:00:00Z")
    assert (await desk.post("/v1/events", {"events": [kept]})).status_code == 200
    desk.clock.move(days=1)
    assert await next_contact(desk) == ("grow", [])


async def test_an_acceptance_told_again_by_anyone_promises_once(desk: Running, store: redis.Redis) -> None:
    told = await accept(desk)
    await send(desk, told)
    await send(desk, {**told, "outcome_id": "the-bot-says-so-too"})
    assert len(promises(store)) == 1
    kinds = [entry[b"kind"] for _, entry in store.xrange("{p30}:journal")]
    assert kinds == [b"decision", b"event", b"outcome", b"outcome"]


@pytest.mark.parametrize("kind", ["shown", "spoken", "deferred"])
async def test_what_was_not_accepted_promises_nothing(desk: Running, store: redis.Redis, kind: str) -> None:
    await accept(desk, kind=kind)
    assert promises(store) == []


async def test_an_action_without_a_promise_promises_nothing(desk: Running, store: redis.Redis) -> None:
    decision = await desk.decide(holdings=[{"product_id": "fiber"}])
    await send(desk, an_outcome(decision, action_id="offer-tv", kind="accepted"))
    assert promises(store) == []
