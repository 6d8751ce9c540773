"""How things are called in Redis. Everything of one customer carries the tag of his partition, so it lies in one slot."""

from __future__ import annotations

from dataclasses import dataclass

from models.domain import partition

LEARNED = "behoud:learned"


def tag_of(decision_id: str) -> str:
    """The partition a decision id begins with; ids that were made elsewhere lead to a partition that does not hold them."""
    return decision_id.partition("-")[0]


def decision_prefix(tag: str) -> str:
    return f"{{{tag}}}:decision:"


def journal(tag: str) -> str:
    return f"{{{tag}}}:journal"


def shelf(version: str) -> str:
    return f"behoud:shelf:{version}"


@dataclass(frozen=True, slots=True)
class CustomerKeys:
    """The keys of one customer. Deleting these and the decisions listed in `decisions` forgets him."""

    tag: str
    customer: str
    revision: str
    history: str
    outcomes: str
    saves: str
    seen: str
    decisions: str
    asked: str
    journal: str


def keys_of(customer_id: str) -> CustomerKeys:
    tag = partition(customer_id)
    return CustomerKeys(
        tag=tag,
        customer=f"{{{tag}}}:customer:{customer_id}",
        revision=f"{{{tag}}}:revision:{customer_id}",
        history=f"{{{tag}}}:history:{customer_id}",
        outcomes=f"{{{tag}}}:outcomes:{customer_id}",
        saves=f"{{{tag}}}:saves:{customer_id}",
        seen=f"{{{tag}}}:seen:{customer_id}",
        decisions=f"{{{tag}}}:decisions:{customer_id}",
        asked=f"{{{tag}}}:asked:{customer_id}:",
        journal=journal(tag),
    )
