"""Whether the products, facts, actions and rules a scenario names exist: a misspelt expectation would pass or fail for nothing."""

from __future__ import annotations

import difflib
from datetime import date
from typing import TYPE_CHECKING

from models.arbitration import ARBITRATION_RULES
from models.checks import CONDITION
from models.documents import DocumentError
from models.fit import FIT_RULES
from models.scenario_judge import OF_A_PROPOSAL
from models.scenario_run import knowledge_of
from models.stock import STOCK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from models.documents import Path, Problem
    from models.domain import FactValue
    from models.knowledge import Knowledge
    from models.scenarios import Expect, Given, Past, Person, Scenario, Scenarios
    from models.sections.facts import FactSpec

Named = tuple["Path", str, str, "Collection[str]"]
"""Where a name stands, what it should name, the name, and the names there are."""

TYPES: dict[str, tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int,),
    "string": (str,),
    "boolean": (bool,),
    "date": (date,),
}


def unknown_names(file: Scenarios, knowledge: Knowledge) -> list[Problem]:
    """Every name that catalogue and policy do not know, and every fact that is not of its declared type."""
    problems = list(_situation(("given",), file.given, file, knowledge))
    for index, scenario in enumerate(file.stated):
        place: Path = ("scenarios", index)
        problems += _situation(place, scenario, file, knowledge)
        named = [
            *_proposals((*place, "expect"), scenario.expect, knowledge),
            *_grounds((*place, "expect"), scenario.expect, knowledge),
        ]
        problems += _unknown(named, file)
        problems += _otherwise((*place, "actions"), file.scenarios[index], file, knowledge)
    return problems


def _otherwise(place: Path, scenario: Scenario, file: Scenarios, knowledge: Knowledge) -> Iterator[Problem]:
    """What is wrong with the fields a scenario gives to actions."""
    known = knowledge.catalogue.action
    strange = [((*place, name), "action", name, known) for name in scenario.actions if name not in known]
    yield from _unknown(strange, file)
    for name, fields in scenario.actions.items():
        if "id" in fields:
            yield file.document.problem((*place, name, "id"), "an action keeps its id; remove it")
    try:
        knowledge_of(scenario, knowledge)
    except DocumentError as error:
        for problem in error.problems:
            yield file.document.problem(place, f"{problem.key}: {problem.message}")


def _situation(place: Path, given: Given, file: Scenarios, knowledge: Knowledge) -> Iterator[Problem]:
    named = [
        *_person((*place, "customer"), given.customer, knowledge),
        *_past((*place, "history"), given.history, knowledge),
    ]
    if given.contact.motive is not None:
        known = knowledge.policy.leaving.motives
        named.append(((*place, "contact", "motive"), "motive", given.contact.motive, known))
    named += [
        ((*place, "sold_out", position), "action of limited stock", name, knowledge.catalogue.stock)
        for position, name in enumerate(given.sold_out)
    ]
    yield from _unknown(named, file)
    for name, value in given.customer.facts.items():
        for misfit in _misfits(value, knowledge.policy.facts.get(name)):
            yield file.document.problem(
                (*place, "customer", "facts", name), f"{value!r} is no {misfit}; correct it"
            )


def _unknown(named: Iterable[Named], file: Scenarios) -> Iterator[Problem]:
    for path, what, name, known in named:
        if name not in known:
            yield file.document.problem(path, _message(what, name, known))


def _message(what: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"unknown {what} '{name}'; " + (f"did you mean '{near[0]}'?" if near else "correct the name")


def _misfits(value: FactValue | None, spec: FactSpec | None) -> Iterator[str]:
    if value is None or spec is None:
        return
    if not isinstance(value, TYPES[spec.type]) or (isinstance(value, bool) and spec.type != "boolean"):
        yield spec.type
    elif spec.values and value not in spec.values:
        yield f"value of it: {', '.join(spec.values)}"


def _person(place: Path, person: Person, knowledge: Knowledge) -> Iterable[Named]:
    policy = knowledge.policy
    for position, held in enumerate(person.holdings or ()):
        yield (*place, "holdings", position), "product", held.product, knowledge.catalogue.product
    for name in person.facts:
        yield (*place, "facts", name), "fact", name, policy.facts
    for name in person.consents:
        yield (*place, "consents", name), "consent", name, policy.consents


def _past(place: Path, past: Past, knowledge: Knowledge) -> Iterable[Named]:
    motives = knowledge.policy.leaving.motives
    for position, event in enumerate(past.events):
        if event.product is not None:
            path: Path = (*place, "events", position, "product")
            yield path, "product", event.product, knowledge.catalogue.product
        if event.motive is not None:
            yield (*place, "events", position, "motive"), "motive", event.motive, motives
    for position, outcome in enumerate(past.outcomes):
        yield (*place, "outcomes", position, "action"), "action", outcome.action, knowledge.catalogue.action
        if outcome.motive is not None:
            yield (*place, "outcomes", position, "motive"), "motive", outcome.motive, motives


def _proposals(place: Path, expect: Expect, knowledge: Knowledge) -> Iterable[Named]:
    actions = knowledge.catalogue.action
    if expect.first is not None:
        yield (*place, "first"), "action", expect.first, actions
    for key in ("proposes", "not_proposed", "order"):
        for position, name in enumerate(getattr(expect, key)):
            yield (*place, key, position), "action", name, actions
    for key in ("vetoes", *OF_A_PROPOSAL):
        for name in getattr(expect, key):
            yield (*place, key, name), "action", name, actions


def _grounds(place: Path, expect: Expect, knowledge: Knowledge) -> Iterable[Named]:
    policy = knowledge.policy
    codes = [row.code for row in policy.reasons]
    named = [*(rule.id for rule in policy.rules), *(cap.id for cap in policy.caps)]
    rules = [*named, CONDITION, STOCK, *FIT_RULES, *ARBITRATION_RULES]
    if expect.mode is not None:
        yield (*place, "mode"), "mode", expect.mode, [mode.id for mode in policy.modes]
    if expect.motive is not None:
        yield (*place, "motive"), "motive", expect.motive, policy.leaving.motives
    for position, lever in enumerate(expect.levers):
        yield (*place, "levers", position), "lever", lever, [known.id for known in policy.levers]
    for name, rule in expect.vetoes.items():
        yield (*place, "vetoes", name), "rule", rule, rules
    for position, code in enumerate(expect.evidence):
        yield (*place, "evidence", position), "reason", code, codes
    for name, wanted in expect.why.items():
        for position, code in enumerate(wanted):
            yield (*place, "why", name, position), "reason", code, codes
