"""What a policy sees and says: the public interface, for all contacts of a month at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from training.simulator.laboratory import deeds
from training.simulator.laboratory.contacting import BILL, INFORMATION, Contacts
from training.simulator.laboratory.luck import Flags, Floats, Ints

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.simulator.laboratory.records import Seen
    from training.simulator.laboratory.state import State

SHOWN = 3
"""Proposals a contact can hold."""
NONE = -1


@dataclass(frozen=True)
class Desk:
    """The contacts of a month, before anything is said. (m, …) in the order of `contacts`.

    `customer` (m,) numbers. `facts` name -> (m,), missing as NaN or "". `held` and `since` (m, P): since is the month a holding began.
    `eligible` (m, deeds): what the catalogue's public conditions allow. `past`: every month so far, of all customers, oldest first.
    """

    month: int
    customer: Ints
    contacts: Contacts
    facts: Mapping[str, Floats]
    held: Flags
    since: Ints
    eligible: Flags
    past: Sequence[Seen]


@dataclass(frozen=True)
class Proposals:
    """`deed` (m, SHOWN): indices into `deeds.DEEDS` in order, NONE for nothing. `probability` (m,): of the first one, as drawn; 1 when it was not."""

    deed: Ints
    probability: Floats


class Policy(Protocol):
    """Says what to propose. It may keep what it has learned between calls; its own dice must not depend on the world's."""

    def propose(self, desk: Desk) -> Proposals:
        """The proposals for every contact of the month."""
        ...


class IneligibleError(ValueError):
    """A policy proposed what the public conditions forbid."""


def nothing(contacts: int) -> Proposals:
    """No proposal for any of so many contacts."""
    return Proposals(np.full((contacts, SHOWN), NONE), np.ones(contacts))


def check(proposals: Proposals, eligible: Flags) -> None:
    """Refuse what may not be proposed, or stands twice.

    Raises:
        IneligibleError: naming the first.
    """
    deed = proposals.deed
    if deed.shape != (len(eligible), SHOWN) or proposals.probability.shape != (len(eligible),):
        raise IneligibleError(
            f"proposals of shape {deed.shape} for {len(eligible)} contacts; give ({len(eligible)}, {SHOWN})"
        )
    there = deed != NONE
    wrong = there & ~np.take_along_axis(eligible, np.maximum(deed, 0), axis=1)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        wrong[:, other] |= there[:, other] & (deed[:, one] == deed[:, other])
    if wrong.any():
        contact, place = np.argwhere(wrong)[0]
        raise IneligibleError(
            f"'{deeds.IDS[deed[contact, place]]}' at rank {place + 1} of contact {contact} is not eligible or stands twice"
        )


def eligibility(state: State, contacts: Contacts, products: Flags) -> Flags:
    """(m, deeds) by conditions that facts and holdings show.

    A sale: the product is open to the customer. A discount: none is running. A term: none is running. A repair: the contact is about a
    technical matter, or there was an outage or a complaint of late.
    """
    row = contacts.row
    may = np.ones((len(row), len(deeds.DEEDS)), dtype=bool)
    may[:, deeds.SALE] = products[row][:, deeds.SELLS[deeds.SALE]]
    may &= ~(deeds.DISCOUNT > 0) | (state.lasts[row] == 0)[:, None]
    may &= ~(deeds.TERM > 0) | (state.term[row] == 0)[:, None]
    troubled = ~np.isin(contacts.intent, (BILL, INFORMATION)) | (state.outages[row].sum(axis=1) > 0)
    may &= ~deeds.SERVICE | (troubled | state.complaint[row])[:, None]
    return may
