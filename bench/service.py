"""Decisions a second of the service beside its floor, in turns, on one core; the load comes from the other.

    python -m bench.service [ROUNDS]

Service and Valkey share one core, as does the floor with the same Valkey; the generator has the other. A core may be faster now than a second later: so
turns are short, who begins a round goes last in the next, and all turns together count, with an interval over the rounds.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import redis

from api import keys
from api.embedded import find_binary, start
from api.keyring import add_to_file, create_key
from api.security import SCOPES
from bench.load import CUSTOMERS, question
from bench.made_up import made_up_bundle
from bench.provider import provider, written_to
from models.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "telecom"
ROUNDS = 24
SECONDS = 1.0
ALONE = 6
"""With one connection in every so many rounds, and then also with it."""
DRAWS = 2_000
SIZED = 120
"""Questions asked first, so that the floor can answer and record as much."""
SERVED, LOADING = "0", "1"
"""Cores."""


class Turn(NamedTuple):
    """What was answered in so many `seconds`: each latency in ms, how many answers were `wrong`, and the seconds of CPU the contestant took."""

    seconds: float
    taken_ms: list[float]
    wrong: int
    cpu: float


@dataclass
class Contestant:
    name: str
    port: int
    process: subprocess.Popen[bytes]
    turns: dict[int, list[Turn]] = field(default_factory=dict)

    def figure(self, connections: int, what: str) -> float:
        """Over all turns."""
        turns = self.turns[connections]
        if what == "rps":
            return _rate(turns)
        taken = sorted(ms for turn in turns for ms in turn.taken_ms)
        if what == "cpu":
            return sum(turn.cpu for turn in turns) / len(taken) * 1e6
        return taken[int(len(taken) * float(what[1:]) / 100)]


def pinned(core: str, command: list[str]) -> list[str]:
    """The command on one core, where cores can be chosen."""
    return (
        ["taskset", "-c", core, *command]
        if shutil.which("taskset") and (os.cpu_count() or 1) > 1
        else command
    )


def measure(rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Rows of {name, value, unit, bar, holds}."""
    # Ended by a signal, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="behoud-bench-")))
        token, key = create_key(SCOPES, "bench")
        add_to_file(key, var / "keys.json")
        _write_bundle(var / "bundle")
        server = start(var, find_binary())
        stack.callback(server.stop)
        assert server.process is not None
        if shutil.which("taskset"):
            subprocess.run(
                ["taskset", "-acp", SERVED, str(server.process.pid)], check=True, capture_output=True
            )
        with redis.Redis.from_url(server.url) as client:  # no turn pays for what another one wrote
            client.config_set("auto-aof-rewrite-percentage", 0)
        environ = {
            **os.environ,
            "BEHOUD_KNOWLEDGE": str(written_to(var / "provider")),
            "BEHOUD_BUNDLE": str(var / "bundle"),
            "BEHOUD_REDIS_URL": server.url,
            "BEHOUD_REDIS_TIMEOUT_MS": "1000",
            "BEHOUD_KEYS_FILE": str(var / "keys.json"),
            "BEHOUD_VAR": str(var),
            "OPENBLAS_NUM_THREADS": "1",
        }
        winner = _serve(stack, "winner", {**environ, "BEHOUD_PROPENSITY": "winner"})
        implicit = _serve(stack, "implicit", {**environ, "BEHOUD_PROPENSITY": "implicit"})
        _customers(winner.port, token)
        sizes = _sizes(winner.port, token, server.url)
        floor = _floor(stack, {**environ, **sizes})
        contestants, asked = [floor, winner, implicit], SIZED
        for number in range(rounds + 1):  # the first warms up
            for connections in (16, 1) if number % ALONE == 0 else (16,):
                for contestant in contestants:
                    turn = _turn(contestant, connections, token, asked)
                    asked += 0 if contestant is floor else len(turn.taken_ms)
                    if number:
                        contestant.turns.setdefault(connections, []).append(turn)
            contestants.append(contestants.pop(0))
    return [
        *_figures(floor),
        *_figures(winner),
        *_held(floor, winner),
        *_figures(implicit),
        *_held(floor, implicit),
    ]


def _figures(contestant: Contestant) -> list[dict[str, Any]]:
    whats = (("rps", "requests/s"), ("p50", "ms"), ("p99", "ms"), ("cpu", "us CPU a request"))
    return [
        _row(f"{contestant.name}.{what}.{connections}", contestant.figure(connections, what), unit)
        for connections in (1, 16)
        for what, unit in whats
    ]


