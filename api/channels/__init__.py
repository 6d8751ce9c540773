"""The channels: one file each, found by being here. A file says for which channels it is, and renders.

A new channel is one file that keeps `Renderer`; the contract suite in `tests/api/channels` asks it the same as the others.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.domain import Channel
    from models.response import Decision
    from models.wordbook import Wordbook


class Renderer(Protocol):
    """What a file in this folder has."""

    CHANNELS: tuple[Channel, ...]

    def render(self, decision: Decision, wordbook: Wordbook, *, in_window: bool) -> dict[str, Any] | None:
        """The payload as the channel takes it, in the language of the wordbook; None when nothing may be sent now.

        `in_window`: the customer wrote on this channel within the last 24 hours. The same arguments give the same payload.
        """


@cache
def renderers() -> Mapping[str, Renderer]:
    """By channel; a channel on which a person speaks has none."""
    found: dict[str, Renderer] = {}
    for file in pkgutil.iter_modules(__path__):
        module: Any = importlib.import_module(f"{__name__}.{file.name}")
        found.update(dict.fromkeys(module.CHANNELS, module))
    return found
