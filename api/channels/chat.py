"""Chat in a page or an app: a text and quick replies. A messenger that takes less, as shorter titles, is a channel of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.messages import compose, cut

if TYPE_CHECKING:
    from models.domain import Channel
    from models.response import Decision
    from models.wordbook import Wordbook

CHANNELS: tuple[Channel, ...] = ("chat", "web", "app")
TEXT: Final = 640
REPLIES, TITLE = 13, 24


def render(decision: Decision, wordbook: Wordbook, *, in_window: bool) -> dict[str, Any] | None:  # noqa: ARG001  a page has no window
    message = compose(decision, wordbook.message, TEXT, REPLIES - 1)
    last = [message.person] if message.none is None else [message.none, message.person]
    choices = [*message.choices, *last]
    return {
        "type": "choices",
        "text": message.text,
        "choices": [{"id": choice.id, "title": cut(choice.title, TITLE)} for choice in choices],
        "shown": message.shown,
    }
