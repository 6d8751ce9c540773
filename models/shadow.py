"""What a challenger would have answered, beside what was answered: names and figures, no text and no fact of the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime

from models.domain import ActionKind, Channel, Id, Noun, Word
from models.response import Terms, Versions

if TYPE_CHECKING:
    from models.domain import DecisionRequest
    from models.response import Decision, Proposal


class Standing(Noun):
    """A proposal as one side has it, in the order of ranks; euros of what has a price."""

    action_id: Id
    kind: ActionKind
    expected: float | None = None
    terms: Terms | None = None


class Side(Noun):
    """One of the two. `stopped`: action -> the first rule that stops it here, of those the other side does not stop. `took_ms`: deciding in full, in the process that compares."""

    mode: Word
    proposals: tuple[Standing, ...]
    stopped: dict[Id, Word]
    versions: Versions
    took_ms: float


class Shadow(Noun):
    """One decision, made twice of the same question, customer, history and moment. Without a challenger's side, `failed` says why."""

    decision_id: Id
    customer_id: Id
    contact_id: Id
    channel: Channel
    at: AwareDatetime
    motive: Word | None = None
    champion: Side | None = None
    challenger: Side | None = None
    failed: str | None = None


def shadow_of(
    request: DecisionRequest,
    answered: Decision,
    sides: tuple[tuple[Decision, float], tuple[Decision, float]] | None,
    failed: str | None = None,
) -> Shadow:
    """`answered`: what was recorded. `sides`: champion and challenger, decided again in full, with the milliseconds that took."""
    champion = challenger = None
    if sides is not None:
        (ours, ours_ms), (other, other_ms) = sides
        rules, others = _rules(ours), _rules(other)
        champion = _side(ours, ours_ms, rules, others)
        challenger = _side(other, other_ms, others, rules)
    return Shadow(
        decision_id=answered.decision_id,
        customer_id=answered.customer_id,
        contact_id=answered.contact_id,
        channel=request.contact.channel,
        at=answered.decided_at,
        motive=None if answered.motive is None else answered.motive.value,
        champion=champion,
        challenger=challenger,
        failed=failed,
    )


def _rules(decision: Decision) -> dict[str, str]:
    """Action -> the first rule that stops it."""
    found: dict[str, str] = {}
    for veto in decision.vetoes:
        found.setdefault(veto.action_id, veto.rule)
    return found


def _side(decision: Decision, took_ms: float, rules: dict[str, str], others: dict[str, str]) -> Side:
    return Side(
        mode=decision.mode,
        proposals=tuple(_standing(proposal) for proposal in decision.proposals),
        stopped={action: rule for action, rule in rules.items() if action not in others},
        versions=decision.versions,
        took_ms=took_ms,
    )


def _standing(proposal: Proposal) -> Standing:
    value = proposal.value
    return Standing(
        action_id=proposal.action_id,
        kind=proposal.kind,
        expected=None if value is None else value.expected,
        terms=None if value is None else value.terms,
    )
