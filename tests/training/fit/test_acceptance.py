"""What outcomes teach of accepting, in worlds whose customers answer as they do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import yaml

from models.catalogue import load_catalogue
from models.policy import load_policy
from training.evaluation.binary import log_loss
from training.evaluation.tournament import fit_only
from training.fit.acceptance import FEWEST, fit_acceptance
from training.fit.acceptance_terms import heard_lately, layout_of, terms_of
from training.fit.acquisitions import PropensityData
from training.fit.spoken import Talks, read_talks
from training.fit.spoken_rows import SpokenRows, spoken_rows
from training.prompted import journal_parts
from training.simulator.laboratory.goods import IDS
from training.simulator.laboratory.play import opened
from training.simulator.laboratory.policies import RandomEligible
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.tables import write_tables
from training.simulator.laboratory.worlds import WORLDS
from training.tables import read_tables
from training.worlds.example import catalogue_text, policy_text

if TYPE_CHECKING:
    from pathlib import Path

    from models.accepting import Acceptances
    from models.propensity import PropensityModel

WISH = ("cancel",)


@dataclass(frozen=True)
class Heard:
    rows: SpokenRows
    talks: Talks
    model: PropensityModel

    @cached_property
    def part(self) -> Acceptances:
        found = fit_acceptance(self.rows, self.talks, WISH).part
        assert found is not None
        return found


def heard(folder: Path, world: str, model: PropensityModel | None = None) -> Heard:
    """Six months of a thousand customers, half of whose contacts are asked anything at random."""
    write_tables(opened(set_up(WORLDS[world], 2, 1000)).run(RandomEligible(share=0.5), 6), folder)
    data = PropensityData.of(read_tables(folder, IDS))
    facts = yaml.safe_load((folder / "schema.yaml").read_text())["facts"]
    catalogue, policy = load_catalogue(catalogue_text()), load_policy(policy_text(facts))
    model = model or fit_only(data, 0, "multinomial").winner
    talks = read_talks(journal_parts(folder))
    return Heard(spoken_rows(talks.spoken, data, model, catalogue, policy), talks, model)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    return heard(tmp_path_factory.mktemp("base"), "base")


def test_what_was_said_is_judged_by_what_the_service_would_have_said(base: Heard) -> None:
    rows = base.rows
    save = (rows.table["action_kind"] == "save").to_numpy()
    assert np.allclose(
        1 / (1 + np.exp(-rows.offset[save])), 0.35
    )  # as the catalogue states, whatever is taken unasked
    assert (rows.lift[save] == 0.0).all()
    sale = ~save & (rows.lift != 0.0)
    stated = rows.offset[sale] - rows.lift[sale]
    assert np.allclose(1 / (1 + np.exp(-stated)), 0.10)


def test_rates_move_from_what_was_stated_to_what_was_heard(base: Heard) -> None:
    part, save = base.part, base.rows.table.filter(pl.col("action_kind") == "save")
    stated, share = 0.35, float(save["accepted"].mean())  # type: ignore[arg-type]  # a share of booleans
    mean = np.mean([row.mean for name, row in part.actions.items() if name.startswith("save")])
    there = 1 / (1 + np.exp(-(np.log(stated / (1 - stated)) + mean)))
    assert share > stated + 0.1
    assert there == pytest.approx(share, abs=0.08)
    assert 0.0 < part.slope < 0.8  # who takes often unasked accepts a little more often, not as much more
    assert part.kinds["save"].deviation > max(
        row.deviation for name, row in part.actions.items() if name.startswith("save")
    )


def test_how_often_a_second_proposal_follows_is_learned(base: Heard) -> None:
    stood, followed = base.talks.next_heard
    assert stood > 100
    assert base.part.goes_on == (followed + 1) / (stood + 1)
    assert (
        0.25 < base.part.goes_on < 0.5
    )  # an agent speaks 40 % of what stands second, 20 % of what stands third
    assert heard_nothing_next(base).goes_on == 1.0


def heard_nothing_next(base: Heard) -> Acceptances:
    """What is learned where nothing ever stood next to what was not accepted."""
    part = fit_acceptance(base.rows, replace(base.talks, next_heard=(0, 0)), WISH).part
    assert part is not None
    return part


def test_what_is_kept_is_what_was_not_withdrawn(base: Heard) -> None:
    sold = base.rows.table.filter("accepted", pl.col("action_kind") == "offer")
    share = 1.0 - float(sold["withdrawn"].mean())  # type: ignore[arg-type]  # a share of booleans
    kept = [row.keep for name, row in base.part.actions.items() if not name.startswith("save")]
    assert min(kept) > share - 0.1
    assert max(kept) < 1.0
    assert all(row.keep > 0.99 for name, row in base.part.actions.items() if name.startswith("save"))


def test_later_answers_are_foretold_better_than_by_the_catalogue_and_by_rates_of_each_action(
    base: Heard,
) -> None:
    at = base.rows.table["at"].to_numpy()
    middle = np.sort(at)[len(at) * 2 // 3]
    early, late = base.rows.take(at < middle), base.rows.take(at >= middle)
    part = fit_acceptance(early, base.talks, WISH).part
    assert part is not None
    layout = layout_of(early)
    terms = terms_of(late, base.talks.spoken, WISH, layout)
    y = late.table["accepted"].to_numpy().astype(float)
    logits = late.offset + (part.slope - 1.0) * late.lift
    for n, row in enumerate(late.table.iter_rows(named=True)):
        kind = part.kinds[row["action_kind"]]
        logits[n] += part.correction(row["action_id"], row["action_kind"], row["channel"], row["motive"])
        logits[n] += kind.leaving * terms.leaving[n] + kind.each_offer * terms.heard[n]
    counts = early.table.group_by("action_id").agg(n=pl.len(), yes=pl.col("accepted").sum())
    rates = {name: (yes + 0.2) / (n + 1) for name, n, yes in counts.rows()}
    raw = np.array([rates.get(name, 0.2) for name in late.table["action_id"]])
    ours = log_loss(y, 1 / (1 + np.exp(-logits)))
    assert ours < log_loss(y, 1 / (1 + np.exp(-late.offset))) - 0.02
    assert ours < log_loss(y, raw) - 0.005


def test_where_nobody_can_be_talked_into_anything_offers_are_hardly_accepted(
    base: Heard, tmp_path: Path
) -> None:
    found = heard(tmp_path, "no-effect", base.model)
    assert found.part.kinds["offer"].mean < -1.5
    assert max(row.mean for name, row in found.part.actions.items() if not name.startswith("save")) < -1.0


def test_a_proposal_nobody_heard_has_no_row_and_few_teach_nothing(base: Heard) -> None:
    few = base.rows.take(np.arange(FEWEST - 1))
    assert fit_acceptance(few, base.talks, WISH).part is None
    assert "catalogue's rates stand" in fit_acceptance(few, base.talks, WISH).sentences[0]
    one = base.rows.take((base.rows.table["action_kind"] == "save").to_numpy())
    part = fit_acceptance(one, base.talks, WISH).part
    assert part is not None
    assert set(part.kinds) == {"save"}
    assert part.deviation("offer-tv", "offer") == part.prior
    assert part.correction("offer-tv", "offer", "voice", None) == 0.0


def test_offers_heard_in_the_thirty_days_before_are_counted() -> None:
    days = [1, 20, 20, 45]
    spoken = pl.DataFrame(
        {"customer_id": ["A", "A", "B", "A"], "action_kind": ["offer", "offer", "offer", "save"], "day": days}
    ).with_columns(at=pl.datetime(2026, 1, 1, time_zone="UTC") + pl.duration(days="day"))
    table = spoken.select("customer_id", "at")
    assert heard_lately(table, spoken).tolist() == [0.0, 1.0, 0.0, 1.0]


def test_the_same_rows_teach_the_same(base: Heard) -> None:
    shuffled: Any = np.random.default_rng(1).permutation(len(base.rows.action))
    first, again = base.part, fit_acceptance(base.rows.take(shuffled), base.talks, WISH).part
    assert again is not None
    assert again.slope == pytest.approx(first.slope, abs=1e-6)
