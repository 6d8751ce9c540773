"""Stock: what is accepted is counted once, over all partitions, given back when withdrawn, and seen within a look."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from api.stock import Stock
from api.store import Store
from models.sections.keeping import Keeping
from tests.api.running import HERE, Running, an_outcome, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def limited(settings: Settings, tmp_path: Path) -> Settings:
    """A provider who has three televisions."""
    folder = tmp_path / "limited"
    folder.mkdir()
    (folder / "policy.yaml").write_bytes((HERE / "policy.yaml").read_bytes())
    text = (HERE / "catalogue.yaml").read_text().replace("sells: [tv]", "sells: [tv]\n    stock: 3")
    (folder / "catalogue.yaml").write_text(text)
    return dataclasses.replace(settings, knowledge=folder, learned_every=3600.0)


@pytest.fixture
async def shop(limited: Settings) -> AsyncIterator[Running]:
    async with running(limited) as found:
        yield found


async def tell(desk: Running, *outcomes: dict[str, Any]) -> None:
    answer = await desk.post("/v1/outcomes", {"outcomes": list(outcomes)})
    assert answer.status_code == 200, answer.text


async def offered(desk: Running, customer: str, contact: str = "call-1") -> dict[str, Any]:
    return await desk.decide(
        customer_id=customer, contact_id=contact, holdings=[{"product_id": "fiber"}], channel="voice"
    )


async def takes(desk: Running, customer: str) -> None:
    """One television goes."""
    decision = await offered(desk, customer)
    await tell(desk, an_outcome(decision, f"o-{customer}", action_id="offer-tv", kind="accepted"))


def counted(store: redis.Redis) -> dict[str, int]:
    """What every partition has counted, by its key."""
    keys = sorted(store.scan_iter("{p*}:stock"))
    return {key.decode(): int(store.hget(key, "offer-tv") or 0) for key in keys}


async def test_what_customers_of_several_partitions_accept_is_added_up(
    shop: Running, store: redis.Redis
) -> None:
    for customer in ("C-1", "C-2", "C-3"):
        await shop.service.stock.look()
        assert shop.service.stock.sold_out == frozenset()
        await takes(shop, customer)
    assert len(counted(store)) == 3
    await shop.service.stock.look()
    assert shop.service.stock.sold_out == {"offer-tv"}


async def test_an_acceptance_counts_once_whoever_tells_of_it(shop: Running, store: redis.Redis) -> None:
    decision = await offered(shop, "C-1")
    by_agent = an_outcome(decision, "o-agent", action_id="offer-tv", kind="accepted")
    by_order_system = {**by_agent, "outcome_id": "o-order"}
    await tell(shop, by_agent, by_agent)
    await tell(shop, by_agent, by_order_system)
    assert counted(store) == {"{p30}:stock": 1}


async def test_what_is_withdrawn_comes_back_once_and_can_be_taken_again(
    shop: Running, store: redis.Redis
) -> None:
    decision = await offered(shop, "C-1")
    for number, (kind, left) in enumerate(
        [("accepted", 1), ("withdrawn", 0), ("withdrawn", 0), ("accepted", 1)]
    ):
        await tell(shop, an_outcome(decision, f"o-{number}", action_id="offer-tv", kind=kind))
        assert counted(store) == {"{p30}:stock": left}


async def test_what_never_went_out_does_not_come_back(shop: Running, store: redis.Redis) -> None:
    decision = await offered(shop, "C-1")
    await tell(shop, an_outcome(decision, action_id="offer-tv", kind="withdrawn"))
    assert counted(store) == {}


@pytest.mark.parametrize("kind", ["shown", "spoken", "deferred", "kept"])
async def test_only_what_is_accepted_takes_from_stock(shop: Running, store: redis.Redis, kind: str) -> None:
    decision = await offered(shop, "C-1")
    await tell(shop, an_outcome(decision, action_id="offer-tv", kind=kind))
    assert counted(store) == {}


async def test_what_is_not_limited_is_not_counted(shop: Running, store: redis.Redis) -> None:
    decision = await offered(shop, "C-1")
    await tell(shop, an_outcome(decision, action_id="offer-security", kind="accepted"))
    assert list(store.scan_iter("{p*}:stock")) == []


async def test_a_service_that_starts_knows_what_is_gone_before_it_answers(
    limited: Settings, store: redis.Redis
) -> None:
    store.hset("{p01}:stock", "offer-tv", 2)
    store.hset("{p63}:stock", "offer-tv", 1)
    async with running(limited) as desk:
        assert desk.service.stock.sold_out == {"offer-tv"}


async def test_a_running_service_sees_what_is_gone_and_what_came_back(
    limited: Settings, store: redis.Redis
) -> None:
    async with running(dataclasses.replace(limited, learned_every=0.05)) as desk:
        for taken, gone in ((3, {"offer-tv"}), (2, set())):
            store.hset("{p01}:stock", "offer-tv", taken)
            for _ in range(200):
                if desk.service.stock.sold_out == gone:
                    break
                await anyio.sleep(0.02)
            assert desk.service.stock.sold_out == gone


async def test_while_the_store_is_away_what_was_last_seen_stands(shop: Running, store: redis.Redis) -> None:
    store.hset("{p01}:stock", "offer-tv", 3)
    await shop.service.stock.look()
    away = Store("unix:///nowhere/valkey.sock", 0.05, Keeping())
    stock = Stock(away, shop.service.library)
    stock.sold_out = shop.service.stock.sold_out
    await stock.look()
    assert stock.sold_out == {"offer-tv"}
    await away.close()


async def test_a_catalogue_that_limits_nothing_asks_nothing(desk: Running) -> None:
    away = Store("unix:///nowhere/valkey.sock", 0.05, Keeping())
    stock = Stock(away, desk.service.library)
    stock.sold_out = frozenset({"offer-tv"})
    await stock.look()
    assert stock.sold_out == frozenset()
    await away.close()
