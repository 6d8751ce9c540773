"""IBM's Telco customer churn sample: eleven holdings without dates, nine facts, and who left within the month.

The kind of internet is a holding (dsl, fiber), never a fact. The charges are facts that give the holdings away: good for churn, not
for propensity. The file has no dates: every row gets the same month.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from training.datasets.source import read_source, write_tables
from training.sheets import constant

if TYPE_CHECKING:
    from pathlib import Path

    from training.sheets import Sheet

FILE = "Telco-Customer-Churn.csv"
MONTH = date(2018, 1, 1)
"""A label: the sample does not say which month it shows."""

HOLDINGS = {
    "phone": ("PhoneService", "Yes"),
    "lines": ("MultipleLines", "Yes"),
    "dsl": ("InternetService", "DSL"),
    "fiber": ("InternetService", "Fiber optic"),
    "security": ("OnlineSecurity", "Yes"),
    "backup": ("OnlineBackup", "Yes"),
    "protection": ("DeviceProtection", "Yes"),
    "support": ("TechSupport", "Yes"),
    "tv": ("StreamingTV", "Yes"),
    "films": ("StreamingMovies", "Yes"),
    "paperless": ("PaperlessBilling", "Yes"),
}
NOT_HELD = ("No", "No phone service", "No internet service")
FACTS: dict[str, tuple[str, dict[str, str | int | bool]]] = {
    "gender": ("gender", {"type": "string"}),
    "senior": ("SeniorCitizen", {"type": "boolean"}),
    "partner": ("Partner", {"type": "boolean"}),
    "dependents": ("Dependents", {"type": "boolean"}),
    "tenure_months": ("tenure", {"type": "integer", "minimum": 0, "clock": 1}),
    "contract": ("Contract", {"type": "string"}),
    "payment_method": ("PaymentMethod", {"type": "string"}),
    "monthly_charges": ("MonthlyCharges", {"type": "number", "minimum": 0, "reveals_holdings": True}),
    "total_charges": ("TotalCharges", {"type": "number", "minimum": 0, "reveals_holdings": True}),
}


def import_telco(source: Path, out: Path) -> str:
    """Write holdings, customers and schema.yaml to `out`. Eleven customers have no total charges yet: missing, not 0.

    Raises:
        TableError: the file is not that file; nothing is written.
    """
    wanted = {column for column, _ in (*HOLDINGS.values(), *FACTS.values())}
    sheet = read_source(source, FILE, ["customerID", *sorted(wanted), "Churn"])
    customers = _customers(sheet)
    holdings = _holdings(sheet)
    sheet.findings.raise_if_any()
    schema = {"facts": {fact: spec for fact, (_, spec) in FACTS.items()}, "repeatable": []}
    write_tables(out, {"holdings": holdings, "customers": customers}, schema)
    return f"{len(customers):,} customers with {len(holdings):,} holdings of {len(HOLDINGS)} products; {customers['churned'].sum():,} left."


def _customers(sheet: Sheet) -> pl.DataFrame:
    typed = {fact: sheet.typed(column, str(spec["type"])) for fact, (column, spec) in FACTS.items()}
    ids = sheet.frame["customerID"]
    return pl.DataFrame({"customer_id": ids, **typed, "churned": sheet.typed("Churn", "boolean")}).select(
        "customer_id", pl.lit(MONTH).alias("month"), *typed, "churned"
    )


def _holdings(sheet: Sheet) -> pl.DataFrame:
    known: dict[str, set[str]] = {}
    for column, held in HOLDINGS.values():
        known.setdefault(column, set(NOT_HELD)).add(held)
    for column, values in known.items():
        strange = ~sheet.frame[column].fill_null("").is_in(list(values))
        remedy = f"expected one of {', '.join(sorted(values))}"
        sheet.report(column, strange, lambda cell, _: f"'{cell}' is not known", constant(remedy))
    parts = [
        sheet.frame.filter(pl.col(column) == held).select(
            pl.col("customerID").alias("customer_id"), pl.lit(product).alias("product_id")
        )
        for product, (column, held) in HOLDINGS.items()
    ]
    unknown = pl.lit(None, dtype=pl.Datetime("us"))
    return pl.concat(parts).sort("customer_id", "product_id").with_columns(since=unknown, until=unknown)
