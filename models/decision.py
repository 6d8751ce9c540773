"""The decision: one pure function from a question, a customer and a moment to priced, explained proposals.

    screen      eligible actions and vetoes
    price       euros for offers and saves
    arbitrate   which stand, in what order
    explain     why, what to say

Loading and recording are the caller's; so a live call, a replay and a call list decide alike.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from models.arbitration import NOTHING_ASKED, Candidates, arbitrate
from models.certainty import Certainty
from models.domain import VALUED, Customer, DecisionRequest, History
from models.explanation import Explanation
from models.exploration import CERTAIN, Exploring, seeds_of, selection_of
from models.holdout import drawn, held_out, withheld
from models.motive import inferred_motive
from models.outcomes import shown_to_himself
from models.pricing import SHOWN_DRIVERS, forecast, price_actions
from models.response import Decision, Experiment, Reason, Selection
from models.screening import screen
from models.situation import situation_of
from models.verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.arbitration import Placed
    from models.domain import PastOutcome
    from models.knowledge import Knowledge
    from models.pricing import Forecast, PricedActions
    from models.response import Motive
    from models.rulebook import ModeGate
    from models.screening import Screened
    from models.sections.experiments import Held
    from models.situation import Situation

CHAMPION = Experiment()


class Seen(NamedTuple):
    """The customer as the rules see him: which mode it is, and what is open to him.

    Who is `held` out is not told of the rows `withheld`, which are not among the eligible then.
    """

    situation: Situation
    verdicts: Verdicts
    gate: ModeGate
    screened: Screened
    held: Held | None = None
    withheld: tuple[int, ...] = ()


class Worth(NamedTuple):
    """What is expected of the customer and in euros of the eligible actions, and how sure that is; `asked` is what answers are worth.

    Of someone who objects to profiling nothing is expected and nothing is priced.
    """

    motive: Motive
    expected: Forecast | None
    priced: PricedActions | None
    asked: Mapping[int, float]
    certainty: Certainty | None = None


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
    experiment: Experiment = CHAMPION,
    explore: float = 0.0,
) -> Decision:
    """The best thing to do for this customer now. Pure: the same arguments give the same decision.

    `degraded` names what the caller could not load; what was missing here is added to it. `sold_out` are the actions of which
    there is no more. `experiment` names the policy of `knowledge` and the arms that led to it; who is left out of proposals is found
    here. `explore` is the rate at which chance has a say in what stands first, among those the policy calls near the best; a caller who
    records what he is answered gives it, as `Knowledge.explore_rate` has it. `took_ms` is the caller's to fill.
    """
    situation = situation_of(
        request,
        customer,
        history,
        now,
        policy=knowledge.policy,
        portfolios=knowledge.portfolios,
        lost=degraded,
    )
    full = request.detail == "full"
    seen = _screen(situation, history.outcomes, knowledge, sold_out, request.customer_id)
    worth = _price(seen, knowledge, drivers=SHOWN_DRIVERS if full else 0)
    placed, selection = _arbitrate(request, seen, worth, knowledge, explore)
    told = Explanation(
        request,
        situation,
        seen.verdicts,
        seen.screened,
        worth.priced,
        worth.certainty,
        worth.asked,
        placed,
        knowledge,
    )
    mode = seen.gate.mode
    mode_text, evidence = told.mode_text(mode), told.reasons(mode.evidence, told.values)
    return Decision.of_parts(
        decision_id=decision_id,
        customer_id=request.customer_id,
        contact_id=request.contact.contact_id,
        mode=mode.id,
        mode_text=mode_text,
        evidence=evidence,
        reopens_when=told.reopens_when(seen.gate),
        motive=worth.motive if situation.leaving else None,
        proposals=told.proposals(evidence or (Reason(code=mode.id, text=mode_text),)),
        levers=placed.levers,
        levers_cost=round(placed.levers_cost, 2),
        churn=None if worth.expected is None else worth.expected.churn,
        removed=seen.screened.removed(len(placed.passed)),
        vetoes=told.vetoes() if full else (),
        selection=selection,
        experiment=_measured(experiment, seen),
        versions=knowledge.versions,
        degraded=(*degraded, *_degraded(knowledge, seen.verdicts, situation)),
        decided_at=now,
        valid_until=now + knowledge.validity,
    )


def weigh(
    request: DecisionRequest,
    customer: Customer,
    history: History,
    knowledge: Knowledge,
    *,
    now: datetime,
    degraded: tuple[str, ...] = (),
    sold_out: frozenset[str] = frozenset(),
) -> Worth:
    """What the eligible actions are worth, as `decide` has it, before any is placed."""
    policy, portfolios = knowledge.policy, knowledge.portfolios
    situation = situation_of(
        request, customer, history, now, policy=policy, portfolios=portfolios, lost=degraded
    )
    seen = _screen(situation, history.outcomes, knowledge, sold_out, request.customer_id)
    return _price(seen, knowledge, drivers=0)


def candidates(
    request: DecisionRequest,
    customer: Customer,
    history: History,
    knowledge: Knowledge,
    *,
    now: datetime,
    explore: float = 0.0,
) -> Candidates:
    """What `decide` has arbitrated."""
    policy, portfolios = knowledge.policy, knowledge.portfolios
    situation = situation_of(request, customer, history, now, policy=policy, portfolios=portfolios)
    seen = _screen(situation, history.outcomes, knowledge, frozenset(), request.customer_id)
    worth = _price(seen, knowledge, drivers=0)
    return _among(seen, worth, knowledge, _exploring(request, seen, worth, knowledge, explore))


def _measured(experiment: Experiment, seen: Seen) -> Experiment:
    """What the decision counts in."""
    if seen.situation.objects:
        return experiment.model_copy(update={"measured": False})
    return experiment if seen.held is None else Experiment(holdout=seen.held)


def _screen(
    situation: Situation,
    outcomes: Sequence[PastOutcome],
    knowledge: Knowledge,
    sold_out: frozenset[str],
    customer_id: str,
) -> Seen:
    verdicts = Verdicts(knowledge.book, situation.values)
    gate = verdicts.mode()
    screened = screen(situation, gate, verdicts, knowledge, outcomes, sold_out)
    holdout = knowledge.policy.experiments.holdout
    # Who objects to profiling is measured in nothing, so nothing is kept from him.
    if holdout is None or situation.objects:
        return Seen(situation, verdicts, gate, screened)
    held = holdout.of(customer_id)
    if held != "universal":
        return Seen(situation, verdicts, gate, screened, held)
    rows = withheld(screened.eligible, knowledge.catalogue.actions)
    left = tuple([row for row in screened.eligible if row not in rows])
    return Seen(situation, verdicts, gate, screened._replace(eligible=left), held, rows)


def _price(seen: Seen, knowledge: Knowledge, *, drivers: int) -> Worth:
    """What the eligible actions are worth, with so many drivers of the customer's churn."""
    situation, verdicts, screened = seen.situation, seen.verdicts, seen.screened
    motive = situation.said
    if situation.objects:
        return Worth(motive, None, None, NOTHING_ASKED)
    if situation.leaving and motive.value is None:
        motive = inferred_motive(knowledge.inferred, verdicts.holds)
    expected = forecast(situation, motive, knowledge.tariff, drivers=drivers)
    actions = knowledge.catalogue.actions
    rows = [row for row in screened.eligible if actions[row].kind in VALUED]
    tariff, leaves = knowledge.tariff, expected.leaves
    priced = price_actions(rows, situation, motive, expected.outlook, tariff, leaves) if rows else None
    asked = knowledge.questions.worth(knowledge, screened, situation, motive, verdicts, expected, priced)
    certainty = None
    if priced is not None and knowledge.tariff.deviations is not None:
        certainty = Certainty(situation, motive, expected, priced, screened.swaps, knowledge.tariff)
    return Worth(motive, expected, priced, asked, certainty)


