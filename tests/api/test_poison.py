"""What is stored of one customer is broken: he is answered without it, it is counted and listed, and nobody else notices."""

from __future__ import annotations

import asyncio
import dataclasses
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import redis

from api.__main__ import main
from api.connection import StoreAwayError
from api.poison import MOST, Poison
from api.relay import relay
from tests.api.running import NOW, a_customer, an_event, an_outcome, as_the_environment, running

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings
    from tests.api.running import Running

pytestmark = pytest.mark.anyio

KEY = "{p30}:customer:C-1"


def spoiled(store: redis.Redis, how: str) -> None:
    """C-1, in one of the ways a record can be broken."""
    store.delete(KEY)
    if how == "another type":
        store.rpush(KEY, "x")
    elif how == "no JSON":
        store.set(KEY, '{"customer_id": "C-1"')
    elif how == "unknown field":
        store.set(KEY, '{"customer_id": "C-1", "shoe_size": 44}')
    elif how == "too large":
        store.set(KEY, "x" * 8_000_001)
    else:
        store.rpush("{p30}:history:C-1", "not an event")


@pytest.mark.parametrize(
    ("how", "lost"),
    [
        ("another type", "store"),
        ("no JSON", "customer"),
        ("unknown field", "customer"),
        ("too large", "store"),
        ("broken history", "history"),
    ],
)
async def test_a_broken_customer_costs_himself_a_degraded_answer_and_stands_in_the_list(
    desk: Running, store: redis.Redis, how: str, lost: str
) -> None:
    await desk.put(a_customer("C-2", "fiber"))
    spoiled(store, how)
    assert lost in (await desk.decide())["degraded"]
    other = await desk.decide(customer_id="C-2", contact_id="k-2")
    assert {"store", "customer", "history", "record"}.isdisjoint(other["degraded"])
    assert f'behoud_poison_total{{what="{lost}"}} 1.0' in (await desk.get("/metrics")).text
    await desk.service.poison.tell(desk.service.store)
    listed = await desk.service.store.quarantine.all()
    assert list(listed) == ["C-1"]
    assert f'"what":"{lost}"' in listed["C-1"].decode()
    assert "shoe_size: Extra" in listed["C-1"].decode() or how != "unknown field"
    assert "44" not in listed["C-1"].decode().partition('"at"')[0], "no value of his"


async def test_one_broken_decision_does_not_keep_the_outcomes_of_others(
    desk: Running, store: redis.Redis
) -> None:
    good, bad = [await desk.decide(customer_id=name) for name in ("C-2", "C-1")]
    for spoil in (b"{}", b'{"decision":{', b'{"request":{},"decision":{"customer_id":1}}'):
        store.set(f"{{p30}}:decision:{bad['decision_id']}", spoil)
        refused = await desk.post("/v1/outcomes", {"outcomes": [an_outcome(bad)]})
        assert (refused.status_code, "there is no decision" in refused.text) == (422, True)
        taken = await desk.post("/v1/outcomes", {"outcomes": [an_outcome(good, f"o-{len(spoil)}")]})
        assert taken.status_code == 200
    store.delete(f"{{p30}}:decision:{bad['decision_id']}")
    store.rpush(f"{{p30}}:decision:{bad['decision_id']}", "another type")
    assert (await desk.post("/v1/outcomes", {"outcomes": [an_outcome(bad)]})).status_code == 422
    assert 'behoud_poison_total{what="decision"} 3.0' in (await desk.get("/metrics")).text


async def test_an_operator_sees_what_is_broken_and_what_waits_and_lets_it_go(
    settings: Settings,
    store: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = dataclasses.replace(settings, spool=tmp_path / "spool")
    as_the_environment(settings, monkeypatch)
    monkeypatch.setenv("BEHOUD_SPOOL", str(tmp_path / "spool"))

    async def quarantine(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, ["quarantine", *words])
        return code, capsys.readouterr().out

    async with running(told) as desk:
        spoiled(store, "another type")
        store.set("{p30}:troubles:C-1", "not a list")
        await desk.decide()
        for number in (1, 2):
            sent = await desk.post("/v1/events", {"events": [an_event(f"e-{number}")]})
            assert sent.json()["results"][0]["status"] == "spooled"
        await desk.service.poison.tell(desk.service.store)
        await relay(desk.service)
        code, said = await quarantine()
        assert code == 0
        assert "C-1  store" in said
        assert "C-1  event e-1  ResponseError" in said
        assert "1 broken in the store, 2 set aside on this machine" in said
        assert await quarantine("drop", "e-2") == (0, "e-2: 0 forgotten, 1 of what was set aside gone\n")
        store.delete("{p30}:troubles:C-1")
        expected = "C-1: 1 forgotten, 1 of what was set aside will be sent again\n"
        assert await quarantine("release", "C-1") == (0, expected)
        await relay(desk.service)
        assert store.llen("{p30}:troubles:C-1") == 1
        assert (await quarantine())[1] == "0 broken in the store, 0 set aside on this machine\n"
        assert (await quarantine("release", "C-1"))[0] == 1


async def test_an_event_that_could_not_be_taken_is_new_when_it_is_sent_again(
    desk: Running, store: redis.Redis
) -> None:
    for key in ("{p30}:revision:C-1", "{p30}:troubles:C-1"):
        store.lpush(key, "x") if "revision" in key else store.set(key, "x")
        refused = await desk.post("/v1/events", {"events": [an_event()]})
        assert refused.status_code == 503
        store.delete(key)
    taken = await desk.post("/v1/events", {"events": [an_event()]})
    assert taken.json()["results"][0]["status"] == "new"


async def test_what_cannot_be_written_down_does_not_pile_up() -> None:
    poison, tried = Poison(), []

    async def put(found: dict[str, bytes]) -> None:
        tried.append(len(found))
        for number in range(10):
            poison.found(f"late-{len(tried)}-{number}", "store", "broken", NOW)
        raise StoreAwayError

    away: Any = SimpleNamespace(quarantine=SimpleNamespace(put=put))
    for number in range(MOST):
        poison.found(f"C-{number}", "store", "broken", NOW)
    for _ in range(3):
        await poison.tell(away)
    assert tried == [MOST] * 3
