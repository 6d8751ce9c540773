"""Modes, rules, conditions and reasons as programs; screening keeps what it removes.

A program runs at most once a decision, however many actions ask for it; equal texts share one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, get_args

from models.conditions import Answers, Group, grouped
from models.expressions import Expression
from models.fit import Admitted
from models.memo import Memo
from models.programs import Context, Missing, Program, Programs, variable_of
from models.sections.modes import Mode
from models.sections.rules import Rule, RuleTier

TIERS: tuple[str, ...] = get_args(RuleTier)
CONDITION = "condition"
"""The rule id under which an action's own condition speaks. A missing fact stops it: without evidence nothing is relevant."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule as it stands for one action: which program must hold, over these channels (any when empty).

    `edition` is the document it stands in; `strict` says that a missing fact stops the action, an emergency's too.
    """

    edition: str
    rule: Rule
    program: int
    channels: frozenset[str]
    vetoes_missing: bool
    strict: bool


class Breach(NamedTuple):
    """A rule that stopped an action; `missing` names the facts it lacked, if that was why."""

    check: Check
    missing: tuple[str, ...] = ()


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


Look = tuple[Group, Callable[[Mapping[str, Any]], Hashable], Memo[Hashable, Answers]]
"""A group with what it reads and what it has answered."""


def _look(group: Group) -> Look:
    return group, group.seen, group.kept


class Verdicts:
    """What conditions say in one situation: those of modes at once, others when they are asked for.

    `untrue` are the programs that do not hold, `lacking` those among them that miss a fact; `missing` gathers the facts whose
    absence was passed over.
    """

    __slots__ = ("_asked", "_book", "_context", "_plain", "_values", "lacking", "missing", "untrue")

    def __init__(self, book: RuleBook, values: Mapping[str, Any]) -> None:
        self._book = book
        self._values = values
        self._context: Context | None = None
        self._asked: set[Group] = set()
        self._plain = book.engine.plain(values)
        self.missing: set[str] = set()
        self.untrue: set[int] = set(book.never)
        self.lacking: dict[int, Missing] = {}
        self.ask(book.first)

    def ask(self, looks: Iterable[Look]) -> None:
        """Have the answers of these groups, as `Group.ask` gives them, without a call where they are known."""
        plain, asked = self._plain, self._asked
        for group, seen, known in looks:
            if group in asked:
                continue
            asked.add(group)
            found = known.get(seen(plain)) or group.ask(plain, self._values)
            if found.untrue:
                self.untrue |= found.untrue
                if found.missing:
                    self.lacking.update(found.missing)

    def after(self, values: Mapping[str, Any], paths: Iterable[str], answering: Answering) -> Verdicts:
        """What they are when these are the values, of which only those at `paths` are others."""
        other = copy(self)
        other.reread(values, paths, answering)
        return other

    def reread(self, values: Mapping[str, Any], paths: Iterable[str], answering: Answering) -> None:
        """Ask again what reads these paths; what the others said stands."""
        plain, programs = dict(self._plain), answering.programs
        for path in paths:
            root, _, leaf = path.partition(".")
            plain[variable_of(path)] = values[root].get(leaf)
        self._values, self._context, self._plain = values, None, plain
        self._asked = {group for group in self._asked if programs.isdisjoint(group.numbers)}
        self.missing = set()
        answers = [group.ask(plain, values) for group in answering.groups]
        self.untrue = (self.untrue - programs).union(*[found.untrue for found in answers])
        self.lacking = {number: lacks for number, lacks in self.lacking.items() if number not in programs}
        for found in answers:
            self.lacking.update(found.missing)

    @property
    def context(self) -> Context:
        """The facts as the engine reads them; made when somebody asks what decided."""
        if self._context is None:
            self._context = self._book.engine.context(self._values)
        return self._context

    def holds(self, program: int | None) -> bool:
        """Whether it is true. A missing fact is not, and is remembered; no program always holds."""
        if program is None:
            return True
        later = self._book.later.get(program)
        if later is not None and later[0] not in self._asked:
            self.ask((later,))
        if program not in self.untrue:
            return True
        if program in self.lacking:
            self.missing.update(self.lacking[program].paths)
        return False

    def deciding(self, breach: Breach) -> Mapping[str, Any]:
        """The values that made a rule fail; None for a fact that is missing."""
        if breach.missing:
            return dict.fromkeys(breach.missing)
        return self._book.programs[breach.check.program].deciding_values(self.context)


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier over one channel: by row of the catalogue, the programs that must hold and the checks that ask for them."""

    programs: tuple[frozenset[int], ...]
    checks: tuple[tuple[Check, ...], ...]


Ground = tuple[int, frozenset[int], tuple[Missing, ...]]
Found = tuple[tuple[Breach, ...], frozenset[str]]


@dataclass(frozen=True)
class Lane:
    """The tiers over one channel; `asked` are the programs of all of them, by row.

    `known` keeps, for a row with the programs that did not hold and what they missed, the breaches and the facts passed over;
    `needs` what must be asked to screen a set of rows.
    """

    tiers: tuple[Tier, ...]
    asked: tuple[frozenset[int], ...]
    known: Memo[Ground, Found] = field(default_factory=lambda: Memo(20_000))
    needs: Memo[frozenset[int], tuple[Look, ...]] = field(default_factory=lambda: Memo(5_000))


