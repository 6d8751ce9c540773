"""What is true of the customers in the current month, and how it moves on to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.features import Floats
    from training.simulator.people import Flags, Indices, People

TERMS = ("month", "one_year", "two_year")
TERM_MONTHS = np.array([0, 12, 24])
INSTALMENTS = 24


@dataclass
class State:
    """One value a customer, (N,). `here`: is a customer now; `gone`: was one and left."""

    here: Flags
    gone: Flags
    tenure: Indices
    contract: Indices
    term_left: Indices
    device_age: Indices
    instalments: Indices
    moving: Flags
    slope: Floats
    arrears: Floats
    unpaid: Indices
    complaint: Flags
    contacts: Indices
    outage_hours: Floats
    score: Floats

    @classmethod
    def at_first(cls, people: People, rng: np.random.Generator) -> State:
        """The state at the start of month 0."""
        n = len(people)
        here = people.arrival < 0
        tenure = np.maximum(-people.arrival, 0)
        contract = rng.choice(3, n, p=[0.4, 0.35, 0.25])
        device_age = rng.integers(0, 60, n)
        return cls(
            here=here,
            gone=np.zeros(n, dtype=bool),
            tenure=tenure,
            contract=contract,
            term_left=_term_left(contract, tenure),
            device_age=device_age,
            instalments=np.zeros(n, dtype=np.intp),
            moving=np.zeros(n, dtype=bool),
            slope=0.15 * rng.standard_normal(n),
            arrears=np.zeros(n),
            unpaid=np.zeros(n, dtype=np.intp),
            complaint=np.zeros(n, dtype=bool),
            contacts=np.zeros(n, dtype=np.intp),
            outage_hours=np.zeros(n),
            score=np.full(n, np.nan),
        )

    def leave(self, leavers: Flags) -> None:
        """They hold nothing from now on."""
        self.here &= ~leavers
        self.gone |= leavers
        self.complaint &= ~leavers

    def enter(self, new: Indices) -> None:
        """They are customers from now on."""
        self.here[new] = True
        self.term_left[new] = TERM_MONTHS[self.contract[new]]

    def next_month(self, rng: np.random.Generator) -> None:
        """Clocks run, and a third of those whose term ends takes a new one."""
        n = len(self.here)
        ends = self.here & (self.term_left == 1)
        renews = ends & (rng.random(n) < 0.35)
        self.tenure += self.here
        self.device_age += 1
        self.term_left = np.maximum(self.term_left - 1, 0)
        self.term_left[renews] = TERM_MONTHS[self.contract[renews]]
        self.instalments = np.maximum(self.instalments - 1, 0)
        self.moving = rng.random(n) < 0.012
        self.slope = 0.8 * self.slope + 0.1 * rng.standard_normal(n)


def _term_left(contract: Indices, tenure: Indices) -> Indices:
    """First terms run out one month at a time; two thirds of those who are past one are free every month."""
    months = TERM_MONTHS[contract]
    again = (tenure * 7 + contract) % 3 == 0  # any third that has nothing to do with needs
    inside = months - tenure % np.maximum(months, 1)
    return np.where((months > 0) & ((tenure < months) | again), inside, 0)
