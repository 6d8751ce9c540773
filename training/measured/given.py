"""What a report is made of: tables, bundle, journal, and the documents that name and price things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from models.catalogue import load_catalogue
from models.sections.leaving import Leaving
from models.sections.money import Money
from models.trends import Trend
from training.errors import OptionError
from training.evaluation.survival import watched
from training.fit.spoken import Talks, read_talks
from training.fit.trends import with_trends
from training.law import read_policy
from training.objections import COLUMN
from training.prompted import journal_parts
from training.tables import read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.bundle import Bundle
    from models.catalogue import Catalogue
    from models.policy import Policy
    from models.products import Product
    from training.tables import Tables

WINDOW = 12
"""Months that a figure looks back over, or as many as there are."""
DAY_ONE = date(1970, 1, 1)


@dataclass(frozen=True)
class Given:
    """Everything, read and checked. `parts`: the files of the journal, none without one; `talks`: what was said, read from them."""

    tables: Tables
    bundle: Bundle
    talks: Talks
    parts: tuple[Path, ...] = ()
    catalogue: Catalogue | None = None
    policy: Policy | None = None

    @cached_property
    def products(self) -> Mapping[str, Product]:
        """By id; none without a catalogue."""
        return {} if self.catalogue is None else {product.id: product for product in self.catalogue.products}

    @property
    def leaving(self) -> Leaving:
        """Which intents voice a wish to leave."""
        return Leaving() if self.policy is None else self.policy.leaving

    @property
    def money(self) -> Money:
        """Horizon and discount."""
        return Money() if self.policy is None else self.policy.money

    @cached_property
    def months(self) -> pl.DataFrame | None:
        """The rows of the customers table of which it is known whether the customer left, with the month's `number`, `by_himself`, and the trends the bundle knows; None without any."""
        customers = self.tables.customers
        if customers is None or "churned" not in customers.columns:
            return None
        trends = {} if self.bundle.churn is None else self.bundle.churn.trends
        customers = with_trends(customers, {name: Trend(of=of) for name, of in trends.items()})
        known = customers.filter(pl.col("churned").is_not_null())
        otherwise = pl.lit(value=False)
        if "churn_motive" in customers.columns:
            otherwise = pl.col("churn_motive").is_in(self.tables.other_causes).fill_null(value=False)
        rows = known.with_columns(number=numbered("month"), by_himself=pl.col("churned") & ~otherwise)
        return rows if len(rows) else None

    @cached_property
    def spells(self) -> pl.DataFrame | None:
        """The rows of `watched`, leaving for whatever cause, which is named."""
        customers = self.tables.customers
        spells = None if customers is None else watched(customers, causes=self.tables.causes)
        return spells if spells is not None and len(spells) else None

    @cached_property
    def objectors(self) -> frozenset[str]:
        """Who objects to profiling, by the last that is known: nothing is computed of one of them alone."""
        customers = self.tables.customers
        if customers is None or COLUMN not in customers.columns:
            return frozenset()
        said = customers.filter(pl.col(COLUMN).is_not_null()).sort("customer_id", "month")
        latest = said.unique("customer_id", keep="last", maintain_order=True)
        return frozenset(latest.filter(COLUMN)["customer_id"])

    @cached_property
    def last(self) -> int:
        """The number of the last month the data speak of: the last of which is known who left, else the last with any date."""
        if self.months is not None:
            return int(self.months["number"].max())  # type: ignore[arg-type]  # polars types a maximum as any literal
        dates = [self.tables.holdings["since"].dt.date(), self.tables.holdings["until"].dt.date()]
        if self.tables.customers is not None:
            dates.append(self.tables.customers["month"])
        latest = [day for each in dates if isinstance(day := each.max(), date)]
        if self.talks.until is not None:
            latest.append(self.talks.until.date())
        return month_number(max(latest, default=DAY_ONE))

    @property
    def window(self) -> range:
        """The numbers of the last months, at most twelve; without a table of months all of them."""
        first = self.last - WINDOW + 1
        if self.months is not None:
            first = max(first, int(self.months["number"].min()))  # type: ignore[arg-type]  # as above
        return range(first, self.last + 1)

    def name(self, product: str) -> str:
        """The product's name where a catalogue knows one."""
        known = self.products.get(product)
        return product if known is None else in_english(known.name, product)

    def title(self, action: str) -> str:
        """The action's title where a catalogue knows one."""
        actions = [] if self.catalogue is None else self.catalogue.actions
        texts = [
            {language: text.title for language, text in one.texts.items()}
            for one in actions
            if one.id == action
        ]
        return in_english(texts[0], action) if texts else action


def read_given(
    data: Path,
    bundle: Bundle,
    catalogue: Path | None = None,
    policy: Path | None = None,
    journal: Path | None = None,
) -> Given:
    """Read everything a report is made of; the journal lies beside the tables unless it is named.

    Raises:
        TableError: every problem of the tables. DocumentError: in catalogue or policy. OSError: a file that cannot be read.
        OptionError: a bundle of other products, or of facts of another type.
    """
    sold = None if catalogue is None else load_catalogue(catalogue.read_bytes(), str(catalogue))
    rules = None if policy is None else read_policy(policy)
    known = None if sold is None else [product.id for product in sold.products]
    tables = read_tables(data, known, rules.facts if rules else None)
    _check_products(tables, bundle)
    _check_facts(tables, bundle)
    parts = tuple(journal_parts(journal or data))
    return Given(tables, bundle, read_talks([*parts]), parts, sold, rules)


def _check_products(tables: Tables, bundle: Bundle) -> None:
    found = set(tables.holdings["product_id"].to_list())
    if found and found.isdisjoint(bundle.products):
        raise OptionError(
            "--bundle: it knows none of the products of these tables; give the bundle that was made of them"
        )


def _check_facts(tables: Tables, bundle: Bundle) -> None:
    """Facts of another type would be scored as something they are not."""
    for fact, spec in tables.facts.items():
        kind = bundle.fact_kinds.get(fact, spec.type)
        if kind != spec.type and not {kind, spec.type} <= {"integer", "number"}:
            raise OptionError(
                f"--bundle: fact '{fact}' is {kind} in the bundle and {spec.type} in the table; "
                "give --policy with the types the bundle was made with, or another bundle"
            )


def span(first: int, last: int) -> str:
    """Oct 2025 to Sep 2026; one month by itself."""
    return month_name(last) if first == last else f"{month_name(first)} to {month_name(last)}"


def in_english(texts: Mapping[str, str], otherwise: str) -> str:
    """The English text, else the first there is."""
    return texts.get("en") or next(iter(texts.values()), otherwise)


def month_number(day: date) -> int:
    """Months counted on over the years; the next month is one more."""
    return day.year * 12 + day.month - 1


def numbered(column: str) -> pl.Expr:
    """`month_number` of a column of dates or moments."""
    return pl.col(column).dt.year().cast(pl.Int64) * 12 + pl.col(column).dt.month().cast(pl.Int64) - 1


def month_name(month: int) -> str:
    """Oct 2026, whatever the machine's language."""
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{names[month % 12]} {month // 12}"


def first_of(month: int) -> date:
    """The first day of the month with this number."""
    return date(month // 12, month % 12 + 1, 1)
