"""`python -m training experiment`: what it says, what it writes, and what it refuses."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.training.experiment.companies import CATALOGUE, Company
from training.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = 240


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two orders of saves in two equal arms; "cheap" sells TV to half of those who hear it. The order reaches three in four."""
    company = Company(tmp_path_factory.mktemp("company"))
    dice = np.random.default_rng(4)
    for n in range(CUSTOMERS):
        who, arm = f"C-{n:03d}", ("cheap", "dear")[n % 2]
        day = date(2026, 4, 1) + timedelta(days=int(dice.integers(0, 28)))
        at = f"{day:%m-%d}T10:00:00"
        block = {"policy": "champion", "holdout": n % 20 == 19, "arms": {"order": arm}}
        decision = company.decides(who, at, f"K-{n}", experiment=block, agent=f"A-{n % 7}")
        company.tells("event", who, at, kind="contact", contact_id=f"K-{n}", channel="voice")
        if dice.random() < 0.75:
            kind = "accepted" if dice.random() < 0.4 else "declined"
            company.hears(decision, who, kind, f"{day:%m-%d}T10:0{n % 9}:30", contact_id=f"K-{n}")
        if dice.random() < 0.7:
            company.holds(who, "fiber")
        if dice.random() < 0.4:
            company.holds(who, "tv", date(2025, 1, 1))
        elif arm == "cheap" and dice.random() < 0.9:
            company.holds(who, "tv", day)
        company.stays(who, range(1, 11 if dice.random() < 0.8 else 6), leaves=dice.random() < 0.5)
    folder = company.write()
    (folder / "catalogue.yaml").write_bytes(CATALOGUE)
    return folder


def asked(told: Path, *options: str, name: str = "order") -> list[str]:
    return ["experiment", name, f"--data={told}", f"--catalogue={told / 'catalogue.yaml'}", f"--out={told / 'answer.json'}", *options]  # fmt: skip


def answer(told: Path, *options: str, name: str = "order") -> dict[str, Any]:
    assert main(asked(told, *options, name=name)) == 0
    found: dict[str, Any] = json.loads((told / "answer.json").read_text())
    return found


def of(found: dict[str, Any], measure: str, population: str = "assigned") -> dict[str, Any]:
    (one,) = (one for one in found["results"] if (one["measure"], one["population"]) == (measure, population))
    return dict(one)


