"""Logs are lines of JSON that say what, when and why."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from api.telemetry import JsonLines, log_as_json


def line(message: str, **extra: object) -> dict[str, object]:
    record = logging.makeLogRecord(
        {"name": "behoud.x", "levelname": "WARNING", "msg": message, "created": 0.0, **extra}
    )
    found: dict[str, object] = json.loads(JsonLines().format(record))
    return found


def test_a_line_carries_what_was_given_beside_the_message() -> None:
    assert line("refused", why="too large", customer="C-1") == {
        "at": "1970-01-01T00:00:00+00:00",
        "level": "warning",
        "logger": "behoud.x",
        "message": "refused",
        "why": "too large",
        "customer": "C-1",
    }


def test_a_trace_stays_on_its_line() -> None:
    try:
        int("no")
    except ValueError:
        found = line("fault", exc_info=sys.exc_info())
    assert "ValueError: invalid literal" in str(found["exception"])


def test_everything_logged_goes_to_standard_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        log_as_json()
        logging.getLogger("anyone").info("hello")
    finally:
        root.handlers, root.level = handlers, level
    assert json.loads(capsys.readouterr().err)["message"] == "hello"
