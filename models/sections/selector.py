"""Which actions a row of the policy speaks of: its `for`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.actions import Action
from models.domain import ActionKind, Channel, Id, Noun, Purpose, Word


class Selector(Noun):
    """Which actions a row speaks of; every list that is given must hold the action."""

    kinds: tuple[ActionKind, ...] = ()
    families: tuple[Word, ...] = ()
    actions: tuple[Id, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    channels: Annotated[tuple[Channel, ...], Field(description="of the contact")] = ()


def selects(selector: Selector, action: Action) -> bool:
    """Whether a row speaks of this action; the contact's channel is looked at when it is asked."""
    return (
        (not selector.kinds or action.kind in selector.kinds)
        and (not selector.families or action.family in selector.families)
        and (not selector.actions or action.id in selector.actions)
        and (not selector.purposes or action.purpose in selector.purposes)
    )
