"""Events: taken once, checked against the catalogue, remembered for the next decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.running import Running, an_event

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.anyio


async def tell(desk: Running, *events: dict[str, Any]) -> Any:
    return await desk.post("/v1/events", {"events": list(events)})


async def test_an_event_is_new_once_and_known_afterwards(desk: Running, store: redis.Redis) -> None:
    first = await tell(desk, an_event("e-1"), an_event("e-2"), an_event("e-1"))
    assert [result["status"] for result in first.json()["results"]] == ["new", "new", "known"]
    assert store.llen("{p30}:history:C-1") == 2
    assert store.get("{p30}:revision:C-1") == b"2"
    assert 'behoud_events_total{kind="complaint_opened"} 2.0' in (await desk.get("/metrics")).text


async def test_an_open_complaint_must_be_fixed_first_and_a_closed_one_not(desk: Running) -> None:
    await tell(desk, an_event("e-1"))
    assert (await desk.decide())["mode"] == "fix_first"
    await tell(desk, an_event("e-2", kind="complaint_closed", at="2026-11-20T11:00:00Z"))
    assert (await desk.decide())["mode"] == "grow"


async def test_interest_in_an_unknown_product_is_refused_and_the_nearest_named(
    desk: Running, store: redis.Redis
) -> None:
    answer = await tell(desk, an_event("e-1"), an_event("e-2", kind="interest", product_id="fibre"))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "field": "events[1].product_id",
            "message": "unknown product 'fibre'",
            "remedy": "did you mean 'fiber'?",
        }
    ]
    assert store.dbsize() == len(list(store.scan_iter("behoud:shelf:*")))


async def test_an_event_that_lacks_what_its_kind_needs_is_refused(desk: Running) -> None:
    answer = await tell(desk, an_event("e-1", kind="promise"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "events[0]"
    assert answer.json()["errors"][0]["message"] == "a promise event needs 'due'; add it"


async def test_a_mark_is_forgotten_when_the_decisions_are(desk: Running, store: redis.Redis) -> None:
    await tell(desk, an_event("e-1"))
    desk.clock.move(days=401)
    await tell(desk, an_event("e-2"))
    assert store.zrange("{p30}:seen:C-1", 0, -1) == [b"e:e-2"]
