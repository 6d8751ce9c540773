"""When a question is not asked any more: what it asks is known, or was asked already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from models.outcomes import CONVERSATION, stands, was_spoken
from models.swaps import Stop

if TYPE_CHECKING:
    from models.actions import Action
    from models.catalogue import Catalogue
    from models.domain import FactValue, PastOutcome
    from models.situation import Situation

KNOWN: Final = "already_known"
ASKED: Final = "already_asked"
"""Fit rules."""

_moment = attrgetter("at")


def question_stops(
    rows: Iterable[int], situation: Situation, outcomes: Sequence[PastOutcome], catalogue: Catalogue
) -> dict[int, Stop]:
    """Which of these questions, rows of the catalogue, ask what is known or what the customer was asked already.

    What he heard counts, whatever came of it, and so does another question about the same; one that an agent skipped may be asked, and
    one that stands on the page of this contact is still being asked.
    Why he leaves is another question in another conversation; who did not tell a fact is not asked for it again.
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
    """What was asked, and how many days ago at last."""
    if not outcomes:
        return {}
    now, contact_id = situation.now, situation.contact.contact_id
    told = [
        outcome
        for outcome in outcomes
        if outcome.action_kind == "question"
        and outcome.at <= now
        and was_spoken(outcome)
        and not stands(outcome, contact_id)
    ]
    return {
        _subject(action): (now - outcome.at).days
        for outcome in sorted(told, key=_moment)
        for action in [catalogue.action.get(outcome.action_id)]
        if action is not None and (not _is_why(action) or outcome.at > now - CONVERSATION)
    }


def _is_why(action: Action) -> bool:
    """Whether it asks why the customer leaves."""
    return action.asks is not None and action.asks.fact is None
