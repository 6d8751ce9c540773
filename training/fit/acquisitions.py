"""From the canonical tables to acquisitions: a state just before, and the product that was then acquired (or hidden)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.recency import DAYS_A_MONTH, SINCE_LAST
from training.fit.encoding import fit_encoder
from training.fit.examples import Examples, Space
from training.fit.lasting import fill_earlier
from training.fit.ledger import FAR_AHEAD, LONG_AGO, Ledger, days, last_row_before

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from models.features import Encoder, Floats
    from training.fit.examples import Flags, Indices
    from training.tables import Tables

MOST_CUSTOMERS = 50_000
"""More customers than these are sampled, for judging too: intervals are narrow enough by then."""


ENOUGH_A_PRODUCT = 50
"""Acquisitions for each product, from which on those that no facts are known for are left out."""


@dataclass(frozen=True)
class PropensityData:
    """The canonical tables, already checked.

    holdings: customer_id, product_id, since (date or moment, empty when unknown), until (empty while held) and, if known,
    unprompted (false when a spoken offer came before). customers: customer_id, month (date) and facts; `kinds` says which
    facts to use (fact -> number, integer, string, boolean). repeatable (P,) None: a product bought again while held is.
    valid_from: acquisitions from this moment on are for judging; None: the last fifth. clocks: what a fact grows by in a month.
    lasting: facts whose first known value stands for the time before it.
    """

    products: tuple[str, ...]
    holdings: pl.DataFrame
    customers: pl.DataFrame | None
    kinds: Mapping[str, str]
    repeatable: tuple[bool, ...] | None = None
    valid_from: datetime | None = None
    clocks: Mapping[str, float] = field(default_factory=dict)
    lasting: tuple[str, ...] = ()

    @classmethod
    def of(cls, tables: Tables) -> PropensityData:
        """What `read_tables` gives, without the facts that give the holdings away."""
        flags = (
            None if tables.repeatable is None else tuple(one in tables.repeatable for one in tables.products)
        )
        return cls(
            tables.products,
            tables.holdings,
            tables.customers,
            tables.propensity_kinds,
            flags,
            tables.valid_from,
            tables.clocks,
        )

    @cached_property
    def people(self) -> pl.DataFrame:
        """customer_id -> customer (index in order of id), of everyone in either table."""
        ids = [self.holdings["customer_id"].cast(pl.String)]
        if self.customers is not None:
            ids.append(self.customers["customer_id"].cast(pl.String))
        return pl.DataFrame({"customer_id": pl.concat(ids).unique().sort()}).with_row_index("customer")

    @cached_property
    def dated(self) -> bool:
        """More than half of the holdings have a date, and the dates spread over time."""
        since = self.holdings["since"].drop_nulls()
        return 2 * len(since) > len(self.holdings) and since.n_unique() >= 5

    @cached_property
    def lines(self) -> pl.DataFrame:
        """Holdings as numbers: customer, product, start and end in days, unprompted."""
        index = pl.DataFrame(
            {"product_id": self.products, "product": range(len(self.products))},
            schema_overrides={"product_id": pl.String},
        )
        frame = self.holdings.with_columns(
            pl.col("customer_id").cast(pl.String), pl.col("product_id").cast(pl.String)
        )
        if "unprompted" not in frame.columns:
            frame = frame.with_columns(unprompted=pl.lit(value=True))
        frame = frame.with_columns(
            start=pl.Series(days(frame["since"])).fill_nan(LONG_AGO),
            end=pl.Series(days(frame["until"])).fill_nan(FAR_AHEAD),
        )
        joined = frame.join(self.people, on="customer_id").join(index, on="product_id")
        return joined.select("customer", "product", "start", "end", "unprompted").sort(
            "customer", "start", "product"
        )

    @cached_property
    def ledger(self) -> Ledger:
        """The holdings, to be asked for states."""
        column = {name: self.lines[name].to_numpy() for name in ("customer", "product", "start", "end")}
        return Ledger(
            len(self.products),
            column["customer"].astype(np.intp),
            column["product"].astype(np.intp),
            column["start"],
            column["end"],
        )

    @cached_property
    def panel(self) -> Panel | None:
        """The facts, to be asked for a customer's at a moment."""
        if self.customers is None:
            return None
        frame = self.customers.with_columns(
            pl.col("customer_id").cast(pl.String), days=pl.Series(days(self.customers["month"]))
        )
        frame = frame.join(self.people, on="customer_id").sort("customer", "days")
        return Panel(frame["customer"].to_numpy().astype(np.intp), frame["days"].to_numpy(), frame)


