"""The demo starts a learner beside the service, misses it when it ends, and ends with the service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from examples import processes


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a demo."""
    monkeypatch.setattr(processes, "ROOT", tmp_path)
    monkeypatch.setattr(processes, "VAR", tmp_path / "var")
    monkeypatch.setattr(processes, "LOOK_SECONDS", 0.01)
    monkeypatch.delenv("BEHOUD_REDIS_URL", raising=False)
    (tmp_path / "var" / "valkey").mkdir(parents=True)
    (tmp_path / "var" / "valkey" / "url").write_text("unix:///nowhere/valkey.sock")
    return tmp_path / "var"


def program(text: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", text], stdin=subprocess.DEVNULL)


def test_a_learner_that_ends_is_told_of_once_with_its_last_words_and_the_remedy(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (var / "learner.log").write_text("snapshot 1: 0 actions heard of\nanother learner is at work\n")
    learner = program("raise SystemExit(1)")
    learner.wait()
    server = program("import time; time.sleep(1)")
    with pytest.raises(SystemExit, match="the service ended with 0; its log is"):
        processes.stay(server, learner)
    told = capsys.readouterr().out
    assert told.count("The learner ended with 1: another learner is at work\n") == 1
    assert told.endswith('-m training learn --redis "$(cat var/valkey/url)"\n\n')


def test_a_learner_that_lives_is_no_news(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learner, server = program("import time; time.sleep(60)"), program("pass")
    with pytest.raises(SystemExit):
        processes.stay(server, learner)
    processes.stop(learner)
    assert learner.returncode is not None
    assert (capsys.readouterr().out, list(var.glob("*.log"))) == ("", [])


def test_the_learner_reads_the_store_the_service_has_started(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PYTHON", (sys.executable, "-c", "import sys; print(sys.argv[1:])"))
    for environment, url in (
        ({}, "unix:///nowhere/valkey.sock"),
        ({"BEHOUD_REDIS_URL": "redis://store"}, "redis://store"),
    ):
        assert processes.start_learner(environment).wait() == 0
        assert (var / "learner.log").read_text() == f"['training', 'learn', '--redis', '{url}']\n"
