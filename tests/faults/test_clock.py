"""Bar 8: a clock that is stepped by ten minutes, there and back, breaks no cap and makes no id twice."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from api.ids import decision_id
from api.moments import BACK, not_undone
from api.settings import Settings
from models.domain import Event, History
from tests.api.running import HERE, KEYS, NOW, Running, a_customer, actions, an_outcome, running
from tests.faults.lengths import times

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.faults.figures import Figures
    from tests.faults.rig import Valkey

pytestmark = pytest.mark.anyio
STEP = 10
"""Minutes."""
MOST = 2
CAP = """
caps:
  - {id: two_a_month, for: {kinds: [offer]}, count: spoken, per: all, most: %d, days: 30, reason: {en: Enough}}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def desk(tmp_path: Path, valkey: Valkey) -> AsyncIterator[Running]:
    """A provider who lets a customer hear two offers a month."""
    folder = tmp_path / "capped"
    folder.mkdir()
    (folder / "catalogue.yaml").write_bytes((HERE / "catalogue.yaml").read_bytes())
    (folder / "policy.yaml").write_text((HERE / "policy.yaml").read_text() + CAP % MOST)
    settings = Settings(
        knowledge=folder, var=tmp_path / "var", redis_url=valkey.url, redis_timeout=20.0, keys=KEYS
    )
    async with running(settings) as found:
        await found.put(a_customer("C-1", "fiber"))
        yield found


async def spoken(desk: Running, decision: dict[str, Any], name: str, at: datetime | None = None) -> int:
    moment = (at or desk.clock.moment).isoformat()
    outcome = an_outcome(decision, name, at=moment)
    return (await desk.post("/v1/outcomes", {"outcomes": [outcome]})).status_code


@pytest.mark.parametrize("minutes", [-STEP, STEP])
async def test_two_saves_are_two_also_when_the_clock_is_stepped(desk: Running, minutes: int) -> None:
    for number in range(2):
        desk.clock.move(minutes=1)
        decision = await desk.decide(intent="cancel", motive="price")
        assert decision["mode"] == "save"
        assert await spoken(desk, decision, f"o-{number}") == 200
    desk.clock.move(minutes=minutes)
    after = await desk.decide(intent="cancel", motive="price", contact_id="call-2")
    assert (after["mode"], [proposal["kind"] for proposal in after["proposals"]]) == (
        "proceed_to_cancel",
        ["process"],
    )
    path = f"/v1/decisions/{after['decision_id']}/replay"
    assert (await desk.post(path)).json()["same"] is True


async def test_what_happened_is_taken_and_counts_while_the_clock_is_behind(desk: Running) -> None:
    real = desk.clock.moment
    decision = await desk.decide(intent="cancel", motive="price")
    desk.clock.move(minutes=-STEP)
    assert await spoken(desk, decision, "o-1", real + timedelta(minutes=1)) == 200
    again = await desk.decide(intent="cancel", motive="price")
    assert actions(again)[0] != actions(decision)[0]


async def test_offers_are_not_heard_more_often_than_the_cap_says_however_the_clock_jumps(
    desk: Running, figures: Figures
) -> None:
    """A clock is stepped there and back around the real time, which goes on."""
    dice, made, broken = random.Random(7), [], 0
    customers = times(4, 40)
    for customer in range(customers):
        await desk.put(a_customer(f"C-{customer}", "fiber"))
        heard = 0
        for contact in range(8):
            real = NOW + timedelta(minutes=8 * customer + contact)
            desk.clock.moment = real + timedelta(minutes=dice.choice([-STEP, 0, STEP]))
            decision = await desk.decide(customer_id=f"C-{customer}", contact_id=f"call-{customer}-{contact}")
            made.append(decision["decision_id"])
            first = next(iter(decision["proposals"]), None)
            if first is not None and first["kind"] == "offer":
                heard += 1
                assert await spoken(desk, decision, f"o-{customer}-{contact}", real) == 200
        assert heard >= MOST
        broken += heard > MOST
    figures.add("clock.customers_over_the_cap", broken, "customers", "0", broken == 0)
    figures.add("clock.ids", len(set(made)), "ids", f"{len(made)}", len(set(made)) == len(made))
    assert (broken, len(set(made))) == (0, len(made))


def test_ids_of_one_moment_lived_twice_are_others() -> None:
    moments = [NOW.timestamp(), NOW.timestamp() - 60 * STEP, NOW.timestamp()]
    made = [decision_id("C-1", moment) for moment in moments for _ in range(times(1000, 100_000))]
    assert len(set(made)) == len(made)


def test_a_moment_far_ahead_is_not_waited_for() -> None:
    def at(moment: datetime) -> Event:
        return Event(event_id="e", customer_id="C-1", kind="payment", at=moment)

    history = History(events=(at(NOW + BACK * 2), at(NOW + BACK), at(NOW)))
    assert not_undone(history, NOW) == NOW + BACK
    assert not_undone(history, NOW + BACK * 3) == NOW + BACK * 3
    assert not_undone(History(), NOW) == NOW
