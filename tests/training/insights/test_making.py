"""The command, from a simulated provider to a file that the service takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.made_up import made_up_bundle
from models.catalogue import load_catalogue
from models.insights import FIGURES, Insights
from training.__main__ import WRONG_INPUT, main
from training.law import read_policy

if TYPE_CHECKING:
    from tests.training.report.small_worlds import World

TELECOM = Path(__file__).resolve().parents[3] / "examples" / "telecom"
DOCUMENTS = ["--catalogue", str(TELECOM / "catalogue.yaml"), "--policy", str(TELECOM / "policy.yaml")]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    catalogue = load_catalogue((TELECOM / "catalogue.yaml").read_bytes())
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, data in made_up_bundle(catalogue, read_policy(TELECOM / "policy.yaml")).items():
        (folder / name).write_bytes(data)
    return folder


def test_a_simulated_provider_is_answered_and_told_of(tmp_path: Path, bundle: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "insights.json"
    known = ["--data", str(data), "--bundle", str(bundle), *DOCUMENTS]
    assert main(["simulate", "--customers", "150", "--months", "6", "--out", str(data)]) == 0
    answer = ["answer", *known, "--contacts", "60", "--explore", "0.2", "--out", str(tmp_path)]
    assert main(answer) == 0
    assert main(answer) == WRONG_INPUT
    assert main(["insights", *known, "--journal", str(tmp_path), "--out", str(out)]) == 0
    found = Insights.model_validate_json(out.read_bytes())
    by_id = {figure.id: figure for figure in found.figures}
    assert tuple(by_id) == FIGURES
    assert found.decisions == found.contacts == found.sampled
    assert 40 <= found.decisions <= 60
    assert found.unreadable == 0
    assert by_id["acceptance"].missing == "too_few"  # fewer than ten customers answered
    for name in (
        "modes",
        "nothing",
        "starved",
        "cohorts",
        "fair_tenure",
        "fair_quiet",
        "drift",
    ):
        assert by_id[name].points, name
    assert found.names["grow"]["nl"]


def test_tables_alone_give_a_file_that_says_what_is_missing(
    world: World, bundle: Path, tmp_path: Path
) -> None:
    world.holdings = "C-1,tv-basic,2026-01-05,\n"
    world.write()
    out = tmp_path / "insights.json"
    assert main(["insights", "--data", str(world.folder), "--bundle", str(bundle), "--out", str(out)]) == 0
    found = Insights.model_validate_json(out.read_bytes())
    missing = {figure.id: figure.missing for figure in found.figures}
    assert (missing["acceptance"], missing["modes"], missing["nothing"]) == ("no_journal", "no_records", "no_documents")  # fmt: skip
    assert (missing["cohorts"], missing["drift"]) == ("no_months", "no_months")
    assert (found.since, found.decisions) == (None, 0)


def test_what_is_no_answer_of_an_experiment_is_named(
    world: World, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.holdings = "C-1,tv-basic,2026-01-05,\n"
    world.write()
    (tmp_path / "tried").mkdir()
    (tmp_path / "tried" / "wrong.json").write_text('{"results": []}')
    given = ["--data", str(world.folder), "--bundle", str(bundle), "--experiments", str(tmp_path / "tried")]
    assert main(["insights", *given, "--out", str(tmp_path / "insights.json")]) == WRONG_INPUT
    assert "wrong.json is no answer of `python -m training experiment`" in capsys.readouterr().err
    assert not (tmp_path / "insights.json").exists()
