"""What each logged contact brought: by the tables of customers and holdings, or by what its own outcomes tell.

margin      contribution margin of the customer over the days after the contact, whatever he did, less discounts and costs of what was accepted
held        of what was accepted in the contact and stands: the margin of an offer, and for a save that of all it keeps, over the same days

Of both a contact is known once its days are over; by its outcomes also only when later months have told of the saves of its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from training.experiment.euros import DAYS_A_MONTH, given_away, margin_held
from training.experiment.staying import spells, told_until
from training.prompted import from_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from models.actions import Action
    from models.catalogue import Catalogue
    from models.features import Floats
    from models.journal import DecisionRecord
    from training.fit.spoken import Talks
    from training.ope.contacts import LoggedContact
    from training.tables import Tables

MARGIN, HELD = "margin", "held"
DEFINITIONS: Final = {
    MARGIN: "euros of contribution margin a contact: holdings x margin by the day over {days} days after it, less discounts and costs of what was accepted",
    HELD: "euros a contact of what was accepted in it and neither withdrawn nor relapsed: the margin of an offer, for a save that of all the customer held, over {days} days, less discounts and costs; whoever would have stayed unasked counts as kept, so give --data where there is one",
}


@dataclass(frozen=True)
class Standing:
    """What was accepted, not withdrawn and not said to have relapsed. `accepted`: customer and contact -> actions, each with its moment and the share of it that counts.

    Whether a save held is told some months later, of all saves of a time at once. `told`: the newest save that is said to have held; None: of none
    it is. What is still not told up to then never will be (who left for another cause) and counts as often as those hold of which it is. Later
    saves are pending: `pending` of them.
    """

    accepted: dict[tuple[str, str], list[tuple[str, datetime, float]]] = field(default_factory=dict)
    told: datetime | None = None
    pending: int = 0

    def known(self, at: datetime) -> bool:
        """Of a contact at this moment: whether the saves of its time are told of. If not, all contacts of that time wait, also those without a save: what to leave out must not hang on what came of it."""
        return not self.pending or (self.told is not None and at <= self.told)


def known_until(talks: Talks, contacts: Sequence[LoggedContact]) -> datetime:
    """The moment up to which the journal tells."""
    ends = [contact.turns[-1].decision.decided_at for contact in contacts]
    return max(ends if talks.until is None else [*ends, talks.until])


def held_value(
    contacts: Sequence[LoggedContact],
    stands: Standing,
    catalogue_of: Callable[[str], Catalogue],
    days: int,
    until: datetime,
) -> Floats:
    """(n,) euros of what `stands` of each contact, by the catalogue that decided it; NaN while its days are not over or its saves pending."""
    months = days / DAYS_A_MONTH
    euros = np.full(len(contacts), np.nan)
    for place, contact in enumerate(contacts):
        end = contact.at + timedelta(days=days)
        if end > until or not stands.known(contact.at):
            continue
        accepted = stands.accepted.get((contact.customer_id, contact.contact_id), ())
        catalogue = catalogue_of(contact.first.decision.versions.catalogue)
        worth = [
            share * _worth(catalogue.action[name], contact.first, catalogue, months)
            for name, at, share in accepted
            if at < end and name in catalogue.action
        ]
        euros[place] = sum(worth)
    return euros


def margin(
    contacts: Sequence[LoggedContact],
    talks: Talks,
    tables: Tables,
    catalogue: Catalogue,
    days: int,
    until: datetime,
) -> Floats:
    """(n,) euros; NaN where the tables do not tell to the end. Each contact is a span of its customer."""
    stays = spells(tables.customers, until)
    gone = stays.drop_nulls("gone_at").select("customer_id", "gone_at")
    owner = pl.DataFrame(
        {
            "span": [str(place) for place in range(len(contacts))],
            "customer_id": [contact.customer_id for contact in contacts],
            "begin": pl.Series([contact.at for contact in contacts], dtype=pl.Datetime("us", "UTC")),
        }
    )
    spans = owner.select(customer_id="span", begin="begin", end=pl.col("begin") + timedelta(days=days))
    taken = talks.spoken.filter(pl.col("accepted") & ~pl.col("withdrawn"))
    of_span = {
        name: _of_spans(owner, table)
        for name, table in (("held", tables.holdings), ("gone", gone), ("taken", taken))
    }
    after = margin_held(spans, of_span["held"], catalogue, of_span["gone"])
    given = given_away(spans, of_span["taken"], catalogue, of_span["gone"]).rename({"euros": "given"})
    known = pl.col("end") <= (told_until(stays) or until)
    found = (
        spans.join(after, on="customer_id", maintain_order="left")
        .join(given, on="customer_id", how="left", maintain_order="left")
        .select(euros=pl.when(known).then(pl.col("euros") - pl.col("given").fill_null(0.0)))
    )
    return found["euros"].fill_null(float("nan")).to_numpy()


def _of_spans(owner: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table of customers once for each of their contacts, by the name of the span."""
    joined = table.join(owner.select("span", "customer_id"), on="customer_id")
    return joined.with_columns(customer_id="span").drop("span")


