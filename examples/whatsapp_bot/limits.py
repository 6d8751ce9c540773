"""What the WhatsApp Cloud API refuses in a message, as the stand-in checks it: lengths in characters as a reader counts them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wcwidth import iter_graphemes


def refusals(message: dict[str, Any]) -> list[str]:
    """Everything wrong with a message; none when the platform would send it. `to` is not looked at."""
    if message.get("messaging_product") != "whatsapp":
        return ["messaging_product: must be whatsapp"]
    kind = message.get("type")
    checks = {"text": _text, "interactive": _interactive, "template": _template}
    if kind not in checks:
        return [f"type: {kind!r} is not known"]
    found = [*checks[kind](message[kind])]
    found += _length("biz_opaque_callback_data", message.get("biz_opaque_callback_data", "-"), 512)
    return found


def _text(text: dict[str, Any]) -> Iterator[str]:
    yield from _length("text.body", text["body"], 4096)


def _interactive(interactive: dict[str, Any]) -> Iterator[str]:
    yield from _length("body.text", interactive["body"]["text"], 1024)
    for part in ("header", "footer"):
        if part in interactive:
            yield from _length(part, interactive[part]["text"], 60)
    if interactive["type"] == "button":
        yield from _buttons(interactive["action"]["buttons"])
    elif interactive["type"] == "list":
        yield from _list(interactive["action"])
    else:
        yield f"interactive.type: {interactive['type']!r} is not known"


def _buttons(buttons: list[dict[str, Any]]) -> Iterator[str]:
    yield from _number("buttons", buttons, 3)
    replies = [button["reply"] for button in buttons]
    yield from _differ("button", replies)
    for reply in replies:
        yield from _length("button title", reply["title"], 20)
        yield from _length("button id", reply["id"], 256)
    if len({reply["title"] for reply in replies}) < len(replies):
        yield "button title: used twice"


def _list(action: dict[str, Any]) -> Iterator[str]:
    yield from _length("list button", action["button"], 20)
    sections = action["sections"]
    if len(sections) > 1 and not all(section.get("title") for section in sections):
        yield "sections: each needs a title when there are several"
    rows = [row for section in sections for row in section["rows"]]
    yield from _number("rows", rows, 10)
    yield from _differ("row", rows)
    for row in rows:
        yield from _length("row title", row["title"], 24)
        yield from _length("row id", row["id"], 200)
        yield from _length("row description", row.get("description", "-"), 72)


def _template(template: dict[str, Any]) -> Iterator[str]:
    if not template["name"].replace("_", "").isalnum() or template["name"] != template["name"].lower():
        yield "template name: lower case letters, digits and underscores only"
    for component in template["components"]:
        for parameter in component["parameters"]:
            if parameter["type"] == "payload":
                yield from _length("payload", parameter["payload"], 256)
            else:
                yield from _length("parameter", parameter["text"], 1024)
                if any(forbidden in parameter["text"] for forbidden in ("\n", "\t", "    ")):
                    yield "parameter: no line breaks, tabs or four spaces"


def _length(what: str, text: str, most: int) -> Iterator[str]:
    long = sum(1 for _ in iter_graphemes(text))
    if not 1 <= long <= most or not text.strip():
        yield f"{what}: {long} characters, where 1 to {most} are taken"


def _number(what: str, rows: list[Any], most: int) -> Iterator[str]:
    if not 1 <= len(rows) <= most:
        yield f"{what}: {len(rows)}, where 1 to {most} are taken"


def _differ(what: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    if len({row["id"] for row in rows}) < len(rows):
        yield f"{what} id: used twice"
