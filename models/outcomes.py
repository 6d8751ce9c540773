"""What became of proposals, folded into counts: above all which saves were spoken, and what came of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from models.domain import Channel, PastOutcome, Speaker

MONTH, QUARTER, YEAR = timedelta(days=30), timedelta(days=90), timedelta(days=365)
CONVERSATION = timedelta(days=7)
"""All contacts of a customer within seven days are one conversation about leaving."""

SPOKEN = frozenset(("spoken", "accepted", "declined", "deferred"))
"""What became of a proposal that the customer has heard."""
BY_MOUTH = frozenset(("voice", "shop"))
"""Channels on which an agent is shown what he then says or not. On the others, and by a bot, it is shown to the customer himself."""
PAGES = frozenset(("web", "app"))
"""Channels on which what was shown stands until it is answered or gone away from. In a conversation in words the next turn is an answer."""

_moment = attrgetter("at")


def as_of(outcomes: tuple[PastOutcome, ...], now: datetime) -> list[PastOutcome]:
    """The outcomes up to `now` in the order of time."""
    return sorted([outcome for outcome in outcomes if outcome.at <= now], key=_moment)


def distinct(values: list[str | None]) -> list[str]:
    return [value for value in dict.fromkeys(values) if value is not None]


def shown_to_himself(channel: Channel, speaker: Speaker | None) -> bool:
    """Whether the customer sees what is proposed, with no agent between who may leave it unsaid."""
    return channel not in BY_MOUTH or speaker == "bot"


def was_spoken(outcome: PastOutcome) -> bool:
    """Whether the customer was told of it: what is shown to himself is told by being shown."""
    return outcome.kind in SPOKEN or (
        outcome.kind == "shown" and shown_to_himself(outcome.channel, outcome.speaker)
    )


def count_outcomes(outcomes: list[PastOutcome], contact_id: str, now: datetime) -> dict[str, Any]:
    """Counted in the order of time, for this contact."""
    month, quarter = now - MONTH, now - QUARTER
    saves: list[PastOutcome] = []
    offers: set[tuple[str, str]] = set()
    lately: dict[str, list[PastOutcome]] = {"declined": [], "accepted": []}
    for outcome in outcomes:
        if outcome.action_kind == "save":
            saves.append(outcome)
        elif outcome.action_kind == "offer" and outcome.at > month and was_spoken(outcome):
            offers.add((outcome.contact_id, outcome.action_id))
        if outcome.kind in lately and outcome.at > quarter:
            lately[outcome.kind].append(outcome)
    return {
        "offers_spoken_30d": len(offers),
        "declined_90d": distinct([o.action_id for o in lately["declined"]]),
        "declined_families_30d": distinct([o.family for o in lately["declined"] if o.at > month]),
        "accepted_90d": distinct([o.action_id for o in lately["accepted"]]),
        **(_saves(saves, contact_id, now) if saves else {}),
    }


def _saves(saves: list[PastOutcome], contact_id: str, now: datetime) -> dict[str, Any]:
    """This conversation's saves by name, and how often and when one was given before."""
    week, year = now - CONVERSATION, now - YEAR
    lately = [save for save in saves if save.at > week]
    spoken = distinct([save.action_id for save in lately if was_spoken(save)])
    accepted = taken(lately)
    waiting = _waiting(lately, contact_id)
    refused = [action_id for action_id in spoken if action_id not in accepted and action_id not in waiting]
    given = [at for moments in taken(saves).values() for at in moments.values()]
    counts = {
        "saves_spoken_7d": len(spoken),
        "saves_refused_7d": len(refused),
        "saves_refused": refused,
        "save_accepted_7d": bool(accepted),
        "saves_accepted_365d": sum([at > year for at in given]),
    }
    ended = [at for at in (*given, *_second_rounds(saves)) if at <= week]
    if ended:
        counts["days_since_save"] = (now - max(ended)).days
    return counts


def waiting_saves(outcomes: tuple[PastOutcome, ...], contact_id: str, now: datetime) -> tuple[str, ...]:
    """The saves this contact has shown the customer on a page and heard nothing of, the last one first: he may be looking at it still.

    Each was a round. None is refused yet, as long as the contact lasts: a page that is loaded again shows what it showed. In a chat or
    a message, and by a bot, what was sent and not taken is refused by the next turn: the same words twice are nagging.
    """
    week = now - CONVERSATION
    lately = [o for o in as_of(outcomes, now) if o.action_kind == "save" and o.at > week]
    return tuple(_waiting(lately, contact_id))


def _waiting(lately: list[PastOutcome], contact_id: str) -> list[str]:
    told = [save for save in lately if was_spoken(save) or save.kind == "kept"]
    answered = {save.action_id for save in told if not stands(save, contact_id)}
    return distinct([save.action_id for save in reversed(told) if save.action_id not in answered])


def stands(outcome: PastOutcome, contact_id: str) -> bool:
    """Whether it was shown on a page in this contact, which shows it still."""
    on_a_page = outcome.channel in PAGES and outcome.speaker != "bot"
    return outcome.kind == "shown" and on_a_page and outcome.contact_id == contact_id


def taken(saves: list[PastOutcome]) -> dict[str, dict[str, datetime]]:
    """When each save was accepted, by action and decision; `saves` in the order of time.

    A withdrawal takes back every yes to the action, a later no to the same proposal the yes to that one.
    """
    found: dict[str, dict[str, datetime]] = {}
    for save in saves:
        if save.kind in ("accepted", "kept"):
            found.setdefault(save.action_id, {}).setdefault(save.decision_id, save.at)
        elif save.kind == "withdrawn":
            found.pop(save.action_id, None)
        elif save.kind == "declined" and save.decision_id in found.get(save.action_id, {}):
            del found[save.action_id][save.decision_id]
    return {action_id: moments for action_id, moments in found.items() if moments}


def _second_rounds(saves: list[PastOutcome]) -> list[datetime]:
    """When a second save was spoken within one conversation."""
    spoken = [save for save in saves if was_spoken(save)]
    return [
        later.at
        for place, later in enumerate(spoken)
        if any(
            earlier.action_id != later.action_id and earlier.at > later.at - CONVERSATION
            for earlier in spoken[:place]
        )
    ]
