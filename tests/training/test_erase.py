"""Who is erased from the archive is nowhere in it; everybody else, and what is learned, stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.training.learning.journals import START, decided, told
from training.__main__ import main
from training.archive import SCHEMA, ArchiveError, alone
from training.erase import Erased, erase
from training.errors import OptionError
from training.learning.reading import read_archive
from training.learning.tally import Tally
from training.problems import TableError
from training.prompted import journal_parts, read_part

HIM, HER = "C-gone-1", "C-stays-2"
DAYS = ("2026-11-02", "2026-11-03", "2026-11-04")


def rows(day: int, *whose: str) -> pl.DataFrame:
    """Of each customer a decision, a shadow and an outcome; ids and records of what others tell name him."""
    found = []
    for number, name in enumerate(whose):
        for kind in ("decision", "shadow", "outcome"):
            place = len(found)
            decision = f"p00-{day}{number}"
            asked = decided(decision).lesson if kind == "decision" else None
            record = {
                "customer_id": name,
                **json.loads(told("accepted", name=decision, called=f"o-{name}").record),
            }
            found.append(
                {
                    "entry": f"{START + day * 86_400_000 + place}-0",
                    "partition": "p00",
                    "kind": kind,
                    "id": f"o-{name}" if kind == "outcome" else decision,
                    "customer_id": name,
                    "at": "2026-11-02T10:00:00+00:00",
                    "record": json.dumps(record),
                    "lesson": asked,
                }
            )
    return pl.DataFrame(found, schema=SCHEMA)


@pytest.fixture
def archived(tmp_path: Path) -> Path:
    """Both on the first day, she alone on the second, he alone on the third."""
    for day, whose in enumerate(((HIM, HER), (HER,), (HIM,))):
        frame = rows(day, *whose)
        folder = tmp_path / "journal" / f"date={DAYS[day]}"
        folder.mkdir(parents=True)
        first, last = frame["entry"][0], frame["entry"][-1]
        frame.write_parquet(folder / f"part-p00-{first}-to-{last}.parquet")
    return tmp_path


def quiet(_what: str, _number: int, _of: int) -> None:
    """Says nothing of how far it is."""


def whole(folder: Path) -> pl.DataFrame:
    return pl.concat([read_part(path) for path in journal_parts(folder)])


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def test_nothing_names_him_any_more_and_all_of_hers_is_as_it_was(archived: Path) -> None:
    before, untouched = whole(archived), journal_parts(archived)[1]
    bytes_before = untouched.read_bytes()
    names = journal_parts(archived)
    assert any(HIM in str(row) for row in before.rows())
    assert erase(archived, {HIM}, quiet) == Erased(rows=6, files=2, customers=1)
    after = whole(archived)
    assert not any(HIM in str(row) for row in after.rows())
    assert not any(HIM.encode() in data for data in everything(archived).values())
    hers = pl.col("customer_id") == HER
    assert after.filter(hers).equals(before.filter(hers))
    assert (journal_parts(archived), untouched.read_bytes()) == (names, bytes_before)


def test_entries_ids_of_decisions_and_lessons_stay(archived: Path) -> None:
    before = whole(archived).filter(customer_id=HIM)
    erase(archived, {HIM}, quiet)
    after = whole(archived).filter(customer_id="")
    stays = ["entry", "partition", "kind", "at", "lesson"]
    assert after.select(stays).equals(before.select(stays))
    assert after["id"].to_list() == ["p00-00", "p00-00", "", "p00-20", "p00-20", ""]
    assert after["record"].null_count() == 6


def test_the_learner_reads_to_the_same_place_and_counts_what_is_left(archived: Path) -> None:
    before, after = Tally(), Tally()
    taken = read_archive(before, archived)
    erase(archived, {HIM}, quiet)
    assert read_archive(after, archived) == taken
    assert after.partitions["p00"].place == before.partitions["p00"].place
    said = {key for key, row in before.partitions["p00"].rows.items() if row.answer is not None}
    left = {key for key, row in after.partitions["p00"].rows.items() if row.answer is not None}
    assert {decision for decision, _ in said - left} == {"p00-00", "p00-20"}
    assert {decision for decision, _ in left} == {"p00-01", "p00-10"}


def test_erasing_again_changes_nothing(archived: Path) -> None:
    erase(archived, {HIM}, quiet)
    before = everything(archived)
    assert erase(archived, {HIM, "C-never-seen"}, quiet) == Erased()
    assert everything(archived) == before


def test_an_older_file_keeps_the_columns_it_has(archived: Path) -> None:
    path = journal_parts(archived)[2]
    pl.read_parquet(path, hive_partitioning=False).drop("lesson").write_parquet(path)
    erase(archived, {HIM}, quiet)
    assert "lesson" not in read_part(path).columns


def test_one_file_that_is_broken_and_none_is_changed(archived: Path) -> None:
    journal_parts(archived)[2].write_bytes(b"no parquet")
    before = everything(archived)
    with pytest.raises(TableError, match="cannot be read"):
        erase(archived, {HIM}, quiet)
    assert everything(archived) == before


def test_killed_between_two_files_it_is_simply_run_again(archived: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from training.erase import erase
real, calls = Path.rename, []
def dies(self, target):
    calls.append(1)
    if len(calls) == 2:
        os._exit(9)
    return real(self, target)
Path.rename = dies
erase(Path(sys.argv[1]), {sys.argv[2]}, lambda *_: None)
"""
    command = [sys.executable, "-c", program, str(archived), HIM]
    assert subprocess.run(command, cwd=Path(__file__).parents[2], check=False).returncode == 9
    assert whole(archived)["record"].null_count() == 3
    assert erase(archived, {HIM}, quiet) == Erased(rows=3, files=1, customers=1)
    assert [path for path in everything(archived) if path.suffix != ".parquet"] == []