@dataclass
class RuleBook:
    """All programs of a policy with a catalogue. `by_action` holds each action's checks, tier by tier, in the order of TIERS."""

    engine: Programs
    programs: list[Program] = field(default_factory=list)
    constants: list[bool | None] = field(default_factory=list)
    modes: tuple[ModeGate, ...] = ()
    reasons: dict[str, int | None] = field(default_factory=dict)
    by_action: tuple[tuple[tuple[Check, ...], ...], ...] = ()
    _index: dict[str, int] = field(default_factory=dict)
    _lanes: dict[str, Lane] = field(default_factory=dict)

    @cached_property
    def never(self) -> frozenset[int]:
        """The programs that hold for nobody: an action's constants say so."""
        return frozenset(number for number, answer in enumerate(self.constants) if answer is False)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The conditions of modes, admissions and rules."""
        return grouped(self.engine, ((number, self.programs[number]) for number in sorted(self._always)))

    @cached_property
    def first(self) -> tuple[Look, ...]:
        """What is asked to know the mode, which everything else depends on."""
        gates = {program for gate in self.modes for program in gate.programs}
        return tuple(_look(group) for group in self.groups if not gates.isdisjoint(group.numbers))

    @cached_property
    def later(self) -> dict[int, Look]:
        """By program, what is asked only where a rule is in play or a reason is to be given."""
        others = [number for number in range(len(self.programs)) if number not in self._always]
        groups = grouped(self.engine, ((number, self.programs[number]) for number in others))
        first = {group for group, _, _ in self.first}
        rest = [_look(group) for group in (*self.groups, *groups) if group not in first]
        return {number: look for look in rest for number in look[0].numbers}

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

    def mode(self, verdicts: Verdicts) -> ModeGate:
        """The first mode whose condition holds; the last has none."""
        return next(gate for gate in self.modes if verdicts.holds(gate.program))

    def screen(
        self, rows: Collection[int], channel: str, verdicts: Verdicts, emergencies: frozenset[int]
    ) -> dict[int, tuple[Breach, ...]]:
        """For each row that rules stop, the rules of the first tier that does.

        A fact that a rule misses never stops one of `emergencies`; their own condition still says when they are one.
        """
        stopped: dict[int, tuple[Breach, ...]] = {}
        lane = self.lane(channel)
        verdicts.ask(self._needed(lane, frozenset(rows)))
        untrue, lacking, asked, known = verdicts.untrue, verdicts.lacking, lane.asked, lane.known
        for row in rows:
            failed = asked[row] & untrue
            if not failed:
                continue
            short = failed & lacking.keys()
            ground = (row, failed, tuple([lacking[number] for number in sorted(short)]) if short else ())
            found = known.get(ground)
            if found is None:
                found = known.keep(ground, _stopped(lane.tiers, row, failed, lacking, row in emergencies))
            breaches, passed_over = found
            if breaches:
                stopped[row] = breaches
            if passed_over:
                verdicts.missing.update(passed_over)
        return stopped

    def _needed(self, lane: Lane, rows: frozenset[int]) -> tuple[Look, ...]:
        """What must be asked to screen these rows: the same for all customers to whom the same is open."""
        known = lane.needs.get(rows)
        if known is None:
            programs: frozenset[int] = frozenset().union(*[lane.asked[row] for row in rows])
            looks = [self.later[number] for number in sorted(programs) if number in self.later]
            known = lane.needs.keep(rows, tuple({look[0]: look for look in looks}.values()))
        return known

    def lane(self, channel: str) -> Lane:
        """The tiers as they stand over one channel."""
        made = self._lanes.get(channel)
        if made is None:
            tiers = tuple(self._tier(name, channel) for name in TIERS)
            asked = tuple(frozenset().union(*rows) for rows in zip(*[t.programs for t in tiers], strict=True))
            made = self._lanes[channel] = Lane(tiers, asked)
        return made

    def _tier(self, name: str, channel: str) -> Tier:
        checks = tuple(
            tuple(
                check
                for tier in tiers
                for check in tier
                if check.rule.tier == name and (not check.channels or channel in check.channels)
            )
            for tiers in self.by_action
        )
        return Tier(tuple(frozenset(check.program for check in row) for row in checks), checks)

    def add(self, expression: Expression) -> int:
        """The program of an expression; equal texts share one."""
        known = self._index.get(expression.text)
        if known is None:
            known = self._index[expression.text] = len(self.programs)
            self.programs.append(self.engine.add(expression))
            self.constants.append(expression.constant)
        return known


def _stopped(
    tiers: Iterable[Tier],
    row: int,
    failed: frozenset[int],
    lacking: Mapping[int, Missing],
    immune: bool,
) -> Found:
    """The breaches of the first tier that has any, and the facts whose absence was passed over until then."""
    passed_over: set[str] = set()
    for tier in tiers:
        if not tier.programs[row].isdisjoint(failed):
            found = []
            for check in tier.checks[row]:
                if check.program not in failed:
                    continue
                missing = lacking.get(check.program)
                if missing is None:
                    found.append(Breach(check))
                elif check.strict or (check.vetoes_missing and not immune):
                    found.append(Breach(check, missing.paths))
                else:
                    passed_over.update(missing.paths)
            if found:
                return tuple(found), frozenset(passed_over)
    return (), frozenset(passed_over)


def admitted(gate: ModeGate, verdicts: Verdicts) -> Admitted:
    """The (kind, motive) pairs the mode lets in beside its own kinds; motive None means any."""
    pairs: Admitted = frozenset()
    for admission, program in gate.admissions:
        if verdicts.holds(program):
            pairs |= admission
    return pairs
