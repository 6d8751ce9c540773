"""The decision: one pure function from a question, a customer and a moment to priced, explained proposals.

    screen      eligible actions and vetoes
    price       euros for offers and saves
    arbitrate   which stand, in what order
    explain     why, what to say

Loading and recording are the caller's; so a live call, a replay and a call list decide alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from models.arbitration import NOTHING_ASKED, arbitrate
from models.context import situation_of
from models.domain import Customer, Decision, DecisionRequest, Experiment, History, Selection
from models.explanation import Explanation
from models.motive import inferred_motive
from models.pricing import SHOWN_DRIVERS, forecast, price_actions
from models.rulebook import Verdicts
from models.screening import screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.context import Situation
    from models.knowledge import Knowledge

CERTAIN, CHAMPION = Selection(probability=1.0, explored=False), Experiment()
VALUED = frozenset({"offer", "save"})
"""The kinds that have a price in euros."""
UNREAD = frozenset({"store", "customer"})
"""What of `degraded` says that the stored customer could not be had."""


def decide(
    request: DecisionRequest,
    customer: Customer,
    history: History,
    knowledge: Knowledge,
    *,
    now: datetime,
    decision_id: str,
    degraded: tuple[str, ...] = (),
    sold_out: frozenset[str] = frozenset(),
) -> Decision:
    """The best thing to do for this customer now. Pure: the same arguments give the same decision.

    `degraded` names what the caller could not load; what was missing here is added to it. `sold_out` are the actions of which
    there is no more. `took_ms` is the caller's to fill.
    """
    situation = situation_of(
        request,
        customer,
        history,
        now,
        policy=knowledge.policy,
        portfolios=knowledge.portfolios,
        unread=not UNREAD.isdisjoint(degraded),
    )
    full = request.detail == "full"
    verdicts = Verdicts(knowledge.book, situation.values)
    gate = knowledge.book.mode(verdicts)
    screened = screen(situation, gate, verdicts, knowledge, history.outcomes, sold_out)
    motive = situation.said
    if situation.leaving and motive.value is None and not situation.objects:
        motive = inferred_motive(knowledge.inferred, verdicts.holds)
    expected = None
    if not situation.objects:
        expected = forecast(situation, motive, knowledge.tariff, drivers=SHOWN_DRIVERS if full else 0)
    priced = None
    worth = [row for row in screened.eligible if knowledge.catalogue.actions[row].kind in VALUED]
    if expected is not None and worth:
        priced = price_actions(worth, situation, motive, expected.outlook, knowledge.tariff)
    asked: Mapping[int, float] = NOTHING_ASKED
    if expected is not None:
        asked = knowledge.questions.worth(
            screened, situation, motive, verdicts, expected, priced, screened.limited
        )
    placed = arbitrate(
        screened.eligible,
        priced,
        expected,
        mode=gate.mode,
        refused=len(situation.refused_saves),
        spoken=situation.rounds_spoken,
        leaving=situation.leaving,
        catalogue=knowledge.catalogue,
        policy=knowledge.policy,
        levers=knowledge.levers.on(situation.today, situation.contact.channel),
        asked=asked,
    )
    told = Explanation(request, situation, verdicts, screened, priced, asked, placed, knowledge)
    wording, language, values = knowledge.wording, told.language, told.values
    reopens = wording.reopens.get((gate.mode.id, language))
    evidence = told.reasons(gate.mode.evidence, values)
    proposals = told.proposals()
    return Decision(
        decision_id=decision_id,
        customer_id=request.customer_id,
        contact_id=request.contact.contact_id,
        mode=gate.mode.id,
        mode_text=wording.modes[gate.mode.id, language].whole(values, language),
        evidence=evidence,
        reopens_when=None if reopens is None else reopens.whole(values, language),
        motive=motive if situation.leaving else None,
        proposals=proposals,
        levers=placed.levers,
        levers_cost=round(placed.levers_cost, 2),
        churn=None if expected is None else expected.churn,
        removed=screened.removed(len(placed.passed)),
        vetoes=told.vetoes() if full else (),
        selection=CERTAIN,
        experiment=CHAMPION,
        versions=knowledge.versions,
        degraded=(*degraded, *_degraded(knowledge, verdicts, situation)),
        decided_at=now,
        valid_until=now + knowledge.validity,
    )


def _degraded(knowledge: Knowledge, verdicts: Verdicts, situation: Situation) -> tuple[str, ...]:
    """What the answer had to do without."""
    if knowledge.bundle is not None and not verdicts.missing and not situation.unknown:
        return ()
    bundle = () if knowledge.bundle is not None else ("bundle",)
    missing = [f"missing:{path}" for path in sorted(verdicts.missing)]
    return (*bundle, *missing, *[f"unknown:{product}" for product in situation.unknown])
