"""Modes, rules, conditions and reasons as programs; equal texts share one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from models.checks import Check
from models.conditions import Group, Look, Looks, grouped, looks_at
from models.expressions import Expression
from models.fit import Admitted
from models.lanes import Lane, Needed, lane_of
from models.programs import Program, Programs
from models.sections.modes import Mode
from models.solving import words_of


@dataclass(frozen=True, slots=True)
class ModeGate:
    """When a mode holds, what it admits beside its own kinds, and when each of its `reopens` is said."""

    mode: Mode
    program: int | None
    admissions: tuple[tuple[Admitted, int | None], ...]
    reopens: tuple[int | None, ...] = ()

    @property
    def programs(self) -> tuple[int | None, ...]:
        """What is asked to know it."""
        return (self.program, *(program for _, program in self.admissions))


class Answering(NamedTuple):
    """The conditions that read something: all of them, and the groups of those that every decision asks."""

    programs: frozenset[int]
    groups: tuple[Group, ...]


@dataclass
class RuleBook:
    """All programs of a policy with a catalogue. `by_action` holds each action's checks, tier by tier, in the order of TIERS; `explorable` must hold where chance may have a say, `tried_upon` where anything else is tried at random too."""

    engine: Programs
    programs: list[Program] = field(default_factory=list)
    constants: list[bool | None] = field(default_factory=list)
    modes: tuple[ModeGate, ...] = ()
    reasons: dict[str, int | None] = field(default_factory=dict)
    explorable: int | None = None
    tried_upon: int | None = None
    by_action: tuple[tuple[tuple[Check, ...], ...], ...] = ()
    _index: dict[str, int] = field(default_factory=dict)
    _lanes: dict[str, Lane] = field(default_factory=dict)

    @cached_property
    def never(self) -> frozenset[int]:
        """The programs that hold for nobody: an action's constants say so."""
        return frozenset(number for number, answer in enumerate(self.constants) if answer is False)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The conditions of modes, admissions and rules, with those of reasons that read no more."""
        return tuple(group for group in self._grouped if not self._always.isdisjoint(group.numbers))

    @cached_property
    def _grouped(self) -> tuple[Group, ...]:
        numbered = list(enumerate(self.programs))
        always = [each for each in numbered if each[0] in self._always]
        return grouped(self.engine, always, [each for each in numbered if each[0] not in self._always])

    @cached_property
    def first(self) -> Looks:
        """What is asked to know the mode, which everything else depends on."""
        gates = {program for gate in self.modes for program in gate.programs}
        return looks_at(group for group in self.groups if not gates.isdisjoint(group.numbers))

    @cached_property
    def later(self) -> dict[int, Look]:
        """By program, what is asked only where a rule is in play or a reason is to be given."""
        return {number: look for look in self.rest.each for number in look[0].numbers}

    @cached_property
    def rest(self) -> Looks:
        """The same, each once."""
        return looks_at(group for group in self._grouped if group not in self.first.groups)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """What a contact may be about, as far as conditions name it."""
        nodes = [program.expression.node for program in self.programs]
        return tuple(sorted({word for node in nodes for word in words_of("contact.subject", node)}))

    @cached_property
    def _always(self) -> frozenset[int]:
        gates = [program for gate in self.modes for program in gate.programs]
        checks = [check.program for tiers in self.by_action for tier in tiers for check in tier]
        return frozenset([program for program in gates if program is not None] + checks)

    def reading(self, paths: Collection[str]) -> Answering:
        """The conditions that read one of these paths; who reads one in a group, all of them do."""
        programs = frozenset(
            number
            for number, program in enumerate(self.programs)
            if not program.expression.paths.isdisjoint(paths)
        )
        return Answering(programs, tuple(g for g in self.groups if not programs.isdisjoint(g.numbers)))

    def needed(self, lane: Lane, rows: frozenset[int]) -> Needed:
        """What must be asked to screen these rows: the same for all customers to whom the same is open."""
        known = lane.needs.get(rows)
        if known is None:
            programs: frozenset[int] = frozenset().union(*[lane.asked[row] for row in rows])
            looks = looks_at(self.later[number][0] for number in sorted(programs) if number in self.later)
            known = lane.needs.keep(rows, Needed(looks, programs))
        return known

    def lane(self, channel: str) -> Lane:
        """The tiers as they stand over one channel."""
        made = self._lanes.get(channel)
        if made is None:
            made = self._lanes[channel] = lane_of(self.by_action, channel)
        return made

    def add(self, expression: Expression) -> int:
        """The program of an expression; equal texts share one."""
        known = self._index.get(expression.text)
        if known is None:
            known = self._index[expression.text] = len(self.programs)
            self.programs.append(self.engine.add(expression))
            self.constants.append(expression.constant)
        return known
