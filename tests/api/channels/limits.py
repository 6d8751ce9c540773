"""What each channel takes, written down apart from the code that renders: a channel without a row here has no contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wcwidth import iter_graphemes

from examples.whatsapp_bot.limits import refusals

Payload = dict[str, Any]


def long(text: str) -> int:
    return sum(1 for _ in iter_graphemes(text))


def chat(payload: Payload) -> list[str]:
    found = [] if 1 <= long(payload["text"]) <= 640 else ["text"]
    found += [] if 1 <= len(payload["choices"]) <= 13 else ["choices"]
    found += ["title" for choice in payload["choices"] if not 1 <= long(choice["title"]) <= 24]
    return found + ["id" for choice in payload["choices"] if len(choice["id"]) > 200]


def text(payload: Payload) -> list[str]:
    """Ten parts of an SMS."""
    found = [] if 1 <= long(payload["text"]) <= 1530 else ["text"]
    return found + [
        "number" for number in payload["replies"] if f"\n{number}. " not in f"\n{payload['text']}"
    ]


def whatsapp_ids(payload: Payload) -> list[str]:
    if payload["type"] == "template":
        parts = [part["parameters"][0] for part in payload["template"]["components"]]
        return [part["payload"] for part in parts if part["type"] == "payload"]
    action = payload["interactive"]["action"]
    if "buttons" in action:
        return [button["reply"]["id"] for button in action["buttons"]]
    return [row["id"] for row in action["sections"][0]["rows"]]


REFUSALS: Mapping[str, Callable[[Payload], list[str]]] = {
    "whatsapp": refusals,
    "chat": chat,
    "web": chat,
    "app": chat,
    "sms": text,
    "email": text,
}
IDS: Mapping[str, Callable[[Payload], list[str]]] = {
    "whatsapp": whatsapp_ids,
    "chat": lambda payload: [choice["id"] for choice in payload["choices"]],
    "web": lambda payload: [choice["id"] for choice in payload["choices"]],
    "app": lambda payload: [choice["id"] for choice in payload["choices"]],
    "sms": lambda payload: list(payload["replies"].values()),
    "email": lambda payload: list(payload["replies"].values()),
}
"""The ids of all that can be tapped, the way to a person last."""
