"""Scores of a table of customers are those the service would give one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from models.any_purchase import MOST_COUNTED
from models.bundle import Bundle
from models.churn import ChurnModel
from models.features import Category, Encoder, Numeric
from models.propensity import PropensityModel
from models.recency import SINCE_LAST, recency
from models.scores import Linear
from training import score as at_work
from training.errors import OptionError
from training.problems import TableError
from training.score import People, read_people, score, write_scores

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = ("fiber", "mobile", "tv")
ENCODER = Encoder(
    (
        Numeric("tenure", (0.0, 60.0)),
        Category("contract", ("month", "year")),
        Numeric(SINCE_LAST, (0.0, 24.0)),
    )
)


def a_bundle(*, churn: bool = True) -> Bundle:
    rng = np.random.default_rng(4)
    p, k = len(PRODUCTS), ENCODER.size
    model = PropensityModel(
        products=PRODUCTS,
        method="multinomial",
        encoder=ENCODER,
        repeatable=np.array([False, True, False]),
        base=np.full(p, 1 / p),
        scores=Linear(rng.normal(size=(p, p))),
        scale=1.0,
        intercept=rng.normal(size=p),
        facts=rng.normal(size=(k, p)),
        counts=rng.normal(size=(MOST_COUNTED + 1, p)),
    )
    hazard = ChurnModel(
        PRODUCTS, ENCODER, -3.0, rng.normal(size=k), rng.normal(size=3), rng.normal(size=p), rng.random(p)
    )
    return Bundle(
        version="sha256:x",
        products=PRODUCTS,
        fact_kinds={"tenure": "integer", "contract": "string"},
        dated=False,
        winner=model,
        implicit=model,
        churn=hazard if churn else None,
    )


HOLDINGS = """customer_id,product_id,since,until
C-1,fiber,2025-01-10,
C-1,tv,2025-06-01,2026-02-01
C-2,mobile,,
C-3,tv,2026-05-01,
"""
CUSTOMERS = """customer_id,month,tenure,contract,unused
C-1,2026-01-01,12,month,1
C-1,2026-03-01,14,year,1
C-2,2026-01-01,,year,1
C-4,2026-01-01,3,month,1
"""


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "holdings.csv").write_text(HOLDINGS)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    return tmp_path


def people(tables: Path, at: date | None = None, *, customers: bool = True) -> People:
    return read_people(
        a_bundle(), tables / "holdings.csv", tables / "customers.csv" if customers else None, at
    )


def test_each_customer_gets_what_may_still_be_acquired_best_first(tables: Path) -> None:
    table = score(a_bundle(), people(tables), "propensity")
    assert table.columns == ["customer_id", "product_id", "probability", "rank"]
    got = {
        name: part["product_id"].to_list()
        for (name,), part in table.group_by("customer_id", maintain_order=True)
    }
    assert sorted(got["C-1"]) == ["mobile", "tv"]
    assert sorted(got["C-2"]) == ["fiber", "mobile", "tv"]  # mobile is held and repeatable
    assert sorted(got["C-4"]) == ["fiber", "mobile", "tv"]  # holds nothing, is in the customers table
    assert list(got) == ["C-1", "C-2", "C-3", "C-4"]
    for _, part in table.group_by("customer_id"):
        assert part["rank"].to_list() == list(range(1, len(part) + 1))
        assert part["probability"].sum() == pytest.approx(1.0)
        assert part["probability"].is_sorted(descending=True)


def test_the_scores_are_those_the_service_would_give(tables: Path) -> None:
    bundle = a_bundle()
    facts = {"tenure": 12, "contract": "month"} | recency(
        [date(2025, 1, 10), date(2025, 6, 1)], date(2026, 1, 15)
    )
    held = np.array([1.0, 0.0, 1.0])
    some = people(tables, date(2026, 1, 15))
    table = score(bundle, some, "propensity").filter(pl.col("customer_id") == "C-1")
    assert table["product_id"].to_list() == ["mobile"]
    assert table["probability"][0] == pytest.approx(bundle.winner.which(held, facts)[1])
    assert bundle.churn is not None
    hazards = score(bundle, some, "churn")
    assert hazards.columns == ["customer_id", "hazard"]
    assert hazards["hazard"][0] == pytest.approx(bundle.churn.hazard(facts, held), abs=1e-12)


def test_holdings_and_facts_are_those_of_the_day(tables: Path) -> None:
    now = people(tables)
    assert now.ids.to_list() == ["C-1", "C-2", "C-3", "C-4"]
    assert now.holdings.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert now.facts["tenure"] == [14, None, None, 3]
    then = people(tables, date(2026, 1, 15))
    assert then.ids.to_list() == ["C-1", "C-2", "C-4"]
    assert then.holdings.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert then.facts["contract"] == ["month", "year", "month"]
    ended = people(tables, date(2026, 2, 1))
    assert ended.holdings[0].tolist() == [1, 0, 0]


def test_without_customers_every_fact_is_missing(tables: Path) -> None:
    bundle = a_bundle()
    some = people(tables, customers=False)
    assert some.ids.to_list() == ["C-1", "C-2", "C-3"]
    hazards = score(bundle, some, "churn")["hazard"]
    assert bundle.churn is not None
    assert hazards[1] == pytest.approx(bundle.churn.hazard({}, np.array([0.0, 1.0, 0.0])))
    table = score(bundle, some, "propensity")
    first = table.filter((pl.col("customer_id") == "C-3") & (pl.col("product_id") == "fiber"))["probability"][
        0
    ]
    assert first == pytest.approx(bundle.winner.which(np.array([0.0, 0.0, 1.0]), {})[0])


def test_pieces_give_what_the_whole_gives(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = score(a_bundle(), people(tables), "propensity")
    monkeypatch.setattr(at_work, "CHUNK", 1)
    assert score(a_bundle(), people(tables), "propensity").equals(whole)


def test_nobody_to_score_is_an_empty_table(tables: Path) -> None:
    (tables / "holdings.csv").write_text(HOLDINGS.splitlines()[0] + "\n")
    nobody = people(tables, customers=False)
    assert score(a_bundle(), nobody, "propensity").is_empty()


def test_an_unknown_product_is_a_problem_with_its_row(tables: Path) -> None:
    (tables / "holdings.csv").write_text(HOLDINGS + "C-9,boat,,\n")
    with pytest.raises(TableError, match=r"holdings\.csv row 5"):
        people(tables)


def test_churn_of_a_bundle_that_knows_none_is_refused(tables: Path) -> None:
    with pytest.raises(OptionError, match="this bundle has no churn model"):
        score(a_bundle(churn=False), people(tables), "churn")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_ending_chooses_the_form(tables: Path, ending: str) -> None:
    table = score(a_bundle(), people(tables), "propensity")
    out = tables / "deep" / f"scores.{ending}"
    write_scores(table, out)
    back = pl.read_csv(out) if ending == "csv" else pl.read_parquet(out)
    assert back.rows() == table.rows()
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_another_ending_is_refused(tables: Path) -> None:
    with pytest.raises(OptionError, match=r"'scores\.xls' ends in neither"):
        write_scores(pl.DataFrame(), tables / "scores.xls")


def test_a_hundred_thousand_customers_are_scored_piece_by_piece() -> None:
    rng = np.random.default_rng(0)
    n = 100_000
    crowd = People(
        pl.Series([f"C-{number:06}" for number in range(n)]),
        (rng.random((n, 3)) < 0.4).astype(np.float64),
        {"tenure": rng.integers(0, 60, n).tolist(), "contract": rng.choice(["month", "year"], n).tolist()},
    )
    table = score(a_bundle(), crowd, "propensity")
    assert table["customer_id"].n_unique() == n


def test_a_trend_is_scored_from_the_months_before(tmp_path: Path) -> None:
    (tmp_path / "holdings.csv").write_text(HOLDINGS)
    (tmp_path / "customers.csv").write_text(
        "customer_id,month,tenure,contract\nC-1,2026-01-01,4,year\nC-1,2026-02-01,6,year\nC-1,2026-03-01,9,year\n"
    )
    bundle = a_bundle()
    assert bundle.churn is not None
    bundle = replace(bundle, churn=replace(bundle.churn, trends={"use": ("tenure_m1", "tenure")}))
    found = read_people(bundle, tmp_path / "holdings.csv", tmp_path / "customers.csv", date(2026, 2, 1))
    assert found.facts["use_level"][0] == 5.0
    assert found.facts["use_slope"][0] == 0.4
