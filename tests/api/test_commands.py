"""The commands, as an operator types them: a real process, a real port, a real store."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.__main__ import check_start, main
from api.embedded import answers
from api.security import SCOPES
from api.settings import Settings, SettingsError
from tests.api.running import HERE, a_question, write_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = HERE.parent.parent


def environment(var: Path, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BEHOUD_")}
    return {
        **ours,
        "BEHOUD_KNOWLEDGE": str(HERE),
        "BEHOUD_VAR": str(var),
        "BEHOUD_REDIS_TIMEOUT_MS": "10000",
        **more,
    }


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place where commands keep their data."""
    for name in list(os.environ):
        if name.startswith("BEHOUD_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BEHOUD_KNOWLEDGE", str(HERE))
    monkeypatch.setenv("BEHOUD_VAR", str(tmp_path))
    return tmp_path


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def serving(var: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port), *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(var), stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(1200):
            if process.poll() is not None or alive(port):
                break
            time.sleep(0.05)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def alive(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1):
            return True
    except OSError:
        return False


def ask(port: int, token: str, question: dict[str, Any], path: str = "/v1/decisions") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(question).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def a_key(var: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["key", "create", "--scope", "all", "--name", "test", "--file", str(var / "keys.json")]) == 0
    return capsys.readouterr().out.strip()


def test_a_key_is_printed_once_and_kept_beside_the_data(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["key", "create", "--scope", "events:create", "--scope", "events:create"]) == 0
    said = capsys.readouterr()
    kept = json.loads((here / "keys.json").read_text())["keys"]
    assert said.out.startswith("bh_")
    assert said.out.strip().rpartition("_")[2] not in json.dumps(kept)
    assert [key["scopes"] for key in kept] == [["events:create"]]
    assert "shown once" in said.err


def test_a_scope_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["key", "create", "--scope", "everything"])
    assert "decisions:create" in capsys.readouterr().err


def test_all_is_every_scope(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_key(here, capsys)
    [key] = json.loads((here / "keys.json").read_text())["keys"]
    assert tuple(key["scopes"]) == SCOPES


def test_a_key_may_have_a_view_and_a_limit(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["key", "create", "--scope", "all", "--view", "bot", "--limit", "900/min"]
    assert main(given) == 0
    [key] = json.loads((here / "keys.json").read_text())["keys"]
    assert (key["view"], key["per_minute"]) == ("bot", 900)
    assert key["scopes"] == ["decisions:create", "outcomes:create", "events:create"]
    capsys.readouterr()
    assert main(["key", "create", "--scope", "policy:read", "--view", "customer", "--name", "site"]) == 2
    assert "the key 'site' has the view 'customer' and may not have policy:read" in capsys.readouterr().err
    assert len(json.loads((here / "keys.json").read_text())["keys"]) == 1


@pytest.mark.parametrize("limit", ["900", "900/h", "0/min", "-1/min", "1000001/min", "/min"])
def test_a_limit_that_is_none_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["key", "create", "--scope", "all", f"--limit={limit}"])
    assert f"'{limit}' is no limit; write such as 900/min" in capsys.readouterr().err


def test_the_document_is_written_where_it_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["openapi", "--out", str(tmp_path / "openapi.json")]) == 0
    assert main(["openapi"]) == 0
    assert (tmp_path / "openapi.json").read_text(encoding="utf-8") == capsys.readouterr().out


def test_check_judges_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "catalogue.yaml" in capsys.readouterr().out


def test_without_a_key_it_does_not_start_and_says_which_command_makes_one(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve"]) == 2
    assert "make one with 'python -m api key create --scope all'" in capsys.readouterr().err
    with pytest.raises(SettingsError, match=r"least of all on 0\.0\.0\.0"):
        check_start(Settings(knowledge=HERE, var=here, host="0.0.0.0"))


def test_documents_that_cannot_work_stop_the_start(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_key(here, capsys)
    broken = here / "broken"
    broken.mkdir()
    (broken / "catalogue.yaml").write_text("products: {")
    (broken / "policy.yaml").write_text((HERE / "policy.yaml").read_text())
    monkeypatch.setenv("BEHOUD_KNOWLEDGE", str(broken))
    assert main(["serve", "--host", "127.0.0.1", "--port", "1"]) == 2
    assert capsys.readouterr().err.startswith("behoud: catalogue.yaml:2: not YAML")


def test_a_bundle_with_a_flipped_bit_stops_the_start(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_key(here, capsys)
    folder = write_bundle(here / "bundle")
    data = bytearray((folder / "churn.npz").read_bytes())
    data[100] ^= 1
    (folder / "churn.npz").write_bytes(data)
    monkeypatch.setenv("BEHOUD_BUNDLE", str(folder))
    assert main(["serve"]) == 2
    assert "BEHOUD_BUNDLE: bundle refused: churn.npz: its SHA-256" in capsys.readouterr().err


def test_it_serves_remembers_over_a_restart_and_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = a_key(tmp_path, capsys)
    with serving(tmp_path) as (process, port):
        first = ask(port, token, a_question())
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(port, "wrong", a_question())
    assert process.returncode == 0
    url = (tmp_path / "valkey" / "url").read_text()
    assert not answers(url)
    with serving(tmp_path) as (_, port):
        again = ask(port, token, a_question())
    assert again == first


def test_two_workers_share_one_store_and_take_each_others_tokens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = a_key(tmp_path, capsys)
    bound = {"agent_id": "A-1", "contact_id": "call-1", "customer_id": "C-1"}
    with serving(tmp_path, "--workers", "2") as (_, port):
        tokens = [ask(port, key, bound, "/v1/tokens")["token"] for _ in range(5)]
        decisions = {ask(port, token, a_question())["decision_id"] for token in tokens * 4}
    assert len(decisions) == 1
