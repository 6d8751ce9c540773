"""The decision: one pure function from a question, a customer and a moment to priced, explained proposals.

    screen      eligible actions and vetoes
    price       euros for offers and saves
    arbitrate   which stand, in what order
    explain     why, what to say

Loading and recording are the caller's; so a live call, a replay and a call list decide alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.arbitration import Placed, arbitrate
from models.context import Situation, situation_of
from models.domain import (
    Customer,
    Decision,
    DecisionRequest,
    Experiment,
    History,
    Proposal,
    Selection,
    Terms,
    Value,
    Veto,
)
from models.explanation import action_text_values, reasons, say, text_values
from models.fit import Opening
from models.knowledge import Knowledge
from models.portfolio import Stop, Swap
from models.pricing import Forecast, PricedActions, forecast, price_actions, sources_of
from models.rulebook import Breach, ModeGate, Verdicts, admitted
from models.value import TERMS, round_terms
from models.vetoes import RuleVetoes, arbitration_veto, shut_out


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening kept and removed; rows of the catalogue. `stops` are this customer's own, beside those of the opening."""

    opening: Opening
    eligible: tuple[int, ...]
    swaps: Mapping[int, Swap]
    stops: Mapping[int, Stop]
    breaches: Mapping[int, list[Breach]]


def decide(
    request: DecisionRequest,
    customer: Customer,
    history: History,
    knowledge: Knowledge,
    *,
    now: datetime,
    decision_id: str,
    degraded: tuple[str, ...] = (),
) -> Decision:
    """The best thing to do for this customer now. Pure: the same arguments give the same decision.

    `degraded` names what the caller could not load; what was missing here is added to it. `took_ms` is the caller's to fill.
    """
    situation = situation_of(
        request, customer, history, now, policy=knowledge.policy, portfolios=knowledge.portfolios
    )
    verdicts = Verdicts(knowledge.book, situation.values)
    gate = knowledge.book.mode(verdicts)
    screened = screen(situation, gate, verdicts, knowledge)
    expected = None if situation.objects else forecast(situation, knowledge.tariff)
    priced = None
    worth = [row for row in screened.eligible if knowledge.catalogue.actions[row].kind in {"offer", "save"}]
    if expected is not None and worth:
        priced = price_actions(worth, screened.swaps, situation, expected.outlook, knowledge.tariff)
    placed = arbitrate(
        screened.eligible,
        priced,
        expected,
        mode=gate.mode,
        refused=len(situation.refused_saves),
        leaving=situation.leaving,
        catalogue=knowledge.catalogue,
        policy=knowledge.policy,
    )
    return _explained(
        request,
        situation,
        verdicts,
        gate,
        screened,
        expected,
        priced,
        placed,
        knowledge,
        decision_id,
        degraded,
    )


def screen(situation: Situation, gate: ModeGate, verdicts: Verdicts, knowledge: Knowledge) -> Screened:
    """Plain fields first, then rules tier by tier; keeps what it removes. Prices and sorts nothing."""
    opening = knowledge.door.opening(gate.mode, admitted(gate, verdicts), situation)
    swaps, refused = opening.swaps, situation.refused_saves
    stops: dict[int, Stop] = {}
    if refused:
        actions = knowledge.catalogue.actions
        stop = Stop("already_refused", (("history.saves_refused", refused),))
        stops = {row: stop for row in swaps if actions[row].id in refused}
        swaps = {row: swap for row, swap in swaps.items() if row not in stops}
    breaches = knowledge.book.screen(swaps, situation.contact.channel, verdicts, knowledge.emergencies)
    return Screened(opening, tuple([row for row in swaps if row not in breaches]), swaps, stops, breaches)


