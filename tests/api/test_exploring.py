"""What exploring costs is counted once a contact, shared by all who serve, and ends it for the day; who began goes on."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from api.keyring import KeyFile, create_key
from models.domain import partition
from tests.api.running import HERE, KEY, NOW, Running, actions, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

EXPLORE = """
arbitration:
  explore: {rate: 1, euros_a_day: %s, within_euros: 1000, never: history.open_complaints > 0}
"""
HELD = [{"product_id": "fiber"}]
GAUGE = "behoud_exploration_given_up_euros"


def exploring(settings: Settings, folder: Path, euros: float) -> Settings:
    """A provider who explores whenever he may, for so many euros a day."""
    folder.mkdir()
    (folder / "catalogue.yaml").write_bytes((HERE / "catalogue.yaml").read_bytes())
    (folder / "policy.yaml").write_text((HERE / "policy.yaml").read_text() + EXPLORE % euros)
    return dataclasses.replace(settings, knowledge=folder, learned_every=3600.0)


@pytest.fixture
def rich(settings: Settings, tmp_path: Path) -> Settings:
    return exploring(settings, tmp_path / "rich", 10_000)


@pytest.fixture
async def shop(rich: Settings) -> AsyncIterator[Running]:
    async with running(rich) as found:
        yield found


async def asked(desk: Running, contact: int) -> dict[str, Any]:
    """The one contact of this customer; some time goes by before it."""
    desk.clock.move(seconds=1)
    return await desk.decide(customer_id=f"C-{contact}", contact_id=f"call-{contact}", holdings=HELD)


async def explored(desk: Running, *contacts: int) -> list[dict[str, Any]]:
    """The decisions of these contacts in which another than the best stands first."""
    made = [await asked(desk, contact) for contact in contacts]
    return [decision for decision in made if decision["selection"]["explored"]]


def cents(store: redis.Redis) -> int:
    return sum(int(store.hget(key, "") or 0) for key in store.scan_iter("{p*}:explored:*"))


async def gauge(desk: Running, name: str = GAUGE) -> float:
    text = (await desk.get("/metrics")).text
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))


async def test_what_is_given_up_is_counted_and_shown(shop: Running, store: redis.Redis) -> None:
    found = await explored(shop, *range(8))
    given = sum(decision["selection"]["given_up"] for decision in found)
    assert given > 0
    assert cents(store) == round(given * 100)
    assert await gauge(shop) == pytest.approx(given)
    assert await gauge(shop, "behoud_exploration_euros_a_day") == 10_000
    assert all(0 < store.ttl(key) <= 2 * 86_400 for key in store.scan_iter("{p*}:explored:*"))


async def test_while_there_is_too_much_to_do_nobody_explores_and_the_answer_says_so(
    shop: Running, store: redis.Redis
) -> None:
    shop.service.admission.stands_since(time.monotonic() - 3600)
    made = [await asked(shop, contact) for contact in range(8)]
    assert all("candidates" in decision["degraded"] for decision in made)
    assert {(decision["selection"]["rate"], decision["selection"]["explored"]) for decision in made} == {
        (0.0, False)
    }
    assert cents(store) == 0
    path = f"/v1/decisions/{made[0]['decision_id']}/replay"
    assert (await shop.post(path)).json()["same"] is True


async def test_a_contact_counts_once_however_often_it_is_asked_about(
    shop: Running, store: redis.Redis
) -> None:
    [first, *_] = await explored(shop, *range(8))
    before = cents(store)
    contact = int(first["contact_id"].removeprefix("call-"))
    event = {
        "event_id": "e-1",
        "customer_id": first["customer_id"],
        "kind": "information",
        "at": NOW.isoformat(),
        "subject": "x",
    }
    assert (await shop.post("/v1/events", {"events": [event]})).status_code == 200
    again = await asked(shop, contact)
    assert again["decision_id"] != first["decision_id"]
    assert (actions(again), again["selection"]) == (actions(first), first["selection"])
    assert cents(store) == before


async def test_once_the_day_is_spent_no_contact_begins_to_explore(
    settings: Settings, tmp_path: Path, store: redis.Redis
) -> None:
    async with running(exploring(settings, tmp_path / "poor", 0.01)) as desk:
        found = await explored(desk, *range(10))
        assert len(found) == 1
        began = found[0]
        after = await asked(desk, 11)
        assert after["selection"] | {"rate": 0.0} == after["selection"]
        assert (after["selection"]["rate"], after["selection"]["candidates"]) == (0.0, [])
        assert began["selection"]["rate"] == 1.0
        answer = await desk.post(f"/v1/decisions/{after['decision_id']}/replay")
        assert answer.json()["same"] is True
        answer = await desk.post(f"/v1/decisions/{began['decision_id']}/replay")
        assert answer.json()["same"] is True


async def test_who_began_before_the_day_was_spent_goes_on(settings: Settings, tmp_path: Path) -> None:
    async with running(exploring(settings, tmp_path / "poor", 0.01)) as desk:
        contacts = iter(range(100))
        while not desk.service.exploration.given_up:
            began = await asked(desk, next(contacts))
        assert (await asked(desk, next(contacts)))["selection"]["rate"] == 0.0
        desk.clock.move(seconds=1)
        again = await desk.decide(
            customer_id=began["customer_id"],
            contact_id=began["contact_id"],
            holdings=HELD,
            queue_load=0.1,
        )
        assert again["selection"]["rate"] == 1.0
        assert actions(again)[0] == actions(began)[0]


async def test_what_one_process_gave_up_the_other_sees(settings: Settings, tmp_path: Path) -> None:
    poor = exploring(settings, tmp_path / "poor", 0.01)
    async with running(poor) as one, running(poor) as other:
        await explored(one, *range(10))
        await other.service.exploration.look()
        assert await gauge(other) == pytest.approx(await gauge(one))
        assert (await asked(other, 50))["selection"]["rate"] == 0.0


async def test_who_starts_later_knows_when_the_day_was_spent(settings: Settings, tmp_path: Path) -> None:
    poor = exploring(settings, tmp_path / "poor", 0.01)
    async with running(poor) as one:
        contacts = iter(range(100))
        while not one.service.exploration.given_up:
            began = await asked(one, next(contacts))
        await one.service.exploration.look()
        late = await asked(one, next(contacts))
        one.clock.move(minutes=5)
        async with running(poor, one.clock) as other:
            again = [
                await other.decide(customer_id=of["customer_id"], contact_id=of["contact_id"], holdings=HELD, queue_load=0.1)
                for of in (began, late)
            ]  # fmt: skip
    assert late["selection"]["rate"] == 0.0
    assert [decision["selection"]["rate"] for decision in again] == [1.0, 0.0]
    assert [actions(decision)[0] for decision in again] == [actions(began)[0], actions(late)[0]]


async def test_customers_whose_contacts_have_one_name_all_count(shop: Running, store: redis.Redis) -> None:
    together = [f"C-{n}" for n in range(2000) if partition(f"C-{n}") == partition("C-0")]
    made = [await shop.decide(customer_id=who, contact_id="web", holdings=HELD) for who in together[:12]]
    given = [decision["selection"]["given_up"] for decision in made]
    assert sum(euros > 0 for euros in given) > 1
    assert cents(store) == round(sum(given) * 100)


async def test_a_new_day_begins_with_nothing_given_up(settings: Settings, tmp_path: Path) -> None:
    async with running(exploring(settings, tmp_path / "poor", 0.01)) as desk:
        await explored(desk, *range(10))
        desk.clock.move(days=1)
        await desk.service.exploration.look()
        assert await gauge(desk) == 0.0
        assert (await asked(desk, 50))["selection"]["rate"] == 1.0


async def test_a_policy_that_explores_no_more_spends_nothing(settings: Settings, tmp_path: Path) -> None:
    poor = exploring(settings, tmp_path / "poor", 0.01)
    async with running(poor) as desk:
        await explored(desk, *range(10))
        assert await gauge(desk) > 0.0
        (poor.knowledge / "policy.yaml").write_bytes((HERE / "policy.yaml").read_bytes())
        for _ in range(2):  # a state is taken when two looks in a row read the same
            await desk.service.library.look_for_documents(NOW)
        await desk.service.exploration.look()
        assert [await gauge(desk), await gauge(desk, "behoud_exploration_euros_a_day")] == [0.0, 0.0]


async def test_a_complaint_ends_it(shop: Running) -> None:
    event = {"event_id": "e-1", "customer_id": "C-1", "kind": "complaint_opened", "at": NOW.isoformat()}
    assert (await shop.post("/v1/events", {"events": [event]})).status_code == 200
    assert (await asked(shop, 1))["selection"]["candidates"] == []
    assert (await asked(shop, 2))["proposals"][0]["kind"] == "offer"
    assert (await asked(shop, 2))["selection"]["candidates"] != []


async def test_without_a_store_nothing_is_explored(shop: Running, store: redis.Redis) -> None:
    await explored(shop, *range(4))
    store.config_set("maxmemory", 1)
    try:
        made = [await asked(shop, contact) for contact in range(10, 18)]
    finally:
        store.config_set("maxmemory", 0)
    assert all("record" in decision["degraded"] for decision in made)
    assert {len(decision["selection"]["candidates"]) for decision in made} == {0}
    before = shop.service.exploration.given_up
    store.config_set("maxmemory", 0)
    await shop.service.exploration.look()
    assert shop.service.exploration.given_up == pytest.approx(before)


async def test_who_may_not_see_how_it_was_chosen_does_not(rich: Settings) -> None:
    for view in ("bot", "customer"):
        token, key = create_key(("decisions:create",), view, view=view)
        settings = dataclasses.replace(rich, keys=KeyFile(keys=(KEY, key)).model_dump_json())
        async with running(settings) as desk:
            for n in range(6):
                question = {"customer_id": f"C-{n}", "holdings": HELD}
                contact = {"contact_id": f"call-{n}", "channel": "chat"}
                answer = await desk.client.post(
                    "/v1/decisions",
                    json={**question, "contact": contact},
                    headers={"Authorization": f"Bearer {token}"},
                )
                assert answer.status_code == 200, answer.text
                assert not {"selection", "why"} & orjson.loads(answer.content).keys()
                assert b"explored" not in answer.content
