"""A WhatsApp bot in one file: every delivery goes to Behoud as it came, and what Behoud would say goes back to the customer.

    platform --delivery--> bot --the same bytes and signature--> Behoud: what was tapped
    bot --question, render=1--> Behoud: the message     bot --message, with `to`--> platform

Settings: BEHOUD_URL, BEHOUD_KEY (scope decisions:create, view bot), WHATSAPP_URL (https://graph.facebook.com/v21.0/<phone number id>),
WHATSAPP_TOKEN, BOT_LANGUAGE (nl or en), PORT. Who belongs to a number is a look-up of yours: here a file of JSON, named in CUSTOMERS.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SIGNATURE = "X-Hub-Signature-256"
LEAVING = ("opzeggen", "cancel")
PERSON = ("medewerker", "iemand spreken", "agent", "person", "human")
"""Words are understood by a model of yours; these are enough to try it."""
THANKS = {"nl": "Dank u, dat maken we in orde.", "en": "Thank you, we will see to it."}
HANDED_OVER = {
    "nl": "Ik verbind u door met een collega. Die ziet wat we besproken hebben.",
    "en": "I am handing you over to a colleague, who sees what we discussed.",
}
UNREAD = {
    "nl": "Dat kan ik niet lezen. Schrijf het in een paar woorden, of vraag om een medewerker.",
    "en": "I cannot read that. Please say it in a few words, or ask for a person.",
}
TAPS, QUIET = ("interactive", "button"), ("reaction", "system", "unsupported")
"""Types of messages: buttons and rows, and what nobody expects an answer to."""


@dataclass
class Bot:
    """`customers` are the customer ids by telephone number, as the platform writes it."""

    behoud: str
    key: str
    platform: str
    token: str
    customers: dict[str, str]
    language: str = "nl"
    answered: set[str] = field(default_factory=set)
    """Messages that were answered; the platform may deliver them again."""

    def pass_on(self, body: bytes, signature: str) -> tuple[int, list[dict[str, Any]]]:
        """What Behoud answered to a delivery: its status is ours, so that the platform delivers again when it must."""
        headers = {SIGNATURE: signature}
        status, answer = call(self.behoud + "/v1/outcomes/from/whatsapp", body, headers)
        return status, answer.get("results", [])

    def subscribed(self, query: str) -> tuple[int, bytes]:
        """The platform's handshake, when the webhook is set up: Behoud knows the word."""
        address = f"{self.behoud}/v1/outcomes/from/whatsapp?{query}"
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  the address is a setting
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, b""

    def converse(self, body: bytes, results: list[dict[str, Any]]) -> None:
        """Answer what the customer wrote or tapped."""
        meant = {row["message_id"]: row for row in results}
        for message in messages_of(json.loads(body)):
            if message["id"] not in self.answered:
                self.answered.add(message["id"])
                self.reply(message, meant.get(message["id"], {}))

    def reply(self, message: dict[str, Any], meant: dict[str, Any]) -> None:
        """One message back. What was tapped decides what is asked next."""
        number, meaning = message["from"], meant.get("meaning")
        kind = message.get("type")
        words = message["text"]["body"].lower() if kind == "text" else ""
        if meaning == "take":
            self.send(number, said(THANKS[self.language]))
        elif meaning == "person" or any(word in words for word in PERSON) or number not in self.customers:
            self.send(number, said(HANDED_OVER[self.language]))
        elif meaning == "answer" and "fact" in meant:
            self.propose(number, facts={meant["fact"]: meant["answer"]})
        elif meaning == "answer":
            self.propose(number, motive=meant["answer"])
        elif any(word in words for word in LEAVING):
            self.propose(number, intent="cancel")
        elif kind == "text" or kind in TAPS:  # also a tap on what is no longer known
            self.propose(number)
        elif kind not in QUIET:
            self.send(number, said(UNREAD[self.language]))

    def propose(self, number: str, facts: dict[str, Any] | None = None, **said_now: Any) -> None:
        """Ask what is best now, and send it as it is rendered."""
        contact = {"contact_id": f"whatsapp-{number}", "channel": "whatsapp", "speaker": "bot"}
        question = {
            "customer_id": self.customers[number],
            "contact": {**contact, "language": self.language, **said_now},
            "facts": facts or {},
        }
        headers = {"Authorization": f"Bearer {self.key}"}
        status, answer = call(self.behoud + "/v1/decisions?render=1", json.dumps(question).encode(), headers)
        if status == 200 and answer["render"] is not None:
            self.send(number, answer["render"])
        else:
            self.send(number, said(HANDED_OVER[self.language]))

    def send(self, number: str, payload: dict[str, Any]) -> None:
        """Through the platform; what it refuses is a fault and is said aloud."""
        headers = {"Authorization": f"Bearer {self.token}"}
        body = json.dumps({**payload, "to": number}).encode()
        status, answer = call(self.platform + "/messages", body, headers)
        if status != 200:
            raise RuntimeError(f"the platform refused a message: {answer}")


def said(text: str) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "type": "text", "text": {"body": text}}


def messages_of(delivery: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        message
        for entry in delivery.get("entry", [])
        for change in entry.get("changes", [])
        for message in change.get("value", {}).get("messages", [])
    ]


def call(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """POST JSON; the status and the answer, whatever they are: 503 when there is none."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})  # noqa: S310  the addresses are settings
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")
    except OSError:
        return 503, {}


def server(bot: Bot, port: int = 0) -> ThreadingHTTPServer:
    """Where the platform delivers. It gets its answer first, within its patience; then the customer gets his."""

    class Webhook(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, challenge = bot.subscribed(self.path.partition("?")[2])
            self.send_response(status)
            self.send_header("Content-Length", str(len(challenge)))
            self.end_headers()
            self.wfile.write(challenge)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, results = bot.pass_on(body, self.headers.get(SIGNATURE, ""))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.flush()
            if status == 200:
                bot.converse(body, results)

        def log_message(self, *_: Any) -> None:
            """Nothing: numbers and texts are personal."""

    return ThreadingHTTPServer(("127.0.0.1", port), Webhook)


def main() -> None:
    """The bot, until it is interrupted."""
    bot = Bot(
        behoud=os.environ["BEHOUD_URL"],
        key=os.environ["BEHOUD_KEY"],
        platform=os.environ["WHATSAPP_URL"],
        token=os.environ["WHATSAPP_TOKEN"],
        customers=json.loads(Path(os.environ["CUSTOMERS"]).read_text(encoding="utf-8")),
        language=os.environ.get("BOT_LANGUAGE", "nl"),
    )
    server(bot, int(os.environ.get("PORT", "8090"))).serve_forever()


if __name__ == "__main__":
    main()
