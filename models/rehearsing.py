"""Counting what a proposed catalogue and policy would change, one recorded decision after the other, in bounded memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from models.domain import Tier
from models.features import Floats
from models.rehearsal import (
    ActionMoves,
    DegradedMoves,
    ModeMoves,
    Moves,
    Rehearsal,
    Samples,
    Starved,
    Stopper,
    Violation,
    Worth,
)
from models.response import Decision

SAMPLES = 3
"""Decisions named with a finding."""
DRAWS = 1000
"""How often decisions are drawn again to say how sure a difference is."""


class _Named:
    """A count of decisions, and the first few of them."""

    def __init__(self) -> None:
        self.decisions = 0
        self.samples: Samples = ()

    def add(self, decision_id: str) -> None:
        self.decisions += 1
        if len(self.samples) < SAMPLES:
            self.samples += (decision_id,)


class _Stops(defaultdict[str, defaultdict[tuple[Tier, str], _Named]]):
    """By action: the rules that stop it, and the decisions in which they do."""

    def __init__(self) -> None:
        super().__init__(lambda: defaultdict(_Named))


class _BothWays:
    """How often something was there before, is there after, came and went."""

    def __init__(self) -> None:
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.won: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def add(self, before: set[str], after: set[str]) -> None:
        self.before.update(before)
        self.after.update(after)
        self.won.update(after - before)
        self.lost.update(before - after)

    def moves(self, name: str, decisions: int) -> Moves:
        before, after = self.before[name], self.after[name]
        change = round((after - before) / decisions, 4)
        return Moves(before=before, after=after, won=self.won[name], lost=self.lost[name], change=change)


class Rehearsing:
    """Takes one question's two answers at a time. `actions` are those of the proposed catalogue, in its order."""

    def __init__(self, actions: Sequence[str]) -> None:
        self._actions = actions
        self._then = 0
        self._worth: list[tuple[float, float]] = []
        self._first, self._anywhere, self._eligible, self._degraded = (_BothWays() for _ in range(4))
        # Where an action was eligible before, and where it was not: what it lost, and what it never had.
        self._stopped: dict[bool, _Stops] = {True: _Stops(), False: _Stops()}
        self._moved: defaultdict[str, _Named] = defaultdict(_Named)
        self._modes: defaultdict[tuple[str, str], _Named] = defaultdict(_Named)
        self._violations: defaultdict[tuple[str, str], _Named] = defaultdict(_Named)
        self._changed_first, self._changed_set = _Named(), _Named()

    def add(
        self, before: Decision, after: Decision, broken: Iterable[tuple[str, str]] = (), *, then: bool = False
    ) -> None:
        """Count a decision, answered in full both times.

        `broken` are (legal rule in force, action) of what the second answer proposes against it; `then` says that the first was made
        with the knowledge of the record, not the present one.
        """
        name = before.decision_id
        was, now = _proposed(before), _proposed(after)
        self._then += then
        self._worth.append((_worth_of(before), _worth_of(after)))
        self._first.add(set(was[:1]), set(now[:1]))
        self._anywhere.add(set(was), set(now))
        self._eligible.add(_eligible(before), _eligible(after))
        self._degraded.add(set(before.degraded), set(after.degraded))
        if was[:1] != now[:1]:
            self._changed_first.add(name)
        if set(was) != set(now):
            self._changed_set.add(name)
        for action_id in (set(was) ^ set(now)) | (set(was[:1]) ^ set(now[:1])):
            self._moved[action_id].add(name)
        if before.mode != after.mode:
            self._modes[before.mode, after.mode].add(name)
        for pair in broken:
            self._violations[pair].add(name)
        eligible = _eligible(before)
        for action_id, tier, rule in {(veto.action_id, veto.tier, veto.rule) for veto in after.vetoes}:
            self._stopped[action_id in eligible][action_id][tier, rule].add(name)

    def report(self, *, unasked: tuple[str, ...] = (), unreadable: int = 0, seed: int = 0) -> Rehearsal:
        """What was counted; `seed` draws the interval of the difference in value."""
        decisions = len(self._worth)
        changed = self._changed_first
        before = self._anywhere.before
        return Rehearsal(
            decisions=decisions,
            then=self._then,
            present=decisions - self._then,
            unreadable=unreadable,
            changed_first=changed.decisions,
            changed_set=self._changed_set.decisions,
            share_changed_first=round(changed.decisions / decisions, 4) if decisions else 0.0,
            samples=changed.samples or self._changed_set.samples,
            actions=tuple(self._action(name, decisions) for name in self._most_moved()),
            starved=tuple(self._starved()) if decisions else (),
            gone={name: before[name] for name in sorted(before.keys() - set(self._actions))},
            worth=worth(self._worth, seed),
            violations=tuple(
                Violation(rule=rule, action_id=action_id, decisions=found.decisions, samples=found.samples)
                for (rule, action_id), found in sorted(self._violations.items())
            ),
            unasked=unasked,
            modes=tuple(
                ModeMoves(before=was, after=now, decisions=found.decisions, samples=found.samples)
                for (was, now), found in sorted(self._modes.items())
            ),
            degraded=self._missing(),
        )

    def _most_moved(self) -> list[str]:
        """Those whose place as first proposal changed most first."""
        change = {name: self._first.after[name] - self._first.before[name] for name in self._moved}
        return sorted(change, key=lambda name: (-abs(change[name]), -change[name], name))

    def _action(self, name: str, decisions: int) -> ActionMoves:
        first, anywhere = self._first.moves(name, decisions), self._anywhere.moves(name, decisions)
        return ActionMoves(action_id=name, first=first, anywhere=anywhere, samples=self._moved[name].samples)

    def _starved(self) -> list[Starved]:
        found = []
        for name in self._actions:
            proposed, eligible = self._anywhere.before[name], self._eligible.after[name]
            if self._anywhere.after[name] or (eligible and not proposed):
                continue
            stops = self._stopped[self._eligible.before[name] > 0][name]
            tier, rule = min(stops, key=lambda stop: (-stops[stop].decisions, stop))
            most = stops[tier, rule]
            starved = Starved(
                action_id=name,
                proposed_before=proposed,
                eligible_before=self._eligible.before[name],
                eligible_after=eligible,
                stopped_by=Stopper(tier=tier, rule=rule, decisions=most.decisions),
                samples=most.samples,
            )
            found.append(starved)
        return sorted(found, key=lambda starved: (-starved.proposed_before, -starved.eligible_before))

    def _missing(self) -> tuple[DegradedMoves, ...]:
        before, after = self._degraded.before, self._degraded.after
        return tuple(
            DegradedMoves(what=what, before=before[what], after=after[what])
            for what in sorted(before.keys() | after.keys())
            if before[what] != after[what]
        )


