"""A stand-in for the WhatsApp Cloud API on loopback: refuses what the platform refuses, and delivers what a customer writes and taps.

The bot sends to `url`; what it sent is in `sent`. `writes` and `taps` are the customer's, `reports` is the platform's own.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from examples.whatsapp_bot.limits import refusals

TOKEN = "a-token-of-the-platform"  # noqa: S105  of the stand-in, and no secret
NUMBER = "31612345678"


class Platform:
    """`secret` signs what is delivered to `webhook`."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.webhook = ""
        self.sent: list[dict[str, Any]] = []
        self.refused: list[list[str]] = []
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _api(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}/v21.0/106540352242922"

    def accept(self, message: dict[str, Any], token: str) -> tuple[int, dict[str, Any]]:
        """What the platform answers to a message."""
        wrong = [] if token == f"Bearer {TOKEN}" else ["no token of ours"]
        wrong += refusals(message) or ([] if message.get("to") else ["to: is missing"])
        with self._changed:
            if wrong:
                self.refused.append(wrong)
                return 400, {"error": {"message": "; ".join(wrong), "code": 131009}}
            self.sent.append({**message, "id": self._id()})
            self._changed.notify_all()
            return 200, {"messaging_product": "whatsapp", "messages": [{"id": self.sent[-1]["id"]}]}

    def wait_for(self, count: int) -> dict[str, Any]:
        """The message with this number, from 1, once it was sent."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.sent) >= count or self.refused, timeout=20):
                raise TimeoutError(f"{len(self.sent)} messages were sent, {count} awaited")
            if self.refused:
                raise ValueError(f"refused: {self.refused}")
            return self.sent[count - 1]

    def writes(self, text: str) -> int:
        return self._deliver({"messages": [self._message("text", {"body": text})]})

    def sends(self, kind: str) -> int:
        """Something that is no text: an image, a voice message."""
        return self._deliver({"messages": [self._message(kind, {"id": "1"})]})

    def taps(self, title: str, *, times: int = 1) -> int:
        """The button or row with this title in the message sent last; the same tap may be delivered several times."""
        kind, reply = next(found for found in choices(self.sent[-1]) if found[1]["title"] == title)
        message = self._message("interactive", {"type": kind, kind: reply})
        return [self._deliver({"messages": [message]}) for _ in range(times)][-1]

    def reports(self, status: str) -> int:
        """What became of the message sent last."""
        last = self.sent[-1]
        report = {"id": last["id"], "status": status, "timestamp": _now(), "recipient_id": NUMBER}
        tracked = last.get("biz_opaque_callback_data")
        return self._deliver(
            {"statuses": [report if tracked is None else {**report, "biz_opaque_callback_data": tracked}]}
        )

    def _message(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        return {"from": NUMBER, "id": self._id(), "timestamp": _now(), "type": kind, kind: content}

    def _id(self) -> str:
        return f"wamid.{next(self._ids):08d}=="

    def _deliver(self, value: dict[str, Any]) -> int:
        change = {"field": "messages", "value": {"messaging_product": "whatsapp", **value}}
        delivery = {
            "object": "whatsapp_business_account",
            "entry": [{"id": "102290129340398", "changes": [change]}],
        }
        body = json.dumps(delivery).encode()
        signature = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        request = urllib.request.Request(self.webhook, body, headers)  # noqa: S310  our own loopback address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)


def choices(message: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What can be tapped in a message, with the kind of reply it is."""
    if message["type"] != "interactive":
        return []
    action = message["interactive"]["action"]
    if "buttons" in action:
        return [("button_reply", button["reply"]) for button in action["buttons"]]
    return [("list_reply", row) for section in action["sections"] for row in section["rows"]]


def _api(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Api(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = platform.accept(message, self.headers.get("Authorization", ""))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: what was sent is kept in `sent`."""

    return Api


def _now() -> str:
    return str(int(time.time()))
