"""What accepting makes of what the customer has, what he gains by it, and what leaves him worse off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import Catalogue
from models.comparison import and_worse_off, compare
from models.documents import DocumentError
from models.portfolio import Portfolio, Portfolios, bundle_benefit
from models.response import Comparison
from models.swaps import Swap
from models.worse_off import customer_benefit, is_worse_off, may_leave_worse_off, worse_off_values
from tests.builders import (
    PRODUCTS,
    a_bundle_benefit,
    a_catalogue,
    a_policy,
    a_process,
    a_save,
    an_offer,
    both,
    some_knowledge,
)

Action = Mapping[str, Any]
UNUSED = {"unused": True, "condition": "size(customer.holdings) > 0"}
SMALLER = a_save("smaller", sells=["mobile-s"], replaces=["mobile-l"])
NO_TV = a_save("no-tv", replaces=["tv"])


def of(
    action: Action, *, holding: str | Sequence[str] = ("fiber", "mobile-l"), **catalogue: Any
) -> tuple[Swap, Portfolio, Catalogue]:
    """The swap of this action on these holdings; what leaves the customer worse off is let through, to be looked at."""
    written = a_catalogue({**action, "allow_worse_off": True}, **catalogue)
    held = [holding] if isinstance(holding, str) else holding
    everything = frozenset(action.id for action in written.actions)
    portfolio = Portfolios(written, everything).of(
        {product_id: held.count(product_id) for product_id in held}
    )
    swap = portfolio.fits[0]
    assert isinstance(swap, Swap)
    return swap, portfolio, written


def compared(action: Action, *, language: str = "nl", **given: Any) -> Comparison:
    swap, portfolio, catalogue = of(action, **given)
    comparison = compare(swap, portfolio, catalogue.actions[0], catalogue, language)
    assert comparison is not None
    return comparison


def benefit(action: Action, **given: Any) -> float:
    swap, _, catalogue = of(action, **given)
    return customer_benefit(swap, catalogue.actions[0], catalogue)


def ids(parts: Sequence[Any]) -> list[str]:
    return [part.product_id for part in parts]


# --- what the customer has now beside what he would have -----------------------------------------------------------------


def test_prices_are_those_of_all_that_is_held() -> None:
    """Fiber at 40 and a mobile plan of 25 that becomes one of 10."""
    comparison = compared(SMALLER)
    assert (comparison.price_before, comparison.price_after, comparison.price_after_discount) == (65, 50, 50)
    assert comparison.discount_months == 0


def test_with_a_discount_the_price_afterwards_is_said_as_well() -> None:
    comparison = compared(an_offer(sells=["tv"], discount={"amount": 5, "months": 6}))
    assert (comparison.price_before, comparison.price_after, comparison.price_after_discount) == (65, 75, 80)
    assert comparison.discount_months == 6


def test_what_is_gained_and_lost_is_named_in_the_language_asked_for() -> None:
    products = [
        {**product, "name": both(product["id"].upper(), product["id"].title())} for product in PRODUCTS
    ]
    dutch, english = (compared(SMALLER, products=products, language=language) for language in ("nl", "en"))
    assert [(part.product_id, part.name) for part in dutch.gained + dutch.lost] == [
        ("mobile-s", "MOBILE-S"),
        ("mobile-l", "MOBILE-L"),
    ]
    assert [part.name for part in english.gained + english.lost] == ["Mobile-S", "Mobile-L"]


def test_a_product_without_a_name_in_the_language_is_named_by_its_id() -> None:
    assert [part.name for part in compared(SMALLER, language="fy").gained] == ["mobile-s"]


def test_several_are_sold_for_several_of_several_families() -> None:
    action = a_save("home", sells=["fiber", "mobile-s", "films"], replaces=["dsl", "mobile-l", "tv"])
    comparison = compared(action, holding=["tv", "mobile-l", "dsl"])
    assert ids(comparison.gained) == ["fiber", "mobile-s", "films"]
    assert sorted(ids(comparison.lost)) == ["dsl", "mobile-l", "tv"]
    assert (comparison.price_before, comparison.price_after) == (70, 59)


def test_of_several_families_those_held_are_given_up() -> None:
    action = a_save("home", sells=["fiber"], replaces=["dsl", "tv"])
    comparison = compared(action, holding=["dsl", "mobile-s"])
    assert (ids(comparison.gained), ids(comparison.lost)) == (["fiber"], ["dsl"])


def test_what_a_bundle_gives_or_takes_is_said_and_in_the_price() -> None:
    bundles = [a_bundle_benefit("internet", "television", discount=4)]
    lost = compared(NO_TV, holding=["fiber", "tv"], bundles=bundles)
    won = compared(an_offer(sells=["tv"]), holding="fiber", bundles=bundles)
    assert (lost.bundle_benefit_change, lost.price_before, lost.price_after) == (-4, 51, 40)
    assert (won.bundle_benefit_change, won.price_before, won.price_after) == (4, 40, 51)


def test_a_discount_alone_is_compared_too() -> None:
    comparison = compared(a_save("cut", discount={"amount": 5, "months": 6}))
    assert (comparison.gained, comparison.lost) == ((), ())
    assert (comparison.price_before, comparison.price_after, comparison.price_after_discount) == (65, 60, 65)


def test_where_products_and_price_stay_there_is_nothing_to_compare() -> None:
    swap, portfolio, catalogue = of(a_process())
    assert compare(swap, portfolio, catalogue.actions[0], catalogue, "nl") is None
    assert customer_benefit(swap, catalogue.actions[0], catalogue) == 0


FAMILIES = ("a", "b", "c")
prices = st.integers(0, 10_000).map(lambda cents: cents / 100)


@st.composite
def swaps(draw: st.DrawFn) -> tuple[Swap, Portfolio, Catalogue]:
    """An action that replaces one product of each of some families and sells products of any, on holdings that allow it."""
    products: list[dict[str, Any]] = [
        {"id": f"{family}{n}", "family": family, "price": draw(prices), "margin": 1.0, "repeatable": True}
        for family in FAMILIES
        for n in range(3)
    ]
    bundles = [
        {**a_bundle_benefit(*parts, discount=draw(st.integers(1, 900)) / 100), "id": "-".join(parts)}
        for parts in (("a", "b"), ("b", "c0"), ("a1", "c"))
    ]
    some = st.lists(
        st.sampled_from([product["id"] for product in products]), min_size=1, max_size=6, unique=True
    )
    held, sold, replaced = draw(some), draw(some), draw(some)
    discount = {"amount": draw(st.integers(1, 900)) / 100, "months": draw(st.integers(1, 36))}
    given_up = sorted({*replaced, held[0]})
    action = a_save("swap", sells=sold, replaces=given_up, discount=discount)
    return of(action, holding=held, products=products, bundles=bundles)


@given(swaps())
def test_the_price_changes_by_what_the_catalogue_asks_for_both_sets(
    made: tuple[Swap, Portfolio, Catalogue],
) -> None:
    swap, portfolio, catalogue = made

    def bill(held: Mapping[str, int]) -> float:
        listed = sum(catalogue.product[product_id].price * count for product_id, count in held.items())
        return listed - bundle_benefit(held, catalogue)

    action = catalogue.actions[0]
    assert action.discount is not None
    comparison = compare(swap, portfolio, action, catalogue, "nl")
    assert comparison is not None
    change = bill(swap.after) - bill(portfolio.held)
    rounding = pytest.approx(change, abs=0.011)
    assert comparison.price_after_discount - comparison.price_before == rounding
    assert comparison.price_after + action.discount.amount - comparison.price_before == rounding


@given(swaps())
def test_at_list_price_the_customer_gains_his_discount_and_what_the_bundles_change(
    made: tuple[Swap, Portfolio, Catalogue],
) -> None:
    swap, portfolio, catalogue = made
    discount = catalogue.actions[0].discount
    assert discount is not None
    money = discount.amount * min(12, discount.months) + 12 * (swap.benefit - portfolio.benefit)
    found = customer_benefit(swap, catalogue.actions[0], catalogue)
    assert found == pytest.approx(money, abs=1e-9)
    assert (worse_off_values(swap, catalogue.actions[0], portfolio.price, catalogue) is None) is (
        not is_worse_off(found)
    )


# --- the customer's own benefit ------------------------------------------------------------------------------------------


def test_a_sale_at_list_price_gives_what_it_takes() -> None:
    assert benefit(an_offer(sells=["tv"])) == 0


def test_a_smaller_plan_gives_up_what_it_saves_where_the_larger_one_is_used() -> None:
    assert benefit(SMALLER) == 0


def test_a_smaller_plan_saves_what_was_paid_for_and_not_used() -> None:
    assert benefit({**SMALLER, **UNUSED}) == 12 * 15


def test_what_is_not_used_and_not_replaced_is_no_loss() -> None:
    assert benefit({**NO_TV, **UNUSED}, holding=["fiber", "tv"]) == 12 * 15


def test_of_what_is_not_used_no_more_is_lost_than_it_is_worth() -> None:
    """A dearer product for an unused one is a sale: it gives what it takes."""
    larger = {**a_save("larger", sells=["mobile-l"], replaces=["mobile-s"]), **UNUSED}
    assert benefit(larger, holding="mobile-s") == 0


def test_a_discount_is_money_for_as_long_as_it_runs_in_the_first_year() -> None:
    assert [benefit(a_save("cut", discount={"amount": 5, "months": months})) for months in (6, 12, 24)] == [
        30,
        60,
        60,
    ]


def test_a_bundle_benefit_won_or_lost_is_money() -> None:
    bundles = [a_bundle_benefit("internet", "television", discount=4)]
    assert benefit(an_offer(sells=["tv"]), holding="fiber", bundles=bundles) == 48
    assert benefit(NO_TV, holding=["fiber", "tv"], bundles=bundles) == -48
    assert benefit({**NO_TV, **UNUSED}, holding=["fiber", "tv"], bundles=bundles) == 12 * 11


def test_a_product_may_be_worth_something_else_than_it_costs() -> None:
    same = {"id": "fiber-new", "family": "internet", "price": 45.0, "margin": 22.0, "worth": 40.0}
    dearer = a_save("renew", sells=["fiber-new"], replaces=["fiber"])
    assert benefit(dearer, products=[*PRODUCTS, same]) == -60


# --- worse off -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("euros", "worse"), [(-0.02, True), (-0.01, False), (0.0, False), (5.0, False)])
def test_worse_off_is_more_than_a_cent(euros: float, *, worse: bool) -> None:
    assert is_worse_off(euros) is worse


def test_what_leaves_the_customer_worse_off_says_so_with_its_figures() -> None:
    bundles = [a_bundle_benefit("internet", "television", discount=4)]
    comparison = compared(NO_TV, holding=["fiber", "tv"], bundles=bundles)
    assert (comparison.customer_benefit, comparison.worse_off) == (-48, True)
    swap, portfolio, catalogue = of(NO_TV, holding=["fiber", "tv"], bundles=bundles)
    values = worse_off_values(swap, catalogue.actions[0], portfolio.price, catalogue)
    assert values == (("benefit", -48), ("price_before", 51), ("price_after", 40))


def test_the_price_among_those_figures_has_the_discount_in_it() -> None:
    bundles = [a_bundle_benefit("internet", "television", discount=4)]
    short = {**NO_TV, "discount": {"amount": 5, "months": 1}}
    swap, portfolio, catalogue = of(short, holding=["fiber", "tv"], bundles=bundles)
    values = worse_off_values(swap, catalogue.actions[0], portfolio.price, catalogue)
    assert values == (("benefit", -43), ("price_before", 51), ("price_after", 35))


def test_what_leaves_nobody_worse_off_has_no_such_figures() -> None:
    swap, portfolio, catalogue = of(SMALLER)
    assert compared(SMALLER).worse_off is False
    assert worse_off_values(swap, catalogue.actions[0], portfolio.price, catalogue) is None


@pytest.mark.parametrize(
    ("policy", "action", "may"),
    [({}, {}, False), ({"worse_off": "say"}, {}, True), ({}, {"allow_worse_off": True}, True)],
)
def test_the_policy_or_the_action_may_allow_it(
    policy: Mapping[str, Any], action: Action, *, may: bool
) -> None:
    written = a_catalogue({**NO_TV, **action}).actions[0]
    assert may_leave_worse_off(written, a_policy(arbitration=policy)) is may


def test_where_it_is_allowed_it_is_told() -> None:
    bundles = [a_bundle_benefit("internet", "television", discount=4)]
    comparison = compared(NO_TV, holding=["fiber", "tv"], bundles=bundles)
    assert and_worse_off(("new_term",), comparison) == ("new_term", "worse_off")
    assert and_worse_off(("worse_off", "new_term"), comparison) == ("worse_off", "new_term")


def test_who_is_not_worse_off_is_told_nothing_of_it() -> None:
    assert and_worse_off(("new_term",), compared(SMALLER)) == ("new_term",)
    assert and_worse_off((), None) == ()


# --- what the business writes ----------------------------------------------------------------------------------------------


def worse_off(**texts: str) -> dict[str, Any]:
    return {"id": "worse_off", "text": texts or both("U gaat er {customer_loss:euro} op achteruit.")}


def test_what_may_leave_the_customer_worse_off_needs_the_words_for_it() -> None:
    with pytest.raises(DocumentError) as refused:
        some_knowledge({**NO_TV, "allow_worse_off": True}, SMALLER, arbitration={"worse_off": "say"})
    assert [(problem.key, problem.message) for problem in refused.value.problems] == [
        (key, "must be said to the customer; add a disclosure with the id 'worse_off' to the policy")
        for key in ("actions[no-tv].allow_worse_off", "arbitration.worse_off")
    ]


def test_with_the_words_for_it_it_may() -> None:
    knowledge = some_knowledge({**NO_TV, "allow_worse_off": True}, disclosures=[worse_off()])
    assert knowledge.catalogue.action["no-tv"].allow_worse_off


def test_only_those_words_know_what_the_customer_loses() -> None:
    with pytest.raises(DocumentError, match=r"placeholder '\{customer_loss\}' may be unknown"):
        some_knowledge(disclosures=[{**worse_off(), "id": "new_term"}])


def test_unused_needs_a_condition_that_shows_it_and_something_to_give_up() -> None:
    for action in ({**NO_TV, "unused": True}, {**a_save(), **UNUSED}):
        with pytest.raises(DocumentError, match="says that customers do not use what is given up"):
            a_catalogue(action)


def test_a_sentence_that_names_the_benefit_needs_one_after_it_that_does_not() -> None:
    said = ["U gaat er {customer_benefit:euro} op vooruit.", "U betaalt straks {price_after_discount:euro}."]
    some_knowledge({**SMALLER, "texts": {lang: {"title": "x", "say": said} for lang in ("nl", "en")}})
    with pytest.raises(DocumentError, match=r"'\{customer_benefit\}' may be unknown"):
        some_knowledge({**SMALLER, "texts": {lang: {"title": "x", "say": said[0]} for lang in ("nl", "en")}})
