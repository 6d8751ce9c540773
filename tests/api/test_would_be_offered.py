"""What would make an action eligible can be asked by anyone: the same question again, with the changes in it."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.languages import spoken
from api.law import shipped
from models.catalogue import load_catalogue
from models.changes import Question
from models.counterfactual import Counterfactuals
from models.domain import Customer, DecisionRequest, History
from models.in_force import load_lawful
from models.knowledge import build_knowledge
from models.response import WouldBe
from tests.api.running import Running, a_question, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.settings import Settings

pytestmark = pytest.mark.anyio

TELECOM = Path(__file__).resolve().parents[2] / "examples" / "telecom"
KNOWLEDGE = build_knowledge(
    load_catalogue((TELECOM / "catalogue.yaml").read_bytes()),
    load_lawful((TELECOM / "policy.yaml").read_bytes(), "policy.yaml", shipped()),
    wordbooks=spoken(),
)
ASKED: dict[str, Any] = {
    "customer_id": "C-7",
    "contact_id": "call-7",
    "detail": "full",
    "holdings": [{"product_id": "mobile-s"}],
    "facts": {"vulnerable": False, "age": 44, "data_used_gb": 3.1, "months_to_contract_end": 2},
}


@pytest.fixture
async def provider(settings: Settings) -> AsyncIterator[Running]:
    async with running(dataclasses.replace(settings, knowledge=TELECOM)) as found:
        yield found


@pytest.mark.parametrize(
    ("action_id", "changed"),
    [
        ("mobile-m-upgrade", {"customer.data_used_gb"}),
        ("extra-sim", {"customer.household_size"}),
        ("travel-pass-add", {"customer.roaming_days"}),
        ("dsl-to-fiber", {"customer.fiber_available", "customer.holdings"}),
        ("bill-explained", {"contact.subject"}),
        ("price-cut-six-months", {"contact.intent"}),
        ("cancel", {"contact.intent"}),
    ],
)
async def test_the_same_question_with_the_changes_finds_the_action_eligible(
    provider: Running, action_id: str, changed: set[str]
) -> None:
    first = await provider.decide(**ASKED)
    assert action_id in vetoed(first)
    found = would_be(action_id, first)
    assert {change.path for change in found.changes} == changed
    again = await provider.decide(**{**asked_with(found), "contact_id": "call-8"})
    assert action_id not in vetoed(again)


def would_be(action_id: str, decision: dict[str, Any]) -> WouldBe:
    question = Question(
        DecisionRequest.model_validate(a_question(**ASKED)),
        Customer(customer_id="C-7"),
        History(),
        datetime.fromisoformat(decision["decided_at"]),
    )
    row = list(KNOWLEDGE.catalogue.action).index(action_id)
    found = Counterfactuals(question, KNOWLEDGE).would_be(row, "en")
    assert found is not None
    return found


def vetoed(decision: dict[str, Any]) -> set[str]:
    """What is not eligible; what stood behind better ones is."""
    return {veto["action_id"] for veto in decision["vetoes"] if veto["tier"] != "arbitration"}


def asked_with(found: WouldBe) -> dict[str, Any]:
    """The question as a desktop would write the changes into it."""
    question = {**ASKED, "facts": dict(ASKED["facts"])}
    for change in found.changes:
        root, _, name = change.path.partition(".")
        if change.path == "customer.holdings":
            assert isinstance(change.to, tuple)
            question["holdings"] = [{"product_id": product_id} for product_id in change.to]
        elif root == "contact":
            question[name] = change.to
        else:
            question["facts"][name] = change.to
    return question
