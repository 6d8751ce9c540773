"""How long a title and a sentence may be on the channels they go out on, in characters as a reader counts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, get_args

from wcwidth import iter_graphemes

from models.actions import Action
from models.catalogue import Catalogue
from models.domain import Channel
from models.placeholders import pieces_of
from models.sections.channels import TextLimits

if TYPE_CHECKING:
    from models.disclosures import Told
    from models.policy import Policy

FILLED = 20
"""What a placeholder counts for: a fact, an amount or a date is seldom longer. Products are counted by their names."""


LIMITS: Mapping[Channel, TextLimits] = {
    # Whatever messenger is behind it: 640 is the shortest body among them, 24 the longest title all of them take.
    "chat": TextLimits(title=24, say=640),
    "web": TextLimits(title=24, say=640),
    "app": TextLimits(title=24, say=640),
    # A title is a row of a list, a sentence the body above it.
    "whatsapp": TextLimits(title=24, say=1024),
    # A title is a line of the menu below the sentence; with it ten parts of an SMS are not exceeded.
    "sms": TextLimits(title=60, say=640),
    "email": TextLimits(title=60, say=640),
}
"""Of the channels that messages are rendered for, which refuse or cut a longer text."""


def graphemes(text: str) -> int:
    """Characters as a reader counts them (Unicode UAX 29): an emoji with its skin colour, a letter with its accent, is one."""
    return len(text) if text.isascii() else sum(1 for _ in iter_graphemes(text))


def length(text: str, products: Mapping[str, str]) -> int:
    """The length of a text once it is filled; `products` are the names that `sells` and `replaces` stand for."""
    return sum(
        graphemes(literal) + (graphemes(products[name]) if name in products else FILLED if name else 0)
        for literal, name, _ in pieces_of(text)
    )


class Room(NamedTuple):
    """What a channel takes at most, and how much of it goes to what must be told."""

    channel: Channel
    most: int
    told: int = 0


def overlong(
    catalogue: Catalogue, policy: Policy, told: Sequence[Told]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text that is longer than a channel its action is open to: a sentence with all that may have to be told with it.

    Limits that the policy states stand in place of those of `LIMITS`.
    """
    limits = {**LIMITS, **policy.channels}
    for index, action in enumerate(catalogue.actions):
        channels = action.channels or get_args(Channel)
        open_to = {channel: limits[channel] for channel in limits if channel in channels}
        remedy = "shorten it" if action.cancels else "shorten it, or name in 'channels' those it is for"
        for language, texts in action.texts.items():
            names = _products(action, catalogue, language)
            lines = _lines(policy, told[index], language, names)
            titles = [Room(channel, row.title) for channel, row in open_to.items() if row.title is not None]
            says = [
                Room(channel, row.say, sum(long for long, over in lines if not over or channel in over))
                for channel, row in open_to.items()
                if row.say is not None
            ]
            for key, written, rooms in (("title", (texts.title,), titles), ("say", texts.sentences, says)):
                for long, room in _beyond(written, rooms, names):
                    with_it = " with what must be told" if room.told else ""
                    message = f"{long} characters{with_it}, and {room.channel} takes {room.most}; {remedy}"
                    yield ("actions", index, "texts", language, key), message


def _beyond(
    texts: Iterable[str], rooms: Iterable[Room], names: Mapping[str, str]
) -> Iterator[tuple[int, Room]]:
    """The texts for which there is not enough room where there is least."""
    least = min(rooms, key=lambda room: room.most - room.told, default=None)
    if least is not None:
        for text in texts:
            long = length(text, names) + least.told
            if long > least.most:
                yield long, least


def _lines(
    policy: Policy, told: Told, language: str, names: Mapping[str, str]
) -> list[tuple[int, frozenset[Channel]]]:
    """The characters of each line that may have to be told, its line break too, and over which channels (any when empty)."""
    texts = {row.id: row.text for row in policy.disclosures}
    return [
        (1 + length(texts[name][language], names), channels)
        for name, channels, _ in told
        if language in texts.get(name, ())
    ]


def _products(action: Action, catalogue: Catalogue, language: str) -> dict[str, str]:
    def named(ids: tuple[str, ...]) -> str:
        return ", ".join(catalogue.product[product].name.get(language, product) for product in ids)

    return {"sells": named(action.sells), "replaces": named(action.replaces)}
