"""The example bot between a stand-in of the platform and a service, all over loopback."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from examples.whatsapp_bot.bot import HANDED_OVER, THANKS, Bot, server
from examples.whatsapp_bot.limits import refusals
from examples.whatsapp_bot.stand_in import NUMBER, TOKEN, Platform, choices
from tests.api.running import TOKEN as KEY
from tests.api.running import a_customer
from tests.api.serving import listening, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio

SECRET = "a-secret-of-the-app"


@dataclass
class Line:
    """A customer's line to the company."""

    platform: Platform
    store: redis.Redis

    async def does(self, act: Callable[[], int], *, answered: int) -> dict[str, Any]:
        """What the customer does, and the message with this number that he gets."""
        assert await asyncio.to_thread(act) == 200
        return await asyncio.to_thread(self.platform.wait_for, answered)

    def outcomes(self) -> list[tuple[str, str]]:
        entries = [entry for _, entry in self.store.xrange("{p30}:journal")]
        found = [orjson.loads(entry[b"record"]) for entry in entries if entry[b"kind"] == b"outcome"]
        return [(outcome["action_id"], outcome["kind"]) for outcome in found]


@pytest.fixture
async def line(settings: Settings, store: redis.Redis) -> AsyncIterator[Line]:
    platform = Platform(SECRET)
    async with listening(dataclasses.replace(settings, whatsapp_secret=SECRET)) as behoud:
        bot = Bot(behoud, KEY, platform.url, TOKEN, {NUMBER: "C-1"}, "en")
        with serving(platform.server), serving(server(bot)) as address:
            platform.webhook = address
            store.set("{p30}:customer:C-1", orjson.dumps(a_customer("C-1", "fiber")))
            yield Line(platform, store)


def titles(message: dict[str, Any]) -> list[str]:
    return [reply["title"] for _, reply in choices(message)]


async def test_a_customer_who_wants_to_leave_declines_a_save_and_takes_another(line: Line) -> None:
    platform = line.platform
    first = await line.does(lambda: platform.writes("I want to CANCEL"), answered=1)
    assert titles(first)[-1] == "Talk to a person"
    assert "Cancel the contract" in titles(first)
    assert await asyncio.to_thread(platform.reports, "delivered") == 200
    shown = [action for action, kind in line.outcomes() if kind == "shown"]
    assert "cancel" in shown
    saves = [action for action in shown if action.startswith("save-")]
    second = await line.does(lambda: platform.taps("No, thanks", times=3), answered=2)
    assert [o for o in line.outcomes() if o[1] == "declined"] == [(save, "declined") for save in saves]
    chosen = titles(second)[0]
    thanked = await line.does(lambda: platform.taps(chosen), answered=3)
    assert thanked["text"]["body"] == THANKS["en"]
    assert len([o for o in line.outcomes() if o[1] == "accepted"]) == 1
    assert (platform.refused, len(platform.sent)) == ([], 3)


async def test_a_customer_can_always_ask_for_a_person(line: Line) -> None:
    platform = line.platform
    await line.does(lambda: platform.writes("Hello"), answered=1)
    last = await line.does(lambda: platform.taps("Talk to a person"), answered=2)
    assert last["text"]["body"] == HANDED_OVER["en"]
    assert line.outcomes() == []


def test_the_stand_in_refuses_what_the_platform_refuses() -> None:
    def buttons(*replies: tuple[str, str], body: str = "Hello") -> dict[str, Any]:
        made = [{"type": "reply", "reply": {"id": name, "title": title}} for name, title in replies]
        interactive = {"type": "button", "body": {"text": body}, "action": {"buttons": made}}
        return {"messaging_product": "whatsapp", "type": "interactive", "interactive": interactive}

    assert refusals(buttons(("a", "x" * 20), ("b", "Two"), ("c", "Three"))) == []
    assert refusals(buttons(("a", "x" * 21))) == ["button title: 21 characters, where 1 to 20 are taken"]
    assert refusals(buttons(*[(str(n), str(n)) for n in range(4)])) == ["buttons: 4, where 1 to 3 are taken"]
    assert refusals(buttons(("a", "One"), ("a", "Two"))) == ["button id: used twice"]
    assert refusals(buttons(("a", "One"), body="x" * 1025)) == [
        "body.text: 1025 characters, where 1 to 1024 are taken"
    ]
    assert refusals({"messaging_product": "whatsapp", "type": "hologram"}) == [
        "type: 'hologram' is not known"
    ]
    assert refusals({}) == ["messaging_product: must be whatsapp"]
