"""A caller who says how long he waits is answered in that time, with less, and told what is missing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.running import Running, a_customer, a_question, actions

if TYPE_CHECKING:
    import httpx
    import redis

pytestmark = pytest.mark.anyio
PAUSED = 3000
"""Milliseconds; the tests' services wait for their store twenty seconds."""


async def ask(desk: Running, milliseconds: Any, **question: Any) -> httpx.Response:
    headers = {"X-Request-Timeout-Ms": str(milliseconds)}
    return await desk.client.post("/v1/decisions", json=a_question(**question), headers=headers)


def lost(decision: dict[str, Any]) -> list[str]:
    """What is missing, but for the facts nobody has stored and the bundle there is none of."""
    return [what for what in decision["degraded"] if not what.startswith("missing:") and what != "bundle"]


def would_be(decision: dict[str, Any]) -> list[Any]:
    return [veto["would_be_offered_if"] for veto in decision["vetoes"] if veto["would_be_offered_if"]]


def strain(desk: Running) -> None:
    """Too much to do: calls wait to be begun, and have waited for an hour."""
    desk.service.admission.stands_since(time.monotonic() - 3600)
    assert desk.service.admission.strained


@pytest.mark.parametrize("said", ["0", "-1", "60001", "1e3", "soon", "", "9" * 400, "١٢"])
async def test_a_time_that_is_none_is_refused_by_name(desk: Running, said: str) -> None:
    headers = {"X-Request-Timeout-Ms": said.encode()}
    answer = await desk.client.post("/v1/decisions", json=a_question(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "field": "X-Request-Timeout-Ms",
            "message": "Is no number of milliseconds",
            "remedy": "send a whole number from 1 to 60000, or leave it out",
        }
    ]


async def test_with_time_enough_nothing_is_missing(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    in_time = (await ask(desk, 60_000)).json()
    assert lost(in_time) == []
    assert await desk.decide() == in_time


async def test_without_time_the_store_is_not_asked(desk: Running) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    hurried = (await ask(desk, 1)).json()
    assert lost(hurried) == ["store", "explanation", "record"]
    assert hurried["proposals"]
    assert not desk.service.store.breaker.failures


async def test_a_store_that_takes_longer_than_the_caller_has_is_not_waited_for(
    desk: Running, store: redis.Redis
) -> None:
    store.execute_command("CLIENT", "PAUSE", PAUSED, "ALL")
    hurried = (await ask(desk, 100, detail="short")).json()
    assert lost(hurried) == ["store", "record"]


async def test_a_record_that_takes_longer_is_said_to_be_missing(desk: Running, store: redis.Redis) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    store.execute_command("CLIENT", "PAUSE", PAUSED, "WRITE")
    hurried = (await ask(desk, 1000, detail="short")).json()
    assert lost(hurried) == ["record"]
    assert "offer-tv" in actions(hurried)


@pytest.mark.parametrize("strained", [False, True])
async def test_what_would_lift_a_veto_is_left_out_first_and_can_be_had_later(
    desk: Running, strained: bool
) -> None:
    await desk.put(a_customer("C-1", "fiber"))
    if strained:
        strain(desk)
        answer = await ask(desk, 60_000)
    else:
        async with desk.service.reasoning:  # somebody else's reasoning
            answer = await ask(desk, 1000)
    hurried = answer.json()
    assert lost(hurried) == ["explanation"]
    assert hurried["vetoes"]
    assert would_be(hurried) == []
    path = f"/v1/decisions/{hurried['decision_id']}"
    assert (await desk.get(path)).content == answer.content
    assert (await desk.post(f"{path}/replay")).json()["same"] is True
    later = (await desk.get(f"{path}?detail=full")).json()
    assert lost(later) == []
    assert would_be(later) != []


async def test_reasoning_nobody_waits_for_ends_by_itself(desk: Running) -> None:
    await ask(desk, 5)
    await desk.decide(contact_id="call-2")
    assert not desk.service.reasoning.locked()
