"""A chat in a page: the page shows what Behoud renders and sends back what was typed or tapped; the key stays with this server.

    page --{"text": …} or {"id": …}--> chat --what was tapped--> Behoud     chat --question, render=1--> Behoud: the message

Settings: BEHOUD_URL, BEHOUD_KEY (scopes decisions:create and outcomes:create, view bot), CUSTOMER (who is logged in: your session knows), PORT.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("page.html").read_bytes()
SCRIPT = PAGE.partition(b"<script>")[2].partition(b"</script>")[0]
POLICY = (
    f"default-src 'none'; script-src 'sha256-{base64.b64encode(hashlib.sha256(SCRIPT).digest()).decode()}'; "
    "style-src 'unsafe-inline'; connect-src 'self'"
)
"""The one script of the page runs, and no other."""
LEAVING = ("opzeggen", "cancel")
PERSON = ("medewerker", "agent", "person", "human")
"""Words are understood by a model of yours; these are enough to try it."""
HANDED_OVER = {"text": "A colleague takes over and sees what we discussed.", "choices": []}
THANKS = {"text": "Thank you, we will see to it.", "choices": []}
OUTCOMES = {"take": "accepted", "answer": "accepted", "none": "declined"}


@dataclass
class Chat:
    """One customer's conversation. `message` is what was sent last: only its choices can be tapped."""

    behoud: str
    key: str
    customer: str
    language: str = "en"
    contact: str = field(default_factory=lambda: f"chat-{secrets.token_hex(8)}")
    message: dict[str, Any] = field(default_factory=dict)
    proposals: list[dict[str, Any]] = field(default_factory=list)

    def hears(self, said: dict[str, Any]) -> dict[str, Any]:
        """The answer to a text, or to the id of a choice."""
        tapped = said.get("id")
        if not any(choice["id"] == tapped for choice in self.message.get("choices", [])):
            words = str(said.get("text", "")).lower()
            if any(word in words for word in PERSON):
                return HANDED_OVER
            return self.proposes({"intent": "cancel"} if any(word in words for word in LEAVING) else {})
        meaning, decision_id, *rest = str(tapped).split("|")
        if meaning == "person":
            return HANDED_OVER
        meant = [
            p for p in self.proposals if rest[0] == p["action_id"] or str(p["rank"]) in rest[0].split(".")
        ]
        self.tells(decision_id, meant, OUTCOMES[meaning])
        if meaning == "take":
            return THANKS
        if meaning == "none":
            return self.proposes({})
        question = meant[0]["question"]
        value = question["answers"][int(rest[1])]["value"]
        return self.proposes(
            {"motive": value} if question["motive"] else {},
            {question["fact"]: value} if question["fact"] else {},
        )

    def proposes(self, said_now: dict[str, Any], facts: dict[str, Any] | None = None) -> dict[str, Any]:
        """What is best now. That it was shown is told at once: here sent is shown."""
        contact = {"contact_id": self.contact, "channel": "chat", "language": self.language, **said_now}
        question = {"customer_id": self.customer, "contact": contact, "facts": facts or {}}
        decision = self.call("/v1/decisions?render=1", question)
        self.message, self.proposals = decision["render"], decision["proposals"]
        if self.message["shown"] is not None:
            ranks = self.message["shown"].split("|")[2].split(".")
            shown = [proposal for proposal in self.proposals if str(proposal["rank"]) in ranks]
            self.tells(decision["decision_id"], shown, "shown")
        return {"text": self.message["text"], "choices": self.message["choices"]}

    def tells(self, decision_id: str, proposals: list[dict[str, Any]], kind: str) -> None:
        """What became of proposals. An id of its own for each makes that telling it again does no harm."""
        outcomes = [
            {
                "outcome_id": f"{decision_id}-{proposal['rank']}-{kind}",
                "decision_id": decision_id,
                "action_id": proposal["action_id"],
                "kind": kind,
                "at": datetime.now(UTC).isoformat(),
                "reason": "unknown" if kind == "declined" else None,
            }
            for proposal in proposals
        ]
        self.call("/v1/outcomes", {"outcomes": outcomes})

    def call(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(self.behoud + path, json.dumps(body).encode(), headers)  # noqa: S310  the address is a setting
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return json.loads(answer.read())


def server(chat: Chat, port: int = 0) -> ThreadingHTTPServer:
    """The page and what it talks to. One customer: a server of yours has a chat for each session."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, PAGE, "text/html; charset=utf-8")

        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                self.answer(200, json.dumps(chat.hears(said)).encode(), "application/json")
            except OSError:  # Behoud is away or refuses
                self.answer(502, json.dumps(HANDED_OVER).encode(), "application/json")

        def answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: what is said is personal."""

    return ThreadingHTTPServer(("127.0.0.1", port), Site)


def main() -> None:
    """The chat, until it is interrupted."""
    chat = Chat(os.environ["BEHOUD_URL"], os.environ["BEHOUD_KEY"], os.environ["CUSTOMER"])
    server(chat, int(os.environ.get("PORT", "8091"))).serve_forever()


if __name__ == "__main__":
    main()
