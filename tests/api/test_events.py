"""Events: taken once, checked against the catalogue, remembered for the next decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
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
    assert store.llen("{p30}:troubles:C-1") == 2
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


async def test_an_open_complaint_survives_whatever_else_happens(desk: Running, store: redis.Redis) -> None:
    await tell(desk, an_event("e-1"))
    for start in (0, 150):
        much = [an_event(f"i-{n}", kind="information", subject="bill") for n in range(start, start + 150)]
        assert (await tell(desk, *much)).status_code == 200
    assert store.llen("{p30}:history:C-1") == 200
    assert (await desk.decide())["mode"] == "fix_first"
    await tell(desk, an_event("e-2", kind="complaint_closed", at="2026-11-20T11:00:00Z"))
    assert (await desk.decide())["mode"] == "grow"


async def test_a_wish_to_leave_stands_however_much_else_happens(desk: Running) -> None:
    assert (await desk.decide(contact_id="k-1", intent="cancel"))["mode"] == "save"
    for start in (0, 200):
        much = [an_event(f"i-{n}", kind="interest", product_id="tv") for n in range(start, start + 200)]
        assert (await tell(desk, *much)).status_code == 200
    assert (await desk.decide(contact_id="k-2"))["mode"] == "save"


async def test_a_contact_that_was_remembered_among_other_events_is_remembered_still(
    desk: Running, store: redis.Redis
) -> None:
    wished = an_event("e-0", kind="contact", contact_id="k-1", intent="cancel")
    store.rpush("{p30}:history:C-1", orjson.dumps(wished))
    assert (await desk.decide(contact_id="k-2"))["mode"] == "save"


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("complaint_opened", "troubles"),
        ("complaint_closed", "troubles"),
        ("outage", "troubles"),
        ("outage_ended", "troubles"),
        ("missed_payment", "troubles"),
        ("payment", "troubles"),
        ("promise", "troubles"),
        ("promise_kept", "troubles"),
        ("contact", "contacts"),
        ("information", "history"),
        ("feedback", "history"),
        ("interest", "history"),
    ],
)
async def test_what_may_stay_open_and_contacts_have_lists_of_their_own(
    desk: Running, store: redis.Redis, kind: str, place: str
) -> None:
    needed = {
        "promise": {"due": "2026-12-20T10:00:00Z"},
        "contact": {"contact_id": "call-0"},
        "information": {"subject": "bill"},
        "feedback": {"score": 7},
        "interest": {"product_id": "tv"},
    }
    assert (await tell(desk, an_event("e-1", kind=kind, **needed.get(kind, {})))).status_code == 200
    assert [name for name in ("troubles", "contacts", "history") if store.llen(f"{{p30}}:{name}:C-1")] == [
        place
    ]
    assert "history" not in (await desk.decide())["degraded"]


async def test_an_event_of_a_clock_that_is_ahead_counts_at_once_and_is_kept_as_told(
    desk: Running, store: redis.Redis
) -> None:
    assert (await desk.decide())["mode"] == "grow"
    await tell(desk, an_event("e-1", at="2026-11-21T12:00:05Z"))
    assert (await desk.decide())["mode"] == "fix_first"
    _, entry = next(row for row in store.xrange("{p30}:journal") if row[1][b"kind"] == b"event")
    assert orjson.loads(entry[b"record"])["at"] == "2026-11-21T12:00:05Z"
    assert orjson.loads(store.lindex("{p30}:troubles:C-1", 0))["at"] == "2026-11-21T12:00:00Z"


async def test_what_will_only_happen_is_refused_but_a_promise_may_be_due_later(desk: Running) -> None:
    due = {"kind": "promise", "due": "2026-12-24T12:00:00Z"}
    assert (await tell(desk, an_event("e-1", at="2026-11-21T12:15:00Z", **due))).status_code == 200
    answer = await tell(desk, an_event("e-2"), an_event("e-3", at="2026-11-21T13:15:01+01:00"))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "field": "events[1].at",
            "message": "2026-11-21T13:15:01+01:00 is more than 15 minutes ahead of 2026-11-21T12:00:00+00:00",
            "remedy": "send the moment it happened; look at the clock and the offset of the sender",
        }
    ]
