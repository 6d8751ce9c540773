"""What the company has written down of a month: facts, events, contacts, what was said, what was bought, who left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.luck import Flags, Floats, Ints, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.simulator.laboratory.asking import Asked
    from training.simulator.laboratory.contacting import Contacts
    from training.simulator.laboratory.setting import Setting
    from training.simulator.laboratory.state import State

STAYED, UNPAID, UNAVOIDABLE = -1, -2, -3
"""In `Seen.left`, beside the index of a motive: still here, ended for not paying, ended by what nobody can prevent."""
MISSING = {"data_gb": 0.1, "tv_hours": 0.3, "speed_tests": 0.2, "worry_score": 0.5, "age": 0.15}
"""Share of the customers of whom a fact is never known."""


@dataclass(frozen=True)
class Bought:
    """(k,) `row`, `product`, `day` of the month; `deed` that was accepted, or -1 when it was bought unasked."""

    row: Ints
    product: Ints
    day: Ints
    deed: Ints


@dataclass(frozen=True)
class Ended:
    """(k,) `row`, `product`, the month the holding began, and the `day` of this month it ended."""

    row: Ints
    product: Ints
    since: Ints
    day: Ints


@dataclass(frozen=True)
class Seen:
    """One month as the company knows it. `row` (h,): who was a customer at its start; `facts` of them, as known then, and `held` (h, P).

    `left` (h,): STAYED, the motive as told on leaving, UNPAID or UNAVOIDABLE. `outage` (h,) hours; `missed` payment, `complains` (h,).
    """

    month: int
    row: Ints
    facts: Mapping[str, Floats]
    held: Flags
    outage: Floats
    missed: Flags
    complains: Flags
    contacts: Contacts
    asked: Asked
    bought: Bought
    ended: Ended
    left: Ints


def observe(setting: Setting, state: State, month: int) -> dict[str, Floats]:
    """(n,) each: facts at the start of a month. What drives both buying and leaving is among them but for what the world hides.

    Noisy views: data_gb (mobility, and how far life has moved away), tv_hours, speed_tests, worry_score, age. Exact: the others.
    """
    people, luck = state.people, state.people.luck
    noise = luck.normal(Kind.FACT, 0, 5)
    use = (
        1.6
        + 0.6 * people.needs[:, 0]
        + 0.3 * noise[:, 0]
        - 0.35 * np.maximum(state.away, 0.0)
        + 0.2 * luck.normal(Kind.FACT, month + 1)
    )
    facts = {
        "region": people.region.astype(np.float64),
        "household": people.household.astype(np.float64),
        "tenure_months": (people.tenure + month).astype(np.float64),
        "engagement": np.round(50.0 + 15.0 * people.engagement, 1),
        "price_score": np.round(50.0 + 15.0 * people.thrift, 1),
        "data_gb": np.round(np.exp(use), 2),
        "tv_hours": np.round(np.exp(1.0 + 0.5 * people.needs[:, 1] + 0.4 * noise[:, 1]), 1),
        "speed_tests": np.round(np.maximum(3.0 + 2.0 * people.needs[:, 2] + 1.5 * noise[:, 2], 0.0)),
        "worry_score": np.round(5.0 + 1.5 * people.needs[:, 3] + 1.5 * noise[:, 3], 1),
        "age": np.round(np.clip(48.0 - 8.0 * people.needs[:, 0] + 12.0 * noise[:, 4], 18.0, 95.0)),
        "months_to_contract_end": state.term.astype(np.float64),
        "discount_now": state.discount / 100.0,
        "outage_hours_90d": state.outages.sum(axis=1),
        "complaint_open": state.complaint.astype(np.float64),
        "bill_change": state.bill_change.copy(),
        "contacts_90d": state.contacts.sum(axis=1).astype(np.float64),
        "payments_missed": state.missed.astype(np.float64),
        "monthly_bill": (state.held @ setting.goods.price - state.discount) / 100.0,
    }
    unknown = luck.uniform(Kind.MISSING, 0, len(MISSING))
    for column, (name, share) in enumerate(MISSING.items()):
        facts[name] = np.where(unknown[:, column] < share, np.nan, facts[name])
    return facts
