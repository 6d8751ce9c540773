"""`python -m training ope`: logged contacts decided again with what is proposed, and what that would have been worth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.errors import OptionError
from training.evaluation.policy_value import Logged, PolicyValue, policy_value
from training.evaluation.reward_model import Rows, foretold
from training.fit.spoken import read_talks
from training.objections import COLUMN, objectors_of
from training.ope.choices import Choices, choices_of, kinds_of
from training.ope.contacts import Read, Which, read_contacts
from training.ope.context import context_of
from training.ope.kept import Kept, Proposed
from training.ope.rewards import DEFINITIONS, HELD, MARGIN, held_value, known_until, margin, standing
from training.prompted import journal_parts
from training.tables import read_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from models.catalogue import Catalogue
    from models.features import Floats
    from training.ope.contacts import LoggedContact
    from training.tables import Tables

WINDOW: Final = 90
"""Days: as long as a save has to hold."""
EVERY: Final = 1000
"""Contacts between two lines of progress."""
LEAST_DAYS: Final = 7
"""As long as messages have to be answered."""
MOST_DAYS: Final = 3650
"""No journal is older."""


@dataclass(frozen=True)
class Asked:
    """`journal`, `shelf` and `data`: folders; without `data` what was accepted is counted. `explore`: as in `choices_of`."""

    journal: Path
    shelf: Path
    proposed: Proposed = field(default_factory=Proposed)
    data: Path | None = None
    which: Which = field(default_factory=Which)
    window: int = WINDOW
    turns: bool = False
    explore: float | None = None
    clip: float | None = None
    seed: int = 0


@dataclass(frozen=True)
class Judged:
    """`found` of the contacts in `read` whose reward is known; `waiting` of how many it is not. `taught`: of how many the proposed bundle has learned.

    `pending`: accepted saves of the journal of which no later month is told yet, where the reward is what held: contacts of their time wait for it.
    """

    asked: Asked
    read: Read
    choices: Choices
    found: PolicyValue
    reward: str
    waiting: int
    taught: int
    compared: bool
    pending: int = 0


def judge(asked: Asked, say: Callable[[str], None] = lambda _: None) -> Judged:
    """Read, decide again, and estimate; `say` gets a line for each step.

    Raises:
        OptionError: what is asked cannot be; it says what can. TableError, DocumentError, BundleError, OSError: as in what is read.
    """
    _check(asked)
    parts = journal_parts(asked.journal)
    read = read_contacts(asked.journal, asked.which)
    _check_left(read)
    kept = Kept(asked.shelf, asked.proposed)
    last = read.contacts[-1].first.decision.versions
    logged = kept.catalogue(last.catalogue)
    catalogue = logged or asked.proposed.catalogue
    if catalogue is None:
        raise OptionError(
            f"--shelf: the catalogue {last.catalogue} that decided then is not in '{asked.shelf}'; name the service's shelf"
        )
    tables = _tables(asked, catalogue)
    if tables is not None and tables.customers is not None and COLUMN in tables.customers.columns:
        read = read.without(frozenset(objectors_of(tables.customers)))
        _check_left(read)
    reward, euros, pending = _rewards(asked, read.contacts, parts, tables, kept, catalogue)
    known = np.isfinite(euros)
    contacts = [contact for contact, there in zip(read.contacts, known.tolist(), strict=True) if there]
    if not contacts:
        raise OptionError(_none_known(asked, len(known), pending))
    say(f"deciding {len(contacts):,} contacts again")
    choices = choices_of(
        contacts, kept, explore=asked.explore, turns=asked.turns, step=_progress(len(contacts), say)
    )
    found = estimate(contacts, choices, euros[known], catalogue, asked)
    return Judged(
        asked=asked,
        read=read,
        choices=choices,
        found=found,
        reward=reward,
        waiting=int((~known).sum()),
        taught=_taught(asked, contacts),
        compared=logged is not None,
        pending=pending,
    )


def estimate(
    contacts: Sequence[LoggedContact], choices: Choices, euros: Floats, catalogue: Catalogue, asked: Asked
) -> PolicyValue:
    """The estimators on contacts that were decided again, (n,) of which brought `euros`."""
    customer = np.unique([contact.customer_id for contact in contacts], return_inverse=True)[1]
    logged = Logged(choices.action, choices.propensity, euros, customer, choices.later)
    kinds = kinds_of(choices.names, {action.id: action.kind for action in catalogue.actions})
    # What follows the first turn is weighted already where later turns count: that is what the first one leads to.
    rows = Rows(context_of(contacts, catalogue), choices.action, choices.later * euros, kinds)
    predicted = foretold(rows, customer, asked.seed)
    return policy_value(
        logged, choices.policy, predicted, lost=choices.lost, clip=asked.clip, seed=asked.seed
    )


def _check(asked: Asked) -> None:
    if asked.window < LEAST_DAYS:
        raise OptionError(
            f"--window: {asked.window} days are less than an answer may take; give {LEAST_DAYS} or more"
        )
    if asked.window > MOST_DAYS:
        raise OptionError(f"--window: {asked.window} days are more than ten years; give {MOST_DAYS} or less")
    if asked.clip is not None and not 1.0 <= asked.clip < float("inf"):
        raise OptionError(
            f"--clip: {asked.clip:g} is no number from 1, the mean of weights, on; give one, or none to clip nothing"
        )
    if asked.explore is not None and not 0.0 <= asked.explore <= 1.0:
        raise OptionError(f"--explore: {asked.explore:g} is no rate; give 0 to 1")


def _tables(asked: Asked, catalogue: Catalogue) -> Tables | None:
    if asked.data is None:
        return None
    return read_tables(asked.data, [product.id for product in catalogue.products])


def _rewards(
    asked: Asked,
    contacts: Sequence[LoggedContact],
    parts: list[Path],
    tables: Tables | None,
    kept: Kept,
    catalogue: Catalogue,
) -> tuple[str, Floats, int]:
    """Its name, (n,) euros, and how many saves are pending. `catalogue` stands in for those that are not kept."""
    talks = read_talks(parts)
    until = known_until(talks, contacts)
    if tables is None:
        stands = standing(parts, talks)
        euros = held_value(contacts, stands, lambda v: kept.catalogue(v) or catalogue, asked.window, until)
        return HELD, euros, stands.pending
    return MARGIN, margin(contacts, talks, tables, catalogue, asked.window, until), 0


def _none_known(asked: Asked, contacts: int, pending: int) -> str:
    late = f"--window: of none of {contacts:,} contacts the {asked.window} days are over; give a shorter one, or a later journal"
    if not pending:
        return late
    return f"{late}; or nobody has told of their time which saves held ({pending:,} are pending): `python -m training held --redis` tells it, then archive, or give --data"


def _taught(asked: Asked, contacts: Sequence[LoggedContact]) -> int:
    bundle = asked.proposed.bundle
    until = None if bundle is None or bundle.acceptance is None else bundle.acceptance.until
    return 0 if until is None else sum(contact.at.date() <= until for contact in contacts)


def _progress(contacts: int, say: Callable[[str], None]) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if done % EVERY == 0 and done < contacts:
            say(f"  {done:,} of {contacts:,}")

    return step


def _check_left(read: Read) -> None:
    if read.contacts:
        return
    left_out = f"{read.held_out:,} contacts of who is held out, {read.objecting:,} of who objects to profiling, {read.unreadable:,} with a record that is damaged or of another version of the software"
    raise OptionError(f"--journal: {left_out}: nobody's contact is left to judge by")


def as_json(judged: Judged) -> dict[str, Any]:
    """Everything that is printed and more."""
    asked, found, choices = judged.asked, judged.found, judged.choices
    return {
        "reward": {
            "name": judged.reward,
            "definition": DEFINITIONS[judged.reward].format(days=asked.window),
            "days": asked.window,
        },
        "turns": "all" if asked.turns else "first",
        "explore": asked.explore,
        "proposed": {
            name: None if part is None else part.version
            for name, part in (
                ("catalogue", asked.proposed.catalogue),
                ("policy", asked.proposed.policy),
                ("bundle", asked.proposed.bundle),
            )
        },
        "estimable": found.found is not None,
        "gates": [asdict(gate) for gate in found.gates],
        "weights": asdict(found.weights),
        "logged": asdict(found.logged),
        "estimates": None if found.found is None else asdict(found.found),
        "contacts": {
            "judged": found.weights.contacts,
            "by_chance": choices.by_chance,
            "same_first": choices.agree,
            "same_first_others_behind": choices.behind,
            "without": choices.without,
            "days_not_over": judged.waiting,
            "held_out": judged.read.held_out,
            "objecting": judged.read.objecting,
            "unreadable": judged.read.unreadable,
            "learned_from": judged.taught,
            "pending_saves": judged.pending,
        },
        "catalogue_compared": judged.compared,
    }
