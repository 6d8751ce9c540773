"""The simulated world keeps its own rules, and what drives it can be found again."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from models.catalogue import Catalogue, load_catalogue
from models.domain import Customer, Event
from models.policy import Policy, load_policy
from training.simulator.calendar import Calendar
from training.simulator.export import write_world
from training.simulator.world import World, simulate
from training.tables import read_tables

TELECOM = Path(__file__).parents[3] / "examples" / "telecom"
CALENDAR = Calendar(12, date(2026, 11, 21))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue((TELECOM / "catalogue.yaml").read_bytes())


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy((TELECOM / "policy.yaml").read_bytes())


@pytest.fixture(scope="module")
def world(catalogue: Catalogue, policy: Policy) -> World:
    return simulate(catalogue, tuple(policy.facts), 1500, CALENDAR, 7)


@pytest.fixture(scope="module")
def folder(world: World, policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("world")
    write_world(world, CALENDAR, policy, 7, place)
    return place


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    catalogue: Catalogue, policy: Policy, tmp_path: Path
) -> None:
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        made = simulate(catalogue, tuple(policy.facts), 80, CALENDAR, seed)
        write_world(made, CALENDAR, policy, seed, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
        assert (
            path.name == "schema.yaml" or path.read_bytes() != (tmp_path / "three" / path.name).read_bytes()
        )


def test_the_tables_have_no_problem_and_every_declared_fact(
    folder: Path, catalogue: Catalogue, policy: Policy
) -> None:
    products = [product.id for product in catalogue.products]
    tables = read_tables(folder, products, policy.facts)
    assert tables.warnings == ()
    assert set(tables.facts) == set(policy.facts)
    assert tables.customers is not None
    told = dict(tables.customers.select("customer_id", "profiling_objection").rows())
    people = map(json.loads, (folder / "customers.ndjson").read_text().splitlines())
    consent = {one["customer_id"]: one["consents"]["profiling"] for one in people}
    assert {told[name] is not given for name, given in consent.items() if name in told} == {True}
    assert any(told.values())
    assert tables.customers["month"].min() == date(2025, 11, 1)
    assert tables.customers["month"].max() == date(2026, 10, 1)
    assert read_tables(folder).kinds == tables.kinds


def test_nobody_holds_what_excludes_each_other_or_lacks_what_it_needs_when_taken(
    world: World, catalogue: Catalogue
) -> None:
    held = world.held > 0
    assert not (held @ world.tastes.excludes & held).any()
    customer, product, since, until = world.spells
    assert (until >= since).all()
    for taken, needed in world.tastes.requires:
        for row in np.flatnonzero(product == taken):
            same = (customer == customer[row]) & needed[product]
            assert ((since[same] <= since[row]) & (until[same] >= since[row])).any()


def test_who_left_holds_nothing_and_has_no_later_month(world: World) -> None:
    assert not world.held[world.gone].any()
    months = world.months.sort("customer", "month")
    left = months.filter(pl.col("churned"))
    assert left["customer"].is_unique().all()
    last = months.group_by("customer").agg(pl.col("month").max(), pl.col("churned").last())
    assert last.filter("churned")["customer"].len() == len(left)
    assert left["churn_motive"].null_count() == 0
    assert months.filter(~pl.col("churned"))["churn_motive"].null_count() == len(months) - len(left)
    assert set(np.flatnonzero(world.gone)) == set(left["customer"].to_list())


def test_the_figures_by_month_go_where_the_slope_says(world: World) -> None:
    rows = world.months.filter(pl.col("data_gb_m1") > 10.0).select(
        "data_gb_m3", "data_gb_m2", "data_gb_m1", "use_slope"
    )
    oldest, middle, last, slope = rows.to_numpy().T
    assert len(rows) > 1000
    assert np.abs(oldest * (1.0 + slope) - last).max() < 0.01 * last.max()
    assert np.abs((oldest + last) / 2.0 - middle).max() < 0.11


def test_every_motive_is_one_the_policy_knows(world: World, policy: Policy) -> None:
    assert set(world.months["churn_motive"].drop_nulls()) <= set(policy.leaving.motives)


def test_the_rate_of_leaving_is_that_of_a_telecom_provider(world: World) -> None:
    rate = world.months["churned"].mean()
    assert isinstance(rate, float)
    assert 0.008 < rate < 0.025


def test_needs_and_complements_show_in_what_is_taken(world: World) -> None:
    held = {name: world.held[world.here][:, index] > 0 for index, name in enumerate(world.tastes.ids)}
    insured = held["device-insurance"]
    assert insured[held["phone-instalment"]].mean() > 1.5 * insured[~held["phone-instalment"]].mean()
    backup = held["cloud-backup"]
    assert backup[held["online-security"]].mean() > 1.5 * backup[~held["online-security"]].mean()


def test_leaving_follows_the_term_the_move_and_the_tenure(world: World) -> None:
    rate = {
        name: world.months.filter(condition)["churned"].mean()
        for name, condition in {
            "inside": pl.col("months_to_contract_end") > 1,
            "outside": pl.col("months_to_contract_end") <= 1,
            "moving": pl.col("moving_soon"),
            "staying": ~pl.col("moving_soon"),
        }.items()
    }
    assert rate["outside"] > 1.5 * rate["inside"]
    assert rate["moving"] > 2.0 * rate["staying"]


def test_clocks_run_a_month_a_month(world: World) -> None:
    months = world.months.sort("customer", "month")
    steps = months.select(
        pl.col("tenure_months").diff().over("customer").alias("tenure"),
        pl.col("months_to_contract_end").diff().over("customer").alias("term"),
        before=pl.col("months_to_contract_end").shift().over("customer"),
    ).drop_nulls()
    assert (steps["tenure"] == 1).all()
    inside = steps.filter(pl.col("before") > 1)
    assert (inside["term"] == -1).all()


def test_facts_are_missing_where_nobody_could_know_them(world: World) -> None:
    months = world.months
    assert 0.2 < months["household_size"].null_count() / len(months) < 0.4
    assert months.filter(pl.col("data_plan_gb").is_null())["data_used_gb"].null_count() == len(
        months.filter(pl.col("data_plan_gb").is_null())
    )


def test_customers_and_events_are_what_the_service_takes(folder: Path, catalogue: Catalogue) -> None:
    customers = [Customer.model_validate(line) for line in lines(folder / "customers.ndjson")]
    events = [Event.model_validate(line) for line in lines(folder / "events.ndjson")]
    known = {customer.customer_id for customer in customers}
    assert len(known) == len(customers)
    assert {event.customer_id for event in events} <= known
    assert len({event.event_id for event in events}) == len(events)
    assert {holding.product_id for customer in customers for holding in customer.holdings} <= set(
        catalogue.product
    )
    former = [customer for customer in customers if customer.facts["former_customer"]]
    assert former
    assert not any(customer.holdings for customer in former)
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert max(event.at for event in events) <= now
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_somebody_calls_too_often_and_somebody_has_an_open_complaint(world: World, folder: Path) -> None:
    by_customer: dict[str, list[Event]] = {}
    for line in lines(folder / "events.ndjson"):
        event = Event.model_validate(line)
        by_customer.setdefault(event.customer_id, []).append(event)
    kinds = {event.kind for events in by_customer.values() for event in events}
    assert {
        "contact",
        "outage",
        "missed_payment",
        "payment",
        "interest",
        "feedback",
        "complaint_opened",
    } <= kinds
    recent = [sum(e.kind == "contact" for e in events) for events in by_customer.values()]
    assert max(recent) > 5
    opened = [e for events in by_customer.values() for e in events if e.kind == "complaint_opened"]
    closed = [e for events in by_customer.values() for e in events if e.kind == "complaint_closed"]
    assert opened
    assert closed


def test_a_family_the_simulator_has_never_heard_of_is_taken_at_its_rate(policy: Policy) -> None:
    text = """
languages: [en]
products:
  - {id: line, name: {en: Line}, family: internet, price: 30, margin: 9, take_rate: 0.05}
  - {id: robot, name: {en: Robot}, family: robots, price: 50, margin: 9, take_rate: 0.3, repeatable: true}
actions: []
"""
    made = simulate(load_catalogue(text.encode()), tuple(policy.facts), 200, CALENDAR, 1)
    robots = made.held[:, made.tastes.ids.index("robot")]
    assert robots.max() <= 3
    assert (robots > 0).mean() > 0.2
