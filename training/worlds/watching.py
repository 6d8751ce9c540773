"""What was said first in a contact, held against its true worth: the moments are kept while a policy decides, and judged afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import deeds
from training.simulator.laboratory.month import Moment
from training.simulator.laboratory.worth import worth

if TYPE_CHECKING:
    from training.simulator.laboratory.desk import Desk, Policy, Proposals
    from training.simulator.laboratory.luck import Floats, Ints
    from training.simulator.laboratory.play import Play


EVERY = 3
"""Months: one in so many is judged, the first among them."""


@dataclass
class Watched:
    """A policy, and what it met: the moments of its contacts alone, as they were before anything was said, a month in three."""

    play: Play
    policy: Policy
    moments: list[Moment] = field(default_factory=list)
    asked: int = 0

    def propose(self, desk: Desk) -> Proposals:
        """What the policy proposes.

        Raises:
            ValueError: the play is not in a month.
        """
        if self.play.moment is None:
            raise ValueError("a policy is watched in the play it was given, and that one is not being run")
        if self.asked % EVERY == 0:
            self.moments.append(_of(self.play.moment, self.play.moment.contacts.row))
        self.asked += 1
        return self.policy.propose(desk)

    def true_worths(self, until: int, lucks: int) -> Floats:
        """(k,) euros up to month `until`, of the deed spoken first in every contact of a judged month in which something was spoken, by so many runs of luck."""
        found = [np.zeros(0)]
        seen_in = {seen.month: seen for seen in self.play.seen}
        for moment in self.moments:
            seen = seen_in[moment.month]
            spoken = seen.asked.spoken
            row = np.flatnonzero(spoken.any(axis=1))
            if not len(row):
                continue
            said = seen.asked.deed[row, spoken[row].argmax(axis=1)]
            only = np.zeros((len(row), len(deeds.DEEDS)), dtype=bool)
            only[np.arange(len(row)), said] = True
            true = worth(self.play.setting, _of(moment, row), only, until - moment.month, lucks=lucks)
            found.append(true.cents[only] / 100.0)
        return np.concatenate(found)


def _of(moment: Moment, row: Ints) -> Moment:
    """The same of these customers and their contacts, in records of its own."""
    place = np.searchsorted(moment.contacts.row, row)
    return Moment(
        month=moment.month,
        state=moment.state.take(row),
        troubles=moment.troubles.take(row),
        utility=moment.utility[row],
        pick=moment.pick[row],
        before=moment.before.take(row),
        contacts=replace(moment.contacts.take(place), row=np.arange(len(row))),
    )