def test_it_finds_the_difference_there_is_and_says_what_each_figure_means(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(told, "--control=dear", "--planned=240")
    margin = of(found, "margin")
    assert margin["primary"]
    assert 0.0 < margin["found"]["any_low"] < margin["found"]["estimate"] < margin["found"]["any_high"]
    assert margin["found"]["reduction"] > 0.25
    assert not found["withheld"]
    out = capsys.readouterr().out
    assert out.startswith("Experiment order: cheap against dear, primary measure margin\nassigned: dear 108 (expected 114), cheap 120")  # fmt: skip
    for name, meant in found["measures"].items():
        assert f"{name} ({meant['unit']}): {meant['definition']}." in out
    assert "margin *" in out
    assert "Exposed: something was spoken or shown to them" in out
    assert out.splitlines()[-1] == f"{told / 'answer.json'}: the same and more, as JSON"


def test_every_measure_is_told_of_all_assigned_and_of_the_exposed(told: Path) -> None:
    found = answer(told, "--control=dear")
    measured = {(one["measure"], one["population"]) for one in found["results"]}
    assert len(measured) == len(found["results"]) == 2 * len(found["measures"]) == 14
    everybody, reached = of(found, "acceptance")["found"], of(found, "acceptance", "exposed")["found"]
    assert everybody["n_control"] + everybody["n_treatment"] == 228
    assert reached["n_control"] + reached["n_treatment"] < 228
    assert everybody["estimate"] != 0.0


def test_a_ratio_that_is_off_withholds_every_result(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(told, "--control=dear", "--shares=dear=2,cheap=1")
    assert found["withheld"]
    assert found["results"] == []
    out = capsys.readouterr().out
    assert "Sample ratio mismatch" in out
    assert "margin (EUR" not in out


def test_exposed_that_differ_withhold_the_exposed_alone(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(160):
        who, arm = f"C-{n}", ("control", "new")[n % 2]
        decision = company.decides(who, "04-10T10:00:00", f"K-{n}", experiment={"arms": {"order": arm}})
        if arm == "new" or n % 8 == 0:
            company.hears(decision, who, "spoken", "04-10T10:01:00", contact_id=f"K-{n}")
        company.holds(who, "fiber")
        company.stays(who, range(1, 11), leaves=n % 11 == 0)
    company.decides("C-0", "04-11T10:00:00", "K-x", experiment={"arms": {"order": "new"}})
    folder = company.write()
    found = answer(folder, "--primary=churned", name="order") if (folder / "catalogue.yaml").write_bytes(CATALOGUE) else {}  # fmt: skip
    assert {one["population"] for one in found["results"]} == {"assigned"}
    assert found["mixed"] == 1
    out = capsys.readouterr().out
    assert "The arms differ in who was exposed" in out
    assert "1 customers met more than one arm" in out


def test_the_holdout_is_an_experiment_and_its_shares_are_told(told: Path) -> None:
    found = answer(told, "--shares=holdout=5,in=95", name="holdout")
    arms = found["sample_ratio"]["arms"]
    assert [(one["arm"], one["units"], one["expected"]) for one in arms] == [("holdout", 12, 12), ("in", 228, 228)]  # fmt: skip
    assert of(found, "margin")["found"] is None


def test_by_agent_the_errors_are_those_of_agents(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = of(answer(told, "--control=dear"), "margin")["found"]
    capsys.readouterr()
    together = of(answer(told, "--control=dear", "--by-agent"), "margin")["found"]
    assert (together["estimate"], together["error"] != alone["error"]) == (alone["estimate"], True)
    assert "7 agents: with fewer than 30 the errors come out too small." in capsys.readouterr().out


def test_what_was_not_over_by_the_day_asked_for_is_left_out(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(told, "--control=dear", "--until=2026-07-15")
    margin = of(found, "margin")
    assert margin["unknown"] > 0
    assert found["until"] == "2026-07-16T00:00:00+00:00"
    assert "Not known (yet), and left out: margin" in capsys.readouterr().out


def test_a_plan_says_how_many_an_effect_needs(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(told, "--plan=2")
    needed = found["units_an_arm"]
    assert needed["cuped"] < needed["plain"]
    assert needed["cuped"] < needed["any_time"] < 2.1 * needed["cuped"]
    least = {one["measure"]: one["least_effect"] for one in found["measures"]}
    assert least["margin"] == pytest.approx(2.0, rel=0.02)
    assert "handling" in least
    out = capsys.readouterr().out
    assert f"{needed['cuped']:,} customers an arm with CUPED, {needed['plain']:,} without" in out
    assert answer(told, "--plan=4", "--since=2026-04-05")["units_an_arm"]["plain"] < needed["plain"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--primary=profit"], "--primary: no measure 'profit'; known: margin, churned"),
        (["--window=20"], "--window: 20 days are less than a month"),
        (["--control=neither"], "--control: no arm 'neither'; arms: cheap, dear"),
        ([], "--control: which arm is the one to compare with? arms: cheap, dear"),
        (["--control=dear", "--shares=dear=1"], "--shares: say what was planned for cheap too"),
        (["--control=dear", "--since=2026-05-01"], "only nobody was assigned"),
        (["--plan=0"], "no number of customers finds an effect of 0"),
        (["--plan=1", "--until=2026-04-15"], "--plan: margin is known of nobody in contact"),
        (["--journal=/nowhere"], "--journal: no journal below '/nowhere'"),
    ],
)
def test_what_cannot_be_is_said_with_what_can(
    told: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    assert main(asked(told, *options)) == 2
    assert says in capsys.readouterr().err


def test_euros_need_prices_and_experiments_a_name(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", "order", f"--data={told}"]) == 2
    assert "--primary margin: euros need --catalogue; give it, or one of: churned, held_30" in capsys.readouterr().err  # fmt: skip
    assert main(asked(told, name="../order")) == 2
    assert main(asked(told, name="nothing")) == 2
    assert "no decision in the journal names an experiment 'nothing'; known here: holdout (holdout, in); order (cheap, dear)" in capsys.readouterr().err  # fmt: skip


@pytest.mark.parametrize("text", ["dear", "dear=x", "dear=0", "dear=1,"])
def test_shares_are_names_and_numbers(told: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    with pytest.raises(SystemExit):
        main(asked(told, f"--shares={text}"))
    assert "write them as champion=95,challenger=5" in capsys.readouterr().err


def test_what_is_known_of_more_in_one_arm_than_planned_is_withheld(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(200):
        who, arm = f"C-{n}", ("off", "on")[n % 2]
        company.decides(who, "04-10T10:00:00", f"K-{n}", experiment={"arms": {"order": arm}})
        company.holds(who, "fiber")
        company.stays(who, range(1, 11) if arm == "on" or n % 4 else range(1, 5))
    folder = company.write()
    assert main(["experiment", "order", f"--data={folder}", "--primary=churned", f"--out={folder / 'answer.json'}"]) == 0  # fmt: skip
    churned = of(json.loads((folder / "answer.json").read_text()), "churned")
    assert (churned["found"], churned["lopsided"], churned["unknown"]) == (None, True, 50)
    assert "Withheld: of whom the outcome is known depends on the arm" in capsys.readouterr().out


@pytest.fixture
def often(company: Company) -> Path:
    """Eighty customers who are asked twice, in March and in April; "new" sells to all who are asked in March, and to the others in June."""
    for n in range(160):
        who, arm = f"C-{n:03d}", ("old", "new")[n % 2]
        block = {"policy": "champion", "holdout": False, "arms": {"order": arm}}
        early = n < 80
        for at in ("03-05", "04-10") if early else ("04-10",):
            decision = company.decides(who, f"{at}T10:00:00", f"K-{n}-{at}", experiment=block)
            company.hears(decision, who, "spoken", f"{at}T10:01:00", contact_id=f"K-{n}-{at}")
        if arm == "new":
            company.hears(decision, who, "accepted", "04-11T10:00:00" if early else "06-20T10:00:00", contact_id=f"K-{n}-{at}")  # fmt: skip
        company.holds(who, "fiber")
    return company.write()


def counts(found: dict[str, Any]) -> list[int]:
    return [one["units"] for one in found["sample_ratio"]["arms"]]


def test_who_was_assigned_before_the_first_day_that_counts_is_left_out(often: Path) -> None:
    (often / "catalogue.yaml").write_bytes(CATALOGUE)
    asked_of = ("--control=old", "--primary=acceptance", "--window=30")
    assert counts(answer(often, *asked_of)) == [80, 80]
    assert counts(answer(often, *asked_of, "--since=2026-04-01")) == [40, 40]


def test_what_happens_after_the_day_asked_for_is_not_known_on_it(often: Path) -> None:
    (often / "catalogue.yaml").write_bytes(CATALOGUE)
    asked_of = ("--control=old", "--primary=acceptance", "--window=30", "--since=2026-04-01")
    told = [of(answer(often, *asked_of, f"--until=2026-06-{day}"), "acceptance")["found"] for day in (15, 25)]
    assert [one["treatment"] - one["control"] for one in told] == pytest.approx([0.0, 1.0])
