"""A world played month by month under a policy; at any moment it can be branched and played on otherwise, with the same luck."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory import wanting
from training.simulator.laboratory.desk import Desk, check, eligibility
from training.simulator.laboratory.month import Moment, Outcome, begin, buy_unasked, close, converse
from training.simulator.laboratory.recording import seen
from training.simulator.laboratory.records import Seen, observe
from training.simulator.laboratory.settling import settled
from training.simulator.laboratory.state import State, next_month

if TYPE_CHECKING:
    from training.simulator.laboratory.desk import Policy
    from training.simulator.laboratory.luck import Floats, Ints
    from training.simulator.laboratory.setting import Setting

HISTORY, DECIDING, RUN_OUT = 6, 12, 24
"""Months: played alike before every policy, decided by the policy, played on with nothing said so that what was sold can pay back."""


@dataclass
class Play:
    """`month`: the next one. `seen`: what the company knows of each month; `outcomes`: how each ended, hidden from policies.

    `moment`: the month that is being decided, for who may know the truth. `nobody_leaves`: by himself; other ends come; used to read hazards along a path.
    """

    setting: Setting
    state: State
    month: int = 0
    nobody_leaves: bool = False
    seen: list[Seen] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    moment: Moment | None = None

    def branch(self, rows: Ints | None = None, *, luck: int = 0, nobody_leaves: bool = False) -> Play:
        """The same world now, to be played on by itself: only the customers of `rows`, and with other luck from now on if `luck` is not 0.

        A branch of all customers with the luck that is played keeps the records, so that a policy can look back in it.
        """
        state = self.state.copy() if rows is None else self.state.take(rows)
        play = Play(self.setting, state.again(luck), self.month, nobody_leaves or self.nobody_leaves)
        if rows is None and luck == 0:
            play.seen, play.outcomes = list(self.seen), list(self.outcomes)
        return play

    def run(self, policy: Policy | None, months: int) -> Play:
        """Play months under a policy, or with nothing said and nothing written down; returns itself."""
        for _ in range(months):
            if policy is None:
                self._pass()
            else:
                self._step(policy)
        return self

    @property
    def ledger(self) -> Ints:
        """(months, n, money.COLUMNS) cents."""
        return np.stack([outcome.entries for outcome in self.outcomes])

    def _pass(self) -> None:
        moment = begin(self.setting, self.state, self.month)
        unasked = buy_unasked(self.setting, self.state, self.month, moment.pick)
        self._turn(close(self.setting, moment, None, None, unasked, nobody_leaves=self.nobody_leaves))

    def _step(self, policy: Policy) -> None:
        facts = observe(self.setting, self.state, self.month)
        before = self.state.held.copy(), self.state.since.copy()
        self.moment = moment = begin(self.setting, self.state, self.month)
        desk = self._desk(moment, facts)
        proposals = policy.propose(desk)
        check(proposals, desk.eligible)
        asked, would_leave = converse(self.setting, moment, proposals)
        unasked = buy_unasked(self.setting, self.state, self.month, moment.pick)
        outcome = close(self.setting, moment, asked, would_leave, unasked, nobody_leaves=self.nobody_leaves)
        self.seen.append(seen(facts, before, moment, asked, unasked, outcome))
        self._turn(outcome)

    def _turn(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        next_month(self.state)
        self.month += 1

    def _desk(self, moment: Moment, facts: dict[str, Floats]) -> Desk:
        row, state = moment.contacts.row, self.state
        return Desk(
            month=moment.month,
            customer=state.people.number[row],
            contacts=moment.contacts,
            facts={name: values[row] for name, values in facts.items()},
            held=state.held[row],
            since=state.since[row],
            eligible=eligibility(state, moment.contacts, wanting.open_products(self.setting, state)),
            past=self.seen,
        )


def opened(setting: Setting) -> Play:
    """The world at month 0."""
    return Play(setting, settled(setting))
