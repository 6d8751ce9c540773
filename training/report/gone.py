"""One customer who left: what was known, what was said, what was stopped. No fact of his is printed but his id, and that only when asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.report.elements import Node, element
from training.report.intervals import percent

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from models.sections.leaving import Leaving
    from training.report.decisions import Decided

MOST_CONTACTS, MOST_RULES = 6, 6


@dataclass(frozen=True)
class Gone:
    """`score`: the chance the model gave, the share of customers with a lower one, and the strongest drivers; None without. `contacts`, `spoken`: rows of `Talks`."""

    customer_id: str
    motive: str | None
    score: tuple[float, float, dict[str, float]] | None
    objects: bool
    contacts: list[dict[str, Any]]
    spoken: list[dict[str, Any]]

    def wished(self, leaving: Leaving) -> bool:
        """Whether a wish to leave was told."""
        return any(one["intent"] in (*leaving.intents, *leaving.confirmed) for one in self.contacts)

    def heard(self, kind: str) -> bool:
        """Whether an action of this kind was spoken."""
        return any(one["action_kind"] == kind for one in self.spoken)

    def accepted(self, kind: str) -> bool:
        """Whether one was accepted and not withdrawn."""
        return any(
            one["action_kind"] == kind and one["accepted"] and not one["withdrawn"] for one in self.spoken
        )


def one_customer(gone: Gone, found: Decided | None, name: str) -> Element:
    """A few lines, kept together on a page."""
    lines = [
        element("h4", name, element("span", f"motive: {gone.motive or 'not known'}")),
        _line("Knew", *_knew(gone)),
        _line("Said", *_said(gone)),
    ]
    if found is not None:
        lines.append(_line("Stopped", *_stopped(gone, found)))
    return element("div", *lines, class_="gone")


def _line(head: str, *says: Node) -> Element:
    return element("p", element("b", head), " ", *says)


def _knew(gone: Gone) -> list[Node]:
    if gone.score is None:
        return ["no chance was computed."]
    chance, place, drivers = gone.score
    told = ", ".join(f"{name} {100 * effect:+.1f}" for name, effect in drivers.items())
    return [
        f"chance to leave {percent(chance)}, higher than {int(100 * place)}\N{NO-BREAK SPACE}% of customers. Drivers in points: {told}."
    ]


def _said(gone: Gone) -> list[Node]:
    if not gone.contacts and not gone.spoken:
        return ["no contact."]
    told = [_contact(contact, gone.spoken) for contact in gone.contacts[-MOST_CONTACTS:]]
    left_out = len(gone.contacts) - len(told)
    said: list[Node] = [f"{left_out} earlier contacts; "] if left_out else []
    return [*said, "; ".join(told) + "."]


def _contact(contact: dict[str, Any], spoken: list[dict[str, Any]]) -> str:
    heard = [one for one in spoken if one["contact_id"] == contact["contact_id"]]
    words = [
        contact["intent"] or "no intent told",
        *([f"motive {contact['motive']}"] if contact["motive"] else []),
    ]
    offers = ", ".join(f"{one['action_id']} {_became(one)}" for one in heard) or "nothing offered"
    return f"{contact['at']:%-d %b} {contact['channel'] or ''} ({', '.join(words)}): {offers}"


def _became(one: dict[str, Any]) -> str:
    if one["withdrawn"]:
        return "withdrawn"
    return "accepted" if one["accepted"] else "declined"


def _stopped(gone: Gone, found: Decided) -> list[Node]:
    decisions = [one for one in found.decisions if one.customer_id == gone.customer_id]
    if not decisions:
        return ["no decision is on record."]
    stops = Counter(
        f"{stop.rule} ({stop.tier})" for stop in found.stops if stop.customer_id == gone.customer_id
    )
    modes = ", ".join(dict.fromkeys(one.mode for one in decisions))
    proposed = list(dict.fromkeys(proposal.action_id for one in decisions for proposal in one.proposals))
    told = f"{len(decisions)} decisions in mode {modes}; proposed: {', '.join(proposed) or 'nothing'}. "
    rules = ", ".join(
        f"{rule} {count}\N{MULTIPLICATION SIGN}" for rule, count in stops.most_common(MOST_RULES)
    )
    if rules:
        return [told, f"Rules: {rules}."]
    tiers: Counter[str] = Counter()
    for one in decisions:
        tiers.update(one.removed)
    removed = ", ".join(f"{tier} {count}" for tier, count in tiers.items() if count)
    return [told, f"Removed by tier: {removed}." if removed else "Nothing was stopped."]
