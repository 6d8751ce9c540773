"""Which eligible actions are proposed, and in what order. Emergencies come first; prices rank offers and saves; the mode places the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple

from models.actions import Action
from models.catalogue import Catalogue
from models.climbing import climb, climb_from, stakes_of
from models.domain import VALUED
from models.exploration import Drawn, Exploring, drawn
from models.ladder import WITHIN
from models.levers import InForce, levers_cost
from models.policy import Policy
from models.pricing import Forecast, PricedActions
from models.response import LeverUse
from models.sections.modes import Mode
from models.standing import may_stand_first

WORTHLESS = "worth_less_than_nothing"
NOT_BEST = "not_among_the_best"
NOT_ON_LADDER = "not_on_the_ladder"
FAMILY_FULL = "family_already_proposed"
BEHIND_LEVER = "behind_a_lever"
NOT_WORTH_ASKING = "not_worth_asking"
NOT_SURE = "not_surely_worth_it"
OVER_BUDGET = "not_within_the_budget"
HELD_OUT = "held_out"
NOT_DRAWN = "not_drawn"
ARBITRATION_RULES: Final = (
    WORTHLESS,
    NOT_BEST,
    NOT_ON_LADDER,
    FAMILY_FULL,
    BEHIND_LEVER,
    NOT_WORTH_ASKING,
    NOT_SURE,
    OVER_BUDGET,
    HELD_OUT,
    NOT_DRAWN,
)
"""What an agent reads of them stands in the language files."""

NOTHING_ASKED: Mapping[int, float] = MappingProxyType({})


class Placed(NamedTuple):
    """Rows of the catalogue in the order they are proposed, and why each other eligible row is not.

    `levers` had a say in the order, which costs `levers_cost` euros of expected value. `drawn` is what chance decided of the first.
    """

    ranked: tuple[int, ...]
    passed: Mapping[int, str]
    levers: tuple[LeverUse, ...] = ()
    levers_cost: float = 0.0
    drawn: Drawn | None = None


class Candidates(NamedTuple):
    """The eligible actions, by row, and all that their order depends on.

    `refused` saves of this conversation were spoken and not accepted, `spoken` counts those that were accepted too: each was a round.
    `asked` is what the answer to a question is worth. Without prices profiling was objected to. `one_save`: the customer sees all that
    is proposed, and two saves at once would be both rounds. `waiting` saves he was shown in this contact and has not answered: they
    were rounds, and stand until he does. `unsure`: rows that may not be said, so little is known of what they are worth. `first`: the
    offer or save that is settled to stand before the others of its kind. `within` so many euros of the best save the cheapest goes first.
    """

    eligible: Sequence[int]
    priced: PricedActions | None
    forecast: Forecast | None
    mode: Mode
    refused: int
    spoken: int
    leaving: bool
    catalogue: Catalogue
    policy: Policy
    levers: InForce | None = None
    asked: Mapping[int, float] = NOTHING_ASKED
    one_save: bool = False
    waiting: Sequence[str] = ()
    unsure: Collection[int] = ()
    exploring: Exploring | None = None
    first: int | None = None
    within: float = WITHIN

    @property
    def rounds_left(self) -> int:
        """How many saves may still be spoken in this conversation."""
        return max(0, self.policy.leaving.rounds - self.spoken)


def arbitrate(among: Candidates) -> Placed:
    """Place them. Without prices offers and saves stand by priority as the rest does.

    Levers change the order by value, and with it who is among the proposals; never what an action is said to be worth.
    Of the questions whose answer has a worth only those are asked that are worth something, the best first. Where `exploring` says how,
    chance has a say in which offer or save stands first, and in nothing else.
    """
    if among.unsure:
        sure = [row for row in among.eligible if row not in among.unsure]
        placed = arbitrate(among._replace(eligible=sure, unsure=()))
        return placed._replace(passed={**placed.passed, **dict.fromkeys(among.unsure, NOT_SURE)})
    priced, levers = among.priced, among.levers
    if priced is None:
        return _arranged(among, {})
    worth = dict(zip(priced.index, priced.paced, strict=True))
    placed = _within_budget(_arranged(among, worth), priced)
    actions = among.catalogue.actions
    # The ladder orders the saves of someone who is leaving.
    free = [row for row in priced.index if not (among.leaving and actions[row].kind == "save")]
    used = () if levers is None else levers.used(worth, free)
    if levers is None or not used:
        return _explored(placed, among, priced, worth, worth)
    by = levers.levered(worth)
    levered = _within_budget(_arranged(among, by), priced)
    behind = {row: BEHIND_LEVER for row in placed.ranked if row not in levered.ranked}
    cost = levers_cost(_true_values(placed, worth), _true_values(levered, worth))
    placed = Placed(levered.ranked, {**levered.passed, **behind}, used, cost)
    return _explored(placed, among, priced, worth, by)


def _explored(
    placed: Placed,
    among: Candidates,
    priced: PricedActions,
    worth: Mapping[int, float],
    by: Mapping[int, float],
) -> Placed:
    """The same with what chance has stand first, and the best of the rest behind it; `by` orders offers, levers included."""
    if among.exploring is None or not placed.ranked:
        return placed
    best = placed.ranked[0]
    standing = may_stand_first(best, among, priced, worth, by)
    found = None if standing is None else drawn(best, standing, among.exploring, among.catalogue.action_ids)
    if found is None or not found.explored:
        return placed._replace(drawn=found)
    again = _within_budget(_arranged(among._replace(first=found.chosen), by), priced)
    behind = {
        row: BEHIND_LEVER
        for row, rule in placed.passed.items()
        if rule == BEHIND_LEVER and row not in again.ranked
    }
    return placed._replace(ranked=again.ranked, passed={**again.passed, **behind}, drawn=found)


def _within_budget(placed: Placed, priced: PricedActions) -> Placed:
    """Says of what is worth something, and not its discount as well, that the budget is why not."""
    if priced.burden is None:
        return placed
    worth = dict(zip(priced.index, priced.priced.eiv, strict=True))
    passed = {
        row: OVER_BUDGET if rule == WORTHLESS and worth.get(row, 0.0) > 0 else rule
        for row, rule in placed.passed.items()
    }
    return placed._replace(passed=passed)


def _true_values(placed: Placed, worth: Mapping[int, float]) -> list[float]:
    """Of the proposals that have one, in their order."""
    return [worth[row] for row in placed.ranked if row in worth]


def _arranged(among: Candidates, worth: Mapping[int, float]) -> Placed:
    """The eligible actions in order, offers by `worth`."""
    passed: dict[int, str] = {}
    actions, policy = among.catalogue.actions, among.policy
    exits, urgent, others = _apart(among.eligible, actions)
    order = [
        row
        for kind, rows in _by_kind(among.mode, others, actions).items()
        for row in _of_kind(kind, rows, among, worth, passed)
    ]
    way_out = exits[:1] if among.leaving else []
    ranked = _with_way_out([*urgent, *_cut(order, actions, policy, passed)], way_out, actions)
    # No bound cuts an emergency, nor the way out beside what stands before it.
    ranked = ranked[: max(policy.arbitration.proposals, len(way_out) + max(1, len(urgent)))]
    passed |= {row: NOT_BEST for row in (*order, *exits) if row not in ranked and row not in passed}
    return Placed(tuple(ranked), passed)


def _apart(eligible: Sequence[int], actions: Sequence[Action]) -> tuple[list[int], list[int], list[int]]:
    """The ways out, the emergencies by priority, and the rest."""
    exits: list[int] = []
    urgent: list[int] = []
    others: list[int] = []
    for row in eligible:
        action = actions[row]
        (exits if action.cancels else urgent if action.emergency else others).append(row)
    return exits, _by_priority(urgent, actions), others


def _of_kind(
    kind: str, rows: list[int], among: Candidates, worth: Mapping[int, float], passed: dict[int, str]
) -> list[int]:
    """Those of one kind in their order, without the ones that `passed` says why not of."""
    actions = among.catalogue.actions
    if kind == "question":
        return _questions(rows, among.asked, actions, passed)
    if kind == "save":
        return _saves(rows, among, worth, passed)
    if among.priced is None or kind not in VALUED:
        return _by_priority(rows, actions)
    return _offers(rows, worth, among, passed)


def _by_priority(rows: list[int], actions: Sequence[Action]) -> list[int]:
    return sorted(rows, key=lambda row: (actions[row].priority, actions[row].id))


def _by_kind(mode: Mode, rows: Sequence[int], actions: Sequence[Action]) -> dict[str, list[int]]:
    """The rows by kind: the mode's kinds in their order, then those that only an admission let in."""
    kinds: dict[str, list[int]] = {kind: [] for kind in mode.kinds}
    for row in rows:
        kinds.setdefault(actions[row].kind, []).append(row)
    return {kind: found for kind, found in kinds.items() if found}


