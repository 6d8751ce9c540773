"""Call lists as the policy writes them, checked and compiled. They have an engine of their own: a live decision pays nothing for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.catalogue import Catalogue
from models.documents import Problem
from models.expressions import ExpressionError, Schema, parse
from models.policy import Policy
from models.programs import EvaluationError, Program, Programs
from models.sections.lists import CallList
from models.sections.selector import selects
from models.vocabulary import closed_values, paths


@dataclass(frozen=True)
class CallLists:
    """The lists by id, and when each takes a customer."""

    by_id: Mapping[str, CallList]
    _engine: Programs
    _when: Mapping[str, Program]

    def takes(self, name: str, values: Mapping[str, Any]) -> bool:
        """Whether the list is about a customer in this situation; a missing fact, and what has no answer, means no."""
        try:
            return self._when[name].run(self._engine.context(values)) is True
        except EvaluationError:
            return False


def compile_lists(catalogue: Catalogue, policy: Policy) -> tuple[CallLists, list[Problem]]:
    """The lists, and everything in them that cannot be used."""
    schema = Schema(paths(policy), closed_values(policy, catalogue))
    engine = Programs(schema)
    when: dict[str, Program] = {}
    problems: list[Problem] = []
    for index, wanted in enumerate(policy.lists):
        place = ("lists", index, "when")
        try:
            expression = parse(wanted.when, schema)
        except ExpressionError as error:
            problems.append(policy.problem(place, str(error)))
            continue
        if expression.uses("action"):
            message = "names 'action', but a list chooses customers; say which actions in 'for'"
            problems.append(policy.problem(place, message))
            continue
        if not any(selects(wanted.applies, action) for action in catalogue.actions):
            message = "no action is all of this; correct it, or add the action to the catalogue"
            problems.append(policy.problem(("lists", index, "for"), message))
        when[wanted.id] = engine.add(expression)
    return CallLists({wanted.id: wanted for wanted in policy.lists}, engine, when), problems