def test_what_a_killed_archive_began_to_write_goes_too(archived: Path) -> None:
    left = archived / "journal" / f"date={DAYS[0]}" / ".part-p00-1-0-to-2-0.parquet.new"
    left.write_bytes(HIM.encode())
    erase(archived, {HIM}, quiet)
    assert not left.exists()


def test_it_waits_for_no_other_run(archived: Path) -> None:
    with alone(archived / "journal"), pytest.raises(ArchiveError, match="another run is at work"):
        erase(archived, {HIM}, quiet)


@pytest.mark.parametrize("customers", [set(), {""}, {HIM, ""}])
def test_nobody_is_erased_by_an_empty_id(archived: Path, customers: set[str]) -> None:
    with pytest.raises(OptionError, match="--customer: an id is missing"):
        erase(archived, customers, quiet)


def test_a_folder_without_a_journal_is_named_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--archive: no journal in"):
        erase(tmp_path, {HIM}, quiet)
    assert list(tmp_path.iterdir()) == []


def test_the_command_takes_ids_and_a_file_and_says_how_far_it_is(
    archived: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = archived / "gone.txt"
    listed.write_text(f"\ufeff{HIM}\n\n", encoding="utf-8")
    assert main(["erase", f"--archive={archived}", f"--customers={listed}", "--customer", HER]) == 0
    told = capsys.readouterr()
    assert told.out == f"12 entries of 2 customers erased in 3 files{os.linesep}"
    assert told.err.splitlines() == ["read: 3 of 3 files", "rewritten: 3 of 3 files"]


def test_the_command_says_what_is_wrong_with_its_list(
    archived: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = archived / "gone.txt"
    listed.write_bytes(b"\xff\xfe\x00")
    assert main(["erase", f"--archive={archived}", f"--customers={listed}"]) == 2
    assert "is no text in UTF-8; write one id a line" in capsys.readouterr().err
    assert main(["erase", f"--archive={archived}", "--customers=/nowhere/x"]) == 2
    assert "No such file" in capsys.readouterr().err
