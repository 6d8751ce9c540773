"""Reasons for the agent, a sentence for the customer: the print-out of what was decided, in two voices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.catalogue import Catalogue
from models.context import Situation
from models.domain import Reason
from models.portfolio import Swap
from models.rulebook import Verdicts
from models.texts import Sentence
from models.wording import Wording

SHOWN_REASONS = 3


def text_values(situation: Situation) -> dict[str, Any]:
    """The values of those names for this customer; a customer's fact wins over a count of the same name."""
    values = situation.values
    return {**values["history"], **values["contact"], **values["customer"]}


def action_text_values(
    row: int, swap: Swap, situation: Situation, catalogue: Catalogue, language: str
) -> dict[str, Any]:
    """What the texts of one action may say about itself: names, and the customer's monthly bill before and after."""
    action = catalogue.actions[row]
    product = catalogue.product
    discount = action.discount.amount if action.discount else 0.0
    change = swap.price - discount
    return {
        "discount": discount,
        "discount_months": action.discount.months if action.discount else 0,
        "commitment_months": action.commitment.months,
        "sells": [product[p].name.get(language, p) for p in action.sells],
        "replaces": [product[p].name.get(language, p) for p in swap.given_up],
        "price_before": situation.portfolio.price,
        "price_after": situation.portfolio.price + change,
        "price_change": abs(change),
        "bundle_benefit_lost": max(0.0, situation.portfolio.benefit - swap.benefit) or None,
    }


def say(sentences: tuple[Sentence, ...], values: Mapping[str, Any], language: str) -> str:
    """The first sentence whose placeholders are all known."""
    return next(
        (text for sentence in sentences for text in [sentence.fill(values, language)] if text is not None), ""
    )


def reasons(
    codes: tuple[str, ...],
    wording: Wording,
    programs: Mapping[str, int | None],
    verdicts: Verdicts,
    values: Mapping[str, Any],
    language: str,
) -> tuple[Reason, ...]:
    """The grounds that hold and can be said."""
    found = []
    for code in codes:
        if verdicts.holds(programs[code]):
            text = wording.reasons[code, language].fill(values, language)
            if text is not None:
                found.append(Reason(code=code, text=text))
    return tuple(found[:SHOWN_REASONS])