def _arbitrate(
    request: DecisionRequest, seen: Seen, worth: Worth, knowledge: Knowledge, explore: float
) -> tuple[Placed, Selection]:
    """What stands, and how rank 1 came to."""
    exploring = _exploring(request, seen, worth, knowledge, explore)
    among = _among(seen, worth, knowledge, exploring)
    holdout = knowledge.policy.experiments.holdout
    # Who is spared stays in his share: a share that troubles take customers out of is compared with other customers than its own.
    if seen.held == "random" and holdout is not None and seen.verdicts.holds(knowledge.book.tried_upon):
        found = drawn(among, holdout.draw(request.customer_id, seen.situation.contact.contact_id))
        if found is not None:
            return found
    placed = arbitrate(among)
    if seen.held is not None:
        return held_out(placed, seen.withheld), CERTAIN
    return placed, selection_of(placed.drawn, exploring, explore, knowledge.catalogue.action_ids)


def _exploring(
    request: DecisionRequest, seen: Seen, worth: Worth, knowledge: Knowledge, rate: float
) -> Exploring | None:
    """How the first proposal is drawn; None where the policy does not say how, or that it may not be."""
    limits, certainty = knowledge.policy.arbitration.explore, worth.certainty
    if rate == 0.0 or limits is None or worth.priced is None or seen.held is not None:
        return None
    if not all(map(seen.verdicts.holds, (knowledge.book.explorable, knowledge.book.tried_upon))):
        return None
    seeds = seeds_of(request.customer_id, request.contact.contact_id)
    return Exploring(
        rate,
        limits,
        seeds,
        lambda rows: None if certainty is None else certainty.of_rows(rows, seeds.values),
    )


def _among(seen: Seen, worth: Worth, knowledge: Knowledge, exploring: Exploring | None) -> Candidates:
    situation = seen.situation
    return Candidates(
        eligible=seen.screened.eligible,
        priced=worth.priced,
        forecast=worth.expected,
        mode=seen.gate.mode,
        refused=len(situation.refused_saves),
        spoken=situation.rounds_spoken,
        leaving=situation.leaving,
        catalogue=knowledge.catalogue,
        policy=knowledge.policy,
        levers=knowledge.levers.on(situation.today, situation.contact.channel),
        asked=worth.asked,
        unsure=() if worth.certainty is None else worth.certainty.unsure(),
        waiting=situation.waiting_saves,
        one_save=shown_to_himself(situation.contact.channel, situation.contact.speaker),
        exploring=exploring,
        within=knowledge.within,
    )


def _degraded(knowledge: Knowledge, verdicts: Verdicts, situation: Situation) -> tuple[str, ...]:
    """What the answer had to do without."""
    if knowledge.bundle is not None and not verdicts.missing and not situation.unknown:
        return ()
    bundle = () if knowledge.bundle is not None else ("bundle",)
    # That all of the history is missing is said already, by what was lost.
    paths = [
        path for path in sorted(verdicts.missing) if not (situation.unread and path.startswith("history."))
    ]
    missing = [f"missing:{path}" for path in paths]
    return (*bundle, *missing, *[f"unknown:{product}" for product in situation.unknown])
