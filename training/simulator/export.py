"""A world as files: the canonical tables for the job, and what the service is loaded with."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from models.domain import Customer, Event
from training.simulator.ledger import STILL

if TYPE_CHECKING:
    from pathlib import Path

    from models.policy import Policy
    from training.simulator.calendar import Calendar
    from training.simulator.people import Flags
    from training.simulator.world import World

FORGOTTEN = 0.03
"""Share of the holdings from before the simulated months whose date nobody knows any more."""
REMEMBERED = 60.0
PAYMENTS_REMEMBERED = 365.0
"""Days of events the service is loaded with."""
CONSENT = {"marketing": 0.85, "profiling": 0.9, "telemarketing": 0.3}
"""Share that gave each consent; others by half."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def customer_id(number: int) -> str:
    """C-000001 for the first."""
    return f"C-{number + 1:06d}"


def write_world(world: World, calendar: Calendar, policy: Policy, seed: int, folder: Path) -> dict[str, int]:
    """Five files; the rows of each. The same world gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 1])
    holdings = _holdings(world, calendar, rng)
    consents = _consents(world, policy, rng)
    customers = _customers(world, consents)
    holdings.write_parquet(folder / "holdings.parquet")
    customers.write_parquet(folder / "customers.parquet")
    schema = {"facts": {name: spec.model_dump(mode="json") for name, spec in policy.facts.items()}}
    (folder / "schema.yaml").write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n")  # JSON is YAML
    people = _people(world, holdings, consents)
    events = _events(world, calendar)
    return {
        "holdings.parquet": len(holdings),
        "customers.parquet": len(customers),
        "customers.ndjson": _lines(folder / "customers.ndjson", people),
        "events.ndjson": _lines(folder / "events.ndjson", events),
    }


def _lines(path: Path, nouns: list[Any]) -> int:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(noun.model_dump_json(exclude_defaults=True) + "\n" for noun in nouns)
    return len(nouns)


def _holdings(world: World, calendar: Calendar, rng: np.random.Generator) -> pl.DataFrame:
    customer, product, since, until = world.spells
    forgotten = (rng.random(len(since)) < FORGOTTEN) & (since < calendar.first_day(0))
    frame = pl.DataFrame(
        {
            "customer_id": _ids(customer),
            "product_id": pl.Series(list(world.tastes.ids)).gather(pl.Series(product)),
            "since": _dates(since, ~forgotten),
            "until": _dates(until, until != STILL),
        }
    )
    return frame.unique(("customer_id", "product_id", "since"), keep="first", maintain_order=True)


def _consents(world: World, policy: Policy, rng: np.random.Generator) -> dict[str, Flags]:
    """Of each consent the policy names, who gave it, (N,)."""
    return {name: rng.random(len(world.here)) < CONSENT.get(name, 0.5) for name in policy.consents}


def _customers(world: World, consents: dict[str, Flags]) -> pl.DataFrame:
    customer = world.months["customer"].to_numpy()
    frame = world.months.with_columns(customer_id=_ids(customer))
    if "profiling" in consents:
        frame = frame.with_columns(profiling_objection=pl.Series(~consents["profiling"][customer]))
    return frame.select("customer_id", pl.exclude("customer_id", "customer")).sort("customer_id", "month")


def _ids(customer: Any) -> pl.Series:
    names = pl.Series(
        [customer_id(number) for number in range(int(customer.max(initial=-1)) + 1)], dtype=pl.String
    )
    return names.gather(pl.Series(customer))


def _dates(days: Any, known: Any) -> pl.Series:
    plain = pl.Series(np.where(known, days, 0)).cast(pl.Int32).cast(pl.Date)
    return pl.select(pl.when(pl.Series(known)).then(plain)).to_series()


def _people(world: World, holdings: pl.DataFrame, consents: dict[str, Flags]) -> list[Customer]:
    """Customers as they are now; those who left are known as former ones, and hold nothing."""
    held: dict[str, list[dict[str, Any]]] = {}
    for row in holdings.filter(pl.col("until").is_null()).iter_rows(named=True):
        held.setdefault(row["customer_id"], []).append(
            {"product_id": row["product_id"], "since": row["since"]}
        )
    people = []
    for number, facts in enumerate(world.now.iter_rows(named=True)):
        if not (world.here[number] or world.gone[number]):
            continue
        known = facts if world.here[number] else {name: facts[name] for name in LASTING if name in facts}
        people.append(
            Customer.model_validate(
                {
                    "customer_id": customer_id(number),
                    "holdings": held.get(customer_id(number), []),
                    "facts": {name: value for name, value in known.items() if value is not None},
                    "consents": {name: bool(given[number]) for name, given in consents.items()},
                }
            )
        )
    return people


LASTING = ("region", "age", "fiber_available", "competitor_fiber", "former_customer")
"""What stays known of someone who left."""


def _events(world: World, calendar: Calendar) -> list[Event]:
    """What happened in the last sixty days (payments: a year, complaints: while they are open) up to noon of `until`."""
    now = (calendar.until - date(1970, 1, 1)).days + 0.5
    recent = pl.col("day") > now - REMEMBERED
    payments = pl.col("kind").is_in(["payment", "missed_payment"]) & (
        pl.col("day") > now - PAYMENTS_REMEMBERED
    )
    last = pl.col("day").filter(pl.col("kind") == "complaint_opened").max().over("customer")
    still = (pl.col("kind") == "complaint_opened") & (pl.col("day") == last)
    closed = pl.col("day").filter(pl.col("kind") == "complaint_closed").max().over("customer").fill_null(0.0)
    rows = world.events.filter(pl.col("day") <= now).filter(recent | payments | (still & (last > closed)))
    here = pl.Series(world.here | world.gone)
    rows = rows.filter(here.gather(rows["customer"]))
    return [
        _event(number, row, world.tastes.ids)
        for number, row in enumerate(rows.iter_rows(named=True), start=1)
    ]


def _event(number: int, row: dict[str, Any], products: tuple[str, ...]) -> Event:
    contact, product, due = row["contact"], row["product"], row["due"]
    return Event.model_validate(
        {
            "event_id": f"E-{number:06d}",
            "customer_id": customer_id(row["customer"]),
            "kind": row["kind"],
            "at": _moment(row["day"]),
            "channel": row["channel"],
            "contact_id": None if contact is None else f"K-{number:06d}",
            "subject": row["subject"],
            "product_id": None if product is None else products[product],
            "hours": row["hours"],
            "due": None if due is None else _moment(due),
            "score": row["score"],
        }
    )


def _moment(day: float) -> datetime:
    return EPOCH + timedelta(seconds=round(day * 86_400))
