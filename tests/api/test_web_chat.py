"""The example chat and a service, over loopback; the page's part is played here."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from examples.web_chat.chat import HANDED_OVER, THANKS, Chat, server
from tests.api.running import TOKEN as KEY
from tests.api.running import a_customer
from tests.api.serving import listening, serving

if TYPE_CHECKING:
    import redis

    from api.settings import Settings

pytestmark = pytest.mark.anyio


@dataclass
class Page:
    address: str
    store: redis.Redis

    async def says(self, **said: str) -> dict[str, Any]:
        return await asyncio.to_thread(self._post, said)

    async def taps(self, message: dict[str, Any], title: str) -> dict[str, Any]:
        return await self.says(id=next(c["id"] for c in message["choices"] if c["title"] == title))

    def _post(self, said: dict[str, str]) -> dict[str, Any]:
        with urllib.request.urlopen(self.address, json.dumps(said).encode(), timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def outcomes(self, kind: str) -> list[str]:
        entries = [entry for _, entry in self.store.xrange("{p30}:journal")]
        found = [orjson.loads(entry[b"record"]) for entry in entries if entry[b"kind"] == b"outcome"]
        return [outcome["action_id"] for outcome in found if outcome["kind"] == kind]


@pytest.fixture
async def page(settings: Settings, store: redis.Redis) -> AsyncIterator[Page]:
    store.set("{p30}:customer:C-1", orjson.dumps(a_customer("C-1", "fiber")))
    async with listening(settings) as behoud:
        with serving(server(Chat(behoud, KEY, "C-1"))) as address:
            yield Page(address, store)


async def test_what_is_shown_declined_and_taken_is_told(page: Page) -> None:
    first = await page.says(text="I want to cancel")
    assert [c["title"] for c in first["choices"]][-2:] == ["No, thanks", "Talk to a person"]
    shown = page.outcomes("shown")
    assert "cancel" in shown
    second = await page.taps(first, "No, thanks")
    assert page.outcomes("declined") == [action for action in shown if action != "cancel"]
    taken = second["choices"][0]
    assert await page.taps(second, taken["title"]) == THANKS
    assert page.outcomes("accepted") == [taken["id"].rpartition("|")[2]]


async def test_a_person_can_be_asked_for_and_an_id_that_was_not_offered_is_a_text(page: Page) -> None:
    first = await page.says(text="Hello")
    assert await page.taps(first, "Talk to a person") == HANDED_OVER
    assert await page.says(text="A human, please") == HANDED_OVER
    other = await page.says(id="take|p30-another|offer-tv")
    assert other["choices"]
    assert page.outcomes("accepted") == []


async def test_the_page_holds_no_key_and_runs_nothing_from_elsewhere(page: Page) -> None:
    def get() -> tuple[bytes, str]:
        with urllib.request.urlopen(page.address, timeout=10) as answer:
            return answer.read(), answer.headers["Content-Security-Policy"]

    html, policy = await asyncio.to_thread(get)
    assert KEY.encode() not in html
    assert "default-src 'none'" in policy
