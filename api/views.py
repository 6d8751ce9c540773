"""How much of a decision its caller is shown: lists of what may be seen, so that a field nobody thought of is not.

What is written for the agent (reasons, evidence) is his: it may say what a customer should not hear from a bot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson

from api.errors import ForbiddenError

if TYPE_CHECKING:
    from api.security import Caller, View
    from models.domain import DecisionRequest

Seen = Mapping[str, Any]
"""Field -> what is seen of it: of a value all, of an object or of each in a list the fields named below it."""


def _all(*names: str) -> dict[str, Seen]:
    return {name: {} for name in names}


_PART: Final = _all("product_id", "name")
_PRICE: Final = _all("price_before", "price_after", "price_after_discount", "discount_months")

SEEN: Final[Mapping[View, Seen]] = {
    "bot": {
        **_all("decision_id", "customer_id", "contact_id", "mode", "degraded", "decided_at", "valid_until"),
        "motive": _all("value", "source"),
        "proposals": {
            **_all("rank", "action_id", "kind", "title", "say", "disclosures"),
            "commitment": _all("months", "resets_term"),
            "comparison": {
                **_PRICE,
                **_all("bundle_benefit_change", "customer_benefit", "worse_off"),
                "gained": _PART,
                "lost": _PART,
            },
            "question": {**_all("fact", "motive"), "answers": _all("value", "label")},
            "do": _all("process", "link"),
            "promise": _all("by", "subject"),
        },
    },
    "customer": {
        **_all("decision_id", "valid_until"),
        "proposals": {**_all("rank", "action_id", "title", "say", "disclosures"), "comparison": _PRICE},
    },
}
"""By view; the agent's sees everything."""


def seen_by(view: View, decision: dict[str, Any]) -> dict[str, Any]:
    """As much of a decision, as JSON, as this view shows."""
    seen: dict[str, Any] = decision if view == "agent" else _cut(decision, SEEN[view])
    return seen


def seen_as_json(view: View, decision: bytes) -> bytes:
    """The same of bytes; the agent's are given back as they are."""
    return decision if view == "agent" else orjson.dumps(seen_by(view, orjson.loads(decision)))


def _cut(value: Any, seen: Seen) -> Any:
    if isinstance(value, dict):
        return {name: _cut(inner, seen[name]) for name, inner in value.items() if name in seen}
    if isinstance(value, list):
        return [_cut(item, seen) for item in value]
    return value


def check_detail(caller: Caller, question: DecisionRequest) -> None:
    """Raises ForbiddenError for full detail that the view would not show: it takes long, and who asks should hear that he will not see it."""
    if caller.view != "agent" and question.detail == "full":
        raise ForbiddenError(
            f"the key '{caller.name}' has the view '{caller.view}', which shows no full detail; leave 'detail' out"
        )
