"""Plain text, for SMS and mail: what is said, and what to answer with which number. `replies` says what a number means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.messages import compose, cut

if TYPE_CHECKING:
    from models.domain import Channel
    from models.response import Decision
    from models.wordbook import Wordbook

CHANNELS: tuple[Channel, ...] = ("sms", "email")
SAID: Final = 640
MOST, TITLE = 9, 60
PERSON: Final = "0"


def render(decision: Decision, wordbook: Wordbook, *, in_window: bool) -> dict[str, Any] | None:  # noqa: ARG001  text has no window
    message = compose(decision, wordbook.message, SAID, MOST)
    none = [] if message.none is None else [message.none]
    numbered = {str(number): choice for number, choice in enumerate([*message.choices, *none], start=1)}
    numbered[PERSON] = message.person
    menu = "\n".join(f"{number}. {cut(choice.title, TITLE)}" for number, choice in numbered.items())
    return {
        "type": "text",
        "text": f"{message.text}\n\n{menu}",
        "replies": {number: choice.id for number, choice in numbered.items()},
        "shown": message.shown,
    }
