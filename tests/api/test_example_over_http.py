"""The example provider over HTTP: one thing changes, and the answer changes the way the policy says."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.running import Running, actions, running, write_bundle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.settings import Settings

pytestmark = pytest.mark.anyio

TELECOM = Path(__file__).resolve().parents[2] / "examples" / "telecom"
HOLDINGS = ("mobile-m", "internet-fiber-100")
FACTS: dict[str, Any] = {
    "tenure_months": 30,
    "months_to_contract_end": 2,
    "contract": "one_year",
    "data_used_gb": 19.0,
    "data_plan_gb": 20.0,
    "household_size": 3,
    "age": 44,
    "fiber_available": True,
    "instalments_left": 0,
    "arrears_eur": 0.0,
    "vulnerable": False,
    "moving_soon": False,
    "device_age_months": 30,
    "monthly_bill": 71.5,
    "wifi_weak_share": 0.3,
}


@pytest.fixture
def telecom(settings: Settings, tmp_path: Path) -> Settings:
    bundle = write_bundle(tmp_path / "bundle", knowledge=TELECOM)
    return dataclasses.replace(settings, knowledge=TELECOM, bundle=str(bundle))


@pytest.fixture
async def provider(telecom: Settings) -> AsyncIterator[Running]:
    async with running(telecom) as found:
        yield found


async def answer(desk: Running, customer_id: str, *more: str, **facts: Any) -> dict[str, Any]:
    """The decision for a customer who is like the others but for one thing."""
    held = [{"product_id": product} for product in (*HOLDINGS, *more)]
    consents = {"marketing": True, "profiling": True}
    stored = {"customer_id": customer_id, "holdings": held, "facts": {**FACTS, **facts}, "consents": consents}
    assert (await desk.put(stored)).status_code == 200
    return await desk.decide(customer_id=customer_id, contact_id=f"call-{customer_id}", language="en")


def rules(decision: dict[str, Any]) -> set[tuple[str, str]]:
    return {(veto["action_id"], veto["rule"]) for veto in decision["vetoes"]}


def chances(decision: dict[str, Any]) -> dict[str, float]:
    return {p["action_id"]: p["value"]["p_accept"] for p in decision["proposals"] if p["value"]}


async def test_a_holding_more_is_not_offered_again_and_changes_what_staying_is_worth(
    provider: Running,
) -> None:
    before, after = await answer(provider, "C-1"), await answer(provider, "C-2", "wifi-mesh")
    assert ("wifi-mesh-add", "already_held") not in rules(before)
    assert ("wifi-mesh-add", "already_held") in rules(after)
    assert before["churn"]["next_month"] != after["churn"]["next_month"]


async def test_another_churn_fact_is_another_hazard_and_another_price(provider: Running) -> None:
    before, after = await answer(provider, "C-1"), await answer(provider, "C-2", tenure_months=80)
    assert before["churn"]["next_month"] != after["churn"]["next_month"]
    prices = [
        {p["action_id"]: p["value"]["expected"] for p in decision["proposals"] if p["value"]}
        for decision in (before, after)
    ]
    assert prices[0] != prices[1]


async def test_a_nearer_term_end_opens_renewal(provider: Running) -> None:
    far, near = await answer(provider, "C-1", months_to_contract_end=11), await answer(provider, "C-2")
    assert {("renew-one-year", "renew_near_the_end"), ("renew-two-years", "renew_near_the_end")} <= rules(far)
    assert "renew_near_the_end" not in {rule for _, rule in rules(near)}
    assert "term-end-talk" in actions(near)
    assert "term-end-talk" not in actions(far)


async def test_instalments_left_stop_what_would_make_it_dearer(provider: Running) -> None:
    without, left = await answer(provider, "C-1"), await answer(provider, "C-2", instalments_left=12)
    stopped = {action for action, rule in rules(left) if rule == "no_upsell_while_instalments"}
    assert stopped
    assert not stopped & set(actions(left))
    assert "no_upsell_while_instalments" not in {rule for _, rule in rules(without)}
    [text] = {veto["text"] for veto in left["vetoes"] if veto["rule"] == "no_upsell_while_instalments"}
    assert text == "12 device instalments are still to pay; do not make it dearer"


async def test_the_implicit_scores_give_other_chances(telecom: Settings) -> None:
    found = []
    for which in ("winner", "implicit"):
        async with running(dataclasses.replace(telecom, propensity=which)) as desk:
            found.append(chances(await answer(desk, f"C-{which}")))
    assert found[0] != found[1]
