"""One decision as a person reads it in a terminal: what each tier removed, what was proposed, and why the rest was not."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, get_args

from models.domain import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.domain import Decision, Proposal, Veto

TIERS: tuple[Tier, ...] = get_args(Tier)
WORDS = {
    "fit": "not for this mode, channel, motive, date or these holdings",
    "legal": "the law",
    "eligibility": "cannot have it",
    "relevance": "means nothing to this customer",
    "suitability": "would do no good now",
    "contact_policy": "asked too often, or not now",
    "arbitration": "others come first",
}
"""What it means to be removed by a tier."""


def as_lines(decision: Decision) -> Iterator[str]:
    """The whole print-out."""
    yield f"Decision {decision.decision_id} of {decision.decided_at:%Y-%m-%d %H:%M %Z}, customer {decision.customer_id}, contact {decision.contact_id}"
    yield from _mode(decision)
    yield from _steps(decision)
    yield from _proposals(decision)
    yield from _vetoes(decision)
    if decision.degraded:
        yield ""
        yield f"Decided without: {', '.join(decision.degraded)}"


def _mode(decision: Decision) -> Iterator[str]:
    yield f"Mode {decision.mode}: {decision.mode_text}"
    for reason in decision.evidence:
        yield f"  {reason.text} ({reason.code})"
    if decision.reopens_when is not None:
        yield f"  {decision.reopens_when}"


def _steps(decision: Decision) -> Iterator[str]:
    removed = _removed(decision)
    left = len(decision.proposals) + sum(removed.values())
    yield ""
    yield f"{left:>5}  actions"
    for tier in TIERS:
        if tier in removed:
            left -= removed[tier]
            yield f"{left:>5}  after {tier:<14} {-removed[tier]:>4}  {WORDS[tier]}"


def _removed(decision: Decision) -> dict[Tier, int]:
    """Each action is removed once: by the first tier that stops it."""
    return {
        tier: actions
        for tier in TIERS
        if (actions := len({veto.action_id for veto in decision.vetoes if veto.tier == tier}))
    }


def _proposals(decision: Decision) -> Iterator[str]:
    yield ""
    if not decision.proposals:
        yield "Nothing is proposed"
    for proposal in decision.proposals:
        yield f"{proposal.rank}. {proposal.title} ({proposal.action_id}, {proposal.kind})"
        yield from (f"     {line}" for line in _about(proposal))


def _about(proposal: Proposal) -> Iterator[str]:
    value = proposal.value
    if value is not None:
        between = "" if value.low is None or value.high is None else f" ({value.low:.2f} to {value.high:.2f})"
        yield f"{value.expected:.2f} {value.currency}{between}, accepted by {value.p_accept:.0%}"
        if value.terms is not None:
            yield ", ".join(f"{name} {amount:+.2f}" for name, amount in value.terms if amount)
        if value.sources:
            yield ", ".join(f"{name} {source}" for name, source in value.sources.items())
    for reason in proposal.why:
        yield f"because: {reason.text} ({reason.code})"
    yield f"say: {proposal.say}"


def _vetoes(decision: Decision) -> Iterator[str]:
    """By tier and rule; actions stopped by the same rule with the same values stand together."""
    order = sorted(decision.vetoes, key=lambda veto: (TIERS.index(veto.tier), *_ground(veto)))
    for tier, vetoes in groupby(order, key=lambda veto: veto.tier):
        yield ""
        yield f"Removed by {tier}"
        for (rule, version, text, values), alike in groupby(vetoes, key=_ground):
            names = ", ".join(_name(veto) for veto in alike)
            yield f"  {rule}{f' ({version})' if version else ''}: {text}"
            yield f"    {values}{': ' if values else ''}{names}"


def _ground(veto: Veto) -> tuple[str, str, str, str]:
    # In arbitration each action has its own worth, which is said with its name.
    values = "" if veto.tier == "arbitration" else _said(veto)
    return veto.rule, veto.version, veto.text, values


def _name(veto: Veto) -> str:
    worth = veto.values.get("expected") if veto.tier == "arbitration" else None
    return veto.action_id if worth is None else f"{veto.action_id} ({worth})"


def _said(veto: Veto) -> str:
    return ", ".join(
        f"{path} {'is not known' if value is None else f'= {_plain(value)}'}"
        for path, value in veto.values.items()
    )


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
