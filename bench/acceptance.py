"""What is learned of accepting and of waking, in worlds whose truth is known: `python -m bench acceptance`.

Learned from six months of 4,000 customers of whose contacts half were asked anything at random; answers are foretold of the six months
after. BEHOUD_BENCH_SEEDS names how many seeds are played, from 0 on (default 2).
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from bench.public import row
from models.catalogue import load_catalogue
from models.policy import load_policy
from training.evaluation.binary import calibration_slope, log_loss
from training.evaluation.tournament import fit_only
from training.fit.acceptance import fit_acceptance
from training.fit.acceptance_terms import layout_of, terms_of
from training.fit.acquisitions import PropensityData
from training.fit.churn import fit_hazard
from training.fit.customer_months import churn_rows
from training.fit.spoken import read_talks
from training.fit.spoken_rows import spoken_rows
from training.fit.waking import fit_waking, followed, months_known
from training.prompted import journal_parts
from training.simulator.laboratory.contacting import CANCEL
from training.simulator.laboratory.deeds import DEEDS, SALE
from training.simulator.laboratory.desk import NONE, SHOWN, Desk, Proposals
from training.simulator.laboratory.goods import IDS
from training.simulator.laboratory.luck import Kind, luck_of
from training.simulator.laboratory.play import HISTORY, Play, opened
from training.simulator.laboratory.policies import RandomEligible, Silent
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.tables import write_tables
from training.simulator.laboratory.worlds import WORLDS
from training.tables import read_tables
from training.worlds.example import catalogue_text, policy_text

if TYPE_CHECKING:
    from models.accepting import Acceptances
    from models.features import Floats
    from training.fit.acceptance_terms import Terms
    from training.fit.spoken_rows import SpokenRows
    from training.fit.waking import WakingFit
    from training.tables import Tables

PLAYED = ("base", "no-effect", "sleeping-dogs")
WISH = ("cancel",)
LATER = 6


def measure() -> list[dict[str, Any]]:
    """Rows without a bar, but for what the decision records promise: ours foretells best, and nothing wakes where nothing has an effect."""
    seeds = range(int(os.environ.get("BEHOUD_BENCH_SEEDS") or 2))
    return [figure for world in PLAYED for seed in seeds for figure in _measured(world, seed)]


def _measured(world: str, seed: int) -> list[dict[str, Any]]:
    play = opened(set_up(WORLDS[world], seed, 4000)).run(RandomEligible(share=0.5), HISTORY)
    with tempfile.TemporaryDirectory() as folder:
        past, later = Path(folder) / "past", Path(folder) / "later"
        write_tables(play, past)
        write_tables(play.branch().run(RandomEligible(seed=7), LATER), later)
        return [*_answers(f"{world} {seed}", past, later), *_woken(f"{world} {seed}", past, play)]


# --- accepting -----------------------------------------------------------------------------------------------------------


def _answers(name: str, past: Path, later: Path) -> list[dict[str, Any]]:
    facts = yaml.safe_load((past / "schema.yaml").read_text())["facts"]
    catalogue, policy = load_catalogue(catalogue_text()), load_policy(policy_text(facts))
    then, now = (PropensityData.of(read_tables(folder, IDS)) for folder in (past, later))
    model = fit_only(then, 0, "multinomial").winner
    known, after = (read_talks(journal_parts(folder)) for folder in (past, later))
    assert known.until is not None
    heard = spoken_rows(known.spoken, then, model, catalogue, policy)
    part = fit_acceptance(heard, known, WISH).part
    assert part is not None
    new = spoken_rows(after.since(known.until).spoken, now, model, catalogue, policy)
    y = new.table["accepted"].to_numpy().astype(np.float64)
    ours = _foretold(part, new, terms_of(new, after.spoken, WISH, layout_of(heard)))
    rows = []
    for label, p in (
        ("the catalogue's rates", _chance(new.offset)),
        ("rates of each action", _rates(heard, new)),
        ("ours", ours),
    ):
        rows.append(row(f"{name} log-loss, {label}", log_loss(y, p), f"nats, {len(y)} answers", "", None))
        rows.append(row(f"{name} slope, {label}", calibration_slope(y, p), "calibration", "", None))
    gained = log_loss(y, _rates(heard, new)) - log_loss(y, ours)
    return [*rows, row(f"{name} gained over rates", gained, "nats", "> 0", gained > 0.0)]


def _foretold(part: Acceptances, rows: SpokenRows, terms: Terms) -> Floats:
    """As the service has it."""
    logits = rows.offset + (part.slope - 1.0) * rows.lift
    told = rows.table.select("action_id", "action_kind", "channel", "motive").rows()
    for n, (action_id, kind, channel, motive) in enumerate(told):
        logits[n] += part.correction(action_id, kind, channel, motive, float(rows.given[n]))
        logits[n] += (
            part.kinds[kind].leaving * terms.leaving[n] + part.kinds[kind].each_offer * terms.heard[n]
        )
    return _chance(logits)


def _rates(heard: SpokenRows, new: SpokenRows) -> Floats:
    """The share of each action that was accepted, with one answer more at that of its kind."""
    y, kind = heard.table["accepted"].to_numpy(), heard.table["action_kind"].to_numpy()
    of_kind = {one: float(y[kind == one].mean()) for one in np.unique(kind)}
    found = np.zeros(len(new.action))
    for n, (action, one) in enumerate(zip(new.action, new.table["action_kind"], strict=True)):
        mine = heard.action == action
        found[n] = (y[mine].sum() + of_kind[one]) / (mine.sum() + 1)
    return np.clip(found, 1e-4, 1.0 - 1e-4)


def _chance(logits: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)))


# --- waking --------------------------------------------------------------------------------------------------------------


def _woken(name: str, past: Path, play: Play) -> list[dict[str, Any]]:
    fit, true = _waking(read_tables(past, IDS), past), _true_ratio(play)
    assert fit.part is not None
    woken = fit.part.kinds["offer"]
    found = float(np.log(fit.part.ratios("offer", 1)[0]))
    unit = f"ln hazard ratio of an offer in that month, error {woken.deviation:.2f}"
    rows = [row(f"{name} waking, true", true, "the same, asked against not", "", None)]
    if name.startswith("no-effect"):
        rows.append(row(f"{name} waking, ours", found, unit, "none", not woken.counts))
    elif name.startswith("sleeping-dogs"):
        rows.append(row(f"{name} waking, ours", found, unit, "found", woken.counts))
    else:
        rows.append(row(f"{name} waking, ours", found, unit, "", None))
    return rows


def _waking(tables: Tables, folder: Path) -> WakingFit:
    rows = churn_rows(tables.holdings, tables.customers, tuple(tables.kinds), tables.products)
    assert rows is not None
    assert tables.customers is not None
    churn = fit_hazard(rows, tables.kinds, tables.products, 0)
    months = months_known(tables.customers, churn.logits(rows.facts, rows.holdings))
    return fit_waking(followed(read_talks(journal_parts(folder)), months, WISH))


@dataclass(frozen=True)
class OneOffer:
    """A random eligible offer to everybody who does not call to cancel."""

    def propose(self, desk: Desk) -> Proposals:
        """One at most."""
        luck = luck_of(3, desk.customer).uniform(Kind.POLICY, desk.month, len(DEEDS))
        may = desk.eligible & SALE & (desk.contacts.intent != CANCEL)[:, None]
        deed = np.full((len(desk.customer), SHOWN), NONE)
        deed[:, 0] = np.where(may.any(axis=1), np.where(may, luck, 2.0).argmin(axis=1), NONE)
        return Proposals(deed, np.ones(len(deed)))


def _true_ratio(play: Play) -> float:
    """The logarithm of the hazard in the month of the contact of those who heard one offer, to theirs had nobody spoken: two branches with the same luck."""
    hazards = np.zeros(2)
    for luck in range(1, 4):
        asked, silent = (play.branch(luck=luck, nobody_leaves=True) for _ in range(2))
        asked.run(OneOffer(), 1)
        silent.run(Silent(), 1)
        seen = asked.seen[-1]
        who = seen.contacts.row[seen.asked.spoken.any(axis=1)]
        hazards += [branch.outcomes[-1].hazard[who].sum() for branch in (asked, silent)]
    return float(np.log(hazards[0] / hazards[1]))
