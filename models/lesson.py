"""What a decision leaves for the learner: the odds at which each proposal was thought to be accepted, what outcomes have taught left out.

It stands in the journal beside the decision and names no customer's fact, so that it stays when the record of the decision is erased.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from models.domain import ActionKind, Channel, Id, Noun, Speaker, Word
from models.learned import Logit
from models.motive import known_motive, mixed

if TYPE_CHECKING:
    from models.domain import DecisionRequest, History
    from models.knowledge import Knowledge
    from models.response import Decision

LEAST: Final = 5e-5
"""Chances are told with four digits: what is said to be 0 or 1 is as far off as this."""


class Asked(Noun):
    """One proposal. `logit`: of accepting and keeping it when asked, the correction of the snapshot in force taken off."""

    kind: ActionKind
    family: Word
    logit: Logit


class Lesson(Noun):
    """One decision. `motive`: as it was said, absent where it was guessed. `taught`: the last day the bundle in use has learned accepting from."""

    channel: Channel
    speaker: Speaker | None = None
    motive: Word | None = None
    taught: date | None = None
    asked: dict[Id, Asked]


def lesson_of(
    decision: Decision, request: DecisionRequest, history: History, knowledge: Knowledge
) -> dict[str, Any] | None:
    """A `Lesson` as it is written; None where no proposal has a price: then nothing is thought of whether it will be accepted."""
    priced = {p.action_id: p.value.p_accept for p in decision.proposals if p.value is not None}
    if not priced:
        return None
    contact, tariff = request.contact, knowledge.tariff
    motive = decision.motive or known_motive(history, contact, knowledge.policy.leaving, decision.decided_at)
    certain = motive.value if motive.probability == 1.0 else None
    asked = {}
    for action_id, p in priced.items():
        action = knowledge.catalogue.action[action_id]
        heard = knowledge.learned.of(action.id, action.family, action.kind)
        added = 0.0
        if heard is not None:
            named, all_of = heard.total(contact.channel, motive.value), heard.total(contact.channel, None)
            added = mixed(named, all_of, motive.probability)
        logit = uncorrected(p, tariff.keep_of[action_id], added)
        asked[action_id] = {"kind": action.kind, "family": action.family, "logit": round(logit, 3)}
    taught = None if tariff.acceptance is None else tariff.acceptance.until
    return {
        "channel": contact.channel,
        "speaker": contact.speaker,
        "motive": certain,
        "taught": taught,
        "asked": asked,
    }


def uncorrected(p: float, keep: float, added: float) -> float:
    """The logit of p = keep · sigmoid(x + added) had nothing been added."""
    most = 1.0 - LEAST
    inside = min(max(p / keep, LEAST), most)
    bare = keep / (1.0 + (1.0 - inside) / inside * math.exp(added))
    bare = min(max(bare, LEAST), most)
    return math.log(bare / (1.0 - bare))
