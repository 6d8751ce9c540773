"""What rules may name: every path with its type, the words it can have, and the constants below `action`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from models.catalogue import Catalogue
from models.domain import ActionKind, Channel, Direction, Purpose
from models.history import HISTORY_TYPES
from models.policy import Policy
from models.trends import trend_names

CONTACT_TYPES: Mapping[str, str] = {
    "channel": "string",
    "direction": "string",
    "intent": "string",
    "motive": "string",
    "subject": "string",
    "queue_load": "number",
    "agent_authority": "number",
    "bot": "boolean",
    "leaving": "boolean",
    "leaving_here": "boolean",
    "confirmed": "boolean",
    "local_hour": "integer",
    "local_weekday": "integer",
    "local_date": "string",
}
ACTION_TYPES: Mapping[str, str] = {
    "id": "string",
    "kind": "string",
    "family": "string",
    "purpose": "string",
    "sells": "list[string]",
    "replaces": "list[string]",
    "motives": "list[string]",
    "discount": "number",
    "cost": "number",
    "minutes": "number",
    "discount_months": "integer",
    "commitment_months": "integer",
    "resets_term": "boolean",
    "emergency": "boolean",
    "cancels": "boolean",
}


def action_values(catalogue: Catalogue) -> tuple[dict[str, Any], ...]:
    """The constants below `action`, one mapping an action, in the catalogue's order."""
    return tuple(
        {
            "id": action.id,
            "kind": action.kind,
            "family": action.family,
            "purpose": action.purpose,
            "sells": list(action.sells),
            "replaces": list(action.replaces),
            "motives": list(action.motives),
            "discount": action.discount.amount if action.discount else 0.0,
            "cost": float(action.cost),
            "minutes": float(action.minutes),
            "discount_months": action.discount.months if action.discount else 0,
            "commitment_months": action.commitment.months,
            "resets_term": action.commitment.resets_term,
            "emergency": action.emergency,
            "cancels": action.cancels,
        }
        for action in catalogue.actions
    )


def paths(policy: Policy) -> dict[str, str]:
    """Every path a rule may name, with its type."""
    return {
        "now": "timestamp",
        **{f"customer.{name}": spec.type for name, spec in policy.facts.items()},
        **{f"customer.{name}": "number" for name in trend_names(policy.trends)},
        "customer.holdings": "list[string]",
        "customer.families": "list[string]",
        "customer.objections": "list[string]",
        "customer.bundle_benefit": "number",
        "customer.monthly_price": "number",
        **{f"customer.consents.{name}": "boolean" for name in policy.consents},
        **{f"contact.{name}": kind for name, kind in CONTACT_TYPES.items()},
        **{f"history.{name}": kind for name, kind in HISTORY_TYPES.items()},
        **{f"action.{name}": kind for name, kind in ACTION_TYPES.items()},
    }


def closed_values(policy: Policy, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """The words a path can only have: a constant beside it that is none of them is a slip of the pen."""
    closed: dict[str, tuple[str, ...]] = {
        f"customer.{name}": spec.values for name, spec in policy.facts.items() if spec.values
    }
    closed["customer.holdings"] = tuple(catalogue.product)
    closed["customer.families"] = tuple(sorted(catalogue.families))
    closed["customer.objections"] = tuple(policy.consents)
    closed["contact.channel"] = get_args(Channel)
    closed["contact.direction"] = get_args(Direction)
    closed["action.kind"] = get_args(ActionKind)
    closed["action.purpose"] = get_args(Purpose)
    if policy.leaving.motives:
        closed["contact.motive"] = policy.leaving.motives
    # A catalogue without products closes nothing.
    return {path: words for path, words in closed.items() if words}
