"""From policy and catalogue to a rule book: every expression is parsed and checked once.

What names `action` is written out for each action and folded, so that many actions share the few distinct conditions that are left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from models.actions import Action
from models.catalogue import Catalogue
from models.checks import CONDITION, TIERS, Check
from models.disclosures import Told, automatic, end_date_problems
from models.documents import Path, Problem
from models.domain import ActionKind, Channel
from models.expressions import Expression, ExpressionError, Schema, parse
from models.fit import Admitted
from models.policy import Policy
from models.programs import Programs
from models.response import Motive
from models.rulebook import ModeGate, RuleBook
from models.sections.rules import Rule
from models.sections.selector import selects
from models.vocabulary import action_values, closed_values, paths

ANY_CHANNEL: frozenset[Channel] = frozenset()


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
            reopens = tuple(
                self.plain(row.when, ("modes", index, "reopens", position, "when"))
                for position, row in enumerate(mode.reopens)
            )
            gates.append(ModeGate(mode, program, admissions, reopens))
        self.book.modes = tuple(gates)

    def reasons(self) -> None:
        for index, row in enumerate(self.policy.reasons):
            self.book.reasons[row.code] = self.plain(row.when, ("reasons", index, "when"))

    def exploration(self) -> None:
        explore, experiments = self.policy.arbitration.explore, self.policy.experiments
        if explore is not None:
            self.book.explorable = self._unless(explore.never, ("arbitration", "explore", "never"))
        if experiments.never is not None:
            self.book.tried_upon = self._unless(experiments.never, ("experiments", "never"))

    def _unless(self, never: str, path: Path) -> int | None:
        """Asked the other way round: whoever it cannot be told of is left alone."""
        if self.parsed(never, self.policy, path, may_name_action=False) is None:
            return None
        return self.book.add(parse(f"!({never})", self.schema))

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

    def disclosures(self) -> tuple[Told, ...]:
        """By row of the catalogue, what must or may have to be said with the action."""
        told: list[list[tuple[str, frozenset[Channel], int | None]]] = [
            [(name, ANY_CHANNEL, None) for name in action.disclosures] for action in self.catalogue.actions
        ]
        for place, row in automatic(self.policy):
            path: Path = ("disclosures", place, "when")
            # Asked the other way round: what cannot be told does not silence.
            asked = self.parsed(row.when or "", self.policy, path, may_name_action=True)
            silent = None if asked is None else parse(f"!({row.when})", self.schema)
            for index, action in enumerate(self.catalogue.actions):
                if silent is not None and selects(row.applies, action) and row.id not in action.disclosures:
                    bound = self._bound(silent, index, self.policy, path)
                    if bound is not None and bound.constant is not True:
                        program = None if bound.constant is False else self.book.add(bound)
                        told[index].append((row.id, frozenset(row.applies.channels), program))
        return tuple(map(tuple, told))

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
        bound = self._bound(expression, index, owner, path)
        if bound is not None and bound.constant is not True:
            channels = frozenset(rule.applies.channels)
            strict = rule.vetoes_missing and rule.id == CONDITION
            program = self.book.add(bound)
            edition = owner.edition if owner is self.catalogue else self.policy.stands_in(rule.id)
            checks[index].append(Check(edition, rule, program, channels, rule.vetoes_missing, strict))

    def _bound(
        self, expression: Expression, index: int, owner: Catalogue | Policy, path: Path
    ) -> Expression | None:
        """The expression with the constants of one action written in."""
        try:
            return expression.bind("action", self.constants[index])
        except ExpressionError as error:
            name = self.catalogue.actions[index].id
            self.problems.append(owner.problem(path, f"has no answer for action '{name}': {error}"))
            return None


def compile_rules(catalogue: Catalogue, policy: Policy) -> tuple[RuleBook, list[Problem]]:
    """The rule book, and every expression that cannot be used."""
    compiler = _Compiler(catalogue, policy)
    compiler.modes()
    compiler.reasons()
    compiler.exploration()
    compiler.rules()
    return compiler.book, compiler.problems


def compile_disclosures(
    catalogue: Catalogue, policy: Policy, book: RuleBook
) -> tuple[tuple[Told, ...], list[Problem]]:
    """What may have to be said with each action, by row of the catalogue; its conditions become programs of the book."""
    compiler = _Compiler(catalogue, policy)
    compiler.book = book
    told = compiler.disclosures()
    return told, [*compiler.problems, *end_date_problems(catalogue, policy, told)]


def compile_inferred(
    catalogue: Catalogue, policy: Policy, book: RuleBook
) -> tuple[tuple[tuple[Motive, int], ...], list[Problem]]:
    """The motives the policy infers, each with the program of the book that must hold; the first that does counts."""
    compiler = _Compiler(catalogue, policy)
    compiler.book = book
    rows = []
    for index, row in enumerate(policy.leaving.inferred):
        program = compiler.plain(row.when, ("leaving", "inferred", index, "when"))
        if program is not None:
            rows.append((Motive(value=row.motive, source="inferred", probability=row.probability), program))
    return tuple(rows), compiler.problems


def _own_condition(action: Action) -> Rule:
    return Rule.model_validate(
        {
            "id": CONDITION,
            "tier": "relevance",
            "require": action.condition,
            "reason": {},  # the language files have it
            "on_missing": "veto",
        }
    )


def _by_tier(checks: Iterable[Check]) -> tuple[tuple[Check, ...], ...]:
    ordered = sorted(checks, key=lambda check: (TIERS.index(check.rule.tier), check.rule.id))
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda check: check.rule.tier))


def _pairs(kinds: Sequence[ActionKind], motives: Sequence[str]) -> Admitted:
    return frozenset((kind, motive) for kind in kinds for motive in (motives or (None,)))
