"""What accepting makes of what the customer has now, as the answer shows it."""

from __future__ import annotations

from collections.abc import Iterable

from models.actions import Action
from models.catalogue import Catalogue
from models.portfolio import Portfolio
from models.products import Product
from models.response import Comparison, Part
from models.swaps import Swap
from models.worse_off import WORSE_OFF, customer_benefit, is_worse_off


def compare(
    swap: Swap, portfolio: Portfolio, action: Action, catalogue: Catalogue, language: str
) -> Comparison | None:
    """What the customer has now beside what he would have; None where products and price stay as they are."""
    discount = action.discount
    if not (swap.sold or swap.given_up or discount):
        return None
    benefit = customer_benefit(swap, action, catalogue)
    listed = portfolio.price + swap.price
    product = catalogue.product
    return Comparison(
        price_before=round(portfolio.price, 2),
        price_after=round(listed - (discount.amount if discount else 0.0), 2),
        price_after_discount=round(listed, 2),
        discount_months=discount.months if discount else 0,
        gained=_named(map(product.__getitem__, swap.sold), language),
        lost=_named(map(product.__getitem__, swap.given_up), language),
        bundle_benefit_change=round(swap.benefit - portfolio.benefit, 2),
        customer_benefit=round(benefit, 2),
        worse_off=is_worse_off(benefit),
    )


def and_worse_off(disclosures: tuple[str, ...], comparison: Comparison | None) -> tuple[str, ...]:
    """The ids of what must be told with a proposal, and with them that it leaves the customer worse off, where it does."""
    if comparison is None or not comparison.worse_off or WORSE_OFF in disclosures:
        return disclosures
    return (*disclosures, WORSE_OFF)


def _named(products: Iterable[Product], language: str) -> tuple[Part, ...]:
    return tuple(
        Part(product_id=product.id, name=product.name.get(language, product.id)) for product in products
    )
