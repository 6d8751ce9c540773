"""How long an outcome takes to be seen in the next decision, service and learner as processes of their own: `python -m bench loop`.

BEHOUD_BENCH_OUTCOMES names how many outcomes are posted one after the other (default 20).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from api.embedded import find_binary, start
from api.keyring import add_to_file, create_key
from api.security import SCOPES
from bench.public import row
from bench.service import _free_port as free_port

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "tests" / "api"
ACTION = "offer-tv"
BAR = 5.0
PATIENCE = 60.0


class Loop:
    """A store, a service and a learner that stop when it is left."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="behoud-loop-")))
            self._token, key = create_key(SCOPES, "loop")
            add_to_file(key, var / "keys.json")
            server = start(var, find_binary())
            stack.callback(server.stop)
            self._port = free_port()
            environ = {
                **os.environ,
                "BEHOUD_KNOWLEDGE": str(EXAMPLE),
                "BEHOUD_REDIS_URL": server.url,
                "BEHOUD_REDIS_TIMEOUT_MS": "5000",
                "BEHOUD_KEYS_FILE": str(var / "keys.json"),
                "BEHOUD_VAR": str(var),
            }
            for command in (
                ["api", "serve", "--port", str(self._port)],
                ["training", "learn", "--redis", server.url],
            ):
                process = subprocess.Popen(
                    [sys.executable, "-m", *command],
                    cwd=ROOT,
                    env=environ,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                stack.callback(process.wait)
                stack.callback(process.terminate)
            self._numbers = 0
            self._until_it_answers()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _until_it_answers(self) -> None:
        """A service that runs, and a learner that has said so."""
        deadline = time.monotonic() + PATIENCE * 2
        while True:
            try:
                if self.decide("first")["versions"]["learned"]:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError("service and learner do not start")
            time.sleep(0.2)

    def decide(self, contact: str) -> dict[str, Any]:
        """Of a customer of his own, so that nothing but what was learned differs."""
        self._numbers += 1
        question = {
            "customer_id": f"C-{self._numbers}",
            "contact": {"contact_id": f"{contact}-{self._numbers}", "channel": "voice"},
            "holdings": [{"product_id": "fiber"}],
        }
        return self._post("/v1/decisions", question)

    def answer(self, decision: dict[str, Any], kind: str) -> None:
        """Post what became of the proposal."""
        outcome = {
            "outcome_id": f"o-{decision['decision_id']}",
            "decision_id": decision["decision_id"],
            "action_id": ACTION,
            "kind": kind,
            "at": datetime.now(UTC).isoformat(),
        }
        self._post("/v1/outcomes", {"outcomes": [outcome]})

    def until_other(self, before: dict[str, Any], patience: float = PATIENCE) -> tuple[float, dict[str, Any]]:
        """Ask until the chance is another one; seconds that took, and the decision that says so."""
        began = time.monotonic()
        while time.monotonic() < began + patience:
            decision = self.decide("after")
            if self.chance(decision) != self.chance(before):
                return time.monotonic() - began, decision
            time.sleep(0.02)
        raise TimeoutError(f"nothing changed within {patience:.0f} s")

    @staticmethod
    def chance(decision: dict[str, Any]) -> float:
        """That the action is accepted."""
        found = [p["value"]["p_accept"] for p in decision["proposals"] if p["action_id"] == ACTION]
        return float(found[0])

    def metrics(self) -> str:
        """As Prometheus reads them."""
        return self._ask(urllib.request.Request(self._address("/metrics"), headers=self._headers())).decode()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(self._address(path), json.dumps(body).encode(), self._headers())
        found: dict[str, Any] = json.loads(self._ask(request))
        return found

    def _address(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}

    @staticmethod
    def _ask(request: urllib.request.Request) -> bytes:
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: bytes = answer.read()
        return found


def measure() -> list[dict[str, Any]]:
    """The slowest and the middle one of so many outcomes."""
    wanted = int(os.environ.get("BEHOUD_BENCH_OUTCOMES") or 20)
    taken = []
    with Loop() as loop:
        for _ in range(wanted):
            decision = loop.decide("before")
            loop.answer(decision, "accepted")
            taken.append(loop.until_other(decision)[0])
    taken.sort()
    unit = f"s from an outcome to the next chance, of {wanted}"
    return [
        row("loop.median", taken[len(taken) // 2], unit, "", None),
        row("loop.slowest", taken[-1], unit, f"< {BAR:.0f}", taken[-1] < BAR),
    ]
