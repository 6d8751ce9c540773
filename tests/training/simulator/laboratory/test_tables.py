"""A play as tables: the job reads them without a problem, and they say what happened."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.domain import Event, PastOutcome
from tests.training.simulator.laboratory.conftest import Opens
from training.simulator.laboratory import goods
from training.simulator.laboratory.play import Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.spells import customer_ids, first_day, spells
from training.simulator.laboratory.tables import write_tables
from training.simulator.laboratory.worlds import WORLDS
from training.tables import Tables, read_tables


@pytest.fixture(scope="module")
def play() -> Play:
    return opened(set_up(WORLDS["base"], 3, 500)).run(RandomEligible(), 8)


@pytest.fixture(scope="module")
def folder(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("laboratory")
    write_tables(play, place)
    return place


@pytest.fixture(scope="module")
def tables(folder: Path) -> Tables:
    return read_tables(folder)


def records(folder: Path, kind: str) -> list[dict[str, object]]:
    parts = sorted(folder.glob("journal/date=*/part-*.parquet"))
    entries = pl.concat(pl.read_parquet(part, hive_partitioning=False) for part in parts)
    return [json.loads(record) for record in entries.filter(pl.col("kind") == kind)["record"]]


def test_the_job_reads_them_and_warns_of_nothing_but_offers_that_were_spoken(tables: Tables) -> None:
    assert [warning[:8] for warning in tables.warnings] == ["journal:"]
    assert set(tables.products) == set(goods.IDS)
    assert tables.clocks == {"tenure_months": 1.0, "months_to_contract_end": -1.0}
    assert "monthly_bill" not in tables.propensity_kinds


def test_what_was_bought_after_an_offer_is_no_label(play: Play, tables: Tables) -> None:
    asked = sum((seen.bought.deed >= 0).sum() for seen in play.seen)
    assert asked > 5
    assert (~tables.holdings["unprompted"]).sum() >= asked


def test_holdings_of_a_day_are_what_the_world_held(play: Play) -> None:
    held = spells(play)
    for month in (0, 4, 7):
        day = first_day(month)
        then = held.filter((pl.col("since") < day) & (pl.col("until").is_null() | (pl.col("until") >= day)))
        seen = play.seen[month]
        names = customer_ids(seen.row)
        expected = {(names[row], goods.IDS[product]) for row, product in np.argwhere(seen.held).tolist()}
        assert set(then.select("customer_id", "product_id").iter_rows()) == expected


def test_no_holding_ends_before_it_began_or_stands_twice(play: Play) -> None:
    held = spells(play)
    assert held.filter(pl.col("until") < pl.col("since")).is_empty()
    assert not held.select("customer_id", "product_id", "since").is_duplicated().any()


def test_who_left_is_in_the_table_up_to_the_month_he_left_in(play: Play, tables: Tables) -> None:
    assert tables.customers is not None
    last = tables.customers.sort("month").group_by("customer_id").last()
    assert last["churned"].sum() == (~play.state.here).sum() == tables.customers["churned"].sum()
    assert tables.customers.filter("churned")["churn_motive"].null_count() == 0
    assert tables.customers.filter(~pl.col("churned"))["churn_motive"].null_count() == len(
        tables.customers.filter(~pl.col("churned"))
    )


def test_events_and_outcomes_are_in_the_services_words(folder: Path) -> None:
    events = [Event.model_validate(record) for record in records(folder, "event")]
    outcomes = [PastOutcome.model_validate(record) for record in records(folder, "outcome")]
    assert {event.kind for event in events} == {"contact", "outage", "complaint_opened", "missed_payment"}
    assert {outcome.kind for outcome in outcomes} == {
        "shown",
        "spoken",
        "accepted",
        "declined",
        "skipped",
        "withdrawn",
    }
    assert len({event.event_id for event in events}) == len(events)
    assert len({outcome.outcome_id for outcome in outcomes}) == len(outcomes)


def test_propensities_are_logged_with_what_was_shown(play: Play, folder: Path) -> None:
    asked = pl.read_parquet(folder / "asked.parquet")
    assert len(asked) == sum((seen.asked.deed >= 0).sum() for seen in play.seen)
    first = asked.filter(pl.col("rank") == 1)
    assert first["probability"].is_between(0.01, 0.5).all()
    assert asked.filter(pl.col("accepted") & ~pl.col("spoken")).is_empty()


def test_the_same_play_gives_the_same_bytes(play: Play, folder: Path, tmp_path: Path) -> None:
    write_tables(play, tmp_path)
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert all((folder / file).read_bytes() == (tmp_path / file).read_bytes() for file in files)


def test_months_nobody_wrote_down_make_no_tables(opens: Opens, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 of 9 months were played without records"):
        write_tables(opens().run(None, 3), tmp_path)


def test_month_nought_is_january_2023() -> None:
    assert [first_day(month) for month in (-1, 0, 11, 12)] == [
        date(2022, 12, 1), date(2023, 1, 1), date(2023, 12, 1), date(2024, 1, 1),
    ]  # fmt: skip
