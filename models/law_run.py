"""Runs the tests of a law pack: each proposes one made-up action to a made-up customer, under the rules of that pack alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from models.catalogue import Catalogue
from models.decision import decide
from models.disclosures import disclosed
from models.documents import DocumentError
from models.domain import ActionKind
from models.in_force import under_law
from models.knowledge import Knowledge, build_knowledge
from models.policy import Policy
from models.scenario_run import question_of
from models.situation import situation_of
from models.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from models.documents import Problem
    from models.law import LawPack, LawTest
    from models.wordbook import Wordbook

TRIED = "tried"
"""The action a test is about."""
PRODUCTS = (
    {"id": "held", "family": "held", "price": 20.0, "margin": 10.0},
    {"id": "added", "family": "added", "price": 10.0, "margin": 5.0},
)
"""A test's customer may hold them, its action sell or replace them; an offer sells `added` unless it says otherwise."""


@dataclass(frozen=True)
class LawOutcome:
    """How one test went; it passed when `failures` is empty."""

    name: str
    failures: tuple[Problem, ...]


def run_law(pack: LawPack, wordbooks: Mapping[str, Wordbook]) -> tuple[LawOutcome, ...]:
    """Every test of the pack, in its order, in those of its languages that there are files of.

    Raises:
        DocumentError: a condition that cannot be used, or a test with an action that is none.
    """
    policy = under_law(_plain_policy(pack, wordbooks), [pack])
    made: dict[str, Knowledge] = {}
    outcomes = []
    for index, test in enumerate(pack.tests):
        like = repr(test.action)  # many tests are about the same action: it is compiled once
        if like not in made:
            made[like] = build_knowledge(
                _catalogue(index, test, pack, policy.languages), policy, wordbooks=wordbooks
            )
        outcomes.append(_run(index, test, pack, made[like]))
    return tuple(outcomes)


def _run(index: int, test: LawTest, pack: LawPack, knowledge: Knowledge) -> LawOutcome:
    found = [
        pack.document.problem(("tests", index, key), message)
        for key, message in _judge(test, pack, knowledge)
    ]
    return LawOutcome(test.name, tuple(found))


def _judge(test: LawTest, pack: LawPack, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Every expectation that is not met: its key, and what came instead."""
    request, customer, history, now = question_of(test.scenario(pack.given), knowledge)
    decision = decide(request, customer, history, knowledge, now=now, decision_id="test")
    stopped = [veto.rule for veto in decision.vetoes if veto.action_id == TRIED and veto.tier == "legal"]
    wanted = [] if test.stopped_by is None else [f"{pack.id}.{test.stopped_by}"]
    if stopped != wanted:
        yield "stopped_by", f"expected {_listed(wanted)}; came {_listed(stopped)}"
    if stopped:
        return
    situation = situation_of(
        request, customer, history, now, policy=knowledge.policy, portfolios=knowledge.portfolios
    )
    verdicts = Verdicts(knowledge.book, situation.values)
    said = disclosed(knowledge.told[0], request.contact.channel, verdicts)
    must = [f"{pack.id}.{name}" for name in test.discloses]
    if sorted(said) != sorted(must):
        yield "discloses", f"expected {_listed(must)}; came {_listed(said)}"
    first = [proposal.action_id for proposal in decision.proposals[:2]]
    if test.proves is not None and TRIED not in first:
        yield "proves", f"expected the action first or second; came {_listed(first)}"


def _plain_policy(pack: LawPack, wordbooks: Mapping[str, Wordbook]) -> Policy:
    """A policy that lets everything in: what is stopped, the pack stops."""
    said = {language for rule in pack.rules for language in rule.reason}
    languages = sorted(said & wordbooks.keys()) or sorted(wordbooks)
    every = {"id": "any", "kinds": get_args(ActionKind), "text": dict.fromkeys(languages, "Any")}
    return Policy.model_validate({"languages": languages, "modes": [every]})


def _catalogue(index: int, test: LawTest, pack: LawPack, languages: tuple[str, ...]) -> Catalogue:
    texts = {language: {"title": TRIED, "say": "…"} for language in languages}
    tried = {
        "id": TRIED,
        "kind": "offer",
        "family": TRIED,
        "purpose": "marketing",
        "sells": ["added"] if test.action.get("kind", "offer") == "offer" else [],
        "acceptance": {"rate": 0.5},
        "texts": texts,
        **test.action,
    }
    way_out: dict[str, Any] = {
        "id": "way-out",
        "kind": "process",
        "family": "cancel",
        "purpose": "service",
        "cancels": True,
        "texts": texts,
    }
    content = {
        "languages": languages,
        "products": [{**product, "name": dict.fromkeys(languages, product["id"])} for product in PRODUCTS],
        "actions": [tried] if test.action.get("cancels") else [tried, way_out],
    }
    try:
        return Catalogue.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise DocumentError(
            [
                pack.document.problem(
                    ("tests", index, "action", *detail["loc"][2:]), f"{detail['msg']}; correct it"
                )
                for detail in details
            ]
        ) from None


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"