def standing(parts: list[Path], talks: Talks) -> Standing:
    """By the files of the journal."""
    told = _fates(parts)
    fates = pl.DataFrame(
        [(*proposal, fate) for proposal, fate in told.items()],
        schema={"decision_id": pl.String, "action_id": pl.String, "fate": pl.String},
        orient="row",
    )
    spoken = talks.spoken.filter(pl.col("accepted") & ~pl.col("withdrawn"))
    spoken = spoken.join(fates, on=["decision_id", "action_id"], how="left", maintain_order="left")
    save, fate = pl.col("action_kind") == "save", pl.col("fate")
    newest = spoken.filter(save, fate == "kept")["at"].max()
    newest = newest if isinstance(newest, datetime) else None
    in_time = pl.col("at") <= newest if newest is not None else pl.lit(value=False)
    held = spoken.filter(save, in_time, fate.is_not_null()).select((fate == "kept").mean()).item()
    unsaid = save & fate.is_null()
    share = pl.when(unsaid & in_time).then(pl.lit(held, pl.Float64)).otherwise(1.0)
    found = Standing(told=newest, pending=spoken.select((unsaid & ~in_time).sum()).item())
    columns = ("customer_id", "contact_id", "action_id", "at", "share")
    stays = spoken.with_columns(share=share).filter(fate.fill_null("") != "relapsed").select(columns)
    for customer, contact, action, at, counts in stays.iter_rows():
        found.accepted.setdefault((customer, contact), []).append((action, at, counts))
    return found


def _fates(parts: list[Path]) -> dict[tuple[str, str], str]:
    """By decision and action, `relapsed` or else `kept`."""

    def fates(entries: pl.LazyFrame) -> pl.LazyFrame:
        outcomes = entries.filter((pl.col("kind") == "outcome") & pl.col("record").is_not_null())
        names = ("decision_id", "action_id", "kind")
        told = outcomes.select(
            pl.col("record").str.json_path_match(f"$.{name}").alias(name) for name in names
        )
        return told.filter(pl.col("kind").is_in(["kept", "relapsed"]))

    rows = from_parts(parts, fates).sort("kind").iter_rows()
    return {(decision, action): kind for decision, action, kind in rows}


def _worth(action: Action, record: DecisionRecord, catalogue: Catalogue, months: float) -> float:
    held = held_products(record)
    gained = sum(catalogue.product[name].margin for name in action.sells)
    gained -= sum(catalogue.product[name].margin for name in action.replaces if name in held)
    if action.kind == "save":
        gained += monthly_margin(record, catalogue)
    given = 0.0 if action.discount is None else action.discount.amount * min(months, action.discount.months)
    return months * gained - given - action.cost


def held_products(record: DecisionRecord) -> list[str]:
    """What the customer held when it was decided, as the request or else the store had it."""
    holdings = record.request.holdings
    if holdings is None:
        holdings = () if record.customer is None else record.customer.holdings
    return [holding.product_id for holding in holdings]


def monthly_margin(record: DecisionRecord, catalogue: Catalogue) -> float:
    """Euros a month of what was held."""
    known = catalogue.product
    return float(sum(known[name].margin for name in held_products(record) if name in known))
