"""The example bot between a stand-in of the platform and a service, all over loopback."""

from __future__ import annotations

import asyncio
import dataclasses
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from examples.whatsapp_bot.bot import HANDED_OVER, THANKS, UNREAD, Bot, server
from examples.whatsapp_bot.limits import refusals
from examples.whatsapp_bot.stand_in import NUMBER, TOKEN, Platform, choices
from examples.whatsapp_bot.talk import talk
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
    bot: Bot

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
    async with listening(
        dataclasses.replace(settings, whatsapp_secret=SECRET, whatsapp_verify="open-sesame")
    ) as behoud:
        bot = Bot(behoud, KEY, platform.url, TOKEN, {NUMBER: "C-1"}, "en")
        with serving(platform.server), serving(server(bot)) as address:
            platform.webhook = address
            store.set("{p30}:customer:C-1", orjson.dumps(a_customer("C-1", "fiber")))
            yield Line(platform, store, bot)


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


@pytest.mark.parametrize("text", ["May I talk to a PERSON?", "agent"])
async def test_a_person_can_be_asked_for_in_words(line: Line, text: str) -> None:
    last = await line.does(lambda: line.platform.writes(text), answered=1)
    assert last["text"]["body"] == HANDED_OVER["en"]


async def test_who_took_the_way_out_is_offered_nothing_to_stay(line: Line) -> None:
    platform = line.platform
    await line.does(lambda: platform.writes("I want to cancel"), answered=1)
    await line.does(lambda: platform.taps("Cancel the contract"), answered=2)
    after = await line.does(lambda: platform.writes("And my router?"), answered=3)
    assert titles(after) == ["Cancel the contract", "Talk to a person"]


async def test_what_cannot_be_read_is_answered_and_a_reaction_is_not(line: Line) -> None:
    platform = line.platform
    last = await line.does(lambda: platform.sends("audio"), answered=1)
    assert last["text"]["body"] == UNREAD["en"]
    assert await asyncio.to_thread(platform.sends, "reaction") == 200
    await line.does(lambda: platform.writes("Hello"), answered=2)
    assert len(platform.sent) == 2


async def test_a_tap_on_what_is_no_longer_known_gets_a_new_proposal(line: Line) -> None:
    platform = line.platform
    await line.does(lambda: platform.writes("Hello"), answered=1)
    for key in line.store.keys("*:decision:*"):
        line.store.delete(key)
    again = await line.does(lambda: platform.taps("Repair it"), answered=2)
    assert "Repair it" in titles(again)
    assert line.outcomes() == []


async def test_a_number_nobody_knows_gets_a_person(line: Line) -> None:
    line.bot.customers.clear()
    last = await line.does(lambda: line.platform.writes("Hello"), answered=1)
    assert last["text"]["body"] == HANDED_OVER["en"]


async def test_while_behoud_is_away_the_platform_delivers_again_and_who_waits_gets_a_person(
    line: Line,
) -> None:
    bot, behoud = line.bot, line.bot.behoud
    bot.behoud = "http://127.0.0.1:9"
    assert await asyncio.to_thread(bot.pass_on, b"{}", "") == (503, [])
    await asyncio.to_thread(bot.propose, NUMBER)
    assert line.platform.sent[-1]["text"]["body"] == HANDED_OVER["en"]
    bot.behoud = behoud


async def test_the_platforms_handshake_is_answered_with_behouds_word(line: Line) -> None:
    asked = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert await asyncio.to_thread(get, f"{line.platform.webhook}?{asked}open-sesame") == (200, b"1158201444")
    assert await asyncio.to_thread(get, f"{line.platform.webhook}?{asked}wrong") == (403, b"")


def get(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


async def test_a_conversation_can_be_held_in_a_terminal(line: Line) -> None:
    said = await asyncio.to_thread(
        lambda: list(talk(line.platform, ["I want to cancel\n", "1\n", "thanks, 9"]))
    )
    assert said[0].splitlines()[-1] == "  [4] Talk to a person"
    assert said[1] == THANKS["en"]
    assert "[1]" in said[2]
    assert [kind for _, kind in line.outcomes()].count("accepted") == 1


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