@dataclass(frozen=True)
class Panel:
    """Facts by customer and month, sorted so."""

    customer: Indices
    month: Floats
    frame: pl.DataFrame

    def rows(self, customer: Indices, moment: Floats) -> Indices:
        """The row known at each moment, -1 when there is none yet, (n,)."""
        return last_row_before(self.customer, self.month, customer, moment, at_it=True)

    def columns(self, row: Indices, facts: Mapping[str, str]) -> dict[str, list[Any]]:
        """The facts on those rows, None for row -1."""
        index = pl.Series(row).replace(-1, None)
        present = [fact for fact in facts if fact in self.frame.columns]
        return {fact: self.frame[fact].gather(index).to_list() for fact in present}


@dataclass(frozen=True)
class Acquisitions:
    """Lines of `Examples` before facts are encoded: `facts` fact -> column (n,)."""

    products: tuple[str, ...]
    repeatable: Flags
    kinds: Mapping[str, str]
    holdings: Floats
    facts: Mapping[str, list[Any]]
    label: Indices
    weight: Floats
    customer: Indices
    event: Indices
    time: Floats | None

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.label)

    def take(self, rows: Indices | Flags) -> Acquisitions:
        """Some of the lines."""
        index = np.arange(len(self))[rows]
        return replace(
            self,
            holdings=self.holdings[index],
            facts={fact: [column[i] for i in index] for fact, column in self.facts.items()},
            label=self.label[index],
            weight=self.weight[index],
            customer=self.customer[index],
            event=self.event[index],
            time=None if self.time is None else self.time[index],
        )

    def without(self, fact: str) -> Acquisitions:
        """The same lines, one fact less."""
        return replace(self, kinds={name: kind for name, kind in self.kinds.items() if name != fact})

    def encoder(self) -> Encoder:
        """Fitted on these lines."""
        return fit_encoder(self.facts, self.kinds)

    def encoded(self, encoder: Encoder) -> Examples:
        """The lines as numbers."""
        facts = encoder.encode_table(self.facts) if self.facts else np.zeros((len(self), encoder.size))
        space = Space(self.products, self.repeatable, encoder)
        return Examples(
            space, self.holdings, facts, self.label, self.weight, self.customer, self.event, self.time
        )


def acquisitions(data: PropensityData, seed: int) -> Acquisitions:
    """The lines to fit and judge on: after each date where there are dates, else each holding hidden in turn.

    A customer who is drawn out when there are more than MOST_CUSTOMERS is drawn with `seed`.
    """
    repeatable = _repeatable(data)
    lines = data.lines.filter(_sampled(data, seed))
    return _dated(data, lines, repeatable) if data.dated else _hidden(data, lines, repeatable)


def _sampled(data: PropensityData, seed: int) -> pl.Expr:
    if len(data.people) <= MOST_CUSTOMERS:
        return pl.lit(value=True)
    chosen = np.random.default_rng(seed).choice(len(data.people), MOST_CUSTOMERS, replace=False)
    return pl.col("customer").is_in(pl.Series(chosen, dtype=data.lines["customer"].dtype).implode())


def _repeatable(data: PropensityData) -> Flags:
    if data.repeatable is not None:
        return np.array(data.repeatable, dtype=bool)
    flags = np.zeros(len(data.products), dtype=bool)
    if data.dated:
        lines = data.lines.sort("customer", "product", "start")
        overlap = (pl.col("start") < pl.col("end").shift().cum_max().over("customer", "product")) & (
            pl.col("start") > pl.col("start").shift().over("customer", "product")
        )
        flags[lines.filter(overlap)["product"].unique().to_numpy()] = True
    return flags


