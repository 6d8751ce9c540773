"""One customer who left: what was known, what was said, what was stopped. No fact of his is printed but his id, and that only when asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.measured.decisions import FIT
from training.measured.intervals import percent
from training.report.elements import Node, element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from models.sections.leaving import Leaving
    from training.measured.decisions import Decided, Stop

MOST_CONTACTS, MOST_RULES, MOST_ACTIONS = 6, 6, 3


@dataclass(frozen=True)
class Gone:
    """`score`: the chance the model gave, the share of customers with a lower one, and the strongest drivers; None without. `contacts`, `spoken`: rows of `Talks`."""

    customer_id: str
    motive: str | None
    score: tuple[float, float, dict[str, float]] | None
    objects: bool
    contacts: list[dict[str, Any]]
    spoken: list[dict[str, Any]]

    @property
    def met(self) -> bool:
        """Whether we were in contact at all."""
        return bool(self.contacts or self.spoken)

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
    """A few lines, kept together on a page; `found` is None without a journal."""
    lines = [
        element("h4", name, element("span", f"motive: {gone.motive or 'not known'}")),
        _line("Knew", *_knew(gone)),
    ]
    if found is not None:
        lines += [_line("Said", *_said(gone)), _line("Stopped", *_stopped(gone, found))]
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
    known = {contact["contact_id"] for contact in gone.contacts}
    orphans = {one["contact_id"]: one for one in gone.spoken if one["contact_id"] not in known}
    contacts = sorted([*gone.contacts, *orphans.values()], key=lambda contact: contact["at"])
    if not contacts:
        return ["no contact."]
    told = [_contact(contact, gone.spoken) for contact in contacts[-MOST_CONTACTS:]]
    left_out = len(contacts) - len(told)
    said: list[Node] = [f"{left_out} earlier contacts; "] if left_out else []
    return [*said, "; ".join(told) + "."]


def _contact(contact: dict[str, Any], spoken: list[dict[str, Any]]) -> str:
    heard = [one for one in spoken if one["contact_id"] == contact["contact_id"]]
    motive = [f"motive {contact['motive']}"] if contact["motive"] else []
    words = [contact["intent"] or "no intent told", *motive]
    offers = ", ".join(f"{one['action_id']} {_became(one)}" for one in heard) or "nothing offered"
    return f"{contact['at']:%-d %b} {contact['channel'] or ''} ({', '.join(words)}): {offers}"


def _became(one: dict[str, Any]) -> str:
    if one["withdrawn"]:
        return "accepted and withdrawn"
    if one["accepted"]:
        return "accepted"
    return "not accepted" if one["reason"] in (None, "unknown") else f"declined ({one['reason']})"


def _stopped(gone: Gone, found: Decided) -> list[Node]:
    decisions = [one for one in found.decisions if one.customer_id == gone.customer_id]
    if not decisions:
        return ["no decision is on record."]
    stops = [stop for stop in found.stops if stop.customer_id == gone.customer_id]
    modes = ", ".join(dict.fromkeys(one.mode for one in decisions))
    proposed = list(dict.fromkeys(proposal.action_id for one in decisions for proposal in one.proposals))
    many = f"{len(decisions)} decision{'s' * (len(decisions) != 1)}"
    told = f"{many} in mode {modes}; proposed: {', '.join(proposed) or 'nothing'}. "
    if stops:
        return [told, *_rules(stops)]
    tiers: Counter[str] = Counter()
    for one in decisions:
        tiers.update(one.removed)
    removed = ", ".join(f"{tier} {count}" for tier, count in tiers.items() if count)
    return [told, f"Removed by tier: {removed}." if removed else "Nothing was stopped."]


def _rules(stops: list[Stop]) -> list[Node]:
    """Which rule stopped what; of plain fields how many."""
    by_rule: dict[str, dict[str, None]] = {}
    for stop in stops:
        if stop.tier != FIT:
            by_rule.setdefault(stop.rule, {})[stop.action_id] = None
    most = sorted(by_rule.items(), key=lambda each: (-len(each[1]), each[0]))
    parts: list[Node] = []
    for rule, actions in most[:MOST_RULES]:
        named = ", ".join([*actions][:MOST_ACTIONS])
        more = len(actions) - MOST_ACTIONS
        parts += [element("i", rule), f" stopped {named}{f' and {more} more' if more > 0 else ''}; "]
    others = f"{len(most) - MOST_RULES} more rules; " if len(most) > MOST_RULES else ""
    plain = len({stop.action_id for stop in stops if stop.tier == FIT})
    return [*parts, f"{others}{plain} actions did not fit (channel, motive, holdings, mode)."]
