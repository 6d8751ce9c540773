"""Conditions that read the same facts, or some of them, are answered together, and the answers kept: customers differ less than one thinks.

A look in a memo costs a fifth of evaluating one condition, and there are three conditions to a set of facts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from models.memo import Memo
from models.programs import EvaluationError, Missing, Program, Programs

KEPT: Final = 4_000
"""Answers a group keeps."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The conditions of a group that do not hold, by number, and of these the ones that miss a fact."""

    untrue: frozenset[int]
    missing: Mapping[int, Missing]


class Group:
    """Conditions, by number, that read the variables of the first of them or fewer."""

    __slots__ = ("_engine", "_programs", "_timeless", "_variables", "kept", "seen")

    def __init__(self, engine: Programs, programs: Mapping[int, Program]) -> None:
        first = next(iter(programs.values()))
        self._engine = engine
        self._programs = programs
        self._variables = first.variables
        self.seen = first.seen
        self._timeless = first.timeless
        self.kept: Memo[Hashable, Answers] = Memo(KEPT)

    @property
    def numbers(self) -> Iterable[int]:
        """Of its conditions."""
        return self._programs.keys()

    def ask(self, plain: Mapping[str, Any], values: Mapping[str, Any]) -> Answers:
        """The answers to these facts, `plain` being the values as `Programs.plain` gives them: those given before, or new ones."""
        seen = self.seen(plain)
        found = self.kept.get(seen)
        if found is None:
            found = self._worked_out(values)
            if self._timeless:  # a moment is never seen again
                self.kept.keep(seen, found)
        return found

    def _worked_out(self, values: Mapping[str, Any]) -> Answers:
        context = self._engine.context(values, self._variables)
        missing: dict[int, Missing] = {}
        untrue = []
        for number, program in self._programs.items():
            try:
                answer = program.run(context)
            except EvaluationError:
                # What has no answer for this customer (a division by zero) counts as missing its facts.
                answer = Missing(tuple(sorted(program.expression.paths)))
            if isinstance(answer, Missing):
                missing[number] = answer
            if answer is not True:
                untrue.append(number)
        return Answers(frozenset(untrue), missing)


Look = tuple[Group, Callable[[Mapping[str, Any]], Hashable], Memo[Hashable, Answers]]
"""A group with what it reads and what it has answered: so it is asked without a call where the answer is known."""


class Looks(NamedTuple):
    """Several groups, each once."""

    groups: frozenset[Group]
    each: tuple[Look, ...]


def looks_at(groups: Iterable[Group]) -> Looks:
    """The groups as they are asked."""
    each = tuple({group: (group, group.seen, group.kept) for group in groups}.values())
    return Looks(frozenset(look[0] for look in each), each)


def grouped(engine: Programs, *programs: Iterable[tuple[int, Program]]) -> tuple[Group, ...]:
    """The groups these conditions make; what reads nothing is constant and belongs to none.

    Who reads no more than another is answered with it, one look less, unless the other reads what is hardly ever the same twice. None of
    the later `programs` takes in one of the earlier.
    """
    groups: list[dict[int, Program]] = []
    for part in programs:
        for number, program in sorted(part, key=lambda numbered: -len(numbered[1].variables)):
            if program.variables:
                home = next((group for group in groups if _takes_in(group, program)), None)
                if home is None:
                    groups.append({number: program})
                else:
                    home[number] = program
    return tuple(Group(engine, members) for members in groups)


def _takes_in(group: Mapping[int, Program], program: Program) -> bool:
    first = next(iter(group.values()))
    return first.varied == program.varied and set(first.variables).issuperset(program.variables)
