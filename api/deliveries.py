"""What WhatsApp delivers: messages and statuses, signed with the app's secret. Out come taps; everything else says why it is not one.

A delivery may come twice, late and in any order. It holds what its platform pleases: what is not understood is passed over.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from api import taps
from api.errors import UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.taps import Tap

SIGNATURE: Final = "X-Hub-Signature-256"
SENT: Final = ("sent", "delivered", "read")
"""Statuses of a message that went out; they may come in any order, and the first counts."""
LAST: Final = 32_503_680_000
"""The year 3000, in seconds: beyond it a timestamp is no moment."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message or status. Without a `tap`, `why` says what it is instead."""

    message_id: str
    at: datetime | None
    tap: Tap | None
    why: str = ""

    def until(self, received: datetime) -> Delivered:
        """Nothing happened after it was told."""
        return self if self.at is None or self.at <= received else replace(self, at=received)


def check_signature(secret: str, body: bytes, signature: str | None) -> None:
    """Raises UnauthenticatedError unless the body was signed with this secret; without a secret nothing was."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = (signature or "").encode()
    if not hmac.compare_digest(expected.encode(), given) or not secret:
        raise UnauthenticatedError(
            f"{SIGNATURE} is not this body's signature with the secret in BEHOUD_WHATSAPP_SECRET; "
            "pass body and header on as they came"
        )


def read(body: bytes) -> list[Delivered]:
    """What a delivery holds, in its order.

    Raises:
        orjson.JSONDecodeError: it is not JSON.
    """
    found: list[Delivered] = []
    for value in _values(orjson.loads(body)):
        found += [_status(status) for status in _rows(value, "statuses")]
        found += [_message(message) for message in _rows(value, "messages")]
    return found


def _values(delivery: Any) -> Iterator[dict[str, Any]]:
    for entry in _rows(delivery, "entry"):
        for change in _rows(entry, "changes"):
            value = change.get("value")
            if isinstance(value, dict):
                yield value


def _rows(inside: Any, name: str) -> list[dict[str, Any]]:
    rows = inside.get(name) if isinstance(inside, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _status(status: dict[str, Any]) -> Delivered:
    said = status.get("status")
    tap = taps.read(status.get("biz_opaque_callback_data"))
    if said not in SENT:
        return _seen(status, None, f"status {said!s:.40}")
    if tap is None or tap.meaning != "shown":
        return _seen(status, None, "status of another message")
    return _seen(status, tap)


def _message(message: dict[str, Any]) -> Delivered:
    kind = message.get("type")
    carried = _carried(message, kind)
    tap = taps.read(carried)
    if carried is None:
        return _seen(message, None, f"message of type {kind!s:.40}")
    if tap is None or tap.meaning == "shown":
        return _seen(message, None, "tap on another button")
    return _seen(message, tap)


def _carried(message: dict[str, Any], kind: Any) -> Any:
    """What the button had with it: a reply button or a row of a list, or a button of a template."""
    if kind == "button":
        return _part(message, "button").get("payload")
    if kind == "interactive":
        interactive = _part(message, "interactive")
        return (_part(interactive, "button_reply") or _part(interactive, "list_reply")).get("id")
    return None


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _seen(row: dict[str, Any], tap: Tap | None, why: str = "") -> Delivered:
    name, at = row.get("id"), _moment(row.get("timestamp"))
    if tap is not None and (at is None or not isinstance(name, str) or not name):
        return Delivered(str(name)[:500], at, None, "no id or no timestamp")
    return Delivered(str(name)[:500], at, tap, why)


def _moment(seconds: Any) -> datetime | None:
    """Seconds since 1970, which come as text."""
    text = str(seconds)
    if not (text.isascii() and text.isdecimal() and len(text) <= 11 and int(text) <= LAST):
        return None
    return datetime.fromtimestamp(int(text), UTC)
