"""What is said of an action that is not proposed: the rule, its tier, and the values that decided."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from models.response import Veto
from models.vocabulary import action_values

if TYPE_CHECKING:
    from models.caps import CapStop
    from models.checks import Breach
    from models.knowledge import Knowledge
    from models.swaps import Stop
    from models.texts import Sentence
    from models.verdicts import Verdicts


class Vetoes:
    """Noes in one situation, in one language; `known` are the values texts may name."""

    def __init__(
        self, knowledge: Knowledge, verdicts: Verdicts, known: Mapping[str, Any], language: str
    ) -> None:
        self._actions = knowledge.catalogue.actions
        self._wording = knowledge.wording
        self._catalogue = knowledge.catalogue
        self._policy = knowledge.policy.edition
        self._verdicts = verdicts
        self._known = known
        self._language = language

    def by_fit(self, row: int, stop: Stop) -> Veto:
        """A plain field's no to this action."""
        return Veto(
            action_id=self._actions[row].id,
            tier="fit",
            rule=stop.rule,
            version=self._policy if stop.rule == "kind_not_in_mode" else self._catalogue.edition,
            text=self._own(stop.rule).whole({}),
            values=dict(stop.values),
        )

    def by_stock(self, row: int, stop: Stop) -> Veto:
        """There is no more of it."""
        known = dict(stop.values)
        return Veto(
            action_id=self._actions[row].id,
            tier="eligibility",
            rule=stop.rule,
            version=self._catalogue.edition,
            text=self._own(stop.rule).whole(known),
            values=known,
        )

    def by_cap(self, row: int, stop: CapStop) -> Veto:
        """It was said, taken or refused too often."""
        values: dict[str, Any] = dict(stop.values)
        sentence = self._wording.caps[stop.cap, self._language]
        return Veto(
            action_id=self._actions[row].id,
            tier="contact_policy",
            rule=stop.cap,
            version=self._policy,
            text=sentence.whole({**values, "reopens": stop.reopens}),
            values=values,
        )

    def by_rule(self, row: int, breach: Breach) -> Veto:
        """A rule's no to this action; a placeholder that is unknown here is left out of its text."""
        check = breach.check
        sentence = self._wording.rules[check.rule.id, self._language]
        return Veto(
            action_id=self._actions[row].id,
            tier=check.rule.tier,
            rule=check.rule.id,
            version=check.edition,
            text=sentence.whole(self._known),
            values={path: _kept(value) for path, value in self._deciding(row, breach).items()},
        )

    def _deciding(self, row: int, breach: Breach) -> Mapping[str, Any]:
        """The values that decided; where no fact of the customer did, those of the action that the rule names."""
        values = self._verdicts.deciding(breach)
        if values:
            return values
        own = action_values(self._catalogue)[row]
        return {
            f"action.{name}": own[name] for name in dict.fromkeys(_OWN.findall(breach.check.rule.require))
        }

    def by_arbitration(self, row: int, rule: str, expected: float | None) -> Veto:
        """Eligible, and still not proposed: by its value, or by its priority where it has none."""
        return Veto(
            action_id=self._actions[row].id,
            tier="arbitration",
            rule=rule,
            version=self._policy,
            text=self._own(rule).whole({}),
            values={"priority": self._actions[row].priority}
            if expected is None
            else {"expected": round(expected, 2)},
        )

    def _own(self, rule: str) -> Sentence:
        """The reason of a rule that the software has itself."""
        return self._wording.own[rule, self._language]


_OWN = re.compile(r"\baction\.(\w+)")


def _kept(value: Any) -> Any:
    """A value as a veto keeps it: a list as a tuple; a day or a moment as it is written, so that it reads back the same."""
    if isinstance(value, date):
        return value.isoformat()
    return tuple(value) if isinstance(value, list) else value
