"""WhatsApp, as its Cloud API takes a message; `to` is for the sender to add.

Within 24 hours of the customer's last message: reply buttons when three are enough and every title fits on one, else a list. Outside:
the approved template, which says one proposal and has three buttons of its own: yes, no, a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.messages import compose, cut

if TYPE_CHECKING:
    from api.messages import Choice, Message
    from models.domain import Channel
    from models.response import Decision
    from models.wordbook import Wordbook

CHANNELS: tuple[Channel, ...] = ("whatsapp",)
BODY: Final = 1024
BUTTONS, BUTTON_TITLE = 3, 20
ROWS, ROW_TITLE, ROW_DESCRIPTION = 10, 24, 72
TEMPLATE: Final = "behoud_proposal"
TEMPLATE_ROOM: Final = 900
"""What of a template's body its own words leave to the proposal."""


def render(decision: Decision, wordbook: Wordbook, *, in_window: bool) -> dict[str, Any] | None:
    if not in_window:
        return _template(decision, wordbook)
    message = compose(decision, wordbook.message, BODY, ROWS - 1)
    buttons = _buttons(message)
    interactive = _list(message) if buttons is None else _reply_buttons(message, buttons)
    return _sent(message, {"type": "interactive", "interactive": interactive})


def _sent(message: Message, content: dict[str, Any]) -> dict[str, Any]:
    # What the platform gives back with every status of the message.
    tracked = {} if message.shown is None else {"biz_opaque_callback_data": message.shown}
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **content, **tracked}


def _buttons(message: Message) -> list[Choice] | None:
    """What stands on the buttons, a refusal of what is offered among it; None when a list is needed."""
    none = [] if message.none is None else [message.none]
    buttons = [*message.choices, *none, message.person]
    titles = [choice.title for choice in buttons]
    # No two buttons may be titled alike; rows of a list may.
    fit = len(set(titles)) == len(titles) <= BUTTONS
    return buttons if fit and all(cut(title, BUTTON_TITLE) == title for title in titles) else None


def _reply_buttons(message: Message, choices: list[Choice]) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": choice.id, "title": choice.title}} for choice in choices]
    return {"type": "button", "body": {"text": message.text}, "action": {"buttons": buttons}}


def _list(message: Message) -> dict[str, Any]:
    last = [message.person] if message.none is None else [message.none, message.person]
    rows = [_row(choice) for choice in (*message.choices, *last)]
    action = {"button": message.choose, "sections": [{"rows": rows}]}
    return {"type": "list", "body": {"text": message.text}, "action": action}


def _row(choice: Choice) -> dict[str, str]:
    row = {"id": choice.id, "title": cut(choice.title, ROW_TITLE)}
    return {**row, "description": cut(choice.text, ROW_DESCRIPTION)} if choice.text else row


def _template(decision: Decision, wordbook: Wordbook) -> dict[str, Any] | None:
    """One proposal, the first that can be answered with yes or no; without one nothing may be sent."""
    first = [proposal for proposal in decision.proposals if proposal.kind not in ("question", "process")][:1]
    alone = decision.model_copy(update={"proposals": tuple(first)})
    message = compose(alone, wordbook.message, TEMPLATE_ROOM, BUTTONS - 1)
    if not message.choices or message.none is None:
        return None
    # A parameter of a template takes no line breaks.
    said = " ".join(message.text.split())
    buttons = [
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": str(place),
            "parameters": [{"type": "payload", "payload": choice.id}],
        }
        for place, choice in enumerate((message.choices[0], message.none, message.person))
    ]
    body = {"type": "body", "parameters": [{"type": "text", "text": said}]}
    template = {"name": TEMPLATE, "language": {"code": wordbook.language}, "components": [body, *buttons]}
    return _sent(message, {"type": "template", "template": template})