def _questions(
    rows: list[int], asked: Mapping[int, float], actions: Sequence[Action], passed: dict[int, str]
) -> list[int]:
    """Worth asking, the best first; then by priority those of which nobody says what an answer is worth."""
    passed |= {row: NOT_WORTH_ASKING for row in rows if asked.get(row, 1.0) <= 0}
    left = [row for row in rows if row not in passed]
    return sorted(left, key=lambda row: (-asked.get(row, 0.0), actions[row].priority, actions[row].id))


def _offers(
    rows: list[int], worth: Mapping[int, float], among: Candidates, passed: dict[int, str]
) -> list[int]:
    """By expected incremental value, after what is settled to be first; doing nothing is worth 0 and may win."""
    actions, first = among.catalogue.actions, among.first
    passed |= {row: WORTHLESS for row in rows if worth[row] <= 0}
    return sorted(
        (row for row in rows if worth[row] > 0), key=lambda row: (row != first, -worth[row], actions[row].id)
    )


def _saves(
    rows: list[int], among: Candidates, worth: Mapping[int, float], passed: dict[int, str]
) -> list[int]:
    """What waits for an answer, then as many as this conversation has rounds left; one at a time to the customer himself.

    To someone who is leaving in ladder order.
    """
    actions, left = among.catalogue.actions, among.rounds_left
    waiting = still_waiting(rows, among.waiting, actions)
    rows = [row for row in rows if row not in waiting]
    if among.priced is None or among.forecast is None:
        order = _by_priority(rows, actions)
    elif among.leaving:
        stakes, refused = stakes_of(among.priced, among.forecast), among.refused + len(waiting)
        order = (
            climb_from(among.first, rows, stakes, refused, left, among.policy, among.within)
            if among.first in rows
            else climb(rows, stakes, refused, left, among.policy, among.within)
        )
    else:
        order = _offers(rows, worth, among, passed)
    order = [*waiting, *order[:left]][: 1 if among.one_save else None]
    passed |= {row: NOT_ON_LADDER for row in (*waiting, *rows) if row not in order and row not in passed}
    return order


