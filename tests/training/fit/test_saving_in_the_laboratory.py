"""Who leaves now, learned from what a company of the laboratory wrote down, against what happens there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.response import Motive
from models.saving import Accepting
from models.sections.leaving import Leaving
from training.fit.leaving_rows import leaving_rows
from training.fit.saving import Stated, fit_saving
from training.fit.spoken import read_talks
from training.prompted import journal_parts
from training.simulator.laboratory.deeds import DEEDS, MOTIVES
from training.simulator.laboratory.play import opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.tables import write_tables
from training.simulator.laboratory.worlds import WORLDS
from training.tables import read_tables

if TYPE_CHECKING:
    from pathlib import Path

SAVES = [Accepting(deed.id, "save", 0.1) for deed in DEEDS if deed.kind == "save"]
GENEROUS = 3


def test_it_foretells_better_than_a_guess_and_finds_that_a_discount_keeps_who_finds_it_dear(
    tmp_path: Path,
) -> None:
    play = opened(set_up(WORLDS["base"], 3, 4000)).run(RandomEligible(seed=3, share=0.7), 15)
    write_tables(play, tmp_path)
    tables, talks = read_tables(tmp_path), read_talks(journal_parts(tmp_path))
    leaving = Leaving(motives=MOTIVES, leaves_after=0.1)
    rows = leaving_rows(talks, tables.customers, leaving, tuple(tables.kinds))
    fit = fit_saving(rows, tables.kinds, Stated(leaving))
    assert fit.model is not None
    assert fit.metrics["saving.log_loss"] < fit.metrics["saving.log_loss_stated"]
    serving = fit.model.serving(SAVES)
    price = serving.leaves(Motive(value="price", source="stated", probability=1.0), {})
    assert price.rho[GENEROUS] < 0.6 * price.q0
