"""Who leaves now is recovered from conversations of which the truth is known, and left out when there is too little."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from models.response import Motive
from models.saving import SAVES_ACCEPTED, WISHES, Accepting
from models.sections.leaving import Leaving
from training.fit.leaving_rows import LeavingRows
from training.fit.saving import Stated, fit_saving, learned

LEAVING = Leaving(motives=("price", "service"), leaves_now=0.45, fatigue=1.1, leaves_after=0.1)
STATED = Stated(LEAVING, {"cut": 0.2})
KINDS = {"price_score": "number"}
ACTIONS = [Accepting("cut", "save", 0.2), Accepting("sorry", "save", 0.1), Accepting("new", "save", 0.3)]


def chance(logit: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-logit))


def conversations(n: int = 3000, seed: int = 1) -> LeavingRows:
    """One in three hears nothing; of the others half refuse. A cut keeps who finds it dear, an apology who was served badly."""
    dice = np.random.default_rng(seed)
    motive = dice.integers(0, 3, n)
    state = dice.integers(0, 3, n)  # 0 nothing, 1 refused, 2 accepted
    action = dice.integers(0, 2, n)
    score = dice.normal(50.0, 15.0, n)
    logit = 0.4 + 0.03 * (score - 50.0) + 0.5 * (state == 1)
    logit -= np.where(state == 2, np.where((action == 0) == (motive == 0), 2.0, 0.5), 0.0)
    names = np.array(["price", "service", None], dtype=object)
    accepted = [None if s < 2 else ("cut", "sorry")[a] for s, a in zip(state, action, strict=True)]
    start = [datetime(2025, 1, 5, tzinfo=UTC) + timedelta(days=30 * (10 * i // n)) for i in range(n)]
    table = pl.DataFrame(
        {
            "customer_id": [f"C-{i}" for i in range(n)],
            "start": start,
            "month": [date(at.year, at.month, 1) for at in start],
            "motive": pl.Series(names[motive].tolist(), dtype=pl.String),
            "refused": (state == 1).astype(np.int64),
            "accepted": pl.Series(accepted, dtype=pl.String),
            "save": state == 2,
            "left": dice.random(n) < chance(logit),
            "logit": pl.Series([None] * n, dtype=pl.Float64),
        }
    )
    facts = {"price_score": score.tolist(), WISHES: [0] * n, SAVES_ACCEPTED: [0] * n}
    return LeavingRows(table, facts)


@cache
def a_fit() -> Any:
    return learned(conversations(), KINDS, STATED).serving(ACTIONS)


def motive(value: str | None) -> Motive:
    return Motive() if value is None else Motive(value=value, source="stated", probability=1.0)


def test_the_three_states_are_recovered() -> None:
    q0, q1, rho = a_fit().leaves(motive("price"), {"price_score": 50.0})
    assert q0 == pytest.approx(chance(0.4), abs=0.06)
    assert q1 == pytest.approx(chance(0.9), abs=0.06)
    assert rho[0] == pytest.approx(chance(-1.6), abs=0.06)
    assert rho[1] == pytest.approx(chance(-0.1), abs=0.1)


def test_what_a_discount_does_is_shared_by_saves_few_accepted() -> None:
    dice = np.random.default_rng(3)
    rows = conversations(1200)
    sizes = {f"save-{euros}": float(euros) for euros in range(20, 140, 20)}
    name = [None if one is None else dice.choice(list(sizes)) for one in rows.table["accepted"]]
    logit = np.array([0.4 if one is None else -0.02 * sizes[one] for one in name])
    table = rows.table.with_columns(
        accepted=pl.Series(name, dtype=pl.String), left=pl.Series(dice.random(len(name)) < chance(logit))
    )
    stated = Stated(LEAVING, {}, {save: (euros, 0.0) for save, euros in sizes.items()})
    model = learned(LeavingRows(table, rows.facts), KINDS, stated)
    unheard = [Accepting("small", "save", 0.1, 20.0), Accepting("large", "save", 0.1, 120.0)]
    small, large = model.serving(unheard).leaves(motive(None), {"price_score": 50.0}).rho
    assert model.usual == 70.0
    assert small == pytest.approx(chance(-0.4), abs=0.12)
    assert large == pytest.approx(chance(-2.4), abs=0.08)


def test_the_remedy_goes_by_the_motive() -> None:
    by_price, by_service = (
        a_fit().leaves(motive(name), {"price_score": 50.0}).rho for name in LEAVING.motives
    )
    assert by_price[0] < by_price[1] - 0.15
    assert by_service[1] < by_service[0] - 0.15


def test_facts_move_all_states() -> None:
    low, high = (a_fit().leaves(motive(None), {"price_score": score}) for score in (25.0, 75.0))
    assert high.q0 - low.q0 > 0.2
    assert high.rho[0] > low.rho[0]


def test_who_hardly_ever_leaves_and_threatens_is_learned_to_mean_it_less() -> None:
    dice, rows = np.random.default_rng(4), conversations(1500)
    logit = dice.normal(-4.0, 1.0, len(rows))
    left = dice.random(len(rows)) < chance(0.5 + (logit + 4.0))
    known = np.where(dice.random(len(rows)) < 0.9, logit, np.nan)
    table = rows.table.with_columns(logit=pl.Series(known).fill_nan(None), left=pl.Series(left))
    model = learned(LeavingRows(table, rows.facts), KINDS, STATED)
    assert model.hazard == pytest.approx(-4.0, abs=0.1)
    serving = model.serving(ACTIONS)
    low, high = (serving.leaves(motive(None), {"price_score": 50.0}, value).q0 for value in (-6.0, -3.0))
    assert low == pytest.approx(chance(-1.5), abs=0.06)
    assert high == pytest.approx(chance(1.5), abs=0.06)


def test_an_action_nobody_accepted_is_the_least_sure_and_stands_near_what_is_stated_of_it() -> None:
    errors = a_fit().errors(motive("price"), {})
    assert errors.accepted[2] > max(errors.accepted[:2])
    assert errors.leaving < 0.15
    assert errors.refused < 0.15


def test_few_conversations_leave_the_stated_figures_near_and_unsure() -> None:
    few = learned(conversations(120), KINDS, STATED).serving(ACTIONS)
    many = a_fit()
    assert few.errors(motive("price"), {}).accepted[0] > 1.5 * many.errors(motive("price"), {}).accepted[0]


def test_it_is_judged_on_later_months_and_must_beat_what_is_stated() -> None:
    fit = fit_saving(conversations(), KINDS, STATED)
    assert fit.model is not None
    assert fit.metrics["saving.log_loss"] < fit.metrics["saving.log_loss_of_the_rate"]
    assert fit.metrics["saving.log_loss"] < fit.metrics["saving.log_loss_stated"]
    assert fit.sentences[0].startswith("Saving: 3,000 conversations about leaving")


def test_too_few_endings_leave_it_out_and_say_so() -> None:
    fit = fit_saving(conversations(80), KINDS, STATED)
    assert fit.model is None
    assert "50 that did and 50 that did not are needed" in fit.sentences[0]
    assert fit_saving(None, KINDS, STATED).sentences == (
        "Saving is left out: the customers table has no column 'churned'.",
    )


def test_it_is_left_out_where_what_is_stated_surely_does_better() -> None:
    rows = conversations(600)
    early = rows.table["month"] < rows.table["month"].max().replace(month=8)  # type: ignore[union-attr]
    turned = rows.table.with_columns(
        left=pl.when(early).then(pl.col("accepted").is_null()).otherwise(pl.col("accepted").is_not_null())
    )
    fit = fit_saving(LeavingRows(turned, rows.facts), KINDS, STATED)
    assert fit.model is None
    assert fit.sentences[-1] == "Saving is left out: what policy and catalogue state surely does better."


def test_saves_that_kept_nobody_count_as_changing_nothing_whatever_is_stated_of_them() -> None:
    rows = conversations(600)
    same = rows.table.with_columns(left=np.random.default_rng(4).random(600) < 0.6)
    fit = fit_saving(LeavingRows(same, rows.facts), KINDS, STATED)
    assert fit.model is not None
    assert fit.sentences[-1].endswith("accepting one counts as changing nothing.")
    leaves = fit.model.serving(ACTIONS).leaves(motive("price"), {"price_score": 50.0})
    assert leaves.rho.tolist() == [leaves.q0] * len(ACTIONS)
    assert fit_saving(conversations(), KINDS, STATED).sentences[-1].endswith("on the logit: counts.")


def test_what_chance_may_explain_does_not_put_it_out() -> None:
    rows = conversations(600)
    leaves = np.where(
        rows.table["accepted"].is_null(), 0.45, np.where(rows.table["accepted"] == "cut", 0.2, 0.1)
    )
    true = rows.table.with_columns(left=np.random.default_rng(2).random(600) < leaves)
    fit = fit_saving(LeavingRows(true, rows.facts), KINDS, STATED)
    behind = fit.metrics["saving.log_loss"] - fit.metrics["saving.log_loss_stated"]
    assert 0.0 < behind < 1.645 * fit.metrics["saving.log_loss_error"]
    assert fit.model is not None