def worth(pairs: Sequence[tuple[float, float]], seed: int) -> Worth:
    """Sums and means of the two columns, and the middle 95 % of their mean difference over decisions drawn again in pairs."""
    both: Floats = np.array(pairs or [(0.0, 0.0)])
    differences = both[:, 1] - both[:, 0]
    generator = np.random.default_rng(seed)
    size = len(differences)
    means = [differences[generator.integers(0, size, size)].mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Worth(
        before=_cents(both[:, 0].sum()),
        after=_cents(both[:, 1].sum()),
        mean_before=_cents(both[:, 0].mean()),
        mean_after=_cents(both[:, 1].mean()),
        mean_difference=_cents(differences.mean()),
        low=_cents(low),
        high=_cents(high),
    )


def _cents(amount: float) -> float:
    return round(float(amount), 2) + 0.0


def _proposed(decision: Decision) -> list[str]:
    return [proposal.action_id for proposal in decision.proposals]


def _eligible(decision: Decision) -> set[str]:
    """What passed every rule, proposed or not."""
    passed = {veto.action_id for veto in decision.vetoes if veto.tier == "arbitration"}
    return passed.union(_proposed(decision))


def _worth_of(decision: Decision) -> float:
    return next((proposal.value.expected for proposal in decision.proposals if proposal.value), 0.0)
