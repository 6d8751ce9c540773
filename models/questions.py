"""What a question is worth: what its answer would let us do better, in euros, less the minutes it takes.

    worth = sum over answers a of P(a) · [V(what would be proposed after a | a) - V(what is proposed now | a)] - minutes x price of one

V is the EIV of the offer that stands first, or the value of a ladder of saves to someone who wishes to leave. The best now is
counted over the same answers as the best after: a figure that is only known better is worth nothing, and neither is an answer after
which the same would be proposed. What an answer rules out would be refused: it costs its minutes, and on a ladder its round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from models.acceptance import leaves_after
from models.answers import answered, told_by
from models.arbitration import still_waiting
from models.climbing import Stakes, climb, stakes_of
from models.domain import VALUED
from models.motive import inferred_motive
from models.repricing import Differ, Future, reprice

if TYPE_CHECKING:
    from models.asks import Asks
    from models.domain import FactValue
    from models.knowledge import Knowledge
    from models.pricing import Forecast, PricedActions
    from models.response import Motive
    from models.rulebook import Answering
    from models.screening import Screened
    from models.situation import Situation
    from models.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Reach:
    """What the answer to a question can change, whoever the customer is.

    `paths` are what it tells and `answering` the conditions that read that; `rows` the priced actions that stand under one. `modes`: which mode it is or what that admits; `likely`: the motive that is inferred; `hazard`, `taking`: what the
    models expect; `motive`: the motive itself.
    """

    paths: frozenset[str]
    answering: Answering
    rows: frozenset[int]
    modes: bool
    likely: bool
    hazard: bool
    taking: bool
    motive: bool


class Known(NamedTuple):
    """What is found: now, or after an answer. `rows` are the eligible actions that have a price, `stakes` theirs and others'."""

    rows: tuple[int, ...]
    stakes: Stakes


