"""How things are called in Redis.

Everything of one customer carries the tag of his partition, so that it lies in one slot and one script can touch it:

    {p07}:customer:ID     the customer as he is now, JSON          {p07}:revision:ID    raised by every event, outcome and change
    {p07}:written:ID      when he was written, in microseconds, and by whom, so that what comes late does not take its place
    {p07}:history:ID      other events, a capped list of JSON      {p07}:seen:ID        ids of events and outcomes taken, by time
    {p07}:contacts:ID     events of contacts, a capped list, so that a wish to leave stands however much else happens
    {p07}:troubles:ID     events of TROUBLES, a capped list, so that a complaint stays open however much else happens
    {p07}:saves:ID        outcomes of save-offers, a capped list   {p07}:outcomes:ID    all other outcomes, a capped list
    {p07}:decision:DID    a decision's record, JSON, expires       {p07}:decisions:ID   ids of the customer's decisions, a list
    {p07}:shadow:DID      what a challenger would have decided, JSON, goes when the decision does
    {p07}:asked:ID:R:D    the decision that answered digest D at revision R, expires with the answer
    {p07}:once:NAME       a call under way or its answer, by the hash of its idempotency key; expires
    {p07}:stock           how often the customers of the partition took each action of which there is only so much, a hash
    {p07}:explored:DAY    by contact of the partition (its second seed), the cents it gave up by exploring that day, a hash; their sum is its field ''; expires
    {p07}:confirmed       nothing, written last where a replica is waited for; expires
    {p07}:journal         a stream of everything: kind, id, customer, at, and record (for a decision or a shadow: look under its key)

The scripts in `lua/` make the same names from the tag and the id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.domain import partition

if TYPE_CHECKING:
    from datetime import date

    from models.domain import EventKind

TROUBLES = frozenset(
    {
        "complaint_opened",
        "complaint_closed",
        "outage",
        "outage_ended",
        "missed_payment",
        "payment",
        "promise",
        "promise_kept",
    }
)
"""Kinds of events that open or close something a decision may not forget."""
LEARNED = "behoud:learned"
"""The learned snapshot."""
BEAT = f"{{{LEARNED}}}:beat"
"""Up to which moment the learner has counted all there was, ISO 8601."""
ROLLED_BACK = "behoud:rolled-back"
"""What people have gone back from, JSON."""

WAITING = "behoud:waiting"
"""Outcomes that came ahead of their decision, by its id and theirs, a hash: a day at most."""
QUARANTINE = "behoud:quarantine"
"""What is broken in the store, by customer or decision, a hash: where, why, and when it was met last."""
SHADOW = "behoud:shadow"
"""What the process that decides in the shadow has done, by result, and up to when, a hash."""
CUSTOMERS = "{p[0-9][0-9]}:customer:*"
"""The pattern of every customer's key."""


def events_of(kind: EventKind) -> str:
    """The list in which events of this kind are remembered."""
    if kind in TROUBLES:
        return "troubles"
    return "contacts" if kind == "contact" else "history"


def tag_of(customer_id: str) -> str:
    """The tag with its colon: `{p07}:`."""
    return f"{{{partition(customer_id)}}}:"


def journal(number: int) -> str:
    """The stream of one partition, by its number."""
    return f"{{p{number:02d}}}:journal"


def decision(decision_id: str) -> str:
    """The record of a decision; its id begins with the partition."""
    return f"{{{decision_id.partition('-')[0]}}}:decision:{decision_id}"


def once(name: str) -> str:
    """What is kept under an idempotency key. It lies where its own name says: the key may come with another customer."""
    return f"{tag_of(name)}once:{name}"


def stock(number: int) -> str:
    """What is taken of limited stock in one partition."""
    return f"{{p{number:02d}}}:stock"


def explored(number: int, day: date) -> str:
    """What exploring cost in one partition on one day."""
    return f"{{p{number:02d}}}:explored:{day.isoformat()}"


def confirming(key: str) -> str:
    """What is written last, in the slot of this key, where a replica is waited for."""
    tag = key[1:].partition("}")[0] if key.startswith("{") else key
    return f"{{{tag}}}:confirmed"


def spent(day: date, most: float) -> str:
    """When so many euros of exploring were given up on one day."""
    return f"behoud:explored:{day.isoformat()}:{most:g}"


def shelf(version: str) -> str:
    """A document, a hash of named files."""
    return f"behoud:shelf:{version}"
