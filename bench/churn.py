"""The churn bars on IBM's Telco sample: five times two-fold cross-validation."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bench.public import DATA, absent, row
from training.datasets.telco import import_telco
from training.evaluation.churn import cross_validated
from training.fit.churn import fit_hazard
from training.fit.customer_months import churn_rows
from training.tables import read_tables

BARS = {"telco churn AUC": ">= 0.845", "telco churn Brier": "<= 0.1345", "telco churn ECE": "<= 0.025"}


def measure() -> list[dict[str, Any]]:
    """Bar 2 of the first issue; rows that say so where the data is absent."""
    if not DATA.is_dir():
        return absent(BARS)
    with tempfile.TemporaryDirectory() as folder:
        import_telco(DATA / "telco", Path(folder))
        tables = read_tables(Path(folder))
    rows = churn_rows(tables.holdings, tables.customers, tuple(tables.kinds), tables.products)
    assert rows is not None
    mean = cross_validated(rows, lambda train, seed: fit_hazard(train, tables.kinds, tables.products, seed))
    auc, brier, ece = mean["auc"], mean["brier"], mean["ece"]
    held = (auc >= 0.845, brier <= 0.1345, ece <= 0.025)
    figures = zip(
        BARS.items(), (auc, brier, ece), ("area", "squared error", "probability"), held, strict=True
    )
    return [row(name, value, unit, bar, holds=holds) for (name, bar), value, unit, holds in figures]
