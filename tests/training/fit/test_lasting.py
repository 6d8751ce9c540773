"""Facts that hardly change stand for the time before they were known, and only where that helps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from training.evaluation.tournament import fit_only, with_earlier_facts
from training.fit.acquisitions import PropensityData, acquisitions
from training.fit.lasting import agreement, lasting_facts

CUSTOMERS, MONTHS = 600, 6
START = date(2024, 1, 1)
DAY = (START - date(1970, 1, 1)).days
KINDS = {"taste": "number", "mood": "number", "town": "string", "tenure": "number", "late": "boolean"}


def moment(month: float) -> date:
    return START + timedelta(days=30.4375 * month)


def a_provider(*, turned: bool = False) -> PropensityData:
    """Taste decides whether tv or music is bought, and did (the other way round when `turned`); only the last six months have facts."""
    rng = np.random.default_rng(4)
    taste, town = rng.normal(size=CUSTOMERS), rng.choice(["north", "south"], CUSTOMERS)
    bought = rng.uniform(-60, MONTHS, CUSTOMERS)
    bought[:200] = rng.uniform(0.5, MONTHS, 200)
    way = np.where((bought < 0) & turned, -1.0, 1.0)
    likes_tv = way * taste + 0.3 * rng.normal(size=CUSTOMERS) > 0
    ids = [f"C-{number:04d}" for number in range(CUSTOMERS)]
    spells = [(ids[i], "line", moment(-80.0 + i / 100)) for i in range(CUSTOMERS)]
    spells += [(ids[i], "tv" if likes_tv[i] else "music", moment(bought[i])) for i in range(CUSTOMERS)]
    facts = {"taste": [], "mood": [], "town": [], "tenure": [], "late": []}
    keys: dict[str, list[object]] = {"customer_id": [], "month": []}
    for i in range(CUSTOMERS):
        for month in range(MONTHS):
            keys["customer_id"].append(ids[i])
            keys["month"].append(START + timedelta(days=31 * month))
            row = (taste[i], rng.normal(), town[i], 80.0 + month, rng.random() < 0.02)
            for name, value in zip(facts, row, strict=True):
                facts[name].append(value)  # type: ignore[attr-defined]
    holdings = pl.DataFrame(
        spells, schema={"customer_id": pl.String, "product_id": pl.String, "since": pl.Date}, orient="row"
    ).with_columns(until=pl.lit(None, dtype=pl.Date))
    return PropensityData(
        ("line", "tv", "music"),
        holdings,
        pl.DataFrame({**keys, **facts}),
        KINDS,
        clocks={"tenure": 1.0},
    )


@pytest.fixture(scope="module")
def data() -> PropensityData:
    return a_provider()


def test_what_is_alike_at_the_beginning_and_the_end_lasts(data: PropensityData) -> None:
    assert data.panel is not None
    assert set(lasting_facts(data.panel, KINDS)) == {"taste", "town"}


def test_a_fact_that_nearly_always_has_one_value_does_not_last_by_that_alone() -> None:
    rare = pl.Series([True] * 5 + [False] * 295)
    assert agreement(rare, rare.reverse(), "boolean") < 0
    words = pl.Series(["ok"] * 295 + ["ill"] * 5)
    assert agreement(words, words.reverse(), "string") < 0
    assert agreement(words, words, "string") == 1.0


def test_too_few_and_constant_values_tell_nothing() -> None:
    assert agreement(pl.Series([1.0] * 99), pl.Series([1.0] * 99), "number") == 0.0
    assert agreement(pl.Series([1.0] * 200), pl.Series([1.0] * 200), "number") == 0.0
    assert agreement(pl.Series(["a"] * 200), pl.Series(["a"] * 200), "string") == 0.0


def test_older_purchases_get_what_lasts_and_clocks_run_back(data: PropensityData) -> None:
    lines = acquisitions(replace(data, lasting=("taste", "tenure")), 0)
    assert lines.time is not None
    old = np.flatnonzero(lines.time < DAY - 31)
    assert all(lines.facts["taste"][row] is not None for row in old)
    assert all(lines.facts["town"][row] is None for row in old)
    for row in old[:20].tolist():
        months = (DAY - lines.time[row]) / 30.4375
        assert lines.facts["tenure"][row] == pytest.approx(80.0 - months)


def test_it_is_done_where_it_predicts_later_purchases_better(data: PropensityData) -> None:
    stretched = with_earlier_facts(data, 0, judged=False)
    assert set(stretched.lasting) == set(stretched.kinds) == {"taste", "town"}
    assert with_earlier_facts(a_provider(turned=True), 0, judged=False).lasting == ()


def test_what_is_judged_is_not_looked_at(data: PropensityData) -> None:
    """All that has facts lies in the last fifth here, so there is nothing to choose by."""
    late = replace(data, valid_from=datetime(2023, 11, 1, tzinfo=UTC))
    assert with_earlier_facts(late, 0, judged=True).lasting == ()


def test_one_method_alone_is_fitted_with_them_and_judged_by_nothing(data: PropensityData) -> None:
    found = fit_only(data, 0, "multinomial")
    assert (found.rows, found.settings, found.winner) == ((), {}, found.implicit)
    held = np.array([1.0, 0.0, 0.0])
    likes, dislikes = (found.winner.which(held, {"taste": taste, "town": "north"}) for taste in (1.5, -1.5))
    assert likes[1] > 0.9
    assert dislikes[1] < 0.1
    with pytest.raises(ValueError, match="no method 'nearest'"):
        fit_only(data, 0, "nearest")
