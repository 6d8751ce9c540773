"""The bar on IBM's Telco sample: five times two-fold cross-validation."""

import math
import os
from pathlib import Path

import pytest

from training.datasets.telco import import_telco
from training.evaluation.churn import cross_validated
from training.fit.churn import ChurnRows, fit_hazard
from training.fit.customer_months import churn_rows
from training.tables import Tables, read_tables

DATA = Path(os.environ.get("BEHOUD_DATA", Path(__file__).parents[4] / "shared/data")) / "telco"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data in {DATA}")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    out = tmp_path_factory.mktemp("telco")
    import_telco(DATA, out)
    return read_tables(out)


@pytest.fixture(scope="module")
def rows(tables: Tables) -> ChurnRows:
    rows = churn_rows(tables.holdings, tables.customers, list(tables.kinds), tables.products)
    assert rows is not None
    return rows


def test_ordering_sharpness_and_calibration_hold_over_ten_halves(tables: Tables, rows: ChurnRows) -> None:
    mean = cross_validated(rows, lambda train, seed: fit_hazard(train, tables.kinds, tables.products, seed))
    assert mean["auc"] >= 0.845
    assert mean["brier"] <= 0.1345
    assert mean["ece"] <= 0.025
    assert mean["empc"] > 10.0
    assert mean["calibration_slope"] == pytest.approx(1.0, abs=0.1)


def test_contributions_sum_to_the_logit_for_every_customer(tables: Tables, rows: ChurnRows) -> None:
    model = fit_hazard(rows, tables.kinds, tables.products, seed=1)
    for i in range(0, len(rows.churned), 50):
        facts = {fact: column[i] for fact, column in rows.facts.items() if column[i] is not None}
        parts = model.contributions(facts, rows.holdings[i])
        assert model.logit(facts, rows.holdings[i]) == math.fsum([model.intercept, *parts.values()])
