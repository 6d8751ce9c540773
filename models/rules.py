"""Modes, rules, conditions and reasons as programs; screening keeps what it removes.

Every expression of the policy and the catalogue is parsed and checked once. What names `action` is written out for each action and
folded; equal texts share one program; a program runs at most once a decision, however many actions ask for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, get_args

from models.catalogue import Action, Catalogue
from models.context import action_values, closed_values, paths
from models.documents import Path, Problem
from models.domain import ActionKind
from models.expressions import Expression, ExpressionError, Schema, parse
from models.fit import Admitted
from models.policy import Mode, Policy, Rule, RuleTier, Selector
from models.programs import Context, EvaluationError, Missing, Program, Programs

TIERS: tuple[str, ...] = get_args(RuleTier)
CONDITION_TEXT = {"nl": "Nu niet van toepassing op deze klant", "en": "Does not apply to this customer now"}
CONDITION = "condition"
"""The rule id under which an action's own condition speaks. A missing fact stops it: without evidence nothing is relevant."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule as it stands for one action: which program must hold, over these channels (any when empty).

    `strict` says that a missing fact stops the action, an emergency's too.
    """

    rule: Rule
    program: int
    channels: frozenset[str]
    vetoes_missing: bool
    strict: bool


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that stopped an action; `missing` names the facts it lacked, if that was why."""

    rule: Rule
    program: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModeGate:
    """When a mode holds, and what it admits beside its own kinds."""

    mode: Mode
    program: int | None
    admissions: tuple[tuple[Admitted, int | None], ...]


