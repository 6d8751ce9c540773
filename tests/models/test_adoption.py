"""What a bundle learned must be what the policy declares."""

from dataclasses import replace

import pytest

from models.adoption import check_facts, check_fits, fits_policy
from models.bundle import BundleError
from tests.builders import a_bundle, a_churn_model, a_policy, some_knowledge

MONTHS = ("gb_m2", "gb_m1")
POLICY = a_policy(
    facts={month: {"type": "number"} for month in (*MONTHS, "gb_m3")}, trends={"use": {"of": list(MONTHS)}}
)


def test_a_trend_learned_from_other_months_is_refused() -> None:
    bundle = a_bundle(churn=replace(a_churn_model(), trends={"use": ("gb_m3", *MONTHS)}))
    with pytest.raises(
        BundleError, match="learned trend 'use' from gb_m3, gb_m2, gb_m1, the policy makes it of"
    ):
        check_facts(bundle, POLICY)
    assert not fits_policy(bundle, POLICY)
    assert fits_policy(bundle, a_policy())


@pytest.mark.parametrize("trends", [{}, {"use": MONTHS}, {"bill": MONTHS}])
def test_the_same_trend_and_one_the_policy_does_not_know_are_taken(
    trends: dict[str, tuple[str, ...]],
) -> None:
    check_facts(a_bundle(churn=replace(a_churn_model(), trends=trends)), POLICY)


def test_facts_of_other_causes_are_held_against_the_policy_too() -> None:
    bundle = a_bundle(churn=replace(a_churn_model(), causes={"non-payment": a_churn_model()}))
    check_facts(bundle, POLICY)


def test_a_bundle_that_knows_no_product_of_the_catalogue_is_refused() -> None:
    bundle = a_bundle()
    check_fits(bundle, some_knowledge(bundle=bundle))
    other = replace(bundle, products=("loan", "card"))
    with pytest.raises(BundleError, match="none of its 2 products, such as 'card', is in the catalogue"):
        check_fits(other, some_knowledge())
