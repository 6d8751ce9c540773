"""A stored decision can be decided again from its record, whatever has moved on since."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.api.running import (
    HERE,
    Clock,
    Running,
    a_customer,
    an_event,
    an_outcome,
    running,
    write_bundle,
)

if TYPE_CHECKING:
    from pathlib import Path

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

PRODUCTS = ("mobile", "fiber", "tv", "security")
INTENTS = (None, "cancel", "question", "cancel_confirmed")


async def many_decisions(desk: Running, numbers: range) -> list[str]:
    """Ids of decisions of all kinds: any holdings, any intent, with events and outcomes between."""
    ids = []
    for number in numbers:
        customer_id = f"C-{number % 60}"
        if number < 60:
            held = [product for place, product in enumerate(PRODUCTS) if number >> place & 1]
            await desk.put(a_customer(customer_id, *held, tenure_months=number, data_gb=number / 7))
        if number % 5 == 0:
            await desk.post(
                "/v1/events", {"events": [an_event(f"e-{number}", customer_id, subject=f"s{number % 3}")]}
            )
        question: dict[str, Any] = {"facts": {"months_to_contract_end": number % 25}} if number % 3 else {}
        intent = INTENTS[number % 4]
        decision = await desk.decide(
            customer_id=customer_id,
            contact_id=f"k-{number}",
            motive="price",
            **({"intent": intent} if intent else {}),
            **question,
        )
        ids.append(decision["decision_id"])
        if number % 4 == 0 and decision["proposals"]:
            at = desk.clock().isoformat()
            told = an_outcome(decision, f"o-{number}", kind="declined", reason="no", at=at)
            await desk.post("/v1/outcomes", {"outcomes": [told]})
        desk.clock.move(seconds=7)
    return ids


def moved_on(tmp_path: Path) -> Path:
    """A catalogue with other prices and names, and a policy with other rules."""
    folder = tmp_path / "later"
    folder.mkdir()
    catalogue = (HERE / "catalogue.yaml").read_text()
    catalogue = catalogue.replace("price: 15, margin: 8", "price: 17, margin: 3").replace(
        "save-apology", "save-sorry"
    )
    (folder / "catalogue.yaml").write_text(catalogue)
    policy = (HERE / "policy.yaml").read_text().replace("<= 12", "<= 3").replace("Grow}", "Sell}")
    (folder / "policy.yaml").write_text(policy)
    return folder


def a_snapshot(mean: float) -> bytes:
    return orjson.dumps({"sequence": 1, "corrections": {"offer-tv": {"mean": mean}}})


@pytest.mark.no_cover  # the others reach as many lines in a second
async def test_a_thousand_decisions_come_out_the_same_after_everything_has_moved_on(
    settings: Settings, store: redis.Redis, tmp_path: Path
) -> None:
    clock = Clock()
    first = str(write_bundle(tmp_path / "first", seed=1))
    ids: list[str] = []
    async with running(dataclasses.replace(settings, bundle=first), clock) as desk:
        ids += await many_decisions(desk, range(500))
        store.set("behoud:learned", a_snapshot(1.5))
        await desk.service.library.look_for_learned()
        clock.move(hours=1)
        ids += await many_decisions(desk, range(500, 1000))
        versions = desk.service.library.current.versions
    second = str(write_bundle(tmp_path / "second", seed=2))
    store.set("behoud:learned", a_snapshot(-2.0))
    later = dataclasses.replace(settings, knowledge=moved_on(tmp_path), bundle=second, propensity="implicit")
    async with running(later, clock) as desk:
        now = desk.service.library.current.versions
        assert all(
            getattr(now, name) != getattr(versions, name)
            for name in ("bundle", "learned", "policy", "catalogue", "flags")
        )
        for first_of in range(0, len(ids), 25):  # the waiting of some is shared
            some = [desk.post(f"/v1/decisions/{each}/replay") for each in ids[first_of : first_of + 25]]
            for again in await asyncio.gather(*some):
                assert again.status_code == 200, again.text
                assert again.json()["differences"] == []
                assert again.json()["same"] is True
    assert len(set(ids)) == 1000


async def test_another_replica_replays_from_what_redis_keeps(
    settings: Settings, store: redis.Redis, tmp_path: Path
) -> None:
    bundle = str(write_bundle(tmp_path / "bundle"))
    async with running(dataclasses.replace(settings, bundle=bundle)) as desk:
        decision = await desk.decide(holdings=[{"product_id": "fiber"}])
    other = dataclasses.replace(settings, var=tmp_path / "other", knowledge=moved_on(tmp_path))
    async with running(other) as desk:
        again = await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")
        assert again.json()["same"] is True
    store.delete(*store.scan_iter("behoud:shelf:*"))
    third = dataclasses.replace(settings, var=tmp_path / "third", knowledge=tmp_path / "later")
    async with running(third) as desk:
        lost = await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")
        assert lost.status_code == 404
        assert "the knowledge of then is not kept here" in lost.json()["detail"]


async def test_a_difference_is_named_by_its_place(settings: Settings, store: redis.Redis) -> None:
    async with running(settings) as desk:
        decision = await desk.decide(holdings=[{"product_id": "fiber"}])
        key = f"{{p30}}:decision:{decision['decision_id']}"
        store.set(key, store.get(key).replace(b'"title":"TV"', b'"title":"Television"'))
        again = (await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")).json()
    place = next(p["rank"] - 1 for p in decision["proposals"] if p["action_id"] == "offer-tv")
    assert again["same"] is False
    assert again["differences"] == [
        {"path": f"proposals[{place}].title", "then": '"Television"', "now": '"TV"'}
    ]


async def test_a_list_of_another_length_is_one_difference(settings: Settings, store: redis.Redis) -> None:
    async with running(settings) as desk:
        decision = await desk.decide()
        key = f"{{p30}}:decision:{decision['decision_id']}"
        record = orjson.loads(store.get(key))
        record["decision"]["evidence"] = [{"code": "a", "text": "b"}]
        record["decision"]["churn"] = None
        store.set(key, orjson.dumps(record))
        again = (await desk.post(f"/v1/decisions/{decision['decision_id']}/replay")).json()
    found = {difference["path"]: difference for difference in again["differences"]}
    assert found["evidence"]["now"] == "[]"
    assert found["churn"]["then"] == "null"


async def test_a_record_nobody_can_read_says_so(desk: Running, store: redis.Redis) -> None:
    store.set("{p30}:decision:p30-x", b'{"request":{},"decision":{}}')
    answer = await desk.post("/v1/decisions/p30-x/replay")
    assert answer.status_code == 404
    assert "cannot be read by this version of the software" in answer.json()["detail"]


async def test_a_decision_made_without_the_store_is_not_found_later(settings: Settings) -> None:
    away = dataclasses.replace(settings, redis_url="redis://127.0.0.1:1/0", redis_timeout=0.05)
    async with running(away) as desk:
        consents = {"marketing": True, "profiling": True}
        decision = await desk.decide(holdings=[{"product_id": "fiber"}], consents=consents)
        assert decision["degraded"][0] == "store"
        assert decision["degraded"][-1] == "record"
        assert "offer-tv" in [proposal["action_id"] for proposal in decision["proposals"]]


async def test_only_a_few_older_versions_stay_in_memory(settings: Settings, store: redis.Redis) -> None:
    async with running(settings) as desk:
        library, ids = desk.service.library, []
        for number in range(7):
            store.set("behoud:learned", a_snapshot(number / 10))
            await library.look_for_learned()
            ids.append((await desk.decide(contact_id=f"k-{number}"))["decision_id"])
        for decision_id in itertools.chain(ids, reversed(ids)):
            assert (await desk.post(f"/v1/decisions/{decision_id}/replay")).json()["same"] is True
        assert len(library._older) == 4
