"""Bar 8: callers who send everything again are answered once, over real connections."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.running import a_question
from tests.faults.lengths import times
from tests.faults.rig import client_of

if TYPE_CHECKING:
    from tests.faults.figures import Figures
    from tests.faults.rig import Service, Valkey

AT_ONCE = 50


def at_once(service: Service, key: str, body: Any) -> list[tuple[int, bytes]]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(service.ask, "POST", "/v1/decisions", body, {"Idempotency-Key": key})
            for _ in range(AT_ONCE)
        ]
        return [one.result() for one in asked]


def decisions(valkey: Valkey) -> list[bytes]:
    with client_of(valkey.url) as client:
        return list(client.scan_iter("{*}:decision:*", count=1000))


@pytest.mark.parametrize("down", [False, True], ids=["with the store", "without the store"])
def test_fifty_calls_at_once_under_one_key_are_one_decision(
    service: Service, valkey: Valkey, figures: Figures, down: bool
) -> None:
    rounds = times(1, 20)
    if down:
        valkey.kill()
    more = 0
    for number in range(rounds):
        answers = at_once(service, f"key-{number}", a_question(contact_id=f"call-{number}"))
        assert {status for status, _ in answers} <= {200, 409}
        bodies = {body for status, body in answers if status == 200}
        assert all(json.loads(body)["decision_id"] for body in bodies)
        more += len(bodies) - 1
        again = service.ask(
            "POST",
            "/v1/decisions",
            a_question(contact_id=f"call-{number}"),
            {"Idempotency-Key": f"key-{number}"},
        )
        assert again == (200, next(iter(bodies)))
    assert more == 0
    if not down:
        assert len(decisions(valkey)) == rounds
    name = f"same_twice.{'without' if down else 'with'}_store.decisions_a_key"
    figures.add(name, 1 + more / rounds, "decisions", "1", more == 0)
