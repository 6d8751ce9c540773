"""One decision as a person reads it in a terminal: what each tier removed, what was proposed, and why the rest was not."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, get_args

from models.domain import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.response import Comparison, Decision, Proposal, Veto

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
    yield from _changes(decision)
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
    yield from (f"tell: {text}" for text in proposal.disclosures)
    if proposal.comparison is not None:
        yield from _compared(proposal.comparison)


def _compared(comparison: Comparison) -> Iterator[str]:
    """What the customer has now beside what he would have, in euros."""
    later = comparison.price_after_discount
    months = comparison.discount_months
    after = f", {later:.2f} after {months} months" if months and later != comparison.price_after else ""
    yield f"bill: {comparison.price_before:.2f} now, {comparison.price_after:.2f} then{after}"
    for word, parts in (("gains", comparison.gained), ("loses", comparison.lost)):
        if parts:
            yield f"{word}: {', '.join(part.name for part in parts)}"
    worse = ", worse off" if comparison.worse_off else ""
    yield f"customer's own benefit in a year: {comparison.customer_benefit:+.2f}{worse}"


def _vetoes(decision: Decision) -> Iterator[str]:
    """By tier and rule; below each rule what decided, with the actions it stopped by the same values."""
    order = sorted(decision.vetoes, key=lambda veto: (TIERS.index(veto.tier), *_rule(veto), *_ground(veto)))
    for tier, removed in groupby(order, key=lambda veto: veto.tier):
        yield ""
        yield f"Removed by {tier}"
        for (rule, version), found in groupby(removed, key=_rule):
            alike = list(found)
            one_text = len({veto.text for veto in alike}) == 1
            yield f"  {rule}{f' ({version})' if version else ''}{f': {alike[0].text}' if one_text else ''}"
            for (text, values), same in groupby(alike, key=_ground):
                said = ": ".join(part for part in ("" if one_text else text, values) if part)
                yield f"    {said}{': ' if said else ''}{', '.join(map(_name, same))}"


def _changes(decision: Decision) -> Iterator[str]:
    """What would make each action eligible, told once an action."""
    told = {
        veto.action_id: veto.would_be_offered_if.text
        for veto in decision.vetoes
        if veto.would_be_offered_if is not None
    }
    if told:
        yield ""
        yield "Eligible with a change"
        yield from (f"  {action_id}: {text}" for action_id, text in sorted(told.items()))


def _rule(veto: Veto) -> tuple[str, str]:
    return veto.rule, veto.version


def _ground(veto: Veto) -> tuple[str, str]:
    # In arbitration each action has its own worth, which is said with its name.
    return veto.text, "" if veto.tier == "arbitration" else _said(veto)


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
