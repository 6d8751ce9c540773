"""What might have stood first in each logged contact, with the chances of then and with those of what is proposed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.decision import decide
from models.domain import Customer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from models.actions import Action
    from models.catalogue import Catalogue
    from models.features import Floats
    from models.journal import DecisionRecord
    from models.knowledge import Knowledge
    from models.response import Decision
    from training.evaluation.estimable import Indices
    from training.ope.contacts import LoggedContact
    from training.ope.kept import Kept

NOTHING = ""
"""Stands first where nothing is proposed."""
OTHERWISE = " otherwise"
"""Ends the name of an action that would sell, cost or bind otherwise than it did: what it brought then is not known of it."""
SURE = 1e-9


@dataclass(frozen=True)
class Choices:
    """(n, actions) `policy`: the chances of what is proposed; (n,) `action` that stood first, its `propensity`, `later`: the ratios of the later turns.

    `lost` (n,): the share of the proposed choices that had no chance then. `names` (actions,). Counts of contacts: `by_chance` with more
    than one that could stand first, `agree` in which the same would stand first, `behind` of these in which another stands behind it,
    and by name of what the proposed had to do `without` and the logged had not.
    """

    names: tuple[str, ...]
    action: Indices
    propensity: Floats
    policy: Floats
    lost: Floats
    later: Floats
    by_chance: int
    agree: int
    behind: int
    without: Mapping[str, int]


def choices_of(
    contacts: Sequence[LoggedContact],
    kept: Kept,
    *,
    explore: float | None = None,
    turns: bool = False,
    step: Callable[[], None] = lambda: None,
) -> Choices:
    """Decide each contact again: its first turn, or with `turns` each choice of it once.

    `explore`: the rate at which what is proposed would leave the first place to chance; None: as it was then. `step` is called after each contact.
    """
    places: dict[str, int] = {NOTHING: 0}
    alike: dict[tuple[str, str], frozenset[str] | None] = {}
    chosen, propensity, rows, lost, later = [], [], [], [], []
    by_chance = agree = behind = 0
    without: Counter[str] = Counter()
    for contact in contacts:
        record = contact.first
        then, answer = record.decision, again(record, kept.of(record.decision.versions), explore)
        logged = chances_of(then)
        proposed = _told_apart(answer, record, kept, alike)
        first = first_of(then)
        chosen.append(places.setdefault(first, len(places)))
        propensity.append(logged[first])
        rows.append([(places.setdefault(name, len(places)), chance) for name, chance in proposed.items()])
        lost.append(sum(chance for name, chance in proposed.items() if name not in logged))
        without.update(set(answer.degraded) - set(then.degraded))
        by_chance += len(logged) > 1
        if first_of(answer) == first:
            agree += 1
            behind += _ids(then) != _ids(answer)
        later.append(_later(contact.turns, kept, explore, alike) if turns else 1.0)
        step()
    policy = np.zeros((len(rows), len(places)))
    for number, row in enumerate(rows):
        for place, chance in row:
            policy[number, place] = chance
    return Choices(
        names=tuple(places),
        action=np.array(chosen, dtype=np.intp),
        propensity=np.array(propensity),
        policy=policy,
        lost=np.array(lost),
        later=np.array(later),
        by_chance=by_chance,
        agree=agree,
        behind=behind,
        without=dict(sorted(without.items())),
    )


def again(record: DecisionRecord, knowledge: Knowledge, explore: float | None) -> Decision:
    """The same question decided with this knowledge."""
    then = record.decision
    return decide(
        record.request,
        record.customer or Customer(customer_id=record.request.customer_id),
        record.history,
        knowledge,
        now=then.decided_at,
        decision_id=then.decision_id,
        degraded=record.degraded_in,
        sold_out=frozenset(record.sold_out),
        experiment=then.experiment,
        explore=then.selection.rate if explore is None else explore,
    )


def first_of(decision: Decision) -> str:
    """The action that stands first, or NOTHING."""
    return decision.proposals[0].action_id if decision.proposals else NOTHING


def chances_of(decision: Decision) -> dict[str, float]:
    """What might have stood first, over the second seed alone; they add up to 1. What is drawn for the random holdout may stand behind it."""
    candidates = decision.selection.candidates
    if not candidates or decision.selection.action_id is not None:
        return {first_of(decision): 1.0}
    return {one.action_id: one.probability for one in candidates}


def _later(
    turns: Sequence[DecisionRecord],
    kept: Kept,
    explore: float | None,
    alike: dict[tuple[str, str], frozenset[str] | None],
) -> float:
    """The product of e/pi over the later turns, each choice once.

    The times of the race belong to actions and to the contact: what stands first stays first as long as it may, and is chosen only once.
    After a refusal the next one is chosen among the rest, with its share of what is left, which is the chance that is stored with it.
    """
    ratio, before = 1.0, first_of(turns[0].decision)
    for record in turns[1:]:
        then, first = record.decision, first_of(record.decision)
        answer = again(record, kept.of(then.versions), explore)
        proposed = _told_apart(answer, record, kept, alike).get(first, 0.0)
        stays = first == before
        ratio *= float(proposed > 0.0) if stays else proposed / chances_of(then)[first]
        before = first
    return ratio


def _told_apart(
    answer: Decision,
    record: DecisionRecord,
    kept: Kept,
    alike: dict[tuple[str, str], frozenset[str] | None],
) -> dict[str, float]:
    """The chances of the answer; an action that is another one by now has another name."""
    versions = record.decision.versions
    knowledge = kept.of(versions)
    key = (versions.catalogue, knowledge.versions.catalogue)
    if key not in alike:
        alike[key] = changed(kept.catalogue(key[0]), knowledge.catalogue) if key[0] != key[1] else None
    other = alike[key] or ()
    return {f"{name}{OTHERWISE}" if name in other else name: p for name, p in chances_of(answer).items()}


def changed(then: Catalogue | None, now: Catalogue) -> frozenset[str]:
    """Actions that meet a customer otherwise; none where the catalogue of then is not kept."""
    if then is None:
        return frozenset()
    return frozenset(
        name
        for name, action in now.action.items()
        if name in then.action and _terms(then.action[name], then) != _terms(action, now)
    )


def _terms(action: Action, catalogue: Catalogue) -> tuple[object, ...]:
    """What it does, costs and binds to, with the prices and margins of what it sells."""
    sold = [catalogue.product[name] for name in action.sells]
    return (
        action.kind,
        action.sells,
        action.replaces,
        action.discount,
        action.cost,
        action.minutes,
        action.commitment,
        [(product.price, product.margin) for product in sold],
    )


def _ids(decision: Decision) -> list[str]:
    return [proposal.action_id for proposal in decision.proposals]


def kinds_of(names: Iterable[str], kinds: Mapping[str, str]) -> Indices:
    """(actions,) the number of each action's kind; those nobody knows share one with nothing."""
    words = [kinds.get(name.removesuffix(OTHERWISE), NOTHING) for name in names]
    return np.unique(words, return_inverse=True)[1].astype(np.intp)