class Verdicts:
    """The programs' answers in one situation, each worked out when first asked.

    `true` and `asked` are sets of programs written as the bits of an integer: a rule is looked up some hundreds of times a decision.
    """

    __slots__ = ("_book", "_context", "_plain", "_values", "asked", "known", "missing", "seen", "true")

    def __init__(self, book: RuleBook, values: Mapping[str, Any]) -> None:
        self._book = book
        self._values = values
        self._context: Context | None = None
        self._plain = book.engine.plain(values)
        self.known: list[bool | Missing | None] = list(book.constants)
        self.asked, self.true = book.constant_bits
        self.missing: set[str] = set()
        self.seen: dict[int, Hashable] = {}

    @property
    def context(self) -> Context:
        """The facts as the engine reads them; made when an answer has to be worked out."""
        if self._context is None:
            self._context = self._book.engine.context(self._values)
        return self._context

    def ask(self, program: int) -> bool | Missing:
        """The answer to the values it reads: the one given to them before, or a new one."""
        asked = self._book.programs[program]
        seen = self.seen[program] = asked.seen(self._plain)
        answer = asked.answers.get(seen)
        if answer is None:
            answer = self._run(asked)
            asked.remember(seen, answer)
        self.known[program] = answer
        self.asked |= 1 << program
        if answer is True:
            self.true |= 1 << program
        return answer

    def _run(self, asked: Program) -> bool | Missing:
        """What has no answer for this customer (a division by zero) counts as missing its facts."""
        try:
            return asked.run(self.context)
        except EvaluationError:
            return Missing(tuple(sorted(asked.expression.paths)))

    def ask_all(self, programs: int) -> None:
        """Ask every program of a set that was not asked before."""
        left = programs & ~self.asked
        while left:
            lowest = left & -left
            left ^= lowest
            self.ask(lowest.bit_length() - 1)

    def holds(self, program: int | None) -> bool:
        """Whether it is true. A missing fact is not, and is remembered; no program always holds."""
        if program is None:
            return True
        known = self.known[program]
        verdict = self.ask(program) if known is None else known
        if isinstance(verdict, Missing):
            self.missing.update(verdict.paths)
            return False
        return verdict

    def deciding(self, breach: Breach) -> Mapping[str, Any]:
        """The values that made a rule fail; None for a fact that is missing."""
        if breach.missing:
            return dict.fromkeys(breach.missing)
        return self._book.programs[breach.program].deciding_values(self.context)


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier over one channel: by row of the catalogue, the programs that must hold (as bits) and the checks that ask for them."""

    programs: tuple[int, ...]
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
    def constant_bits(self) -> tuple[int, int]:
        """The programs whose answer is known without a customer, and those of them that hold, as bits."""
        known = sum(1 << number for number, answer in enumerate(self.constants) if answer is not None)
        return known, sum(1 << number for number, answer in enumerate(self.constants) if answer is True)

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
        for tier in self.tiers(channel):
            programs = tier.programs
            needed = 0
            for row in left:
                needed |= programs[row]
            verdicts.ask_all(needed)
            failed = needed & ~verdicts.true
            if not failed:
                continue
            for row in [row for row in left if programs[row] & failed]:
                found = _breaches(tier.checks[row], verdicts, immune=row in emergencies)
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
        bits = tuple(sum({1 << check.program for check in row}) for row in checks)
        return Tier(bits, checks)

    def add(self, expression: Expression) -> int:
        """The program of an expression; equal texts share one."""
        known = self._index.get(expression.text)
        if known is None:
            known = self._index[expression.text] = len(self.programs)
            self.programs.append(self.engine.add(expression))
            self.constants.append(expression.constant)
        return known


def _breaches(checks: Iterable[Check], verdicts: Verdicts, *, immune: bool) -> list[Breach]:
    found = []
    for check in checks:
        verdict = verdicts.known[check.program]
        if verdict is False:
            found.append(Breach(check.rule, check.program))
        elif isinstance(verdict, Missing):
            if check.strict or (check.vetoes_missing and not immune):
                found.append(Breach(check.rule, check.program, verdict.paths))
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


class _Compiler:
    """Parses everything and collects what is wrong, so that one run names every mistake."""

    def __init__(self, catalogue: Catalogue, policy: Policy) -> None:
        self.catalogue = catalogue
        self.policy = policy
        self.schema = Schema(paths(policy), closed_values(policy, catalogue))
        self.constants = action_values(catalogue)
        self.book = RuleBook(Programs(self.schema))
        self.problems: list[Problem] = []

    def parsed(
        self, text: str, owner: Catalogue | Policy, path: Path, *, may_name_action: bool
    ) -> Expression | None:
        try:
            expression = parse(text, self.schema)
        except ExpressionError as error:
            self.problems.append(owner.problem(path, str(error)))
            return None
        if not may_name_action and expression.uses("action"):
            message = "names 'action', but no action is at hand here; use customer, contact, history or now"
            self.problems.append(owner.problem(path, message))
            return None
        return expression

    def plain(self, text: str | None, path: Path) -> int | None:
        expression = None if text is None else self.parsed(text, self.policy, path, may_name_action=False)
        return None if expression is None else self.book.add(expression)

    def modes(self) -> None:
        gates = []
        for index, mode in enumerate(self.policy.modes):
            program = self.plain(mode.when, ("modes", index, "when"))
            admissions = tuple(
                (
                    _pairs(admission.kinds, admission.motives),
                    self.plain(admission.when, ("modes", index, "also", position, "when")),
                )
                for position, admission in enumerate(mode.also)
            )
            gates.append(ModeGate(mode, program, admissions))
        self.book.modes = tuple(gates)

    def reasons(self) -> None:
        for index, row in enumerate(self.policy.reasons):
            self.book.reasons[row.code] = self.plain(row.when, ("reasons", index, "when"))

    def rules(self) -> None:
        checks: list[list[Check]] = [[] for _ in self.catalogue.actions]
        for index, rule in enumerate(self.policy.rules):
            place: Path = ("rules", index, "require")
            expression = self.parsed(rule.require, self.policy, place, may_name_action=True)
            if expression is not None:
                self._write_out(rule, expression, place, checks)
        for index, action in enumerate(self.catalogue.actions):
            if action.condition is not None:
                path: Path = ("actions", index, "condition")
                expression = self.parsed(action.condition, self.catalogue, path, may_name_action=True)
                if expression is not None:
                    self._bind(_own_condition(action), expression, index, checks, self.catalogue, path)
        self.book.by_action = tuple(_by_tier(found) for found in checks)

    def _write_out(self, rule: Rule, expression: Expression, path: Path, checks: list[list[Check]]) -> None:
        for index, action in enumerate(self.catalogue.actions):
            # The way out is never obstructed: no rule speaks of the cancel process.
            if selects(rule.applies, action) and not action.cancels:
                self._bind(rule, expression, index, checks, self.policy, path)

    def _bind(
        self,
        rule: Rule,
        expression: Expression,
        index: int,
        checks: list[list[Check]],
        owner: Catalogue | Policy,
        path: Path,
    ) -> None:
        try:
            bound = expression.bind("action", self.constants[index])
        except ExpressionError as error:
            name = self.catalogue.actions[index].id
            self.problems.append(owner.problem(path, f"has no answer for action '{name}': {error}"))
            return
        if bound.constant is not True:
            channels = frozenset(rule.applies.channels)
            strict = rule.vetoes_missing and rule.id == CONDITION
            checks[index].append(Check(rule, self.book.add(bound), channels, rule.vetoes_missing, strict))


def compile_rules(catalogue: Catalogue, policy: Policy) -> tuple[RuleBook, list[Problem]]:
    """The rule book, and every expression that cannot be used."""
    compiler = _Compiler(catalogue, policy)
    compiler.modes()
    compiler.reasons()
    compiler.rules()
    return compiler.book, compiler.problems


def selects(selector: Selector, action: Action) -> bool:
    """Whether a rule speaks of this action; the contact's channel is looked at when it is asked."""
    return (
        (not selector.kinds or action.kind in selector.kinds)
        and (not selector.families or action.family in selector.families)
        and (not selector.actions or action.id in selector.actions)
        and (not selector.purposes or action.purpose in selector.purposes)
    )


def _own_condition(action: Action) -> Rule:
    return Rule.model_validate(
        {
            "id": CONDITION,
            "tier": "relevance",
            "require": action.condition,
            "reason": CONDITION_TEXT,
            "on_missing": "veto",
        }
    )


def _by_tier(checks: Iterable[Check]) -> tuple[tuple[Check, ...], ...]:
    ordered = sorted(checks, key=lambda check: (TIERS.index(check.rule.tier), check.rule.id))
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda check: check.rule.tier))


def _pairs(kinds: Sequence[ActionKind], motives: Sequence[str]) -> Admitted:
    return frozenset((kind, motive) for kind in kinds for motive in (motives or (None,)))