def _held(floor: Contestant, service: Contestant) -> list[dict[str, Any]]:
    """The service against the floor."""
    rounds = list(zip(service.turns[16], floor.turns[16], strict=True))
    rate = _rate_of(rounds)
    chance = random.Random(0)
    drawn = sorted(_rate_of(chance.choices(rounds, k=len(rounds))) for _ in range(DRAWS))
    low, high = drawn[DRAWS // 20], drawn[-DRAWS // 20]
    tail = service.figure(16, "p99") / floor.figure(16, "p99")
    wrong = sum(turn.wrong for turns in service.turns.values() for turn in turns)
    return [
        _row(
            f"{service.name}.rps_of_floor.16", rate, f"ratio [{low:.3f}, {high:.3f}]", ">= 0.4", rate >= 0.4
        ),
        _row(f"{service.name}.p99_of_floor.16", tail, "ratio", "<= 3", tail <= 3.0),
        _row(f"{service.name}.errors", wrong, "answers", "0", wrong == 0),
    ]


def _rate(turns: Iterable[Turn]) -> float:
    """Answers a second."""
    answers, seconds = zip(*((len(turn.taken_ms), turn.seconds) for turn in turns), strict=True)
    return sum(answers) / sum(seconds)


def _rate_of(rounds: list[tuple[Turn, Turn]]) -> float:
    """Of the second of each pair, what share the first answered."""
    return _rate(ours for ours, _ in rounds) / _rate(theirs for _, theirs in rounds)


def _row(name: str, value: float, unit: str, bar: str = "", holds: bool | None = None) -> dict[str, Any]:
    return {"name": f"service.{name}", "value": round(value, 3), "unit": unit, "bar": bar, "holds": holds}


def _turn(contestant: Contestant, connections: int, token: str, first: int) -> Turn:
    before = _cpu(contestant.process.pid)
    command = [
        sys.executable,
        "-m",
        "bench.load",
        str(contestant.port),
        str(connections),
        str(SECONDS),
        token,
        str(first),
    ]
    done = subprocess.run(pinned(LOADING, command), cwd=ROOT, check=True, capture_output=True)
    return Turn(**json.loads(done.stdout), cpu=_cpu(contestant.process.pid) - before)


def _cpu(pid: int) -> float:
    """Seconds of CPU the process has used, the store's not counted; 0 where nobody tells."""
    path = Path(f"/proc/{pid}/stat")
    if not path.is_file():
        return 0.0
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve(stack: ExitStack, name: str, environ: dict[str, str]) -> Contestant:
    port = _free_port()
    return _started(
        stack, name, port, [sys.executable, "-m", "api", "serve", "--port", str(port)], environ, "/livez"
    )


def _floor(stack: ExitStack, environ: dict[str, str]) -> Contestant:
    port = _free_port()
    options = ["--factory", "--port", str(port), "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.floor:floor",
        *options,
        "--no-server-header",
        "--log-level",
        "error",
    ]
    return _started(stack, "floor", port, command, environ, "/openapi.json")


def _started(
    stack: ExitStack, name: str, port: int, command: list[str], environ: dict[str, str], health: str
) -> Contestant:
    process = subprocess.Popen(pinned(SERVED, command), cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    stack.callback(process.wait)
    stack.callback(process.terminate)
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{health}", timeout=1):
                return Contestant(name, port, process)
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"{name} did not start; run it by hand: {' '.join(command)}")


def _customers(port: int, token: str) -> None:
    products = load_catalogue((EXAMPLE / "catalogue.yaml").read_bytes()).products
    lines = [
        json.dumps(
            {
                "customer_id": f"C-{n}",
                "holdings": [{"product_id": products[(n + step) % len(products)].id} for step in range(3)],
                "facts": {
                    "tenure_months": n % 120,
                    "months_to_contract_end": n % 13,
                    "contract": "month",
                    "monthly_bill": 60.0,
                    "household_size": 1 + n % 4,
                    "age": 20 + n % 60,
                    "data_used_gb": 4.5,
                    "data_plan_gb": 20.0,
                    "fiber_available": n % 2 == 0,
                    "app_active": True,
                    "vulnerable": False,
                },
                "consents": {"marketing": True, "profiling": True},
            }
        )
        for n in range(CUSTOMERS)
    ]
    answers = _post(port, "/v1/customers/bulk", "\n".join(lines).encode(), token, "application/x-ndjson")
    assert b"refused" not in answers, answers[:500]


def _sizes(port: int, token: str, url: str) -> dict[str, str]:
    """What the service answers and records, in bytes, over some questions: the floor does the same."""
    answers = [_post(port, "/v1/decisions", question(n), token, "application/json") for n in range(SIZED)]
    with redis.Redis.from_url(url) as store:
        records = [store.strlen(keys.decision(json.loads(answer)["decision_id"])) for answer in answers]
    return {
        "FLOOR_ANSWER": str(round(statistics.mean(len(answer) for answer in answers))),
        "FLOOR_RECORD": str(round(statistics.mean(records))),
    }


def _post(port: int, path: str, body: bytes, token: str, media: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: bytes = answer.read()
    return found


def _write_bundle(folder: Path) -> None:
    catalogue, policy = provider()
    folder.mkdir()
    for name, data in made_up_bundle(catalogue, policy).items():
        (folder / name).write_bytes(data)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


if __name__ == "__main__":
    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS):
        verdict = "" if row["holds"] is None else "  holds" if row["holds"] else "  DOES NOT HOLD"
        print(f"{row['name']:44} {row['value']:>10} {row['unit']:16} {row['bar']}{verdict}")