def _explained(
    request: DecisionRequest,
    situation: Situation,
    verdicts: Verdicts,
    gate: ModeGate,
    screened: Screened,
    expected: Forecast | None,
    priced: PricedActions | None,
    placed: Placed,
    knowledge: Knowledge,
    decision_id: str,
    degraded: tuple[str, ...],
) -> Decision:
    wording, policy = knowledge.wording, knowledge.policy
    language = wording.language(request.language)
    values = text_values(situation)
    figures = _values(priced, placed, screened.swaps, knowledge)
    proposals = tuple(
        _proposal(
            rank, row, screened.swaps[row], figures.get(row), situation, verdicts, knowledge, values, language
        )
        for rank, row in enumerate(placed.ranked, start=1)
    )
    evidence = reasons(gate.mode.evidence, wording, knowledge.book.reasons, verdicts, values, language)
    vetoes = _vetoes(screened, placed, priced, verdicts, knowledge, values, language)
    reopens = wording.reopens.get((gate.mode.id, language))
    known = () if knowledge.bundle is not None else ("bundle",)
    missing = tuple(f"missing:{path}" for path in sorted(verdicts.missing))
    unknown = tuple(f"unknown:{product}" for product in situation.unknown)
    return Decision(
        decision_id=decision_id,
        customer_id=request.customer_id,
        contact_id=request.contact.contact_id,
        mode=gate.mode.id,
        mode_text=wording.modes[gate.mode.id, language].whole(values, language),
        evidence=evidence,
        reopens_when=None if reopens is None else reopens.whole(values, language),
        proposals=proposals,
        churn=None if expected is None else expected.churn,
        vetoes=vetoes,
        selection=Selection(probability=1.0, explored=False),
        experiment=Experiment(),
        versions=knowledge.versions,
        degraded=(*degraded, *known, *missing, *unknown),
        decided_at=situation.now,
        valid_until=situation.now + timedelta(minutes=policy.arbitration.valid_minutes),
    )


def _values(
    priced: PricedActions | None, placed: Placed, swaps: Mapping[int, Swap], knowledge: Knowledge
) -> dict[int, Value]:
    """The figures of the proposals that have a price, rounded to cents that add up."""
    if priced is None:
        return {}
    wanted = [position for position, row in enumerate(priced.index) if row in placed.ranked]
    if not wanted:
        return {}
    terms, expected = round_terms(priced.priced.terms[:, wanted])
    return {
        row: Value(
            expected=worth,
            currency=knowledge.catalogue.currency,
            p_accept=round(float(priced.p[position]), 4),
            terms=Terms(**dict(zip(TERMS, column, strict=True))),
            sources=sources_of(row, swaps[row], knowledge.tariff, priced.taken_learned),
        )
        for position, column, worth in zip(wanted, terms.T.tolist(), expected.tolist(), strict=True)
        for row in [priced.index[position]]
    }


def _proposal(
    rank: int,
    row: int,
    swap: Swap,
    value: Value | None,
    situation: Situation,
    verdicts: Verdicts,
    knowledge: Knowledge,
    known: Mapping[str, Any],
    language: str,
) -> Proposal:
    action = knowledge.catalogue.actions[row]
    wording = knowledge.wording
    spoken = wording.language(situation.contact.language)
    about = {
        lang: {**known, **action_text_values(row, swap, situation, knowledge.catalogue, lang)}
        for lang in {language, spoken}
    }
    return Proposal(
        rank=rank,
        action_id=action.id,
        kind=action.kind,
        title=say((wording.titles[action.id, language],), about[language], language),
        value=value,
        say=say(wording.says[action.id, spoken], about[spoken], spoken),
        why=reasons(action.reasons, wording, knowledge.book.reasons, verdicts, about[language], language),
        commitment=action.commitment,
        disclosures=tuple(
            say((wording.disclosures[name, spoken],), about[spoken], spoken) for name in action.disclosures
        ),
        do=action.do,
    )


def _vetoes(
    screened: Screened,
    placed: Placed,
    priced: PricedActions | None,
    verdicts: Verdicts,
    knowledge: Knowledge,
    known: Mapping[str, Any],
    language: str,
) -> tuple[Veto, ...]:
    """Every action that is not proposed, and what stopped it; in the catalogue's order."""
    actions = knowledge.catalogue.actions
    worth = {} if priced is None else dict(zip(priced.index, priced.priced.eiv.tolist(), strict=True))
    shelf = knowledge.wording.shelf
    found: dict[int, tuple[Veto, ...]] = dict(shut_out(screened.opening, actions, language, shelf))
    for row, stop in screened.stops.items():
        found[row] = (shelf.by_fit(actions[row].id, stop, language),)
    spoken = RuleVetoes(knowledge.wording.rules, shelf, verdicts, known, language)
    for row, breaches in screened.breaches.items():
        found[row] = tuple([spoken.veto(actions[row].id, breach) for breach in breaches])
    for row, rule in placed.passed.items():
        found[row] = (arbitration_veto(actions[row].id, rule, worth.get(row), language),)
    return tuple([veto for row in sorted(found) for veto in found[row]])
