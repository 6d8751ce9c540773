"""The comparison from the command line, on a world that fits into seconds."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from training.__main__ import main

COMMAND = ["worlds", "--policies", "popularity", "--worlds", "base", "--customers=150", "--jobs=1"]


def test_it_writes_every_run_a_page_and_pictures_and_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*COMMAND, "--seeds=3", f"--out={tmp_path}"]) == 0
    first = capsys.readouterr().out
    assert "1/1 base seed 3" in first
    assert "popularity" in first.splitlines()[0]
    assert "| NV of ours | - | - | NV | >= 0.65 | was not measured |" in first

    assert main([*COMMAND, "--seeds=3", "--fresh", "random", f"--out={tmp_path}"]) == 0
    again = capsys.readouterr().out.splitlines()
    assert "(random " in again[0]  # the others are there already
    assert "popularity" not in again[0]
    table = pl.read_parquet(tmp_path / "worlds.parquet")
    assert table["policy"].to_list() == ["nothing", "random", "oracle", "popularity"]
    assert table.filter(policy="nothing")["euros_36"].to_list() == [0.0]
    assert pl.read_csv(tmp_path / "worlds.csv").shape == table.shape
    assert (
        (tmp_path / "worlds.md").read_text().startswith("# Policies in the laboratory\n\nSeeds a world: 1.")
    )
    for picture in ("nv.png", "euros.png"):
        assert (tmp_path / picture).read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--policies", "psychic"], "--policies: no psychic; there are nothing, random, oracle,"),
        (["--worlds", "moon"], "--worlds: no moon; there are base, no-signal,"),
        (["--fresh", "psychic"], "--fresh: no psychic"),
    ],
)
def test_what_nobody_knows_is_refused(
    options: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["worlds", *options, f"--out={tmp_path}"]) == 2
    assert says in capsys.readouterr().err


def test_runs_of_another_kind_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "base.3.json").write_text('[{"world": "base"}]')
    assert main([*COMMAND, "--seeds=3", f"--out={tmp_path}"]) == 2
    assert "delete it or give another --out" in capsys.readouterr().err
