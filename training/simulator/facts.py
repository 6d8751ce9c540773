"""What the company knows of its customers: the visible side of needs, with noise and with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from training.simulator.state import TERMS

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from models.catalogue import Catalogue
    from models.features import Floats
    from training.simulator.people import Flags, People
    from training.simulator.state import State
    from training.simulator.tastes import Tastes

PLAN_GB = np.array([5.0, 20.0, 50.0, 1000.0])
REGIONS = ("north", "east", "south", "west")
AGES = ((18, 29), (30, 52), (60, 88), (26, 58))
"""Youngest and oldest by segment."""


class Register:
    """Facts by name, one column a fact over all customers; what hardly ever changes is drawn once."""

    def __init__(
        self, catalogue: Catalogue, tastes: Tastes, people: People, rng: np.random.Generator
    ) -> None:
        n = len(people)
        young, old = np.array(AGES)[people.segment].T
        self._catalogue, self._tastes, self._people, self._rng = catalogue, tastes, people, rng
        self._age = rng.integers(young, old + 1)
        self._region = rng.integers(0, len(REGIONS), n)
        self._told_household = rng.random(n) < 0.7
        self._card = rng.random(n) < 0.3

    def bill(self, held: Floats) -> Floats:
        """Euros a month, bundle benefits taken off, (n,)."""
        bill = held @ self._tastes.price
        position = {name: index for index, name in enumerate(self._tastes.ids)}
        for bundle in self._catalogue.bundles:
            parts = [[position[name] for name in self._catalogue.members(part)] for part in bundle.parts]
            has = np.all([(held[:, part] > 0).any(axis=1) for part in parts], axis=0)
            bill -= bundle.discount * has
        return np.maximum(bill, 0.0)

    def observe(self, state: State, held: Floats, names: tuple[str, ...]) -> pl.DataFrame:
        """The facts in `names` that exist here, one row a customer; a fact that nobody could know is missing."""
        seen = self._seen(state, held)
        return pl.DataFrame({name: seen[name]() for name in names if name in seen})

    def _seen(self, state: State, held: Floats) -> dict[str, Callable[[], pl.Series]]:
        people, rng, n = self._people, self._rng, len(self._people)
        mobile, line = self._has(held, "mobile"), self._has(held, "internet")
        plan = self._plan(held)
        used = np.exp(1.6 + 0.8 * people.need("data") + 0.2 * rng.standard_normal(n)) * (1.0 + state.slope)
        # Last month, and back in a straight line to where the slope says it came from.
        last = np.minimum(used, 1.1 * plan)
        earlier = last / np.maximum(1.0 + state.slope, 0.2)
        hours = np.exp(2.2 + 0.5 * people.need("screen") + 0.2 * rng.standard_normal(n))
        roaming = rng.poisson(np.exp(0.8 + 0.9 * people.need("abroad")))
        abroad = np.exp(1.5 + 1.2 * people.need("abroad") + 0.4 * rng.standard_normal(n))
        weak = np.clip(
            (1.0 - people.quality) * 0.6 + 0.05 * (people.household - 2) + 0.05 * rng.standard_normal(n), 0, 1
        )
        app = rng.random(n) < 1.0 / (1.0 + np.exp(-0.3 - 0.8 * people.need("data")))
        payment = np.where(people.direct_debit, "direct_debit", np.where(self._card, "card", "transfer"))
        return {
            "tenure_months": lambda: pl.Series(state.tenure),
            "months_to_contract_end": lambda: pl.Series(state.term_left),
            "contract": lambda: pl.Series(np.array(TERMS)[state.contract]),
            "payment_method": lambda: pl.Series(payment),
            "monthly_bill": lambda: pl.Series(np.round(self.bill(held), 2)),
            "household_size": lambda: known(people.household, self._told_household),
            "age": lambda: pl.Series(self._age),
            "region": lambda: pl.Series(np.array(REGIONS)[self._region]),
            "data_used_gb": lambda: known(np.round(last, 1), mobile),
            "data_plan_gb": lambda: known(plan, mobile),
            "use_slope": lambda: known(np.round(np.clip(state.slope, -1, 5), 2), mobile),
            "data_gb_m1": lambda: known(np.round(last, 1), mobile),
            "data_gb_m2": lambda: known(np.round((last + earlier) / 2, 1), mobile),
            "data_gb_m3": lambda: known(np.round(earlier, 1), mobile),
            "tv_hours": lambda: known(
                np.round(np.minimum(hours, 100.0), 1), self._has(held, "tv", "streaming")
            ),
            "roaming_days": lambda: known(np.minimum(roaming, 200), mobile),
            "abroad_minutes": lambda: known(
                np.round(np.minimum(abroad, 2000.0)), mobile | self._has(held, "phone")
            ),
            "wifi_weak_share": lambda: known(np.round(weak, 2), line),
            "device_age_months": lambda: known(np.minimum(state.device_age, 240), mobile),
            "instalments_left": lambda: known(state.instalments, self._has(held, "device")),
            "arrears_eur": lambda: pl.Series(np.round(state.arrears, 2)),
            "fiber_available": lambda: pl.Series(people.fiber_available),
            "competitor_fiber": lambda: pl.Series(people.competitor_fiber),
            "moving_soon": lambda: pl.Series(state.moving),
            "app_active": lambda: pl.Series(app),
            "nps": lambda: known(np.nan_to_num(state.score).astype(np.int64), ~np.isnan(state.score)),
            "vulnerable": lambda: pl.Series(people.vulnerable),
            "former_customer": lambda: pl.Series(state.gone),
        }

    def _has(self, held: Floats, *families: str) -> Flags:
        return holds(held, self._tastes.of_family(*families))

    def _plan(self, held: Floats) -> Floats:
        """Gigabytes of the largest mobile plan held, 0 without one; plans by price are 5, 20, 50 and unlimited."""
        plans = np.flatnonzero(self._tastes.of_family("mobile"))
        ordered = plans[np.argsort(self._tastes.price[plans])]
        plan = np.zeros(len(held))
        for size, product in zip(PLAN_GB, ordered, strict=False):
            plan = np.where(held[:, product] > 0, size, plan)
        return plan


def holds(held: Floats, products: Flags) -> Flags:
    """(N,) who holds any of these products."""
    return np.asarray((held[:, products] > 0).any(axis=1))


def known(values: npt.NDArray[Any], known: Flags) -> pl.Series:
    """The values, missing where they are not known."""
    return pl.select(pl.when(pl.Series(known)).then(pl.Series(values))).to_series()
