"""Limits: so many calls a minute and key, refilled by the microsecond."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from api.errors import LimitedError
from api.keyring import KeyFile, create_key
from api.limits import Limits
from api.security import SCOPES, Bound
from api.tokens import Tokens
from tests.api.running import KEY, NOW, Running, a_question, running

if TYPE_CHECKING:
    import httpx

    from api.settings import Settings

pytestmark = pytest.mark.anyio


def calls(limits: Limits, per_minute: int, after: timedelta, most: int = 2000) -> int:
    """How many calls are let through at one moment."""
    for made in range(most):
        try:
            limits.take("k", per_minute, NOW + after)
        except LimitedError:
            return made
    return most


def test_a_minutes_calls_may_come_at_once_and_then_no_more() -> None:
    assert calls(Limits(), 900, timedelta()) == 900


@pytest.mark.parametrize(
    ("after", "again"),
    [
        ({"microseconds": 66_666}, 0),
        ({"microseconds": 66_667}, 1),
        ({"microseconds": 133_333}, 1),
        ({"microseconds": 133_334}, 2),
        ({"milliseconds": 200}, 3),
        ({"seconds": 1}, 15),
        ({"seconds": 59.999}, 899),
        ({"seconds": 60}, 900),
        ({"hours": 9}, 900),
    ],
)
def test_what_was_used_comes_back_to_the_microsecond(after: dict[str, float], again: int) -> None:
    limits = Limits()
    calls(limits, 900, timedelta())
    assert calls(limits, 900, timedelta(**after)) == again


def test_what_comes_back_in_small_steps_adds_up() -> None:
    limits = Limits()
    calls(limits, 7, timedelta())
    made = sum(calls(limits, 7, timedelta(milliseconds=step)) for step in range(0, 120_001, 7))
    assert made == 13, "the last step stands at 119.994 s, a moment before the fourteenth"
    assert calls(limits, 7, timedelta(minutes=2)) == 1


@pytest.mark.parametrize(
    ("per_minute", "after", "wait"), [(1, 0, 60), (1, 0.000001, 60), (1, 1, 59), (1, 59.5, 1), (900, 0, 1)]
)
def test_who_must_wait_is_told_for_how_long(per_minute: int, after: float, wait: int) -> None:
    limits = Limits()
    calls(limits, per_minute, timedelta())
    with pytest.raises(LimitedError, match=f"{per_minute} times a minute; come back in {wait} s") as told:
        limits.take("k", per_minute, NOW + timedelta(seconds=after))
    assert told.value.seconds == wait
    limits.take("k", per_minute, NOW + timedelta(seconds=after + wait))


def test_a_clock_that_was_set_back_gives_nothing_and_takes_nothing() -> None:
    limits = Limits()
    calls(limits, 60, timedelta())
    assert calls(limits, 60, timedelta(hours=-1)) == 0
    assert calls(limits, 60, timedelta(hours=-1, seconds=2)) == 2


def test_each_key_has_a_limit_of_its_own() -> None:
    limits = Limits()
    limits.take("a", 1, NOW)
    limits.take("b", 1, NOW)
    with pytest.raises(LimitedError):
        limits.take("a", 1, NOW)


# --- over HTTP ----------------------------------------------------------------------------------------------------


async def ask(desk: Running, token: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return await desk.client.post("/v1/decisions", json=a_question(), headers=headers)


async def test_a_key_over_its_limit_waits_and_another_does_not(settings: Settings) -> None:
    key, kept = create_key(("decisions:create",), "site", per_minute=2)
    keys = KeyFile(keys=(KEY, kept)).model_dump_json()
    async with running(dataclasses.replace(settings, keys=keys)) as desk:
        assert [(await ask(desk, key)).status_code for _ in range(3)] == [200, 200, 429]
        refused = await ask(desk, key)
        assert (refused.headers["retry-after"], refused.headers["content-type"]) == (
            "30",
            "application/problem+json",
        )
        assert refused.json() == {
            "type": "urn:behoud:problem:too-many-requests",
            "title": "The key's limit is reached",
            "status": 429,
            "detail": "this key may call 2 times a minute; come back in 30 s",
        }
        assert (await desk.post("/v1/decisions", a_question())).status_code == 200
        desk.clock.move(seconds=30)
        assert [(await ask(desk, key)).status_code for _ in range(2)] == [200, 429]


async def test_what_is_asked_with_a_token_counts_on_the_key_it_was_made_with(settings: Settings) -> None:
    key, kept = create_key(SCOPES, "desktop", per_minute=2)
    keys = KeyFile(keys=(KEY, kept)).model_dump_json()
    async with running(dataclasses.replace(settings, keys=keys)) as desk:
        tokens: Tokens = desk.service.keyring.tokens
        one, other = (
            tokens.make("panel", Bound(agent, "call-1", "C-1"), timedelta(minutes=5), kept.id)[0]
            for agent in ("A-1", "A-2")
        )
        assert [(await ask(desk, who)).status_code for who in (one, other, key, one)] == [200, 200, 429, 429]
