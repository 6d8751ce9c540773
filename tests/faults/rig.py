"""What is broken here: a Valkey, the way to it, and a service. Each keeps its port and its data when it is killed and started again."""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis

from api.embedded import answers, find_binary
from tests.api.running import HERE, KEYS, TOKEN, write_bundle
from tests.faults.cores import rewriting, serving
from tests.faults.lengths import FULL
from tests.faults.processes import Process, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def client_of(url: str) -> Iterator[Any]:
    """To look at what a server holds, and to spoil it."""
    with redis.Redis.from_url(url) as client:
        yield client


class Valkey(Process):
    """A server that writes every command to disk before it answers."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.options = options

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        command = [
            str(find_binary()),
            *("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
            *("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--daemonize", "no"),
            *rewriting(),
            *self.options,
        ]
        return serving(command)

    def answers(self) -> bool:
        return answers(self.url)


class Way(Process):
    """To a port of this machine, by a port of its own; what comes back can be made late."""

    def __init__(self, folder: Path, target: int) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.target = target

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.faults.way", str(self.port), str(self.target)]

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def slow(self, seconds: float) -> None:
        """From now on every answer comes so much later."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(b"%f\n" % seconds)
        self.process.stdin.flush()


class Service(Process):
    """The service as an operator starts it, with a bundle of made-up numbers, so that nothing is missing while all is well.

    `more` are variables of its environment. It runs `program` with the arguments of `python`.
    """

    program: tuple[str, ...] = ("-m", "api")

    def __init__(self, folder: Path, redis_url: str, knowledge: Path = HERE, **more: str) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.var = folder / "var"
        self.variables = {
            "BEHOUD_KNOWLEDGE": str(knowledge),
            "BEHOUD_BUNDLE": str(write_bundle(folder / "bundle", knowledge=knowledge)),
            "BEHOUD_VAR": str(self.var),
            "BEHOUD_REDIS_URL": redis_url,
            "BEHOUD_KEYS": KEYS,
            # On a machine that does other things everything is late; what is tested then is something else.
            **({} if FULL else {"BEHOUD_TOO_LATE_MS": "60000"}),
            **more,
        }

    def command(self) -> list[str]:
        return serving([sys.executable, *self.program, "serve", "--port", str(self.port)])

    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("BEHOUD_")}
        return {**ours, "OPENBLAS_NUM_THREADS": "1", **self.variables}

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of one call; an OSError where nobody answers."""
        given = {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def figure(self, name: str) -> float:
        """The value of one figure, its labels included in the name as they are written; 0 where there is none."""
        _, text = self.ask("GET", "/metrics")
        for line in text.decode().splitlines():
            said, _, value = line.rpartition(" ")
            if said == name:
                return float(value)
        return 0.0

    def resident(self) -> float:
        """Bytes of memory it has now."""
        told = Path(f"/proc/{self.pid}/statm").read_text()
        return float(told.split()[1]) * os.sysconf("SC_PAGE_SIZE")
