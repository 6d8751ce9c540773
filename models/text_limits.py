"""How long a title and a sentence may be on the channels they go out on, in characters as a reader counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, get_args

from pydantic import Field
from wcwidth import iter_graphemes

from models.actions import Action
from models.catalogue import Catalogue
from models.domain import Channel, Noun
from models.texts import pieces_of

FILLED = 20
"""What a placeholder counts for: a fact, an amount or a date is seldom longer. Products are counted by their names."""


class TextLimits(Noun):
    """The most characters of a title and of a sentence; no limit where none is given."""

    title: Annotated[int | None, Field(ge=1)] = None
    say: Annotated[int | None, Field(ge=1)] = None


LIMITS: Mapping[Channel, TextLimits] = {
    # A title is a row of a list in WhatsApp, a sentence the body above it.
    "whatsapp": TextLimits(title=24, say=1024),
    # Whatever messenger is behind it: 640 is the shortest body among them.
    "chat": TextLimits(title=24, say=640),
    "sms": TextLimits(say=640),
}
"""Of the channels that refuse or cut a longer text."""


def graphemes(text: str) -> int:
    """Characters as a reader counts them (Unicode UAX 29): an emoji with its skin colour, a letter with its accent, is one."""
    return len(text) if text.isascii() else sum(1 for _ in iter_graphemes(text))


def length(text: str, products: Mapping[str, str]) -> int:
    """The length of a text once it is filled; `products` are the names that `sells` and `replaces` stand for."""
    return sum(
        graphemes(literal) + (graphemes(products[name]) if name in products else FILLED if name else 0)
        for literal, name, _ in pieces_of(text)
    )


def overlong(
    catalogue: Catalogue, stated: Mapping[Channel, TextLimits]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text that is longer than a channel its action is open to; `stated` limits stand in place of those of `LIMITS`."""
    limits = {**LIMITS, **stated}
    for index, action in enumerate(catalogue.actions):
        remedy = "shorten it" if action.cancels else "shorten it, or name in 'channels' those it is for"
        for key in ("title", "say"):
            found = _narrowest(action, key, limits)
            if found is None:
                continue
            most, channel = found
            for language, texts in action.texts.items():
                products = _products(action, catalogue, language)
                for text in (texts.title,) if key == "title" else texts.sentences:
                    long = length(text, products)
                    if long > most:
                        message = f"{long} characters, and {channel} takes {most}; {remedy}"
                        yield ("actions", index, "texts", language, key), message


def _narrowest(action: Action, key: str, limits: Mapping[Channel, TextLimits]) -> tuple[int, str] | None:
    """The smallest limit among the channels of the action, which are all of them when it names none."""
    open_to: tuple[Channel, ...] = action.channels or get_args(Channel)
    return min(
        (
            (most, channel)
            for channel in open_to
            if channel in limits and (most := getattr(limits[channel], key)) is not None
        ),
        default=None,
    )


def _products(action: Action, catalogue: Catalogue, language: str) -> dict[str, str]:
    def named(ids: tuple[str, ...]) -> str:
        return ", ".join(catalogue.product[product].name.get(language, product) for product in ids)

    return {"sells": named(action.sells), "replaces": named(action.replaces)}
