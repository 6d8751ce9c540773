"""The world turns month by month: what customers take, drop and suffer, and who leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from training.simulator import leaving
from training.simulator.facts import Register, holds, known
from training.simulator.ledger import Spells
from training.simulator.people import draw_people
from training.simulator.state import INSTALMENTS, State
from training.simulator.tastes import tastes
from training.simulator.trouble import Troubles

if TYPE_CHECKING:
    from datetime import date

    import numpy.typing as npt

    from models.catalogue import Catalogue
    from models.features import Floats
    from training.simulator.calendar import Calendar
    from training.simulator.ledger import Days
    from training.simulator.people import Flags, Indices, People
    from training.simulator.tastes import Tastes

    Words = npt.NDArray[np.str_]

ROUNDS_BEFORE = 6
"""Turns in which customers from before month 0 came to what they hold."""
DROPS = 0.004


@dataclass(frozen=True)
class World:
    """What happened. `months`: one row a customer and month; `now`: facts of everyone at the start of the current month.

    `spells`: customer, product (indices), since, until in days; `events`: as `Troubles.table`. `here` (N,): still a customer.
    """

    tastes: Tastes
    months: pl.DataFrame
    now: pl.DataFrame
    spells: tuple[Indices, Indices, Days, Days]
    events: pl.DataFrame
    held: Floats
    here: Flags
    gone: Flags


def simulate(
    catalogue: Catalogue, facts: tuple[str, ...], customers: int, calendar: Calendar, seed: int
) -> World:
    """`customers` people over the months of the calendar; the facts that exist here and are named in `facts` are written down.

    The same arguments give the same world.
    """
    streams = iter(np.random.default_rng(seed).spawn(6))
    taste = tastes(catalogue)
    people = draw_people(customers, calendar.months, next(streams))
    state = State.at_first(people, next(streams))
    register = Register(catalogue, taste, people, next(streams))
    troubles = Troubles(people, next(streams))
    turn = _Turn(
        taste, people, state, Spells(customers, len(taste.ids)), register, troubles, calendar, next(streams)
    )
    turn.settle()
    seen = []
    for month in range(calendar.months):
        turn.arrive(month)
        before = register.observe(state, turn.spells.held, facts)
        here = state.here.copy()
        left, why = turn.play(month)
        seen.append(_rows(before, here, left, why, calendar.month(month)))
        state.next_month(turn.rng)
    turn.suffer(calendar.months)
    return World(
        tastes=taste,
        months=pl.concat(seen),
        now=register.observe(state, turn.spells.held, facts),
        spells=turn.spells.table(),
        events=troubles.table(),
        held=turn.spells.held,
        here=state.here,
        gone=state.gone,
    )


@dataclass
class _Turn:
    taste: Tastes
    people: People
    state: State
    spells: Spells
    register: Register
    troubles: Troubles
    calendar: Calendar
    rng: np.random.Generator

    def settle(self) -> None:
        """What those from before month 0 hold by then, begun on days between their arrival and month 0."""
        old = np.flatnonzero(self.people.arrival < 0)
        self._enter(old, self.calendar.first_day(self.people.arrival[old]))
        start, end = self.calendar.first_day(self.people.arrival), self.calendar.first_day(0)
        months = np.minimum(-self.people.arrival, 48) / ROUNDS_BEFORE
        for turn in range(ROUNDS_BEFORE):
            share = (turn + self.rng.random(len(self.people))) / ROUNDS_BEFORE
            day = (start + share * (end - start)).astype(np.int64)
            self._acquire(self.state.here, np.maximum(months, 0.0), np.minimum(day, end - 1))
        phone = self._has("device")
        self.state.instalments[phone] = self.rng.integers(1, INSTALMENTS + 1, int(phone.sum()))

    def arrive(self, month: int) -> None:
        """Newcomers of this month take their first product on its first day."""
        new = np.flatnonzero(self.people.arrival == month)
        self.state.enter(new)
        self._enter(new, np.full(len(new), self.calendar.first_day(month)))

    def play(self, month: int) -> tuple[Flags, Words]:
        """One month: troubles, acquisitions, drops, leaving. Who left, and the motive everyone would give."""
        self.suffer(month)
        held, state = self.spells.held, self.state
        line, fiber = self._has("internet"), holds(held, self._fiber())
        pushed = leaving.pushes(self.people, state, self.register.bill(held), fiber, line)
        hazard = leaving.hazard(state, pushed, (held > 0).sum(axis=1).astype(np.float64))
        left = state.here & (self.rng.random(len(self.people)) < hazard)
        why = np.array([*pushed])[leaving.motive(pushed, self.rng)]
        share = self.rng.random(len(self.people))
        self._acquire(state.here & ~left, np.ones(len(self.people)), self.calendar.day_in(month, share))
        self._drop(month, left)
        customer, product = np.nonzero((held > 0) & left[:, None])
        self.spells.close(customer, product, np.full(len(customer), self.calendar.day_in(month, 0.999)))
        state.leave(left)
        return left, why

    def suffer(self, month: int) -> None:
        """The events of a month."""
        held = self.spells.held
        rates = self.taste.rates(self.people, held)
        self.troubles.month(
            self.state,
            self._has("internet"),
            self.register.bill(held),
            rates,
            int(self.calendar.first_day(month)),
        )

    def _enter(self, who: Indices, day: Days) -> None:
        """A first product: a main one, which needs nothing else."""
        first = self.taste.of_family("mobile", "internet")
        wanted = np.log(self.taste.rates(self.people, self.spells.held)[who] + 1e-12) + self.rng.gumbel(
            size=(len(who), len(first))
        )
        product = np.where(first, wanted, -np.inf).argmax(axis=1)
        self.spells.open(who, product, day)

    def _acquire(self, who: Flags, months: Floats, day: Days) -> None:
        """At most one product a turn of `months` months each, on `day`; what it excludes is replaced."""
        rates = self.taste.rates(self.people, self.spells.held)
        takes = np.flatnonzero(who & (self.rng.random(len(who)) < 1.0 - np.exp(-rates.sum(axis=1) * months)))
        product = (np.log(rates[takes] + 1e-300) + self.rng.gumbel(size=(len(takes), rates.shape[1]))).argmax(
            axis=1
        )
        row, replaced = np.nonzero(self.taste.excludes[product] & (self.spells.held[takes] > 0))
        self.spells.close(takes[row], replaced, day[takes[row]])
        self.spells.open(takes, product, day[takes])
        phones = takes[self.taste.of_family("device")[product]]
        self.state.device_age[phones] = 0
        self.state.instalments[phones] = INSTALMENTS

    def _drop(self, month: int, left: Flags) -> None:
        """Now and then a product that nothing else needs is given up, and a phone that is paid off."""
        held = self.spells.held
        needed = np.any([mask for _, mask in self.taste.requires], axis=0)
        main = self.taste.of_family("mobile", "internet")
        drops = (held > 0) & ~needed & ~main & ~left[:, None] & (self.rng.random(held.shape) < DROPS)
        drops |= (
            (held > 0)
            & self.taste.of_family("device")
            & (self.state.instalments == 1)[:, None]
            & ~left[:, None]
        )
        customer, product = np.nonzero(drops)
        self.spells.close(customer, product, np.full(len(customer), self.calendar.day_in(month, 0.999)))

    def _has(self, family: str) -> Flags:
        return holds(self.spells.held, self.taste.of_family(family))

    def _fiber(self) -> Flags:
        """Every line but the cheapest is fiber."""
        line = self.taste.of_family("internet")
        return np.asarray(line & (self.taste.price > self.taste.price[line].min(initial=np.inf)))


def _rows(facts: pl.DataFrame, here: Flags, left: Flags, why: Words, month: date) -> pl.DataFrame:
    frame = pl.DataFrame({"customer": np.arange(len(here)), "month": pl.repeat(month, len(here), eager=True)})
    frame = frame.hstack(facts).with_columns(churned=pl.Series(left), churn_motive=known(why, left))
    return frame.filter(pl.Series(here))