class Questions:
    """The questions of a catalogue that say what they ask.

    They belong to one knowledge and do not hold it: it goes, with all its numbers, when nothing decides with it any more.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        actions = knowledge.catalogue.actions
        self.rows = tuple(row for row, action in enumerate(actions) if action.kind == "question")
        self._valued = frozenset(row for row, action in enumerate(actions) if action.kind in VALUED)
        self._asks = {row: asks for row in self.rows for asks in [actions[row].asks] if asks is not None}
        self._reaches: Mapping[int, Reach] | None = None

    def worth(
        self,
        knowledge: Knowledge,
        screened: Screened,
        situation: Situation,
        motive: Motive,
        verdicts: Verdicts,
        expected: Forecast,
        priced: PricedActions | None,
    ) -> dict[int, float]:
        """Euros by row, of the eligible questions that say what they ask; may be negative. From what is known and found now."""
        asked = [row for row in screened.eligible if row in self._asks]
        if not asked:
            return {}
        reaches = self.reaches(knowledge)
        minute = knowledge.policy.money.minute(situation.contact.queue_load)
        found = Found(screened, Future(situation, motive), verdicts, expected, priced)
        answers = _Answers(knowledge, self._valued, found)
        return {
            row: answers.gain(self._asks[row], reaches[row])
            - knowledge.catalogue.actions[row].minutes * minute
            for row in asked
        }

    def reaches(self, knowledge: Knowledge) -> Mapping[int, Reach]:
        """By row of the catalogue; worked out once."""
        if self._reaches is None:
            self._reaches = {row: self._reach(asks, knowledge) for row, asks in self._asks.items()}
        return self._reaches

    def _reach(self, asks: Asks, knowledge: Knowledge) -> Reach:
        book = knowledge.book
        facts = told_by(asks, knowledge.policy)
        paths = frozenset({asks.about, *(f"customer.{fact}" for fact in facts)})
        answering = book.reading(paths)
        programs = answering.programs
        bundle, taking = knowledge.bundle, knowledge.tariff.model
        staying = () if bundle is None else (bundle.churn, *bundle.causes, bundle.saving)
        return Reach(
            paths=paths,
            answering=answering,
            rows=frozenset(
                row
                for row in self._valued
                for tier in book.by_action[row]
                for check in tier
                if check.program in programs
            ),
            modes=any(program in programs for gate in book.modes for program in gate.programs),
            likely=any(program in programs for _, program in knowledge.inferred),
            hazard=any(model is not None and model.encoder.reads(facts) for model in staying),
            taking=taking is not None and taking.encoder.reads(facts),
            motive=asks.fact is None,
        )


class Found(NamedTuple):
    """What was found before anything is asked."""

    screened: Screened
    now: Future
    verdicts: Verdicts
    expected: Forecast
    priced: PricedActions | None


class _Answers:
    """What would be proposed after each answer to the questions of one decision."""

    def __init__(self, knowledge: Knowledge, valued: frozenset[int], found: Found) -> None:
        self._knowledge = knowledge
        self._valued = valued
        self._found = found
        self._rows_now = tuple([row for row in found.screened.eligible if row in valued])

    def gain(self, asks: Asks, reach: Reach) -> float:
        """What the answer lets us do better, on average; 0 or more but for near ties on the ladder."""
        found = self._found
        touched = [
            row for row in found.screened.swaps if row in reach.rows and row not in found.screened.limited
        ]
        if not (touched or reach.modes or reach.motive or reach.likely or reach.hazard or reach.taking):
            return 0.0
        futures, eligible = [], []
        for answer in asks.answers:
            future, rows = self._after(asks, answer.value, reach, touched)
            futures.append(future)
            eligible.append(rows)
        differ = Differ(
            any(future.motive != found.now.motive for future in futures), reach.hazard, reach.taking
        )
        if not any(differ) and all(rows == self._rows_now for rows in eligible):
            return 0.0
        union = sorted({row for rows in (*eligible, self._chosen_now) for row in rows})
        if not union:
            return 0.0
        stakes = reprice(union, futures, differ, found.expected, self._knowledge.tariff)
        return fsum(
            share * self._better(Known(rows, of_answer))
            for share, rows, of_answer in zip(asks.shares(found.now.motive), eligible, stakes, strict=True)
        )

    def _better(self, after: Known) -> float:
        """What is worth more than what is proposed now, after one answer."""
        best = self._chosen(after)
        if best == self._chosen_now:
            return 0.0
        return self._value(best, after) - self._value(self._chosen_now, after)

    @cached_property
    def _chosen_now(self) -> tuple[int, ...]:
        found = self._found
        if found.priced is None:
            return ()
        return self._chosen(Known(self._rows_now, stakes_of(found.priced, found.expected)))

    def _after(
        self, asks: Asks, value: FactValue, reach: Reach, touched: Sequence[int]
    ) -> tuple[Future, tuple[int, ...]]:
        """What is known once this answer is, and what is then eligible."""
        knowledge, (before, motive) = self._knowledge, self._found.now
        situation = answered(before, asks, value, knowledge.policy)
        if not (touched or reach.modes or reach.motive or reach.likely):
            return Future(situation, motive), self._rows_now
        verdicts = self._found.verdicts.after(situation.values, reach.paths, reach.answering)
        if reach.modes or reach.motive:
            rows = self._screened_anew(situation, verdicts)
        else:
            rows = tuple(sorted({*self._rows_now, *touched} - self._stopped(touched, verdicts)))
        if reach.motive:
            motive = situation.said
        elif reach.likely and situation.leaving and situation.motive is None:
            motive = inferred_motive(knowledge.inferred, verdicts.holds)
        return Future(situation, motive), rows

    def _screened_anew(self, situation: Situation, verdicts: Verdicts) -> tuple[int, ...]:
        """What is eligible when the mode, or which saves answer the motive, may be another."""
        knowledge, refused = self._knowledge, situation.refused_saves
        gate = verdicts.mode()
        opening = knowledge.door.opening(gate.mode, verdicts.admitted(gate), situation)
        rows = [
            row
            for row in opening.swaps
            if row in self._valued
            and row not in self._found.screened.limited
            and knowledge.catalogue.actions[row].id not in refused
            and not (situation.unread and knowledge.catalogue.actions[row].kind == "save")
        ]
        stopped = self._stopped(rows, verdicts)
        return tuple([row for row in rows if row not in stopped])

    def _stopped(self, rows: Sequence[int], verdicts: Verdicts) -> frozenset[int]:
        channel = self._found.now.situation.contact.channel
        return frozenset(verdicts.screen(rows, channel, self._knowledge.emergencies).breaches)

    def _chosen(self, known: Known) -> tuple[int, ...]:
        """What is proposed first: the best offer, or the saves of a ladder in their order; nothing when that is best."""
        policy, actions = self._knowledge.policy, self._knowledge.catalogue.actions
        situation = self._found.now.situation
        left = max(0, policy.leaving.rounds - situation.rounds_spoken)
        waiting = still_waiting(known.rows, situation.waiting_saves, actions)
        rows = [row for row in known.rows if left or row in waiting or actions[row].kind != "save"]
        if situation.leaving:
            saves = [row for row in rows if row not in waiting and actions[row].kind == "save"]
            refused = len(situation.refused_saves) + len(waiting)
            return (*waiting, *climb(saves, known.stakes, refused, left, policy, self._knowledge.within))
        worth = dict(zip(known.stakes.rows, known.stakes.eiv, strict=True))
        best = min(rows, key=lambda row: (-worth[row], actions[row].id), default=None)
        return () if best is None or worth[best] <= 0 else (best,)

    def _value(self, chosen: Sequence[int], after: Known) -> float:
        """What proposing this is worth against saying nothing; what may not be proposed any more would be refused."""
        if not chosen:
            return 0.0
        situation, stakes = self._found.now.situation, after.stakes
        if situation.leaving:
            fatigue = self._knowledge.policy.leaving.fatigue
            return made_in_turn(chosen, after, len(situation.refused_saves), fatigue)
        at = stakes.rows.index(chosen[0])
        return stakes.eiv[at] if chosen[0] in after.rows else -stakes.saves.contact_cost[at]


def made_in_turn(rows: Sequence[int], after: Known, refused: int, fatigue: float) -> float:
    """Euros that these saves are worth, each made when the one before is refused and the talk goes on, against making none: U(D) of `models.ladder`."""
    _, _, saves, V0, q0, q1, goes_on = after.stakes
    stops = [(1.0 - leaves_after(q0, fatigue, refused + d, q1)) * V0 for d in range(len(rows) + 1)]
    value = stops[-1]
    for place, row in reversed(list(enumerate(rows))):
        at = after.stakes.rows.index(row)
        p, rho, V1, cost, talk = [column[at] for column in saves]
        if row not in after.rows:
            p = 0.0
        value = p * ((1.0 - rho) * V1 - cost) + (1.0 - p) * value - talk
        if place:
            value = stops[place] + goes_on * (value - stops[place])
    return value - stops[0]
