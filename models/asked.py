"""When a question is not asked any more: what it asks is known, or was asked in this conversation already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from models.outcomes import CONVERSATION, was_spoken
from models.swaps import Stop

if TYPE_CHECKING:
    from models.actions import Action
    from models.catalogue import Catalogue
    from models.domain import FactValue, PastOutcome
    from models.situation import Situation

KNOWN: Final = "already_known"
ASKED: Final = "already_asked"
"""Fit rules."""


def question_stops(
    rows: Iterable[int], situation: Situation, outcomes: Sequence[PastOutcome], catalogue: Catalogue
) -> dict[int, Stop]:
    """Which of these questions, rows of the catalogue, ask what is known or what the customer was asked in this conversation.

    What he heard counts, whatever came of it, and so does another question about the same; one that an agent skipped may be asked.
    """
    heard = _heard(outcomes, situation, catalogue)
    stops: dict[int, Stop] = {}
    for row in rows:
        action = catalogue.actions[row]
        known = _known(action, situation)
        if known is not None:
            stops[row] = Stop(KNOWN, ((_subject(action), known),))
        elif _subject(action) in heard:
            stops[row] = Stop(ASKED, (("days", heard[_subject(action)]),))
    return stops


def _known(action: Action, situation: Situation) -> FactValue | None:
    """The answer, when it is known for sure; a motive that is only likely is not."""
    if action.asks is None:
        return None
    value: FactValue | None = (
        situation.motive if action.asks.fact is None else situation.facts.get(action.asks.fact)
    )
    return value.isoformat() if isinstance(value, date) else value


def _subject(action: Action) -> str:
    """What is asked; of a question that does not say, its id."""
    return action.id if action.asks is None else action.asks.about


def _heard(outcomes: Sequence[PastOutcome], situation: Situation, catalogue: Catalogue) -> Mapping[str, int]:
    """What was asked in this conversation, and how many days ago."""
    now = situation.now
    return {
        _subject(action): (now - outcome.at).days
        for outcome in outcomes
        if outcome.action_kind == "question"
        and now - CONVERSATION < outcome.at <= now
        and was_spoken(outcome)
        for action in [catalogue.action.get(outcome.action_id)]
        if action is not None
    }
