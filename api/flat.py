"""A decision as flat fields, `offer1_title` and its like, for desktops that only map one field onto another.

Every field is always there and has one type, so that a mapping never breaks. What may be absent is text, numbers too, and then
empty: an empty number would be a 0 that means something, and desktops refuse null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import orjson
from pydantic import Field, create_model

from models.domain import Noun

OFFERS: Final = 3
EVIDENCE: Final = 3
Row = Mapping[str, Any]
Flat = dict[str, str | int | bool]


class FlatOffer(Noun):
    """One proposal; its fields stand in the flat answer as `offer1_action_id` and so on."""

    action_id: str
    kind: str
    title: str
    say: str
    reason1: str
    reason2: str
    disclosures: Annotated[str, Field(description="all of them, one after the other")]
    price_before: Annotated[str, Field(description="the bill a month, as 52.50; empty where it stays")]
    price_after: str
    price_after_discount: Annotated[str, Field(description="once the discount has ended")]
    discount_months: int
    customer_benefit: Annotated[str, Field(description="the customer's own, over the first twelve months")]
    commitment_months: int
    resets_term: bool
    asks: Annotated[str, Field(description="of a question: the fact, or motive")]
    answers: Annotated[str, Field(description="of a question: value=label, with '; ' between")]
    do: Annotated[str, Field(description="the process or the link that carries it out")]
    promised_by: str
    expected: Annotated[str, Field(description="euros; empty where nothing is priced")]
    p_accept: str


class FlatHead(Noun):
    """What is said of the decision as a whole."""

    decision_id: str
    mode: str
    mode_text: str
    evidence1: str
    evidence2: str
    evidence3: str
    reopens_when: str
    motive: str
    offers: Annotated[int, Field(description="how many of the offers below are filled")]
    degraded: Annotated[str, Field(description="what was missing, with ', ' between")]
    valid_until: str
    render: Annotated[
        str, Field(description="with render=1: the payload as JSON text; empty where there is none")
    ]


_OFFERS: Final[dict[str, Any]] = {
    f"offer{number}_{name}": (field.annotation, Field(description=field.description))
    for number in range(1, OFFERS + 1)
    for name, field in FlatOffer.model_fields.items()
}
FlatDecision = create_model(
    "FlatDecision",
    __base__=FlatHead,
    __doc__="A decision as flat fields: all of them always there, text empty where there is nothing.",
    **_OFFERS,
)


def flat(answer: Row) -> Flat:
    """The flat form of a decision's JSON, or of as much of it as a caller may see."""
    proposals = list(answer.get("proposals") or ())[:OFFERS]
    evidence = _texts(answer.get("evidence"), EVIDENCE)
    payload = answer.get("render")
    return {
        "decision_id": _text(answer.get("decision_id")),
        "mode": _text(answer.get("mode")),
        "mode_text": _text(answer.get("mode_text")),
        **{f"evidence{number}": text for number, text in enumerate(evidence, start=1)},
        "reopens_when": _text(answer.get("reopens_when")),
        "motive": _text(_in(answer, "motive").get("value")),
        "offers": len(proposals),
        "degraded": ", ".join(answer.get("degraded") or ()),
        "valid_until": _text(answer.get("valid_until")),
        "render": "" if payload is None else orjson.dumps(payload).decode(),
        **{
            f"offer{number}_{name}": value
            for number, proposal in enumerate([*proposals, *[{}] * (OFFERS - len(proposals))], start=1)
            for name, value in _offer(proposal).items()
        },
    }


def _offer(proposal: Row) -> Flat:
    value, bill, bound = _in(proposal, "value"), _in(proposal, "comparison"), _in(proposal, "commitment")
    asked, does = _in(proposal, "question"), _in(proposal, "do")
    reason1, reason2 = _texts(proposal.get("why"), 2)
    return {
        "action_id": _text(proposal.get("action_id")),
        "kind": _text(proposal.get("kind")),
        "title": _text(proposal.get("title")),
        "say": _text(proposal.get("say")),
        "reason1": reason1,
        "reason2": reason2,
        "disclosures": " ".join(proposal.get("disclosures") or ()),
        "price_before": _euros(bill.get("price_before")),
        "price_after": _euros(bill.get("price_after")),
        "price_after_discount": _euros(bill.get("price_after_discount")),
        "discount_months": bill.get("discount_months") or 0,
        "customer_benefit": _euros(bill.get("customer_benefit")),
        "commitment_months": bound.get("months") or 0,
        "resets_term": bool(bound.get("resets_term")),
        "asks": "motive" if asked.get("motive") else _text(asked.get("fact")),
        "answers": "; ".join(
            f"{_text(answer['value'])}={answer['label']}" for answer in asked.get("answers") or ()
        ),
        "do": _text(does.get("process") or does.get("link")),
        "promised_by": _text(_in(proposal, "promise").get("by")),
        "expected": _euros(value.get("expected")),
        "p_accept": _text(value.get("p_accept")),
    }


def _in(row: Row, name: str) -> Row:
    """What stands under a name; nothing where it is null or not to be seen."""
    return row.get(name) or {}


def _text(value: Any) -> str:
    """As JSON writes it, without quotes."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def _texts(reasons: Any, most: int) -> list[str]:
    """The first reasons, filled up with empty ones."""
    texts = [_text(reason["text"]) for reason in (reasons or ())[:most]]
    return texts + [""] * (most - len(texts))


def _euros(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.2f}"
