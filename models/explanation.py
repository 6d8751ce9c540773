"""Reasons for the agent, a sentence for the customer, what stopped the rest: the print-out of what was decided, in two voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.comparison import and_worse_off, compare
from models.disclosures import END_DATE, disclosed, new_end_date
from models.exploration import EXPLORED
from models.pricing import sources_of
from models.response import Promised, Proposal, Reason, Terms, Value, Veto
from models.uncertainty import interval
from models.value import TERMS, round_terms
from models.vetoes import Vetoes
from models.worse_off import CENT, customer_benefit, is_worse_off

if TYPE_CHECKING:
    from models.actions import Action
    from models.arbitration import Placed
    from models.catalogue import Catalogue
    from models.certainty import Certainty
    from models.domain import DecisionRequest
    from models.knowledge import Knowledge
    from models.portfolio import Portfolio
    from models.pricing import PricedActions
    from models.promises import Promise
    from models.response import Comparison
    from models.rulebook import ModeGate
    from models.screening import Screened
    from models.sections.modes import Mode
    from models.situation import Situation
    from models.swaps import Swap
    from models.texts import Sentence
    from models.verdicts import Verdicts
    from models.wording import Wording

SHOWN_REASONS = 3


def text_values(situation: Situation) -> dict[str, Any]:
    """What every text may name, by its bare name: counts of the history, what the contact says, and facts, which win over counts."""
    values = situation.values
    return {**values["history"], **values["contact"], **values["customer"]}


class Said(NamedTuple):
    """What accepting an action means to all who hold the same: figures and names for its texts, and the comparison."""

    values: Mapping[str, Any]
    comparison: Comparison | None


def said_of(row: int, swap: Swap, portfolio: Portfolio, catalogue: Catalogue, language: str) -> Said:
    """Worked out once for each set of holdings."""
    action = catalogue.actions[row]
    product = catalogue.product
    discount = action.discount.amount if action.discount else 0.0
    change = swap.price - discount
    before = portfolio.price
    benefit = customer_benefit(swap, action, catalogue) if swap.sold or swap.given_up or discount else 0.0
    values = {
        "discount": discount,
        "discount_months": action.discount.months if action.discount else 0,
        "commitment_months": action.commitment.months,
        "sells": [product[p].name.get(language, p) for p in action.sells],
        "replaces": [product[p].name.get(language, p) for p in swap.given_up],
        "price_before": before,
        "price_after": before + change,
        "price_after_discount": before + swap.price,
        "price_change": abs(change),
        "bundle_benefit_lost": max(0.0, portfolio.benefit - swap.benefit) or None,
        "customer_benefit": benefit if benefit > CENT else None,
        "customer_loss": -benefit if is_worse_off(benefit) else None,
    }
    return Said(values, compare(swap, portfolio, action, catalogue, language))


def action_text_values(action: Action, said: Said, situation: Situation, timezone: str) -> dict[str, Any]:
    """What the texts of one action may say about itself: names, the customer's monthly bill before and after, days."""
    values = {**said.values, END_DATE: new_end_date(situation.today, action.commitment.months)}
    if action.promise is not None:
        values["promised_by"] = action.promise.due(situation.now, timezone).date()
    return values


def say(sentences: tuple[Sentence, ...], values: Mapping[str, Any]) -> str:
    """The first sentence whose placeholders are all known."""
    for sentence in sentences:
        text = sentence.fill(values)
        if text is not None:
            return text
    return ""


@lru_cache(maxsize=4_000)
def _reason(code: str, text: str) -> Reason:
    """Most reasons name no figure, and are the same for everybody."""
    return Reason(code=code, text=text)


def reasons(
    codes: tuple[str, ...],
    wording: Wording,
    programs: Mapping[str, int | None],
    verdicts: Verdicts,
    values: Mapping[str, Any],
    language: str,
) -> tuple[Reason, ...]:
    """The grounds that hold and can be said."""
    found = []
    for code in codes:
        if verdicts.holds(programs[code]):
            text = wording.reasons[code, language].fill(values)
            if text is not None:
                found.append(_reason(code, text))
    return tuple(found[:SHOWN_REASONS])


