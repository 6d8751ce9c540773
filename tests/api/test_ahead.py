"""Outcomes ahead of their decision wait for it where the caller says so, and are refused where not."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from api.ahead import WAIT, look_for_decisions
from api.ahead_outcomes import MOST, PAGE
from api.ids import made_at
from tests.api.running import KEYS, NOW, Running, an_outcome, running

if TYPE_CHECKING:
    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(settings: Settings) -> Any:
    """One that looks only when a test says so."""
    async with running(dataclasses.replace(settings, keys=KEYS, learned_every=3600.0)) as found:
        yield found


async def hidden(desk: Running, store: redis.Redis, **contact: Any) -> tuple[dict[str, Any], str, bytes]:
    """A decision whose record is still under way: the answer, the key and what will lie there."""
    decision = await desk.decide(holdings=[{"product_id": "fiber"}], **contact)
    key = f"{{p30}}:decision:{decision['decision_id']}"
    record = store.getdel(key)
    assert isinstance(record, bytes)
    return decision, key, record


async def tell(desk: Running, *outcomes: dict[str, Any]) -> Any:
    return await desk.post("/v1/outcomes", {"outcomes": list(outcomes), "ahead": True})


def outcomes_in_the_journal(store: redis.Redis) -> list[Any]:
    rows: Any = store.xrange("{p30}:journal")
    return [orjson.loads(row[b"record"]) for _, row in rows if row[b"kind"] == b"outcome"]


async def test_it_waits_and_is_taken_once_when_its_decision_is_there(
    desk: Running, store: redis.Redis
) -> None:
    decision, key, record = await hidden(desk, store)
    told = an_outcome(decision, action_id="offer-tv", kind="accepted")
    for _ in range(2):
        answer = await tell(desk, told)
        assert answer.json()["results"] == [{"id": "o-1", "status": "waiting"}]
    await look_for_decisions(desk.service)
    assert outcomes_in_the_journal(store) == []
    assert "behoud_outcomes_waiting 1.0" in (await desk.get("/metrics")).text
    store.set(key, record)
    for _ in range(2):
        await look_for_decisions(desk.service)
    [taken] = outcomes_in_the_journal(store)
    assert (taken["customer_id"], taken["family"], taken["at"]) == (
        "C-1",
        "television",
        "2026-11-21T12:01:00Z",
    )
    assert store.hlen("behoud:waiting") == 0
    assert (await tell(desk, told)).json()["results"] == [{"id": "o-1", "status": "known"}]


async def test_a_batch_takes_what_is_known_and_waits_for_the_rest(desk: Running, store: redis.Redis) -> None:
    early, _, _ = await hidden(desk, store)
    known = await desk.decide(customer_id="C-2", contact_id="call-2")
    answer = await tell(desk, an_outcome(early), an_outcome(known, "o-2"), an_outcome(known, "o-2"))
    assert [row["status"] for row in answer.json()["results"]] == ["waiting", "new", "known"]


async def test_what_waited_a_day_is_given_up_and_reported(
    desk: Running, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    decision, key, record = await hidden(desk, store)
    await tell(desk, an_outcome(decision))
    desk.clock.move(hours=24)
    await look_for_decisions(desk.service)
    assert store.hlen("behoud:waiting") == 1
    desk.clock.move(seconds=1)
    await look_for_decisions(desk.service)
    assert "behoud_outcomes_given_up_total 1.0" in (await desk.get("/metrics")).text
    [line] = [line for line in caplog.records if line.name == "behoud.ahead"]
    assert vars(line)["outcome"] == "o-1"
    assert vars(line)["why"] == "its decision has not come within a day"
    store.set(key, record)
    await look_for_decisions(desk.service)
    assert outcomes_in_the_journal(store) == []


async def test_what_was_not_proposed_is_given_up_when_the_decision_says_so(
    desk: Running, store: redis.Redis
) -> None:
    decision, key, record = await hidden(desk, store)
    await tell(desk, an_outcome(decision, action_id="offer-fiber"), an_outcome(decision, "o-2"))
    store.set(key, record)
    await look_for_decisions(desk.service)
    assert [row["outcome_id"] for row in outcomes_in_the_journal(store)] == ["o-2"]
    assert "behoud_outcomes_given_up_total 1.0" in (await desk.get("/metrics")).text


async def test_nobody_waits_for_what_cannot_come(desk: Running, store: redis.Redis) -> None:
    decision, *_ = await hidden(desk, store)
    own = decision["decision_id"]
    desk.clock.move(seconds=WAIT.total_seconds() + 1)
    never = (own, "p07-never-made", "p07-ffffffff-ffff-7fff-bfff-ffffffffffff")
    answer = await tell(desk, *({**an_outcome(decision), "decision_id": name} for name in never))
    assert answer.status_code == 422
    assert [error["message"] for error in answer.json()["errors"]] == [
        f"'{own}' was made at 2026-11-21T12:00:00+00:00, and is not known by now",
        "'p07-never-made' is no id of a decision",
        f"'{never[2]}' is no id of a decision",
    ]
    assert store.exists("behoud:waiting") == 0


async def test_an_id_says_when_the_decision_was_made(desk: Running) -> None:
    made = made_at((await desk.decide())["decision_id"])
    assert made is not None
    assert abs(made - NOW) < timedelta(milliseconds=1)


async def test_one_id_of_two_customers_is_two_outcomes(desk: Running, store: redis.Redis) -> None:
    decision, key, record = await hidden(desk, store)
    other = await desk.decide(customer_id="C-2", contact_id="call-2", holdings=[{"product_id": "fiber"}])
    place = f"{{{other['decision_id'][:3]}}}:decision:{other['decision_id']}"
    there = store.getdel(place)
    assert isinstance(there, bytes)
    await tell(desk, an_outcome(decision), an_outcome(other))
    store.mset({key: record, place: there})
    await look_for_decisions(desk.service)
    text = (await desk.get("/metrics")).text
    assert 'behoud_outcomes_total{kind="spoken"} 2.0' in text


async def test_a_kill_between_taking_and_letting_go_counts_once(desk: Running, store: redis.Redis) -> None:
    decision, key, record = await hidden(desk, store)
    await tell(desk, an_outcome(decision))
    waits: Any = store.hgetall("behoud:waiting")
    store.set(key, record)
    await look_for_decisions(desk.service)
    store.hset("behoud:waiting", mapping=waits)  # as it lies there when the process dies before it lets go
    desk.clock.move(hours=30)  # late by now, and taken all the same: its decision has come
    await look_for_decisions(desk.service)
    assert len(outcomes_in_the_journal(store)) == 1
    assert store.hlen("behoud:waiting") == 0
    assert "behoud_outcomes_given_up_total 0.0" in (await desk.get("/metrics")).text


async def test_no_more_wait_than_can_be_kept_and_all_are_looked_at(desk: Running, store: redis.Redis) -> None:
    decision, key, record = await hidden(desk, store)
    told = an_outcome(decision, action_id="offer-tv")
    ids = [decision["decision_id"][:-12] + f"{number:012x}" for number in range(MOST)]
    line = orjson.dumps(told)
    store.hset("behoud:waiting", mapping={f"{name} o": line.replace(decision["decision_id"].encode(), name.encode()) for name in ids[:-1]})  # fmt: skip
    assert (await tell(desk, told)).status_code == 200
    refused = await tell(desk, {**told, "outcome_id": "o-2"})
    assert (refused.status_code, store.hlen("behoud:waiting")) == (503, MOST)
    assert "10000 outcomes wait for their decisions" in refused.text
    store.set(key, record)
    for _ in range(2 * MOST // PAGE):
        await look_for_decisions(desk.service)
    assert [row["outcome_id"] for row in outcomes_in_the_journal(store)] == ["o-1"]
    assert store.hlen("behoud:waiting") == MOST - 1


async def test_what_only_another_version_can_read_waits_its_day(desk: Running, store: redis.Redis) -> None:
    decision, *_ = await hidden(desk, store)
    store.hset("behoud:waiting", f"{decision['decision_id']} o-9", b'{"kind": "sung"}')
    await look_for_decisions(desk.service)
    assert store.hlen("behoud:waiting") == 1
    desk.clock.move(hours=25)
    await look_for_decisions(desk.service)
    assert store.hlen("behoud:waiting") == 0
    assert "behoud_outcomes_given_up_total 1.0" in (await desk.get("/metrics")).text


async def test_a_decision_nobody_can_read_keeps_no_other_outcome_waiting(
    desk: Running, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    broken, place, _ = await hidden(desk, store)
    other, key, record = await hidden(desk, store, contact_id="call-2")
    await tell(desk, an_outcome(broken, "o-1"), an_outcome(other, "o-2"))
    store.mset({place: b'{"written": "by another version"}', key: record})
    await look_for_decisions(desk.service)
    assert [row["outcome_id"] for row in outcomes_in_the_journal(store)] == ["o-2"]
    assert store.hlen("behoud:waiting") == 1
    desk.clock.move(hours=25)
    await look_for_decisions(desk.service)
    assert store.hlen("behoud:waiting") == 0
    [line] = [line for line in caplog.records if line.name == "behoud.ahead"]
    assert vars(line)["why"] == "its decision cannot be read"
