"""In which order calls are begun, and how many at once."""

from __future__ import annotations

import asyncio
import math

import pytest

from api.pace import AT_ONCE, Pace

pytestmark = pytest.mark.anyio


class Calls:
    """`under_way` are begun and not done; `told` is what the pace told of its queue."""

    def __init__(self) -> None:
        self.under_way: set[int] = set()
        self.begun: list[int] = []
        self.told: list[float] = []
        self.resting = 0
        self.pace = Pace(self.told.append, lambda: self.resting)

    def comes(self, number: int) -> None:
        if self.pace.has_room(len(self.under_way)):
            self.begin(number)
        else:
            loop = asyncio.get_running_loop()
            self.pace.wait(loop, self.under_way, lambda: self.begin(number))

    def begin(self, number: int) -> None:
        self.begun.append(number)
        self.under_way.add(number)

    async def wait_for(self, many: int) -> None:
        while len(self.begun) < many:  # noqa: ASYNC110  each turn of the loop is looked at
            await asyncio.sleep(0)


async def test_few_are_begun_as_they_come() -> None:
    calls = Calls()
    for number in range(AT_ONCE):
        calls.comes(number)
    assert calls.begun == list(range(AT_ONCE))
    assert calls.told == []


async def test_the_others_are_begun_in_their_order_as_those_before_them_are_done() -> None:
    calls = Calls()
    for number in range(3 * AT_ONCE):
        calls.comes(number)
    assert (len(calls.begun), len(calls.pace.waiting)) == (AT_ONCE, 2 * AT_ONCE)
    while len(calls.begun) < 3 * AT_ONCE:
        calls.under_way.clear()
        await calls.wait_for(len(calls.begun) + 1)
        assert len(calls.under_way) <= AT_ONCE
    assert calls.begun == list(range(3 * AT_ONCE))


async def test_who_waits_for_the_disk_keeps_nobody_waiting() -> None:
    calls = Calls()
    for number in range(AT_ONCE):
        calls.comes(number)
    calls.resting = AT_ONCE - 3
    for number in range(AT_ONCE, 3 * AT_ONCE):
        calls.comes(number)
    assert (len(calls.begun), len(calls.under_way)) == (2 * AT_ONCE - 3, 2 * AT_ONCE - 3)
    calls.resting = 2 * AT_ONCE - 3
    await calls.wait_for(3 * AT_ONCE - 3)
    assert calls.begun == list(range(3 * AT_ONCE - 3))


async def test_who_comes_while_others_wait_is_begun_after_them() -> None:
    calls = Calls()
    for number in range(AT_ONCE + 1):
        calls.comes(number)
    calls.under_way.clear()
    calls.comes(AT_ONCE + 1)
    assert len(calls.begun) == AT_ONCE
    await calls.wait_for(AT_ONCE + 2)
    assert calls.begun == list(range(AT_ONCE + 2))


async def test_where_none_is_done_they_are_begun_one_by_one() -> None:
    calls = Calls()
    for number in range(AT_ONCE + 3):
        calls.comes(number)
    for more in (1, 2, 3):
        await calls.wait_for(AT_ONCE + more)
        assert len(calls.begun) == AT_ONCE + more


async def test_it_tells_when_the_first_has_to_wait_and_when_none_does_any_more() -> None:
    calls = Calls()
    for number in range(AT_ONCE + 3):
        calls.comes(number)
    assert len(calls.told) == 1
    assert calls.told[0] < math.inf
    await calls.wait_for(AT_ONCE + 3)
    assert calls.told[1:] == [math.inf]
