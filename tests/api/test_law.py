"""The law packs that come with the software: their tests pass, their pages are as they are, and a provider's own win."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.__main__ import main
from api.languages import spoken
from api.law import read_packs, shipped
from models.law import load_law
from models.law_page import page
from models.law_run import run_law

ROOT = Path(__file__).parents[2]
PACKS = {name: load_law(data, f"law/{name}.yaml") for name, data in shipped().items()}


@pytest.mark.parametrize("name", ["eu", "nl"])
def test_every_test_of_a_shipped_pack_passes(name: str) -> None:
    assert [str(failure) for outcome in run_law(PACKS[name], spoken()) for failure in outcome.failures] == []


@pytest.mark.parametrize("name", ["eu", "nl"])
def test_a_page_of_the_manual_is_what_its_pack_says(name: str) -> None:
    assert (ROOT / "docs" / "law" / f"{name}.md").read_text(encoding="utf-8") == page(PACKS[name])


@pytest.mark.parametrize("name", ["eu", "nl"])
def test_every_rule_stops_something_in_a_test_and_lets_something_pass(name: str) -> None:
    for rule in PACKS[name].rules:
        stopped = [test.stopped_by == rule.id for test in PACKS[name].tests]
        assert set(stopped) == {True, False}, rule.id


@pytest.mark.parametrize("name", ["eu", "nl"])
def test_every_row_of_a_shipped_pack_names_its_source(name: str) -> None:
    pack = PACKS[name]
    rows = [*pack.rules, *pack.disclosures, *pack.guarantees]
    assert all(":" in row.source and len(row.source) > 40 for row in rows)


def test_a_cancellation_is_open_under_every_shipped_pack() -> None:
    assert {
        name for name, pack in PACKS.items() if any(test.proves == "cancellation_open" for test in pack.tests)
    } == set(PACKS)


def test_the_command_lists_the_packs_and_writes_their_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["law"]) == 0
    assert capsys.readouterr().out == (
        "eu@2026-07  European Union, from 2026-07-01\nnl@2026-07  Netherlands, from 2026-07-01\n"
    )
    assert main(["law", "--docs", str(tmp_path / "law")]) == 0
    assert (tmp_path / "law" / "nl.md").read_text(encoding="utf-8") == page(PACKS["nl"])


def test_a_pack_beside_the_policy_wins_over_the_shipped_one(tmp_path: Path) -> None:
    assert read_packs(tmp_path) == shipped()
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "nl.yaml").write_bytes(b"mine")
    (tmp_path / "law" / "be.yaml").write_bytes(b"new")
    assert read_packs(tmp_path) == {**shipped(), "nl": b"mine", "be": b"new"}
