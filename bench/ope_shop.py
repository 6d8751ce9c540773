"""A shop of the laboratory whose desk asks `decide()` in every fourth month: its journal, its shelf, and each contact as it was met.

What is said in the months between is nothing, whatever is proposed: so what follows a contact is the same play for every proposal.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from models.bundle import open_bundle
from models.catalogue import load_catalogue
from models.decision import decide
from models.domain import partition
from models.journal import DecisionRecord
from models.knowledge import build_knowledge
from models.policy import load_policy
from training.fit.spoken import read_talks
from training.held import FINAL, held_saves, outcome_of
from training.job import Order, learn
from training.knowledge import shipped_words
from training.prompted import journal_parts
from training.schema import FILE
from training.simulator.laboratory.desk import NONE, SHOWN, Proposals
from training.simulator.laboratory.journal import write_journal
from training.simulator.laboratory.play import HISTORY, Play, opened
from training.simulator.laboratory.policies import RandomEligible, Silent
from training.simulator.laboratory.rows import Rows
from training.simulator.laboratory.setting import set_up
from training.simulator.laboratory.tables import OTHER_ENDS, customers_table
from training.simulator.laboratory.worlds import WORLDS
from training.tables import read_tables
from training.worlds.example import DEED_OF, action_of, catalogue_text, policy_text
from training.worlds.questions import questions
from training.worlds.remembered import Remembered
from training.worlds.written import write_provider_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.knowledge import Knowledge
    from models.response import Decision
    from training.simulator.laboratory.contacting import Contacts
    from training.simulator.laboratory.desk import Desk
    from training.simulator.laboratory.leaving import Pressure
    from training.simulator.laboratory.luck import Floats, Ints
    from training.simulator.laboratory.state import State
    from training.simulator.laboratory.troubles import Troubles
    from training.worlds.questions import Question

RATE = 0.2
EXPLORE = {
    "rate": RATE,
    "euros_a_day": 1e6,
    "never": "has(customer.complaint_open) && customer.complaint_open",
    "within_euros": 10,
    "within_share": 0.5,
}
PATIENCE = {
    "id": "patience",
    "tier": "contact_policy",
    "for": {"kinds": ["offer"]},
    "require": "customer.contacts_90d <= 1.0",
    "reason": {"en": "patience"},
}
"""A rule of the house, which proposals loosen or tighten."""
EVERY = 4
"""Months: ninety days reach into four, and a save has held when all of them are over."""
METHOD, UNHEARD = "multinomial", "unheard"
"""The usual bundle; and one that has learned from no journal how readily customers accept."""


class Documents(NamedTuple):
    """Catalogue and policy as a manager edits them."""

    catalogue: dict[str, Any]
    policy: dict[str, Any]

    def knowledge(self, bundle: Mapping[str, bytes]) -> Knowledge:
        """As the service puts them together."""
        catalogue = load_catalogue(written(self.catalogue))
        policy = load_policy(written(self.policy))
        return build_knowledge(catalogue, policy, open_bundle(dict(bundle)), wordbooks=shipped_words())


def written(document: dict[str, Any]) -> bytes:
    """JSON is YAML."""
    return json.dumps(document, indent=1).encode()


def founded(world: str, customers: int, seed: int) -> Play:
    """The months before the desk has `decide()`: anything eligible is said in half of the contacts."""
    setting = set_up(WORLDS[world], seed, customers)
    return opened(setting).run(RandomEligible(seed=seed, share=0.5), HISTORY)


def documents(tables: Path) -> Documents:
    """What the shop has written down, its facts as its tables have them."""
    facts = json.loads((tables / FILE).read_text())["facts"]
    policy = json.loads(policy_text(facts))
    policy["arbitration"]["explore"] = EXPLORE
    policy["rules"].append(PATIENCE)
    return Documents(json.loads(catalogue_text()), policy)


@dataclass(frozen=True)
class Shop:
    """What it is run by. `tables`: of the founding months, from which its bundles are learned; `bundle`: the files of the usual one."""

    world: str
    tables: Path
    papers: Documents
    bundle: Mapping[str, bytes]

    @classmethod
    def at(cls, folder: Path, world: str) -> Shop:
        """The one that `open_shop` has left there."""
        tables, kept = folder / world / "tables", folder / world / "bundle"
        return cls(
            world,
            tables,
            documents(tables),
            {path.name: path.read_bytes() for path in sorted(kept.iterdir())},
        )

    def taught(self, method: str) -> dict[str, bytes]:
        """The files of the bundle that the job learns by this method."""
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / "tables"
            left_out = shutil.ignore_patterns("journal") if method == UNHEARD else None
            shutil.copytree(self.tables, copy, ignore=left_out)
            return taught(copy, self.papers, METHOD if method == UNHEARD else method)


def open_shop(folder: Path, world: str, base: Play) -> Shop:
    """Write down the founding months and learn from them."""
    tables, kept = folder / world / "tables", folder / world / "bundle"
    write_provider_tables(base, tables)
    kept.mkdir()
    for name, data in taught(tables, documents(tables), METHOD).items():
        (kept / name).write_bytes(data)
    return Shop.at(folder, world)


def taught(tables: Path, papers: Documents, method: str) -> dict[str, bytes]:
    """The files of the bundle that the job learns by this method from these tables."""
    catalogue, policy = load_catalogue(written(papers.catalogue)), load_policy(written(papers.policy))
    found = read_tables(tables, [product.id for product in catalogue.products], policy.facts)
    order = Order(data=tables, var=tables, method=method, judged=False)
    return learn(found, catalogue, order, lambda _: None, policy).files


@dataclass(frozen=True)
class Met(Rows):
    """The contacts of a month in the middle of their conversation, hidden things included; rows of `contacts` count these."""

    contacts: Contacts
    state: State
    troubles: Troubles
    before: Pressure
    utility: Floats


@dataclass
class Deciding:
    """The desk: every contact is asked about, answered with its exploration, and written down."""

    play: Play
    knowledge: Knowledge
    asked: list[tuple[int, list[Question], Met]] = field(default_factory=list)
    records: list[DecisionRecord] = field(default_factory=list)
    _remembered: Remembered = field(default_factory=Remembered)

    def propose(self, desk: Desk) -> Proposals:
        """What the service would answer to each contact of the month."""
        for seen in desk.past[self._remembered.months :]:
            self._remembered.add(seen)
        found = list(questions(desk, self._remembered))
        self.asked.append((desk.month, found, _met(self.play)))
        deed, chance = np.full((len(found), SHOWN), NONE), np.ones(len(found))
        for contact, question in enumerate(found):
            decision = self._decides(question, desk.month)
            deed[contact] = said([proposal.action_id for proposal in decision.proposals])
            chance[contact] = decision.selection.probability
        return Proposals(deed, chance)

    def _decides(self, question: Question, month: int) -> Decision:
        request, customer, history, now = question
        number = f"{partition(request.customer_id)}-{request.customer_id}-{month}"
        decision = decide(
            request, customer, history, self.knowledge, now=now, decision_id=number, explore=RATE
        )
        self.records.append(
            DecisionRecord(request=request, customer=customer, history=history, decision=decision)
        )
        return decision


def said(actions: Sequence[str]) -> Ints:
    """(SHOWN,) The deeds of an answer in its order; the way out is none."""
    deeds = [DEED_OF[action] for action in actions if action in DEED_OF][:SHOWN]
    return np.array(deeds + [NONE] * (SHOWN - len(deeds)))


def _met(play: Play) -> Met:
    moment = play.moment
    assert moment is not None  # a month is being decided
    row = moment.contacts.row
    contacts = moment.contacts.take(np.arange(len(row)))
    contacts.row[:] = np.arange(len(row))
    return Met(contacts, moment.state.take(row), moment.troubles.take(row), moment.before.take(row), moment.utility[row])  # fmt: skip


def trade(base: Play, knowledge: Knowledge, luck: int, months: int) -> tuple[Play, Deciding]:
    """The shop with luck of its own from now on: asked in so many months, each followed by silence until it is known what held."""
    play = base.branch(luck=luck)
    play.seen = list(base.seen)
    desk = Deciding(play, knowledge)
    for _ in range(months):
        play.run(desk, 1).run(Silent(), EVERY - 1)
    return play, desk


def archive(play: Play, desk: Deciding, folder: Path) -> None:
    """The journal as `python -m training archive` leaves it, the fates of saves told by the months after them."""
    write_journal(play, folder, action_of)
    decisions = [
        _entry("decision", record.decision.decision_id, record.request.customer_id, record.decision.decided_at.isoformat(), record.model_dump_json())
        for record in desk.records
    ]  # fmt: skip
    _write(folder, "decisions", decisions)
    saves = held_saves(read_talks(journal_parts(folder)), customers_table(play), (*OTHER_ENDS.values(),))
    final = saves.filter(pl.col("state").is_in(list(FINAL)))
    told = [outcome_of(save, FINAL[save["state"]]) for save in final.iter_rows(named=True)]
    if told:
        fates = [
            _entry("outcome", one["outcome_id"], one["customer_id"], one["at"], json.dumps(one))
            for one in told
        ]
        _write(folder, "fates", fates)


def _entry(kind: str, number: str, customer: str, at: str, record: str) -> dict[str, str]:
    return {
        "partition": partition(customer),
        "kind": kind,
        "id": number,
        "customer_id": customer,
        "at": at,
        "record": record,
    }


def _write(folder: Path, name: str, entries: list[dict[str, str]]) -> None:
    rows = [{"entry": f"{number}-0", **entry} for number, entry in enumerate(entries, start=1)]
    place = folder / "journal" / f"date={entries[0]['at'][:10]}"
    place.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(place / f"part-{name}-1-0-to-{len(rows)}-0.parquet")


def lay_down(shop: Shop, knowledge: Knowledge, shelf: Path) -> None:
    """What decided, as the service keeps it."""
    versions = knowledge.versions
    assert versions.bundle is not None  # it has one
    kept = {
        versions.catalogue: {"catalogue.yaml": written(shop.papers.catalogue)},
        versions.policy: {"policy.yaml": written(shop.papers.policy)},
        versions.bundle: shop.bundle,
    }
    for version, files in kept.items():
        place = shelf / version.replace(":", "-")
        place.mkdir(parents=True)
        for name, data in files.items():
            (place / name).write_bytes(data)
