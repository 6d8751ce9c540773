"""Modes, rules, conditions and reasons as programs; screening keeps what it removes.

A program runs at most once a decision, however many actions ask for it; equal texts share one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, get_args

from models.expressions import Expression
from models.fit import Admitted
from models.policy import Mode, Rule, RuleTier
from models.programs import Context, EvaluationError, Missing, Program, Programs

TIERS: tuple[str, ...] = get_args(RuleTier)
CONDITION = "condition"
"""The rule id under which an action's own condition speaks. A missing fact stops it: without evidence nothing is relevant."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule as it stands for one action: which program must hold, over these channels (any when empty).

    `number` is the check's own; `strict` says that a missing fact stops the action, an emergency's too.
    """

    number: int
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
    """When a mode holds, and what it admits beside its own kinds."""

    mode: Mode
    program: int | None
    admissions: tuple[tuple[Admitted, int | None], ...]


class Verdicts:
    """The programs' answers in one situation, each worked out when first asked; `untrue` are those asked that do not hold."""

    __slots__ = ("_book", "_context", "_plain", "_values", "known", "missing", "seen", "untrue")

    def __init__(self, book: RuleBook, values: Mapping[str, Any]) -> None:
        self._book = book
        self._values = values
        self._context: Context | None = None
        self._plain = book.engine.plain(values)
        self.known: list[bool | Missing | None] = list(book.constants)
        self.untrue: set[int] = set(book.never)
        self.missing: set[str] = set()
        self.seen: dict[int, Hashable] = {}

    @property
    def context(self) -> Context:
        """The facts as the engine reads them; made when an answer has to be worked out."""
        if self._context is None:
            self._context = self._book.engine.context(self._values)
        return self._context

    def ask(self, programs: Iterable[int]) -> None:
        """Have the answers of these programs: to the values they read, the one given before or a new one."""
        book, plain, known, untrue = self._book.programs, self._plain, self.known, self.untrue
        for number in programs:
            if known[number] is None:
                program = book[number]
                seen = self.seen[number] = program.seen(plain)
                answer = program.answers.get(seen)
                if answer is None:
                    answer = self._run(program)
                    program.remember(seen, answer)
                known[number] = answer
                if answer is not True:
                    untrue.add(number)

    def _run(self, program: Program) -> bool | Missing:
        """What has no answer for this customer (a division by zero) counts as missing its facts."""
        try:
            return program.run(self.context)
        except EvaluationError:
            return Missing(tuple(sorted(program.expression.paths)))

    def holds(self, program: int | None) -> bool:
        """Whether it is true. A missing fact is not, and is remembered; no program always holds."""
        if program is None:
            return True
        verdict = self.known[program]
        if verdict is None:
            self.ask((program,))
            verdict = self.known[program]
        if isinstance(verdict, Missing):
            self.missing.update(verdict.paths)
            return False
        return verdict is True

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


@dataclass
class RuleBook:
    """All programs of a policy with a catalogue. `by_action` holds each action's checks, tier by tier, in the order of TIERS."""

    engine: Programs
    programs: list[Program] = field(default_factory=list)
    constants: list[bool | Missing | None] = field(default_factory=list)
    modes: tuple[ModeGate, ...] = ()
    reasons: dict[str, int | None] = field(default_factory=dict)
    by_action: tuple[tuple[tuple[Check, ...], ...], ...] = ()
    _index: dict[str, int] = field(default_factory=dict)
    _tiers: dict[str, tuple[Tier, ...]] = field(default_factory=dict)

    @cached_property
    def never(self) -> frozenset[int]:
        """The programs that hold for nobody: an action's constants say so."""
        return frozenset(number for number, answer in enumerate(self.constants) if answer is False)

    def mode(self, verdicts: Verdicts) -> ModeGate:
        """The first mode whose condition holds; the last has none."""
        return next(gate for gate in self.modes if verdicts.holds(gate.program))

    def screen(
        self, rows: Iterable[int], channel: str, verdicts: Verdicts, emergencies: frozenset[int]
    ) -> dict[int, list[Breach]]:
        """For each row that rules stop, the rules of the first tier that does.

        A fact that a rule misses never stops one of `emergencies`; their own condition still says when they are one.
        """
        stopped: dict[int, list[Breach]] = {}
        left = list(rows)
        untrue = verdicts.untrue
        for tier in self.tiers(channel):
            programs = tier.programs
            verdicts.ask(set().union(*[programs[row] for row in left]))
            for row in left:
                failed = programs[row] & untrue
                if failed:
                    found = _breaches(tier.checks[row], failed, verdicts, immune=row in emergencies)
                    if found:
                        stopped[row] = found
            left = [row for row in left if row not in stopped]
        return stopped

    def tiers(self, channel: str) -> tuple[Tier, ...]:
        """The tiers as they stand over one channel."""
        made = self._tiers.get(channel)
        if made is None:
            made = self._tiers[channel] = tuple(self._tier(name, channel) for name in TIERS)
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


def _breaches(
    checks: Iterable[Check], failed: frozenset[int], verdicts: Verdicts, *, immune: bool
) -> list[Breach]:
    found = []
    for check in checks:
        if check.program not in failed:
            continue
        verdict = verdicts.known[check.program]
        if not isinstance(verdict, Missing):
            found.append(Breach(check))
        elif check.strict or (check.vetoes_missing and not immune):
            found.append(Breach(check, verdict.paths))
        else:
            verdicts.missing.update(verdict.paths)
    return found


def admitted(gate: ModeGate, verdicts: Verdicts) -> Admitted:
    """The (kind, motive) pairs the mode lets in beside its own kinds; motive None means any."""
    pairs: Admitted = frozenset()
    for admission, program in gate.admissions:
        if verdicts.holds(program):
            pairs |= admission
    return pairs
