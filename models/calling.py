"""Whom to call: the same decision as in a live contact, asked of a customer who did not ask, and kept when it proposes what a list wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Literal, get_args

from models.decision import decide
from models.domain import Channel, Contact, Customer, DecisionRequest, History, Language, Tier, partition
from models.knowledge import Knowledge
from models.lists import CallLists
from models.response import Decision, Proposal, Veto
from models.sections.lists import CallList
from models.sections.selector import selects
from models.situation import situation_of

TIERS: tuple[Tier, ...] = get_args(Tier)
NotCalled = Literal["not_for_this_list", "nothing_to_call_about"]


@dataclass(frozen=True, slots=True)
class Call:
    """A customer worth calling and what about; `mode` is the place of his mode among the policy's."""

    customer_id: str
    proposal: Proposal
    mode: int
    decided_at: datetime

    @property
    def order(self) -> tuple[bool, float, int, int, str]:
        """What has a price by its expected value, then the rest by mode and place."""
        value = self.proposal.value
        worth = 0.0 if value is None else value.expected
        return (value is None, -worth, self.mode, self.proposal.rank, self.customer_id)


@dataclass(frozen=True, slots=True)
class Left:
    """A customer who is not called. `rule` is what stopped the list's own actions, when that was why: the law first, else the last to."""

    why: NotCalled
    rule: str | None = None


@dataclass(frozen=True)
class Caller:
    """Decides for one list at one moment. A call list is no record: whoever calls asks again, when the customer is on the line."""

    knowledge: Knowledge
    lists: CallLists
    wanted: CallList
    channel: Channel
    now: datetime
    language: Language | None = None

    def consider(self, customer: Customer, history: History) -> Call | Left:
        """Whether to call this customer, or why not. The law in force says whom a list spares, as it does in any outbound contact."""
        request = self._question(customer.customer_id)
        situation = situation_of(
            request,
            customer,
            history,
            self.now,
            policy=self.knowledge.policy,
            portfolios=self.knowledge.portfolios,
        )
        if not self.lists.takes(self.wanted.id, situation.values):
            return Left("not_for_this_list")
        decision = decide(
            request,
            customer,
            history,
            self.knowledge,
            now=self.now,
            decision_id=f"{partition(customer.customer_id)}-list",
        )
        wanted = [proposal for proposal in decision.proposals if self._wants(proposal.action_id)]
        if wanted:
            return Call(customer.customer_id, wanted[0], self._place(decision), self.now)
        vetoes = [veto for veto in decision.vetoes if self._wants(veto.action_id)]
        return Left("nothing_to_call_about", max(vetoes, key=_weight).rule)

    def _question(self, customer_id: str) -> DecisionRequest:
        contact = Contact(contact_id=f"list-{self.wanted.id}", channel=self.channel, direction="outbound")
        return DecisionRequest(
            customer_id=customer_id, contact=contact, language=self.language, detail="full"
        )

    def _wants(self, action_id: str) -> bool:
        return selects(self.wanted.applies, self.knowledge.catalogue.action[action_id])

    def _place(self, decision: Decision) -> int:
        return next(
            place for place, mode in enumerate(self.knowledge.policy.modes) if mode.id == decision.mode
        )


def _weight(veto: Veto) -> tuple[bool, int]:
    return veto.tier == "legal", TIERS.index(veto.tier)


def best(calls: Iterable[Call], limit: int) -> list[Call]:
    """The first `limit` in order; no more than that many are held at once."""
    return nsmallest(limit, calls, key=lambda call: call.order)
