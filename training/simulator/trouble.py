"""What happens to customers during a month and reaches the journal: contacts, outages, complaints, promises, payments, interest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.features import Floats
    from training.simulator.people import Flags, Indices, People
    from training.simulator.state import State

CHANNELS = ("voice", "chat", "whatsapp", "app", "shop", "email")
CHANNEL_SHARES = (0.45, 0.2, 0.12, 0.1, 0.05, 0.08)
SUBJECTS = ("bill", "mobile", "internet", "wifi", "tv", "contract")
MONTH = 28.0
"""Days of a month in which things happen; what follows from them may come later."""


class Troubles:
    """Draws a month of events and keeps what they leave in the state."""

    def __init__(self, people: People, rng: np.random.Generator) -> None:
        self._people, self._rng = people, rng
        self._rows: list[pl.DataFrame] = []

    def month(self, state: State, line: Flags, bill: Floats, interest: Floats, first_day: int) -> None:
        """One month from `first_day` (days since 1970). `interest` (N, P): how much each product is wanted."""
        outage = self._outages(state, line, first_day)
        missed = self._payments(state, bill, first_day)
        self._complaints(state, outage, first_day)
        self._contacts(state, outage, missed, first_day)
        self._interest(state, interest, first_day)

    def table(self) -> pl.DataFrame:
        """customer, kind, day (days since 1970 with fractions), and the fields of an event, in order of time."""
        return pl.concat(self._rows, how="diagonal").sort("day", "customer", "kind", "contact")

    def _outages(self, state: State, line: Flags, first: int) -> Floats:
        people, rng = self._people, self._rng
        hit = state.here & line & (rng.random(len(people)) < 0.01 + 0.12 * (1.0 - people.quality))
        hours = np.round(np.where(hit, rng.gamma(1.3, 5.0, len(people)), 0.0), 1) + 0.1 * hit
        state.outage_hours = hours
        who = np.flatnonzero(hit)
        self._add("outage", who, first + self._days(who), hours=hours[who], subject="internet")
        return hours

    def _payments(self, state: State, bill: Floats, first: int) -> Flags:
        people, rng = self._people, self._rng
        rate = 0.004 + 0.03 * ~people.direct_debit * np.clip(1.0 + people.need("thrift"), 0.0, 3.0)
        again = state.unpaid > 0
        pays = again & state.here & (rng.random(len(people)) < 0.7)
        who = np.flatnonzero(pays)
        for _ in range(int(state.unpaid[who].max(initial=0))):
            late = who[state.unpaid[who] > 0]
            self._add("payment", late, first + self._days(late, 10.0))
            state.unpaid[late] -= 1
        state.arrears[who] = 0.0
        misses = state.here & (rng.random(len(people)) < np.where(again & ~pays, 0.4, rate)) & (bill > 0)
        who = np.flatnonzero(misses)
        self._add("missed_payment", who, first + 24.0 + self._days(who, 3.0))
        state.unpaid[who] += 1
        state.arrears[who] += bill[who]
        return misses

    def _complaints(self, state: State, outage: Floats, first: int) -> None:
        people, rng = self._people, self._rng
        closes = np.flatnonzero(state.complaint & (rng.random(len(people)) < 0.6))
        self._add("complaint_closed", closes, first + self._days(closes, 12.0))
        state.complaint[closes] = False
        rate = 0.003 * people.talkative + 0.01 * np.minimum(outage, 20.0) / 2.0
        opens = np.flatnonzero(state.here & ~state.complaint & (rng.random(len(people)) < rate))
        at = first + 12.0 + self._days(opens, 14.0)
        subject = np.where(outage[opens] > 0, "internet", "bill")
        self._add("complaint_opened", opens, at, subject=subject)
        state.complaint[opens] = True
        promised = rng.random(len(opens)) < 0.4
        self._add(
            "promise", opens[promised], at[promised] + 0.1, subject=subject[promised], due=at[promised] + 5.0
        )
        kept = promised & (rng.random(len(opens)) < 0.8)
        self._add("promise_kept", opens[kept], at[kept] + 4.0, subject=subject[kept])

    def _contacts(self, state: State, outage: Floats, missed: Flags, first: int) -> None:
        people, rng = self._people, self._rng
        rate = (
            people.talkative * (0.10 + 0.25 * (outage > 0) + 0.3 * missed + 0.15 * state.moving)
            + 1.2 * state.complaint
        )
        burst = rng.random(len(people)) < 0.004 + 0.06 * state.complaint
        count = np.where(state.here, rng.poisson(rate) + burst * rng.poisson(5.0, len(people)), 0)
        state.contacts = count
        who = np.repeat(np.arange(len(people)), count)
        at = first + self._days(who)
        odd = np.array(SUBJECTS)[rng.choice(len(SUBJECTS), len(who), p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])]
        subject = np.where(outage[who] > 0, "internet", np.where(missed[who], "bill", odd))
        channel = np.array(CHANNELS)[rng.choice(len(CHANNELS), len(who), p=CHANNEL_SHARES)]
        self._add("contact", who, at, channel=channel, subject=subject, contact=np.arange(len(who)))
        asked = rng.random(len(who)) < 0.08
        score = np.clip(
            np.round(7.5 - 2.5 * state.complaint[who] + 1.8 * rng.standard_normal(len(who))), 0.0, 10.0
        )
        state.score[who[asked]] = score[asked]
        self._add("feedback", who[asked], at[asked] + 0.2, score=score[asked])

    def _interest(self, state: State, interest: Floats, first: int) -> None:
        looks = np.flatnonzero(
            state.here & (self._rng.random(len(self._people)) < 0.04) & (interest.sum(axis=1) > 0)
        )
        wanted = np.log(interest[looks] + 1e-12) + self._rng.gumbel(size=(len(looks), interest.shape[1]))
        self._add("interest", looks, first + self._days(looks), product=wanted.argmax(axis=1))

    def _days(self, who: Indices, most: float = MONTH) -> Floats:
        return most * self._rng.random(len(who))

    def _add(self, kind: str, who: Indices, day: Any, **fields: Any) -> None:
        columns: Mapping[str, Any] = {"customer": who, "kind": np.full(len(who), kind), "day": day, **fields}
        types = {
            "customer": pl.Int64,
            "kind": pl.String,
            "day": pl.Float64,
            **{name: TYPES[name] for name in fields},
        }
        frame = pl.DataFrame(
            {name: np.broadcast_to(np.asarray(value), (len(who),)) for name, value in columns.items()},
            schema=types,
        )
        self._rows.append(frame)


TYPES = {
    "channel": pl.String,
    "subject": pl.String,
    "contact": pl.Int64,
    "product": pl.Int64,
    "hours": pl.Float64,
    "due": pl.Float64,
    "score": pl.Float64,
}
