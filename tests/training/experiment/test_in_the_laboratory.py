"""Margin varies less once what was earned before is taken out, where money is booked to the cent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from training.__main__ import main
from training.evaluation.difference import Outcomes, difference
from training.simulator.laboratory.play import Play, opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.worlds import WORLDS
from training.worlds.example import catalogue_text
from training.worlds.written import write_provider_tables

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def play() -> Play:
    return opened(set_up(WORLDS["base"], 1, 1500)).run(RandomEligible(seed=1, share=0.5), 9)


def test_margin_before_takes_a_quarter_of_the_variance_and_more_by_the_books(play: Play) -> None:
    euros = play.ledger.sum(axis=2) / 100.0
    here = play.seen[3].row
    before, after = euros[:3, here].sum(axis=0), euros[3:6, here].sum(axis=0)
    treated = np.random.default_rng(5).random(len(here)) < 0.5
    found = difference(Outcomes(after, covariates=before[:, None]), treated)
    assert found is not None
    assert (found.reduction or 0.0) >= 0.4
    assert found.any_low < 0.0 < found.any_high


def test_and_by_the_tables_that_a_provider_has(play: Play, tmp_path: Path) -> None:
    write_provider_tables(play, tmp_path)
    catalogue, out = tmp_path / "catalogue.yaml", tmp_path / "plan.json"
    catalogue.write_bytes(catalogue_text())
    assert main(["experiment", "next", f"--data={tmp_path}", f"--catalogue={catalogue}", "--plan=5", f"--out={out}"]) == 0  # fmt: skip
    told = json.loads(out.read_text())
    (margin,) = (one for one in told["measures"] if one["measure"] == "margin")
    assert margin["variance_with_cuped"] <= 0.6 * margin["variance"]
