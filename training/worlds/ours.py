"""The product itself as a policy of the laboratory: it learns by the job's own functions and answers by `models.decision.decide`."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import yaml

from models.bundle import open_bundle
from models.catalogue import load_catalogue
from models.decision import decide
from models.knowledge import build_knowledge
from models.policy import load_policy
from models.wordbook import load_wordbook
from training.job import Order, learn
from training.schema import FILE
from training.simulator.laboratory.desk import NONE, SHOWN, Proposals
from training.tables import read_tables
from training.worlds.entrant import Entrant
from training.worlds.example import DEED_OF, LANGUAGE, catalogue_text, policy_text
from training.worlds.questions import questions
from training.worlds.remembered import Remembered
from training.worlds.written import write_provider_tables

if TYPE_CHECKING:
    from pathlib import Path

    from models.knowledge import Knowledge
    from training.simulator.laboratory.desk import Desk
    from training.simulator.laboratory.play import Play
    from training.worlds.questions import Question

METHOD = "multinomial"
"""The whole tournament would choose it too, and costs ten times as much."""
REFITS_AFTER = 6
"""Months of deciding after which it learns once more, from all there is by then."""


def make(play: Play, seed: int, workdir: Path) -> Ours:
    """The policy of this play; it learns when it is first asked. Nothing of the play is read but what the company has written down."""
    return Ours(play, seed, workdir)


@dataclass
class Ours:
    """`play` is read by `write_provider_tables` alone."""

    play: Play
    seed: int
    workdir: Path
    knowledge: Knowledge | None = None
    _first: int = -1
    _remembered: Remembered = field(default_factory=Remembered)

    def propose(self, desk: Desk) -> Proposals:
        """What the service would answer to each contact."""
        if self.knowledge is None:
            self._first = desk.month
        if self.knowledge is None or desk.month == self._first + REFITS_AFTER:
            self.knowledge = knowledge_of(self.play, self.seed, self.workdir / f"{desk.month:02d}")
        for seen in desk.past[self._remembered.months :]:
            self._remembered.add(seen)
        deed = np.full((len(desk.customer), SHOWN), NONE)
        for contact, question in enumerate(questions(desk, self._remembered)):
            chosen = proposed(question, self.knowledge)[:SHOWN]
            deed[contact, : len(chosen)] = chosen
        return Proposals(deed, np.ones(len(deed)))


def proposed(question: Question, knowledge: Knowledge) -> list[int]:
    """The deeds of the answer, in its order."""
    request, customer, history, now = question
    number = f"D-{request.contact.contact_id}"
    decision = decide(request, customer, history, knowledge, now=now, decision_id=number)
    actions = [proposal.action_id for proposal in decision.proposals]
    return [DEED_OF[action] for action in actions if action in DEED_OF]


def knowledge_of(play: Play, seed: int, folder: Path) -> Knowledge:
    """What the job learns from all that is written down of the play, put together as the service does."""
    write_provider_tables(play, folder)
    catalogue = load_catalogue(catalogue_text())
    facts = yaml.safe_load((folder / FILE).read_text())["facts"]
    policy = load_policy(policy_text(facts))
    tables = read_tables(folder, [product.id for product in catalogue.products], policy.facts)
    order = Order(data=folder, var=folder, method=METHOD, seed=seed, judged=False)
    learned = learn(tables, catalogue, order, lambda _: None, policy)
    said = files("models") / "languages" / f"{LANGUAGE}.yaml"
    words = load_wordbook(said.read_bytes(), said.name)
    return build_knowledge(catalogue, policy, open_bundle(learned.files), wordbooks={LANGUAGE: words})


ENTRANT = Entrant(
    "ours", "the product itself, fitted by the job at the start and once half a year later", make
)