def still_waiting(rows: Sequence[int], waiting: Sequence[str], actions: Sequence[Action]) -> list[int]:
    """Those of these rows that wait for an answer, the one shown last first."""
    return sorted(
        [row for row in rows if actions[row].id in waiting], key=lambda row: waiting.index(actions[row].id)
    )


def _cut(order: list[int], actions: Sequence[Action], policy: Policy, passed: dict[int, str]) -> list[int]:
    """At most so many proposals, and so many of one family and kind; saves are steps of one conversation and share a family freely."""
    seen: dict[tuple[str, str], int] = {}
    kept = []
    for row in order:
        action = actions[row]
        place = (action.kind, action.family)
        if action.kind == "offer" and seen.get(place, 0) >= policy.arbitration.per_family:
            passed[row] = FAMILY_FULL
            continue
        seen[place] = seen.get(place, 0) + 1
        kept.append(row)
    return list(islice(kept, policy.arbitration.proposals))


def _with_way_out(ranked: list[int], exits: list[int], actions: Sequence[Action]) -> list[int]:
    """Once a wish to leave is voiced, the cancel process is first or second: first where nothing but processes that may wait stands."""
    if not ranked:
        return exits
    first = actions[ranked[0]]
    waits = first.kind == "process" and not first.emergency
    waits = waits and all(actions[row].priority <= first.priority for row in exits)
    place = 0 if waits else 1
    return [*ranked[:place], *exits, *ranked[place:]]
