"""Why nothing was offered, and which actions starve by which rule: some decisions made again in full tell every veto."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import ValidationError

from models.checks import CONDITION
from models.domain import VALUED, ActionKind, Tier
from models.insights import Figure, Point
from models.journal import DecisionRecord, in_full, replay
from training.insights.points import figure, missing, point
from training.measured.intervals import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.knowledge import Knowledge
    from models.response import Decision, Veto

TIERS = get_args(Tier)
FIT: Tier = "fit"
MODE, HOLDOUT, OTHERS = "mode", "holdout", "others"
MOST_REASONS, MOST_STARVED = 12, 15
RARELY = 0.01
"""An action that is proposed in fewer of the decisions in which its plain fields and its own condition fit is starved."""


@dataclass(frozen=True)
class Again:
    """Decisions made again, all of them, with every veto, and the knowledge they were made again with."""

    decisions: tuple[Decision, ...]
    knowledge: Knowledge
    unreadable: int


def again(whole: Iterable[str], knowledge: Knowledge) -> Again:
    """Each record as it would be decided with this knowledge, in full."""
    decisions, unreadable = [], 0
    for text in whole:
        try:
            record = DecisionRecord.model_validate_json(text)
        except ValidationError:
            unreadable += 1
            continue
        decisions.append(replay(in_full(record), knowledge))
    return Again(tuple(decisions), knowledge, unreadable)


def nothing(found: Again | None) -> Figure:
    """Of decisions without an offer or save: what the last hurdle was, as a share of them.

    A mode that admits neither; the holdout; or else, of the offers and saves that came furthest through the tiers, the rule that stopped most of them.
    """
    if found is None:
        return missing("nothing", "no_documents")
    silent = [one for one in found.decisions if not any(p.kind in VALUED for p in one.proposals)]
    kinds = {mode.id: {*mode.kinds, *(k for row in mode.also for k in row.kinds)} for mode in found.knowledge.policy.modes}  # fmt: skip
    valued = {action.id for action in found.knowledge.catalogue.actions if action.kind in VALUED}
    reasons = Counter(_hurdle(one, kinds[one.mode], valued) for one in silent)
    return figure("nothing", _shares(reasons, len(silent), len(found.decisions)))


def starved(found: Again | None) -> Figure:
    """Offers, saves and service actions that hardly anybody gets: `value` is the share that one rule stops of the decisions in which their plain fields and own condition fit."""
    if found is None:
        return missing("starved", "no_documents")
    return figure("starved", _starved(found))


def _hurdle(decision: Decision, kinds: set[ActionKind], valued: set[str]) -> tuple[str, str]:
    if decision.experiment.holdout == "universal":
        return HOLDOUT, HOLDOUT
    if kinds.isdisjoint(VALUED):
        return MODE, decision.mode
    first = {veto.action_id: veto for veto in _first(decision.vetoes) if veto.action_id in valued}
    if not first:
        return OTHERS, OTHERS
    furthest = max(TIERS.index(veto.tier) for veto in first.values())
    rules = Counter(veto.rule for veto in first.values() if TIERS.index(veto.tier) == furthest)
    rule = min(rules, key=lambda one: (-rules[one], one))
    return TIERS[furthest], rule


def _first(vetoes: Sequence[Veto]) -> Iterator[Veto]:
    """Of each action the veto of the first tier that stopped it."""
    seen = set()
    for veto in sorted(vetoes, key=lambda one: TIERS.index(one.tier)):
        if veto.action_id not in seen:
            seen.add(veto.action_id)
            yield veto


def _shares(reasons: Counter[tuple[str, str]], n: int, of: int) -> Iterator[Point]:
    listed = sorted(reasons, key=lambda one: (-reasons[one], one))
    for tier, rule in listed[:MOST_REASONS]:
        yield point(tier, rule, share(reasons[tier, rule], n), of_all=round(reasons[tier, rule] / of, 6))
    if rest := sum(reasons[one] for one in listed[MOST_REASONS:]):
        yield point(OTHERS, OTHERS, share(rest, n), of_all=round(rest / of, 6))


def _starved(found: Again) -> Iterator[Point]:
    proposed: Counter[str] = Counter()
    unfit: Counter[str] = Counter()
    stops: dict[str, Counter[tuple[str, str]]] = {}
    for decision in found.decisions:
        proposed.update(one.action_id for one in decision.proposals)
        for veto in _first(decision.vetoes):
            if veto.tier == FIT or veto.rule == CONDITION:
                unfit[veto.action_id] += 1
            else:
                stops.setdefault(veto.action_id, Counter())[veto.tier, veto.rule] += 1
    rows = []
    for action in found.knowledge.catalogue.actions:
        fits = len(found.decisions) - unfit[action.id]
        against = stops.get(action.id)
        if action.kind in {"process", "question"} or not against or proposed[action.id] >= RARELY * fits:
            continue
        tier, rule = min(against, key=lambda one: (-against[one], one))
        many = float(proposed[action.id])
        found_share = share(against[tier, rule], fits)
        rows.append(point(tier, action.id, found_share, rule=rule, proposed=many, kind=action.kind))
    yield from sorted(rows, key=lambda one: (-one.n, one.at))[:MOST_STARVED]
