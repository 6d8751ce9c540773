"""The legal rules in force, asked of what another catalogue and policy would propose."""

from __future__ import annotations

from collections.abc import Iterable

from models.catalogue import Catalogue
from models.domain import Customer
from models.journal import DecisionRecord
from models.knowledge import Knowledge
from models.policy import Policy
from models.portfolio import Portfolios
from models.response import Decision
from models.rules import compile_rules
from models.situation import situation_of
from models.verdicts import Verdicts


class Law:
    """What is legal now. It is asked directly: a proposed mode may let in what no legal rule was asked about before.

    `unasked` are the rules that do not compile with the proposed catalogue, such as one that names a product it no longer has.
    """

    def __init__(self, present: Knowledge, proposed: Catalogue) -> None:
        self._policy = _legal_part(present.policy)
        self._portfolios = Portfolios(proposed)
        self._actions = proposed.actions
        self._rows = {action.id: row for row, action in enumerate(proposed.actions)}
        known = present.catalogue.action
        self._emergencies = frozenset(
            row for name, row in self._rows.items() if name in known and known[name].emergency
        )
        bare = tuple(action.model_copy(update={"condition": None}) for action in proposed.actions)
        self._book, _ = compile_rules(proposed.model_copy(update={"actions": bare}), self._policy)
        self.unasked = tuple(self._uncompiled(proposed.model_copy(update={"actions": bare})))

    def _uncompiled(self, catalogue: Catalogue) -> Iterable[str]:
        for rule in self._policy.rules:
            alone = self._policy.model_copy(update={"rules": (rule,)})
            if compile_rules(catalogue, alone)[1]:
                yield rule.id

    def broken(self, record: DecisionRecord, decision: Decision) -> list[tuple[str, str]]:
        """(rule, action) for every proposal of `decision` that a legal rule in force stops in the situation of the record."""
        customer = record.customer or Customer(customer_id=record.request.customer_id)
        situation = situation_of(
            record.request,
            customer,
            record.history,
            record.decision.decided_at,
            policy=self._policy,
            portfolios=self._portfolios,
            lost=record.degraded_in,
        )
        rows = [self._rows[proposal.action_id] for proposal in decision.proposals]
        channel = record.request.contact.channel
        verdicts = Verdicts(self._book, situation.values)
        stopped = verdicts.screen(rows, channel, self._emergencies).breaches
        return [
            (breach.check.rule.id, self._actions[row].id)
            for row, breaches in stopped.items()
            for breach in breaches
        ]


def _legal_part(policy: Policy) -> Policy:
    legal = tuple(rule for rule in policy.rules if rule.tier == "legal")
    return policy.model_copy(update={"rules": legal, "modes": policy.modes[-1:], "reasons": ()})
