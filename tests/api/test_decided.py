"""Who accepts the way out has decided to leave: the service remembers it, whoever told it, and argues no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.api.running import Running, a_customer, actions, an_outcome

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.anyio


async def leaving(desk: Running, kind: str = "accepted", **rest: Any) -> dict[str, Any]:
    """A wish to leave, and what became of the way out."""
    await desk.put(a_customer("C-1", "fiber"))
    decision = await desk.decide(channel="chat", intent="cancel")
    assert decision["mode"] == "save"
    told = an_outcome(decision, **{"action_id": "cancel", "kind": kind, **rest})
    await send(desk, told)
    return told


async def send(desk: Running, told: dict[str, Any]) -> None:
    answer = await desk.post("/v1/outcomes", {"outcomes": [told]})
    assert answer.status_code == 200, answer.text


def told_events(store: redis.Redis) -> list[dict[str, Any]]:
    entries = [entry for _, entry in store.xrange("{p30}:journal")]
    return [orjson.loads(entry[b"record"]) for entry in entries if entry[b"kind"] == b"event"]


async def test_the_next_turn_offers_the_way_out_and_no_save(desk: Running) -> None:
    await leaving(desk)
    for contact_id in ("call-1", "call-2"):
        after = await desk.decide(channel="chat", contact_id=contact_id)
        assert (after["mode"], actions(after)) == ("proceed_to_cancel", ["cancel"])


async def test_it_is_a_turn_of_the_same_contact_with_the_confirmed_intent(
    desk: Running, store: redis.Redis
) -> None:
    await leaving(desk)
    (event,) = told_events(store)
    assert event.pop("event_id").startswith("decided-")
    assert event == {
        "customer_id": "C-1",
        "kind": "contact",
        "at": "2026-11-21T12:01:00Z",
        "channel": "chat",
        "contact_id": "call-1",
        "intent": "cancel_confirmed",
    }


async def test_told_again_by_anyone_it_is_decided_once(desk: Running, store: redis.Redis) -> None:
    told = await leaving(desk)
    await send(desk, told)
    await send(desk, {**told, "outcome_id": "o-2"})
    assert len(told_events(store)) == 1


@pytest.mark.parametrize(("kind", "rest"), [("shown", {}), ("declined", {"reason": "stays"})])
async def test_what_was_only_said_or_declined_decides_nothing(
    desk: Running, store: redis.Redis, kind: str, rest: dict[str, str]
) -> None:
    await leaving(desk, kind, **rest)
    assert told_events(store) == []
    assert (await desk.decide(channel="chat", contact_id="call-2"))["mode"] == "save"
