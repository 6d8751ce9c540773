"""What the customer himself gains by an action, and what may be done where he loses: docs/decisions/0012."""

from __future__ import annotations

from collections.abc import Iterable

from models.actions import Action
from models.catalogue import Catalogue
from models.documents import Problem
from models.policy import Policy
from models.swaps import Swap

WORSE_OFF = "worse_off"
"""The veto on what leaves the customer worse off, and the disclosure that is said where it is allowed."""
MONTHS = 12
CENT = 0.01


def customer_benefit(swap: Swap, action: Action, catalogue: Catalogue) -> float:
    """Euros over the first twelve months: what the customer gains in worth minus what his bill rises by.

    A product is worth its list price unless it states another worth. Of what is given up unused, only as much is lost as what is
    sold is worth. Bundle benefits and the discount are money; costs, minutes and the term are not counted.
    """
    gained = _worth(swap.sold, catalogue)
    lost = _worth(swap.given_up, catalogue)
    if action.unused:
        lost = min(lost, gained)
    discount = action.discount
    less = 0.0 if discount is None else discount.amount * min(discount.months, MONTHS)
    return MONTHS * (gained - lost - swap.price) + less


def is_worse_off(benefit: float) -> bool:
    """By more than a cent."""
    return benefit < -CENT


def may_leave_worse_off(action: Action, policy: Policy) -> bool:
    """Whether the policy lets this action be proposed to whom it leaves worse off; it is then said."""
    return action.allow_worse_off or policy.arbitration.worse_off == "say"


def worse_off_values(
    swap: Swap, action: Action, price_before: float, catalogue: Catalogue
) -> tuple[tuple[str, float], ...] | None:
    """The values by which this leaves the customer worse off; None when it does not. `price_before` is his bill, euros a month."""
    benefit = customer_benefit(swap, action, catalogue)
    if not is_worse_off(benefit):
        return None
    after = price_before + swap.price - (action.discount.amount if action.discount else 0.0)
    return (
        ("benefit", round(benefit, 2)),
        ("price_before", round(price_before, 2)),
        ("price_after", round(after, 2)),
    )


def worse_off_problems(catalogue: Catalogue, policy: Policy) -> list[Problem]:
    """What may be proposed although it leaves the customer worse off needs a sentence that says so."""
    if any(row.id == WORSE_OFF for row in policy.disclosures):
        return []
    message = f"must be said to the customer; add a disclosure with the id '{WORSE_OFF}' to the policy"
    problems = [
        catalogue.problem(("actions", index, "allow_worse_off"), message)
        for index, action in enumerate(catalogue.actions)
        if action.allow_worse_off
    ]
    if policy.arbitration.worse_off == "say":
        problems.append(policy.problem(("arbitration", "worse_off"), message))
    return problems


def _worth(products: Iterable[str], catalogue: Catalogue) -> float:
    """Euros a month."""
    worth = 0.0
    for product_id in products:
        product = catalogue.product[product_id]
        worth += product.price if product.worth is None else product.worth
    return worth
