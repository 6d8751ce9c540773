"""The parts that are broken elsewhere can be broken, and what happened meanwhile is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.faults.load import a_decision, capacity, under_load
from tests.faults.processes import waited_for
from tests.faults.rig import client_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.rig import Service, Valkey, Way


def took(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def test_a_server_that_is_killed_comes_back_with_its_data_on_its_port(valkey: Valkey) -> None:
    with client_of(valkey.url) as client:
        client.set("a", "1")
        valkey.kill()
        assert not valkey.answers()
        valkey.start()
        assert client.get("a") == b"1"


def test_what_is_slow_comes_later(way: Way, valkey: Valkey) -> None:
    with client_of(way.url) as far:
        far.ping()
        way.slow(0.2)
        waited_for(lambda: took(far.ping) >= 0.2)
        way.slow(0.0)
        waited_for(lambda: took(far.ping) < 0.2)


def test_what_is_due_is_asked_whether_others_are_answered_or_not(service: Service) -> None:
    assert capacity(service.port, 0.2, a_decision) > 0
    with under_load(service.port, 50, a_decision) as load:
        waited_for(lambda: len(load.asked) >= 5)
        service.pause()
        already = len(load.asked)
        service.resume()
        waited_for(lambda: len(load.asked) >= already + 10)
        service.kill()
        waited_for(lambda: any(one.status == 0 for one in list(load.asked)))
        service.start()
        waited_for(lambda: load.asked[-1].status == 200)
    assert {one.status for one in load.asked} == {0, 200}
    assert all(one.json()["decision_id"] for one in load.asked if one.status == 200)
    assert [one for one in load.asked if one.status == 0 and not one.error] == []
    assert len({one.about for one in load.asked}) == len(load.asked)
