"""What the job reads of a play: the actions of the provider's catalogue in place of deeds."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from models.catalogue import load_catalogue
from training.prompted import journal_parts
from training.simulator.laboratory.deeds import DEEDS
from training.simulator.laboratory.play import Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS
from training.worlds.example import INSTEAD, catalogue_text
from training.worlds.written import write_provider_tables


@pytest.fixture(scope="module")
def play() -> Play:
    return opened(set_up(WORLDS["base"], 4, 300)).run(RandomEligible(), 4)


@pytest.fixture(scope="module")
def folder(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("written")
    write_provider_tables(play, place)
    return place


def outcomes(folder: Path) -> list[dict[str, str]]:
    parts = [pl.read_parquet(part, hive_partitioning=False) for part in journal_parts(folder)]
    entries = pl.concat(parts).filter(pl.col("kind") == "outcome")
    return [json.loads(record) for record in entries["record"]]


def test_every_action_of_the_journal_stands_in_the_catalogue(folder: Path) -> None:
    known = set(load_catalogue(catalogue_text()).action)
    told = {outcome["action_id"] for outcome in outcomes(folder)}
    assert told <= known
    assert any(name.endswith(INSTEAD) for name in told)


def test_a_dearer_plan_is_sold_instead_to_those_who_held_the_cheaper_one(play: Play, folder: Path) -> None:
    spells = pl.read_parquet(folder / "holdings.parquet")
    held = {
        (row["customer_id"], row["product_id"]): (row["since"], row["until"])
        for row in spells.iter_rows(named=True)
    }
    cheaper = {"mobile-plus": "mobile-basic", "line-fast": "line-basic"}
    asked = pl.read_parquet(folder / "asked.parquet").filter(pl.col("action_id").str.contains("plus|fast"))
    for row in asked.iter_rows(named=True):
        dearer = row["action_id"].removesuffix(INSTEAD).partition("-")[2]
        since, until = held.get((row["customer_id"], cheaper[dearer]), (None, None))
        was_held = since is not None and since <= row["day"] and (until is None or until >= row["day"])
        assert row["action_id"].endswith(INSTEAD) == was_held


def test_the_experiment_and_the_journal_name_the_same_actions(folder: Path) -> None:
    asked = pl.read_parquet(folder / "asked.parquet")
    shown = sorted(
        (outcome["contact_id"], outcome["action_id"])
        for outcome in outcomes(folder)
        if outcome["kind"] == "shown"
    )
    assert shown == sorted(asked.select("contact_id", "action_id").iter_rows())
    assert {deed.id for deed in DEEDS} >= {name.removesuffix(INSTEAD) for _, name in shown}