class Explanation:
    """A decision in words and figures, in the detail that was asked for."""

    def __init__(
        self,
        request: DecisionRequest,
        situation: Situation,
        verdicts: Verdicts,
        screened: Screened,
        priced: PricedActions | None,
        certainty: Certainty | None,
        asked: Mapping[int, float],
        placed: Placed,
        knowledge: Knowledge,
    ) -> None:
        self.full = request.detail == "full"
        self.language = knowledge.wording.language(request.language)
        self.values = text_values(situation)
        self._spoken = knowledge.wording.language(situation.contact.language)
        self._situation, self._verdicts = situation, verdicts
        self._screened, self._priced, self._asked, self._placed = screened, priced, asked, placed
        self._certainty = certainty
        self._knowledge = knowledge

    def mode_text(self, mode: Mode) -> str:
        """What the agent reads the mode as."""
        return self._knowledge.wording.modes[mode.id, self.language].whole(self.values)

    def reopens_when(self, gate: ModeGate) -> str | None:
        """What must end before another mode can follow: a sentence for each ground that holds."""
        told = [
            sentence.whole(self.values)
            for program, sentence in zip(
                gate.reopens, self._knowledge.wording.reopens[gate.mode.id, self.language], strict=True
            )
            if self._verdicts.holds(program)
        ]
        return " ".join(told) or None

    def reasons(self, codes: tuple[str, ...], values: Mapping[str, Any]) -> tuple[Reason, ...]:
        """The grounds that hold, for the agent."""
        knowledge = self._knowledge
        return reasons(
            codes, knowledge.wording, knowledge.book.reasons, self._verdicts, values, self.language
        )

    def proposals(self, grounds: tuple[Reason, ...]) -> tuple[Proposal, ...]:
        """What is proposed, in its order. `grounds` is why, where no reason of the action itself holds."""
        figures = self._figures()
        return tuple(
            [
                self._proposal(rank, row, figures.get(row), grounds)
                for rank, row in enumerate(self._placed.ranked, start=1)
            ]
        )

    def _proposal(self, rank: int, row: int, value: Value | None, grounds: tuple[Reason, ...]) -> Proposal:
        wording, language, spoken = self._knowledge.wording, self.language, self._spoken
        situation = self._situation
        action = self._knowledge.catalogue.actions[row]
        said = self._said(row, language)
        about = self._about(action, said)
        told = about if spoken == language else self._about(action, self._said(row, spoken))
        disclosures = disclosed(self._knowledge.told[row], situation.contact.channel, self._verdicts)
        return Proposal.of_parts(
            rank=rank,
            action_id=action.id,
            kind=action.kind,
            title=say((wording.titles[action.id, language],), about),
            value=value,
            say=say(wording.says[action.id, spoken], told),
            why=(*(self.reasons(action.reasons, about) or grounds), *self._by_chance(rank)),
            comparison=said.comparison,
            commitment=action.commitment,
            disclosures=tuple(
                [
                    say((wording.disclosures[name, spoken],), told)
                    for name in and_worse_off(disclosures, said.comparison)
                ]
            ),
            question=None if action.asks is None else action.asks.shown(self._asked.get(row), spoken),
            promise=None if action.promise is None else self._promised(action.promise),
            do=action.do,
        )

    def _by_chance(self, rank: int) -> tuple[Reason, ...]:
        """In full detail: that chance put it first."""
        drawn = self._placed.drawn
        if rank > 1 or not self.full or drawn is None or not drawn.explored:
            return ()
        text = self._knowledge.wording.own[EXPLORED, self.language].whole({})
        return (Reason(code=EXPLORED, text=text),)

    def _promised(self, promise: Promise) -> Promised:
        due = promise.due(self._situation.now, self._knowledge.policy.timezone)
        return Promised(by=due, subject=promise.subject)

    def _said(self, row: int, language: str) -> Said:
        portfolio, catalogue = self._situation.portfolio, self._knowledge.catalogue
        swap = self._screened.swaps[row]
        return portfolio.said(row, language, lambda: said_of(row, swap, portfolio, catalogue, language))

    def _about(self, action: Action, said: Said) -> Mapping[str, Any]:
        """What the texts of an action may name."""
        timezone = self._knowledge.policy.timezone
        return {**self.values, **action_text_values(action, said, self._situation, timezone)}

    def _figures(self) -> dict[int, Value]:
        """The figures of the proposals that have a price, rounded to cents that add up."""
        priced, placed = self._priced, self._placed
        wanted = [] if priced is None else [n for n, row in enumerate(priced.index) if row in placed.ranked]
        if priced is None or not wanted:
            return {}
        terms, chances = priced.priced.terms, priced.options.p
        low, high = self._intervals(wanted)
        figures = {}
        for column, place in enumerate(wanted):
            row, (shown, expected) = priced.index[place], round_terms(terms[place])
            figures[row] = Value(
                expected=expected,
                low=low[column],
                high=high[column],
                currency=self._knowledge.catalogue.currency,
                p_accept=round(chances[place], 4),
                **(self._detail(row, shown) if self.full else {}),
            )
        return figures

    def _intervals(self, places: list[int]) -> tuple[Sequence[float | None], Sequence[float | None]]:
        """`low` and `high` of the prices at these places, in whole cents; null where nobody has learned how sure they are."""
        draws = None if self._certainty is None else self._certainty.draws(places)
        if draws is None:
            return [None] * len(places), [None] * len(places)
        low, high = np.rint(np.array(interval(draws)) * 100.0) / 100.0 + 0.0
        return low.tolist(), high.tolist()

    def _detail(self, row: int, terms: list[float]) -> dict[str, Any]:
        return {
            "terms": Terms(**dict(zip(TERMS, terms, strict=True))),
            "sources": sources_of(row, self._screened.swaps[row], self._knowledge.tariff),
        }

    def vetoes(self) -> tuple[Veto, ...]:
        """Every action that is not proposed, and what stopped it; in the catalogue's order."""
        screened, priced, language = self._screened, self._priced, self.language
        worth = {} if priced is None else dict(zip(priced.index, priced.priced.eiv, strict=True))
        worth.update(self._asked)
        made = Vetoes(self._knowledge, self._verdicts, self.values, language)
        found: dict[int, tuple[Veto, ...]] = {
            row: (made.by_fit(row, stop),) for row, stop in screened.every_stop()
        }
        for row, breaches in screened.breaches.items():
            found[row] = tuple([made.by_rule(row, breach) for breach in breaches])
        for row, gone in screened.gone.items():
            found[row] = (*found.get(row, ()), made.by_stock(row, gone))
        for row, caps in screened.capped.items():
            found[row] = (*found.get(row, ()), *[made.by_cap(row, cap) for cap in caps])
        for row, rule in self._placed.passed.items():
            found[row] = (made.by_arbitration(row, rule, worth.get(row)),)
        return tuple([veto for row in sorted(found) for veto in found[row]])
