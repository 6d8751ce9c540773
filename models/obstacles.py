"""What stands between an action and a customer in one situation, over all tiers at once, and the ways to undo each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_args

from models.caps import reopens_on
from models.domain import Channel
from models.holding_otherwise import to_fit
from models.reaching import HELD, SPOKEN, Step, steps, until
from models.screening import screen
from models.situation import situation_of
from models.solving import Aim, Solver, Way, together
from models.swaps import Stop
from models.verdicts import Verdicts

if TYPE_CHECKING:
    from models.changes import Question
    from models.checks import Check
    from models.knowledge import Knowledge
    from models.screening import Screened
    from models.situation import Situation

Undoing = tuple[Step, ...]
"""Steps that together undo one obstacle."""


@dataclass(frozen=True, slots=True)
class Look:
    """A question, changed or not, as screening sees it. `worked_out` keeps what several actions ask of it."""

    question: Question
    situation: Situation
    verdicts: Verdicts
    screened: Screened
    worked_out: dict[Hashable, list[Undoing]] = field(default_factory=dict)

    def once(self, key: Hashable, undoings: Callable[[], list[Undoing]]) -> list[Undoing]:
        """What was worked out under this key, or is now."""
        found = self.worked_out.get(key)
        if found is None:
            found = self.worked_out[key] = undoings()
        return found

    def value(self, path: str) -> Any:
        """The value of a path of the rules, None when it is missing."""
        found: Any = self.situation.values
        for part in path.split("."):
            found = None if found is None else found.get(part)
        return found


def look(
    question: Question,
    knowledge: Knowledge,
    sold_out: frozenset[str] = frozenset(),
    lost: Collection[str] = (),
) -> Look:
    """The question as a decision would screen it; what could not be had is `lost` to the changed question too."""
    request, customer, history, now = question
    situation = situation_of(
        request, customer, history, now, policy=knowledge.policy, portfolios=knowledge.portfolios, lost=lost
    )
    verdicts = Verdicts(knowledge.book, situation.values)
    gate = verdicts.mode()
    screened = screen(situation, gate, verdicts, knowledge, history.outcomes, sold_out)
    verdicts.ask(knowledge.book.rest)  # also the rules of what is not in play now
    return Look(question, situation, verdicts, screened)


def obstacles(row: int, seen: Look, knowledge: Knowledge) -> Iterator[list[Undoing]]:
    """For each thing that stops the action in this row of the catalogue, the ways to undo it; none where there is none."""
    screened, now = seen.screened, seen.situation.now
    stop = screened.opening.stops.get(row) or screened.stops.get(row)
    if stop is not None:
        yield _into_fit(row, stop, seen, knowledge)
    fit = seen.situation.portfolio.fits[row]
    if isinstance(fit, Stop) and fit is not stop:
        yield _holding_otherwise(row, fit, seen, knowledge)
    for check in _failed(row, seen, knowledge):
        yield _through(check, seen, knowledge)
    capped = knowledge.caps.capped(seen.question.history.outcomes, seen.situation.contact, now)
    if row in capped:
        yield [(step,) for step in until(reopens_on(capped[row]), seen.situation, now)]
    if row in screened.gone:
        yield []


def _into_fit(row: int, stop: Stop, seen: Look, knowledge: Knowledge) -> list[Undoing]:  # noqa: PLR0911 - one return a field
    """Past a plain field."""
    action, situation = knowledge.catalogue.actions[row], seen.situation
    match stop.rule:
        case "kind_not_in_mode":
            key = (action.kind, action.motives)
            return seen.once(key, lambda: _undoings(_into_mode(row, seen, knowledge), seen, knowledge))
        case "no_wish_to_leave":
            return _undoings([(Aim("contact.leaving", "is", True),)], seen, knowledge)
        case "channel":
            return _over(action.channels)
        case "motive":
            return [(Step("contact.motive", motive, "is", SPOKEN),) for motive in action.motives]
        case "dates":
            first = action.valid_from
            return [] if first is None else [(step,) for step in until(first, situation, situation.now)]
        case "history_unread":
            return []
        case "already_refused":
            return _undoings([(Aim("history.saves_refused", "lacks", action.id),)], seen, knowledge)
        case _:
            return _holding_otherwise(row, stop, seen, knowledge)


def _holding_otherwise(row: int, stop: Stop, seen: Look, knowledge: Knowledge) -> list[Undoing]:
    catalogue = knowledge.catalogue
    found = to_fit(stop, catalogue.actions[row], seen.situation.portfolio.held, catalogue)
    return [(Step("customer.holdings", to, "is", HELD),) for to in found]


def _over(channels: Iterable[str]) -> list[Undoing]:
    """Any of these channels, the first rather than the second."""
    return [
        (Step("contact.channel", channel, "is", SPOKEN + place / 100),)
        for place, channel in enumerate(channels)
    ]


def _into_mode(row: int, seen: Look, knowledge: Knowledge) -> list[Way]:
    """The aims with which a mode comes that lets the action in: those before it over, and it begun."""
    action, book = knowledge.catalogue.actions[row], knowledge.book
    let_in = {(action.kind, None), *((action.kind, motive) for motive in action.motives)}
    found: list[Way] = []
    ended: list[list[Way]] = []
    for gate in book.modes:
        doors: list[int | None] = [program for pairs, program in gate.admissions if pairs & let_in]
        if action.kind in gate.mode.kinds:
            doors.append(None)
        for door in doors:
            asked = [program for program in (gate.program, door) if program is not None]
            begun = [_ways(program, seen, knowledge, want=True) for program in asked]
            found += together([*ended, *begun])
        if gate.program is not None and seen.verdicts.holds(gate.program):
            ended.append(_ways(gate.program, seen, knowledge, want=False))
    return found


def _failed(row: int, seen: Look, knowledge: Knowledge) -> Iterator[Check]:
    """Every check of every tier that stops the action, as `rulebook` would find them tier by tier."""
    verdicts, immune = seen.verdicts, row in knowledge.emergencies
    for tier in knowledge.book.lane(seen.situation.contact.channel).tiers:
        for check in tier.checks[row]:
            if check.program in verdicts.untrue:
                lacking = check.program in verdicts.lacking
                if not lacking or check.strict or (check.vetoes_missing and not immune):
                    yield check


def _through(check: Check, seen: Look, knowledge: Knowledge) -> list[Undoing]:
    """A rule comes to hold, or the contact goes over a channel it does not speak of."""
    by_condition = seen.once(
        check.program,
        lambda: _undoings(_ways(check.program, seen, knowledge, want=True), seen, knowledge),
    )
    others = [channel for channel in get_args(Channel) if channel not in check.channels]
    return [*by_condition, *(_over(others) if check.channels else ())]


def _ways(program: int, seen: Look, knowledge: Knowledge, *, want: bool) -> list[Way]:
    book = knowledge.book
    solver = Solver(seen.value, book.engine.schema.types.__getitem__)
    return solver.ways(book.programs[program].expression.node, want=want)


def _undoings(ways: list[Way], seen: Look, knowledge: Knowledge) -> list[Undoing]:
    """The steps of each way that can be gone, the cheapest first."""
    found = [undoing for way in ways for undoing in _gone(way, seen, knowledge)]
    return sorted(dict.fromkeys(found), key=lambda undoing: sum(step.cost for step in undoing))


def _gone(way: Way, seen: Look, knowledge: Knowledge) -> list[Undoing]:
    """One aim by any step, several together each by its cheapest."""
    named = {aim.path for aim in way if aim.bound != "known"}
    aims = [aim for aim in way if aim.bound != "known" or aim.path not in named]
    options = [steps(aim, seen.question, seen.situation, knowledge) for aim in aims]
    if not all(options):
        return []
    if len(options) == 1:
        return [(step,) for step in options[0]]
    chosen: dict[str, Step] = {}
    for found in options:
        step = min(found, key=lambda step: step.cost)
        chosen[step.path] = farther(step, chosen.get(step.path))
    return [tuple(chosen.values())]


def farther(step: Step, other: Step | None) -> Step:
    """Of two steps on one path the one that goes as far as both; between two sides, one value in particular."""
    if other is None or step == other:
        return step
    if step.bound == other.bound == "at_least":
        return max(step, other, key=lambda step: step.to)
    if step.bound == other.bound == "at_most":
        return min(step, other, key=lambda step: step.to)
    return replace(other, bound="is")
