"""What a customer agrees and objects to: the stored words and those of a request, as one."""

from __future__ import annotations

from models.domain import Consents

OBJECTIONS = ("profiling", "marketing")
"""A stored no to these stands whatever a request says: the right to object to them is unconditional (GDPR, article 21)."""


def merged(stored: Consents, asked: Consents) -> Consents:
    """The request's consents over the stored ones. A request may add an objection and never takes one away."""
    return {**stored, **asked, **{name: False for name in OBJECTIONS if stored.get(name) is False}}
