"""The table of an experiment: who is in which arm, and what became of him."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from models.catalogue import load_catalogue
from models.domain import History
from models.journal import DecisionRecord
from tests.builders import NOW, a_contact, a_decision, a_request, some_knowledge
from tests.training.experiment.companies import CATALOGUE
from training.errors import OptionError
from training.experiment.assigned import arms_of, read_decisions, read_exposures, with_arm
from training.experiment.handling import handled
from training.experiment.staying import spells, told_until
from training.experiment.units import Sources, units_of
from training.fit.spoken import read_talks
from training.prompted import journal_parts
from training.tables import read_tables

if TYPE_CHECKING:
    from pathlib import Path

    from tests.training.experiment.companies import Company

MONTH = 365.25 / 12
OLD = {"policy": "champion", "holdout": False}
NEW = {"policy": "challenger", "holdout": False}


def units(
    folder: Path, name: str = "policy", until: datetime = datetime(2026, 12, 1, tzinfo=UTC), window: int = 90
) -> dict[str, dict[str, Any]]:
    parts = journal_parts(folder)
    decisions = read_decisions(parts)
    sources = Sources(
        read_tables(folder, ["fiber", "tv"]),
        read_talks(parts),
        decisions,
        read_exposures(parts),
        tuple(parts),
        until,
        load_catalogue(CATALOGUE),
    )
    table = units_of(sources, name, with_arm(decisions, name), window)
    return {row["customer_id"]: row for row in table.iter_rows(named=True)}


def test_the_arm_is_that_of_the_first_decision_and_who_met_two_is_told(company: Company) -> None:
    company.decides("C-1", "03-01T10:00:00", experiment=OLD)
    company.decides("C-1", "03-05T10:00:00", experiment=NEW, agent="A-2")
    company.decides("C-2", "03-02T10:00:00", experiment=NEW, agent="A-1")
    company.decides("C-3", "03-02T10:00:00", experiment=NEW | {"holdout": True})
    company.records.append(("decision", None))
    found = units(company.write())
    assert {who: (row["arm"], row["cluster"], row["mixed"]) for who, row in found.items()} == {
        "C-1": ("champion", "A-2", True),
        "C-2": ("challenger", "A-1", False),
    }
    assert found["C-1"]["assigned_at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_a_block_names_the_arms_of_every_experiment_but_for_who_is_held_out() -> None:
    assert arms_of({"policy": "v2", "arms": {"order": "cheap"}}) == {"holdout": "in", "policy": "v2", "order": "cheap"}  # fmt: skip
    assert arms_of({"policy": "v2", "holdout": True, "arms": {"order": "cheap"}}) == {"holdout": "holdout"}
    assert arms_of({"holdout": "random"}) == {"holdout": "random"}
    assert arms_of({"policy": "v2", "arms": {"order": "cheap"}, "measured": False}) == {}  # he objects


def test_an_unknown_experiment_lists_those_that_are_known(company: Company) -> None:
    for n, arm in enumerate(("cheap", "dear")):
        company.decides(f"C-{n}", "03-01T10:00:00", experiment=OLD | {"arms": {"order": arm}})
    decisions = read_decisions(journal_parts(company.write()))
    with pytest.raises(OptionError, match=r"names an experiment 'ordre'; known here: order \(cheap, dear\)"):
        with_arm(decisions, "ordre")
    with pytest.raises(OptionError, match="'policy' has one arm only, champion: nothing to compare"):
        with_arm(decisions, "policy")
    with pytest.raises(OptionError, match="none has two arms"):
        with_arm(read_decisions([]), "order")
    assert not len(read_exposures([]))


def test_exposed_is_who_heard_and_not_for_whom_it_was_computed(company: Company) -> None:
    heard = company.decides("C-1", "03-01T10:00:00", experiment=OLD)
    shown = company.decides("C-2", "03-01T10:00:00", experiment=NEW)
    company.hears(heard, "C-1", "spoken", "03-01T10:02:00")
    company.hears(heard, "C-1", "accepted", "03-01T10:03:00")
    company.hears(shown, "C-2", "shown", "03-01T10:02:00")
    found = units(company.write())
    assert found["C-1"]["exposed_at"] == datetime(2026, 3, 1, 10, 2, tzinfo=UTC)
    assert found["C-2"]["exposed_at"] is None


def test_exposures_that_are_logged_are_taken_as_they_are(company: Company) -> None:
    heard = company.decides("C-1", "03-01T10:00:00", experiment=OLD)
    company.decides("C-2", "03-01T10:00:00", experiment=NEW)
    company.hears(heard, "C-1", "spoken", "03-01T10:02:00")
    company.tells("exposure", "C-2", "03-01T10:07:00", experiment="policy")
    company.tells("exposure", "C-1", "03-01T10:07:00", experiment="order")
    found = units(company.write())
    assert (found["C-1"]["exposed_at"], found["C-2"]["exposed_at"]) == (None, datetime(2026, 3, 1, 10, 7, tzinfo=UTC))  # fmt: skip


def test_an_exposure_to_what_was_not_shown_after_all_gives_way_to_what_was(company: Company) -> None:
    none = company.decides("C-1", "03-01T10:00:00", experiment=OLD, channel="web")
    other = company.decides("C-2", "03-01T10:00:00", experiment=NEW, channel="web")
    for decision, who in ((none, "C-1"), (other, "C-2")):
        company.hears(decision, who, "shown", "03-01T10:01:00", channel="web")
        company.hears(decision, who, "skipped", "03-01T10:02:00", channel="web")
        company.tells("exposure", who, "03-01T10:01:00", experiment="policy", decision_id=decision, action_id="save-12")  # fmt: skip
    later = company.decides("C-2", "03-04T10:00:00", experiment=NEW)
    company.hears(later, "C-2", "spoken", "03-04T10:01:00")
    found = units(company.write())
    assert (found["C-1"]["exposed_at"], found["C-2"]["exposed_at"]) == (None, datetime(2026, 3, 4, 10, 1, tzinfo=UTC))  # fmt: skip


def test_a_yes_that_is_taken_back_was_heard(company: Company) -> None:
    heard = company.decides("C-1", "03-01T10:00:00", experiment=OLD)
    company.decides("C-2", "03-01T10:00:00", experiment=NEW)
    company.hears(heard, "C-1", "accepted", "03-01T10:01:00")
    company.hears(heard, "C-1", "withdrawn", "03-01T10:02:00")
    company.tells("exposure", "C-1", "03-01T10:01:00", experiment="policy", decision_id=heard, action_id="save-12")  # fmt: skip
    found = units(company.write())
    assert found["C-1"]["exposed_at"] == datetime(2026, 3, 1, 10, 1, tzinfo=UTC)


def test_margin_is_what_is_held_by_the_day_less_what_was_given(company: Company) -> None:
    saved = company.decides("C-1", "04-01T00:00:00", experiment=OLD)
    company.hears(saved, "C-1", "accepted", "04-01T00:00:00")
    company.decides("C-2", "04-01T00:00:00", experiment=NEW)
    company.holds("C-1", "fiber")
    company.holds("C-1", "tv", date(2026, 2, 1), date(2026, 5, 1))
    company.holds("C-2", "fiber", date(2025, 1, 1))
    company.stays("C-1", range(1, 11))
    company.stays("C-2", range(1, 6), leaves=True)
    found = units(company.write())
    given = 3.5 + 2 * 6.0
    assert found["C-1"]["margin"] == pytest.approx((90 * 20 + 30 * 5) / MONTH - given)
    assert found["C-1"]["before_margin"] == pytest.approx((90 * 20 + 59 * 5) / MONTH)
    assert found["C-2"]["margin"] == pytest.approx((30 + 31) * 20 / MONTH)


def test_what_is_not_over_is_not_known(company: Company) -> None:
    company.decides("C-1", "04-01T00:00:00", experiment=OLD)
    company.decides("C-2", "08-01T00:00:00", experiment=NEW)
    company.holds("C-1", "fiber")
    for who in ("C-1", "C-2"):
        company.stays(who, range(1, 10))
    folder = company.write()
    found = units(folder, until=datetime(2026, 10, 1, tzinfo=UTC))
    for measure in ("margin", "churned", "acceptance", "handling", "held_30"):
        assert found["C-1"][measure] is not None
        assert found["C-2"][measure] is None
    assert units(folder, until=datetime(2026, 6, 1, tzinfo=UTC))["C-1"]["churned"] is None
    assert (found["C-1"]["held_90"], found["C-2"]["held_90"]) == (0.0, None)


def test_a_save_has_held_when_he_did_not_leave_in_the_months_after(company: Company) -> None:
    for who, arm, last in (
        ("C-1", OLD, 4),
        ("C-2", NEW, 5),
        ("C-3", NEW, 6),
        ("C-4", NEW, 11),
        ("C-5", OLD, 11),
    ):
        saved = company.decides(who, "04-10T00:00:00", experiment=arm)
        company.hears(saved, who, "accepted", "04-10T00:01:00")
        company.stays(who, range(1, last + 1), leaves=last < 11)
        company.holds(who, "fiber")
    company.hears(saved, "C-5", "withdrawn", "04-20T00:00:00")
    found = units(company.write())
    held = {who: [row[f"held_{days}"] for days in (30, 60, 90)] for who, row in found.items()}
    assert held == {"C-1": [0, 0, 0], "C-2": [1, 0, 0], "C-3": [1, 1, 0], "C-4": [1, 1, 1], "C-5": [0, 0, 0]}
    assert [found[who]["churned"] for who in found] == [1, 1, 1, 0, 0]


def test_who_left_early_counts_no_sooner_than_who_stayed(company: Company) -> None:
    for who, arm, last in (("C-1", OLD, 5), ("C-2", NEW, 10)):
        company.decides(who, "05-10T00:00:00", experiment=arm)
        company.holds(who, "fiber")
        company.stays(who, range(1, last + 1), leaves=last == 5)
    folder = company.write()
    early = units(folder, until=datetime(2026, 7, 2, tzinfo=UTC))
    assert [row["churned"] for row in early.values()] == [None, None]
    assert [row["churned"] for row in units(folder).values()] == [1, 0]


def test_a_save_of_which_nobody_knows_whether_it_held_is_not_counted_as_relapsed(company: Company) -> None:
    for who, arm, last in (("C-1", OLD, 4), ("C-2", NEW, 11)):
        saved = company.decides(who, "04-10T00:00:00", experiment=arm)
        company.hears(saved, who, "accepted", "04-10T00:01:00")
        company.holds(who, "fiber")
        company.stays(who, range(1, last + 1))
    found = units(company.write())
    assert [(row["held_30"], row["held_60"]) for row in found.values()] == [(1, None), (1, 1)]


def test_acceptance_is_of_what_was_spoken_and_handling_of_contacts_by_voice(company: Company) -> None:
    first = company.decides("C-1", "04-10T10:00:00", "K-1", experiment=OLD)
    company.hears(first, "C-1", "spoken", "04-10T10:01:00")
    company.hears(first, "C-1", "declined", "04-10T10:01:30")
    second = company.decides("C-1", "04-10T10:02:00", "K-1", experiment=OLD)
    company.hears(second, "C-1", "accepted", "04-10T10:05:00", action_id="tv-add", action_kind="offer")
    company.hears(second, "C-1", "withdrawn", "04-12T10:05:00", action_id="fix", action_kind="service")
    company.decides("C-1", "04-20T10:00:00", "K-2", experiment=OLD)
    company.decides("C-2", "04-10T10:00:00", "K-3", experiment=NEW, channel="chat")
    company.tells("event", "C-1", "03-20T10:00:00", kind="contact", contact_id="K-0", channel="voice")
    found = units(company.write())
    one, two = found["C-1"], found["C-2"]
    assert (one["acceptance"], one["acceptance_of"]) == (1, 2)
    assert (one["handling"], one["handling_of"]) == (300, 2)
    assert (two["handling"], two["handling_of"], two["acceptance_of"]) == (0, 0, 0)
    assert (one["before_contacts"], two["before_contacts"]) == (1, 0)


def test_who_objects_to_profiling_is_no_unit(company: Company) -> None:
    for who, arm in (("C-1", OLD), ("C-2", NEW)):
        company.decides(who, "04-10T10:00:00", experiment=arm)
        company.holds(who, "fiber")
        company.stays(who, range(1, 3))
    company.months[-1]["profiling_objection"] = True
    company.months[0]["profiling_objection"] = False
    assert list(units(company.write())) == ["C-1"]


def test_without_a_table_of_customers_nobody_knows_who_left(company: Company) -> None:
    company.decides("C-1", "04-10T10:00:00", experiment=OLD)
    company.decides("C-2", "04-10T10:00:00", experiment=NEW)
    company.holds("C-1", "fiber")
    found = units(company.write())
    assert found["C-1"]["margin"] == pytest.approx(90 * 20 / MONTH)
    assert [found["C-1"][name] for name in ("churned", "held_30")] == [None, None]
    assert told_until(spells(None)) is None


def test_no_contact_was_handled_without_a_journal() -> None:
    assert not len(handled(read_decisions([]), []))


def test_the_records_the_service_writes_are_read_as_they_are(tmp_path: Path) -> None:
    request = a_request(contact=a_contact(agent={"agent_id": "A-7"}))
    decided = a_decision(some_knowledge(), request=request)
    record = DecisionRecord(request=request, customer=None, history=History(), decision=decided)
    place = tmp_path / "journal" / "date=2026-11-21"
    place.mkdir(parents=True)
    row = {"kind": "decision", "record": record.model_dump_json()}
    pl.DataFrame([row]).write_parquet(place / "part-p00-1-0-to-1-0.parquet")
    (found,) = read_decisions(journal_parts(tmp_path)).iter_rows(named=True)
    assert (found["customer_id"], found["contact_id"], found["channel"], found["agent"], found["at"]) == (
        request.customer_id, request.contact.contact_id, request.contact.channel, "A-7", NOW,
    )  # fmt: skip
    assert arms_of(json.loads(found["block"])) == {"holdout": "in", "policy": "champion"}


def test_what_was_sold_on_the_day_itself_was_not_held_before(company: Company) -> None:
    for who, arm in (("C-1", OLD), ("C-2", NEW)):
        company.decides(who, "04-10T10:00:00", experiment=arm)
        company.holds(who, "fiber")
    company.holds("C-2", "tv", date(2026, 4, 10))
    found = units(company.write())
    assert found["C-2"]["before_margin"] == found["C-1"]["before_margin"]
    assert found["C-2"]["before_margin"] == pytest.approx(90 * 20 / MONTH)
    assert found["C-2"]["margin"] == pytest.approx(90 * 25 / MONTH)


def test_what_was_taken_back_and_accepted_after_all_was_accepted(company: Company) -> None:
    for who, arm, words in (
        ("C-1", OLD, ("accepted", "withdrawn", "accepted")),
        ("C-2", NEW, ("accepted", "withdrawn", "declined")),
    ):
        said = company.decides(who, "04-10T10:00:00", experiment=arm)
        for minute, word in enumerate(words):
            company.hears(said, who, word, f"04-10T10:0{minute}:00")
        company.stays(who, range(1, 11))
        company.holds(who, "fiber")
    found = units(company.write())
    assert [(row["acceptance"], row["held_30"]) for row in found.values()] == [(1, 1), (0, 0)]
