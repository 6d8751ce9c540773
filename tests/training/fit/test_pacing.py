"""The price of a budget, from contacts of the journal decided again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from models.decision import decide
from models.domain import History
from models.journal import DecisionRecord
from tests.builders import NOW, a_bundle, a_contact, a_customer, a_mode, a_request, an_offer, some_knowledge
from training.fit.pacing import fit_pacing
from training.problems import TableError

if TYPE_CHECKING:
    from pathlib import Path

    from models.knowledge import Knowledge

MODES = [a_mode("grow", kinds=["offer", "save"])]
DEAL = an_offer("deal", sells=["tv"], discount={"amount": 2.0, "months": 6}, acceptance={"rate": 0.5})


def knowing(discounts: float | None = 40.0, days: int = 30) -> Knowledge:
    budget = {} if discounts is None else {"budget": {"discounts": discounts, "days": days}}
    return some_knowledge(DEAL, bundle=a_bundle(), modes=MODES, arbitration=budget)


def a_turn(
    number: int, *, contact: str | None = None, days_ago: float = 1.0, holding: str = "fiber"
) -> dict[str, Any]:
    """An entry of the journal: a decision for a customer of his own."""
    at, name = NOW - timedelta(days=days_ago), f"C-{number}"
    customer = a_customer(holding=holding).model_copy(update={"customer_id": name})
    request = a_request(contact=a_contact(contact_id=contact or f"K-{number}")).model_copy(
        update={"customer_id": name}
    )
    decision = decide(request, customer, History(), knowing(), now=at, decision_id=f"p00-{number}")
    record = DecisionRecord(request=request, customer=customer, history=History(), decision=decision)
    return {"kind": "decision", "at": at.isoformat(), "record": record.model_dump_json()}


def a_part(folder: Path, *entries: dict[str, Any]) -> list[Path]:
    path = folder / "part.parquet"
    pl.DataFrame(
        list(entries), schema={"kind": pl.String, "at": pl.String, "record": pl.String}
    ).write_parquet(path)
    return [path]


def given_to_each(folder: Path) -> float:
    """Euros of discount that one contact is expected to be given."""
    pacing, _ = fit_pacing(a_part(folder, a_turn(0)), knowing(1e9))
    assert pacing is not None
    return pacing.spent_without


def test_a_budget_for_half_of_the_contacts_has_a_price_and_is_not_overspent(tmp_path: Path) -> None:
    each = given_to_each(tmp_path)
    parts = a_part(tmp_path, *[a_turn(number) for number in range(10)])
    pacing, told = fit_pacing(parts, knowing(5.5 * each))
    assert pacing is not None
    assert pacing.contacts == 10
    assert pacing.spent_without == pytest.approx(10 * each)
    assert pacing.spent == pytest.approx(5 * each)
    assert pacing.shadow_price > 0
    assert told[0].startswith("Budget: 10 contacts of 30 days")


def test_a_budget_that_is_enough_has_no_price(tmp_path: Path) -> None:
    pacing, _ = fit_pacing(a_part(tmp_path, a_turn(1), a_turn(2)), knowing(1e6))
    assert pacing is not None
    assert pacing.shadow_price == 0.0
    assert pacing.spent == pacing.spent_without


def test_a_contact_counts_once_with_its_last_turn_and_only_in_the_days_of_the_budget(tmp_path: Path) -> None:
    parts = a_part(
        tmp_path,
        a_turn(1, days_ago=1.0),
        a_turn(1, days_ago=0.9, holding="tv"),  # he has it by now: nothing is left to give
        a_turn(2, days_ago=20.0),
        {"kind": "outcome", "at": NOW.isoformat(), "record": "{}"},
        {"kind": "decision", "at": NOW.isoformat(), "record": None},
    )
    pacing, _ = fit_pacing(parts, knowing(1e6, days=7))
    assert pacing is not None
    assert (pacing.contacts, pacing.spent_without) == (1, 0.0)


def test_without_a_budget_or_a_decision_there_is_no_price(tmp_path: Path) -> None:
    assert fit_pacing(a_part(tmp_path, a_turn(1)), knowing(None)) == (None, ())
    pacing, told = fit_pacing([], knowing())
    assert pacing is None
    assert "no decision in its last 30 days" in told[0]


def test_a_customer_of_whom_nothing_was_stored_is_decided_from_the_request(tmp_path: Path) -> None:
    entry = a_turn(1)
    record = DecisionRecord.model_validate_json(entry["record"])
    alone = record.model_copy(update={"customer": None})
    pacing, _ = fit_pacing(a_part(tmp_path, {**entry, "record": alone.model_dump_json()}), knowing(1e6))
    assert pacing is not None
    assert pacing.contacts == 1


def test_what_is_no_part_of_a_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part.parquet").write_bytes(b"nothing")
    with pytest.raises(TableError, match="cannot be read"):
        fit_pacing([tmp_path / "part.parquet"], knowing())