def _dated(data: PropensityData, lines: pl.DataFrame, repeatable: Flags) -> Acquisitions:
    lines = lines.filter((pl.col("start") > LONG_AGO) & pl.col("unprompted")).unique(
        ("customer", "product", "start"), maintain_order=True
    )
    customer, label = (
        lines["customer"].to_numpy().astype(np.intp),
        lines["product"].to_numpy().astype(np.intp),
    )
    time = lines["start"].to_numpy()
    holdings = data.ledger.before(customer, time)
    possible = (holdings[np.arange(len(label)), label] == 0.0) | repeatable[label]
    possible &= _with_facts(data, customer, time)
    customer, label, time, holdings = customer[possible], label[possible], time[possible], holdings[possible]
    starts = np.r_[np.ones(min(len(label), 1), dtype=bool), (np.diff(customer) != 0) | (np.diff(time) != 0)]
    event = np.cumsum(starts) - 1
    facts = facts_at(data, customer, time)
    facts[SINCE_LAST] = recency_column(data, customer, time)
    return Acquisitions(
        products=data.products,
        repeatable=repeatable,
        kinds=dict(data.kinds) | {SINCE_LAST: "number"},
        holdings=holdings,
        facts=facts,
        label=label,
        weight=1.0 / np.bincount(event)[event] if len(event) else np.zeros(0),
        customer=customer,
        event=event,
        time=time,
    )


def _with_facts(data: PropensityData, customer: Indices, time: Floats) -> Flags:
    """Which lines lie in the time of the facts; all, when those that do are too few to learn from."""
    if data.panel is None:
        return np.ones(len(time), dtype=bool)
    if data.lasting:
        return np.ones(len(time), dtype=bool)
    known = data.panel.rows(customer, time) >= 0
    return known if known.sum() >= ENOUGH_A_PRODUCT * len(data.products) else np.ones(len(time), dtype=bool)


def _hidden(data: PropensityData, lines: pl.DataFrame, repeatable: Flags) -> Acquisitions:
    held = lines.filter(pl.col("end") == FAR_AHEAD).unique(("customer", "product"), maintain_order=True)
    held = held.filter(pl.len().over("customer") >= 2)
    customer, label = held["customer"].to_numpy().astype(np.intp), held["product"].to_numpy().astype(np.intp)
    people, row = np.unique(customer, return_inverse=True)
    full = np.zeros((len(people), len(data.products)))
    full[row, label] = 1.0
    holdings = full[row]
    holdings[np.arange(len(label)), label] = 0.0
    return Acquisitions(
        products=data.products,
        repeatable=repeatable,
        kinds=dict(data.kinds),
        holdings=holdings,
        facts=facts_at(data, customer, np.full(len(customer), FAR_AHEAD)),
        label=label,
        weight=1.0 / full.sum(axis=1)[row],
        customer=customer,
        event=np.arange(len(label)),
        time=None,
    )


def facts_at(data: PropensityData, customer: Indices, moment: Floats) -> dict[str, list[Any]]:
    """The facts of customers as known at moments, None where nothing is; before the first month what lasts is as in it."""
    if data.panel is None:
        return {}
    columns = data.panel.columns(data.panel.rows(customer, moment), data.kinds)
    if data.lasting:
        steps = {fact: data.clocks.get(fact, 0.0) for fact in data.lasting}
        fill_earlier(columns, data.panel, customer, moment, steps)
    return columns


def recency_column(data: PropensityData, customer: Indices, moment: Floats) -> list[float | None]:
    """Months since the latest acquisition before each moment, None when there is none."""
    months = (moment - data.ledger.last_start(customer, moment)) / DAYS_A_MONTH
    return [None if np.isnan(value) else float(value) for value in months]
