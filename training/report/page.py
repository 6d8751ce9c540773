"""The report as one HTML file: nothing in it is fetched from elsewhere, and nothing in it runs."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from training.measured.given import month_name
from training.measured.watching import watched_months
from training.report.buying import buying
from training.report.calibrated import calibrated
from training.report.churn_by_holdings import churn_by_holdings
from training.report.cohorts import cohorts
from training.report.elements import element, written
from training.report.keeping import keeping
from training.report.left_last_month import left_last_month
from training.report.lock_in import lock_in
from training.report.saves import saves
from training.report.staying import staying

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from training.measured.given import Given

TITLE = "Customers: staying, leaving, buying"


def page(given: Given, customers: int, *, with_ids: bool) -> bytes:
    """The whole file. The same tables, bundle and documents give the same bytes."""
    watched = watched_months(given)
    parts = (
        keeping(given),
        buying(given),
        cohorts(given),
        staying(given),
        churn_by_holdings(given, watched),
        calibrated(given, watched),
        lock_in(given),
        saves(given),
        left_last_month(given, customers, with_ids=with_ids),
    )
    root = element(
        "html", _head(given), element("body", _cover(given, parts), *parts, _end(given)), lang="en"
    )
    return f"<!DOCTYPE html>\n{written(root)}\n".encode()


def _head(given: Given) -> Element:
    style = (files("training.report") / "page.css").read_text(encoding="utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{TITLE}, {month_name(given.last)}"),
        element("style", style),
    )


def _cover(given: Given, parts: Sequence[Element]) -> Element:
    tables = given.tables
    customers = (
        tables.holdings["customer_id"] if tables.customers is None else tables.customers["customer_id"]
    )
    counted = [
        f"{customers.n_unique():,} customers",
        f"{len(tables.holdings):,} holdings of {len(tables.products)} products",
        *([] if tables.customers is None else [f"{len(tables.customers):,} customer-months"]),
        f"{len(given.talks.contacts):,} contacts" if given.parts else "no journal",
    ]
    contents = [element("li", element("a", part[0].text or "", href=f"#{part.get('id')}")) for part in parts]
    return element(
        "header",
        element("h1", TITLE),
        element("p", f"To the end of {month_name(given.last)}. {', '.join(counted)}.", class_="lead"),
        element("ol", *contents),
    )


def _end(given: Given) -> Element:
    said = [element("li", warning) for warning in given.tables.warnings]
    return element(
        "footer",
        *([element("h2", "Remarks on the tables"), element("ul", *said)] if said else []),
        element("p", f"Tables {given.tables.version}", element("br"), f"Bundle {given.bundle.version}"),
    )
