"""What an answer tells: the situation once it is given, and which answers a question may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.response import Motive
from models.trends import PARTS, derived
from models.typed_facts import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.asks import Asks
    from models.catalogue import Catalogue
    from models.documents import Problem
    from models.domain import FactValue
    from models.policy import Policy
    from models.sections.facts import FactSpec
    from models.situation import Situation


def answered(situation: Situation, asks: Asks, value: FactValue, policy: Policy) -> Situation:
    """The situation once this answer is given."""
    values = situation.values
    if asks.fact is None:
        said = Motive(value=str(value), source="stated", probability=1.0)
        contact = {**values["contact"], "motive": said.value}
        return situation._replace(said=said, motive=said.value, values={**values, "contact": contact})
    facts = {**situation.facts, **typed({asks.fact: value}, policy.fact_types)}
    if policy.trends:
        facts.update(derived(facts, policy.trends))
    return situation._replace(facts=facts, values={**values, "customer": {**values["customer"], **facts}})


def told_by(asks: Asks, policy: Policy) -> frozenset[str]:
    """The facts an answer gives: the one that is asked, and those of the trends it is a month of; of a motive none."""
    if asks.fact is None:
        return frozenset()
    trends = [name for name, trend in policy.trends.items() if asks.fact in trend.of]
    return frozenset([asks.fact, *(f"{name}_{part}" for name in trends for part in PARTS)])


def question_problems(catalogue: Catalogue, policy: Policy) -> list[Problem]:
    """Questions about what the policy does not declare, and answers that nobody can give."""
    return [
        catalogue.problem(("actions", index, "asks", *place), message)
        for index, action in enumerate(catalogue.actions)
        if action.asks is not None
        for place, message in _wrong(action.asks, policy)
    ]


def _wrong(asks: Asks, policy: Policy) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if asks.fact is None:
        for position, answer in enumerate(asks.answers):
            if answer.value not in policy.leaving.motives:
                message = f"unknown motive '{answer.value}'; add it to the policy's leaving.motives"
                yield ("answers", position, "value"), message
    elif asks.fact not in policy.facts:
        yield ("fact",), f"'{asks.fact}' is no declared fact; declare it or correct the name"
    else:
        spec = policy.facts[asks.fact]
        for position, answer in enumerate(asks.answers):
            misfit = _misfit(answer.value, spec)
            if misfit is not None:
                message = f"{answer.value!r} {misfit}, as the fact '{asks.fact}' is declared; correct it"
                yield ("answers", position, "value"), message


def _misfit(value: FactValue, spec: FactSpec) -> str | None:
    """Why this is no value of the fact."""
    read = typed({"it": value}, {"it": spec.type}).get("it")
    if read is None:
        return f"is no {spec.type}"
    if spec.values and read not in spec.values:
        return f"is none of {', '.join(spec.values)}"
    if spec.minimum is not None and read < spec.minimum:
        return f"is below {spec.minimum:g}"
    if spec.maximum is not None and read > spec.maximum:
        return f"is above {spec.maximum:g}"
    return None
