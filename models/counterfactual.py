"""What would lift every veto of an action: the nearest changes that make it eligible, tried before they are told.

What stops an action is read off plain fields, caps and the trees of its rules, over all tiers at once; ways to undo it are tried,
the cheapest first, on the changed question as a whole. What is told is therefore true, and none of its changes can be left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from models.changes import Question, applied
from models.obstacles import Look, Undoing, farther, look, obstacles
from models.reaching import Step
from models.response import Change, Decision, WouldBe
from models.would_be_text import told

if TYPE_CHECKING:
    from models.knowledge import Knowledge

MOST_TRIED: Final = 24
"""Changed questions that are screened for one action before it is given up."""
MOST_DEEP: Final = 6
"""Changes together, at most."""
INSTEAD: Final = {"contact.intent": "contact.leaving", "contact.leaving": "contact.intent"}
"""A wish to leave is taken back or another word is said, not both: what comes later stands instead of the other."""

Steps = Mapping[str, Step]
"""Changes by path."""


class Counterfactuals:
    """The nearest changes for the actions of one decision; what was tried for one is not worked out again for another."""

    def __init__(
        self,
        question: Question,
        knowledge: Knowledge,
        sold_out: frozenset[str] = frozenset(),
        lost: Collection[str] = (),
    ) -> None:
        self._question = question
        self._knowledge = knowledge
        self._sold_out = sold_out
        self._lost = lost
        self._looks: dict[frozenset[tuple[str, Any]], Look] = {}

    def would_be(self, row: int, language: str) -> WouldBe | None:
        """What would make the action in this row of the catalogue eligible; None when nothing that can change would, or it is."""
        found = self._nearest(row)
        if not found:
            return None
        first = self._look({})
        changes = tuple(
            Change(path=step.path, was=_before(step.path, first), to=step.to, bound=step.bound)
            for step in sorted(found.values(), key=lambda step: step.cost)
        )
        return WouldBe(changes=changes, text=told(changes, self._knowledge, language))

    def _nearest(self, row: int) -> Steps | None:
        """Cheapest first; a changed question that is still not enough is taken further."""
        order = count()
        waiting: list[tuple[float, int, Steps]] = [(0.0, next(order), {})]
        seen: set[frozenset[tuple[str, Any]]] = {_key({})}
        for _ in range(MOST_TRIED):
            if not waiting:
                return None
            _, _, changed = heappop(waiting)
            if self._eligible(row, changed):
                return self._least(row, changed)
            for further in self._further(row, changed):
                key = _key(further)
                if key not in seen and len(further) <= MOST_DEEP:
                    seen.add(key)
                    heappush(waiting, (_cost(further), next(order), further))
        return None

    def _least(self, row: int, changed: Steps) -> Steps:
        """Without the changes it can do without, the dearest left out first."""
        for step in sorted(changed.values(), key=lambda step: -step.cost):
            fewer = {path: other for path, other in changed.items() if path != step.path}
            if fewer and self._eligible(row, fewer):
                return self._least(row, fewer)
        return changed

    def _eligible(self, row: int, changed: Steps) -> bool:
        return row in self._look(changed).screened.eligible

    def _look(self, changed: Steps) -> Look:
        key = _key(changed)
        known = self._looks.get(key)
        if known is None:
            knowledge = self._knowledge
            asked = {path: step.to for path, step in changed.items()}
            question = applied(asked, self._question, knowledge.policy)
            known = self._looks[key] = look(question, knowledge, self._sold_out, self._lost)
        return known

    def _further(self, row: int, changed: Steps) -> Iterator[Steps]:
        """The changes so far, with the cheapest way to undo each thing that still stops the action; or one of them undone another way."""
        undone: list[list[Undoing]] = []
        for undoings in obstacles(row, self._look(changed), self._knowledge):
            if not undoings:
                return
            undone.append(undoings)
        cheapest = [ways[0] for ways in undone]
        yield _joined(changed, cheapest)
        for place, ways in enumerate(undone):
            for way in ways[1:]:
                yield _joined(changed, [*cheapest[:place], way, *cheapest[place + 1 :]])


def with_would_be(
    decision: Decision,
    question: Question,
    knowledge: Knowledge,
    sold_out: frozenset[str] = frozenset(),
) -> Decision:
    """The decision with what would lift the vetoes of each action that is not eligible; `question` is what it answers.

    What the decision had to do without is missing from the changed questions too.
    """
    rows = {action.id: row for row, action in enumerate(knowledge.catalogue.actions)}
    language = knowledge.wording.language(question.request.language)
    found = Counterfactuals(question, knowledge, sold_out, decision.degraded)
    stopped = dict.fromkeys(veto.action_id for veto in decision.vetoes if veto.tier != "arbitration")
    would = {action_id: found.would_be(rows[action_id], language) for action_id in stopped}
    vetoes = tuple(
        veto.model_copy(update={"would_be_offered_if": would.get(veto.action_id)}) for veto in decision.vetoes
    )
    return decision.model_copy(update={"vetoes": vetoes})


def _before(path: str, seen: Look) -> Any:
    """What a path is now, as a change tells it."""
    if path == "now":
        return seen.situation.now.isoformat()
    if path == "customer.holdings":
        return tuple(name for name, pieces in seen.situation.portfolio.held.items() for _ in range(pieces))
    found = seen.value(path)
    return tuple(found) if isinstance(found, list) else found


def _joined(changed: Steps, undoings: list[Undoing]) -> Steps:
    """All changes as one set. What is changed a second time, because it stopped something else, is one value in particular."""
    fresh: dict[str, Step] = {}
    for step in (step for undoing in undoings for step in undoing):
        fresh[step.path] = farther(step, fresh.get(step.path))
    again = {
        path: step if step.bound == changed[path].bound else replace(step, bound="is")
        for path, step in fresh.items()
        if path in changed
    }
    replaced = {INSTEAD[path] for path in fresh.keys() & INSTEAD.keys()} - fresh.keys()
    return {path: step for path, step in {**changed, **fresh, **again}.items() if path not in replaced}


def _cost(changed: Steps) -> float:
    return sum(step.cost for step in changed.values())


def _key(changed: Steps) -> frozenset[tuple[str, Any]]:
    return frozenset((path, step.to) for path, step in changed.items())
