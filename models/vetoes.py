"""What is said of an action that is not proposed: the rule, its tier, and the values that decided."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from models.arbitration import ARBITRATION_TEXTS
from models.catalogue import Action
from models.domain import FactValue, Tier, Veto
from models.fit import FIT_TEXTS, Opening
from models.memo import Memo
from models.policy import Rule
from models.portfolio import Stop
from models.rulebook import Breach, Verdicts
from models.texts import Sentence

Rules = Mapping[tuple[str, str], Sentence]
"""What each rule says, by its id and the language."""


class Said(NamedTuple):
    """What stops an action says: its tier, rule, text, and the values that decided."""

    tier: Tier
    rule: str
    text: str
    values: tuple[tuple[str, FactValue | tuple[str, ...] | None], ...]


class VetoShelf:
    """Vetoes made before. Most customers are stopped by the same rules with the same values, and a noun is dear to make."""

    def __init__(self) -> None:
        self._made: Memo[Hashable, Veto] = Memo(20_000)

    def known(self, ground: Hashable) -> Veto | None:
        """The veto on this ground, which says which action it is about, if it was said before."""
        return self._made.get(ground)

    def keep(self, ground: Hashable, action_id: str, said: Said) -> Veto:
        """Say it for the first time."""
        tier, rule, text, values = said
        made = Veto(action_id=action_id, tier=tier, rule=rule, text=text, values=dict(values))
        return self._made.keep(ground, made)

    def by_fit(self, action_id: str, stop: Stop, language: str) -> Veto:
        """A plain field's no to this action."""
        ground = (action_id, stop, language)
        known = self.known(ground)
        if known is not None:
            return known
        text = _in_language(FIT_TEXTS[stop.rule], language)
        return self.keep(ground, action_id, Said("fit", stop.rule, text, stop.values))


def shut_out(
    opening: Opening, actions: Sequence[Action], language: str, shelf: VetoShelf
) -> Mapping[int, tuple[Veto, ...]]:
    """The vetoes of what contact and holdings stop: said once for all customers who are alike in both."""
    made = opening.vetoes.get(language)
    if made is None:
        made = {row: (shelf.by_fit(actions[row].id, stop, language),) for row, stop in opening.stops.items()}
        opening.vetoes[language] = made
    return made


class RuleVetoes:
    """The rules' noes in one situation."""

    def __init__(
        self, rules: Rules, shelf: VetoShelf, verdicts: Verdicts, known: Mapping[str, Any], language: str
    ) -> None:
        self._rules = rules
        self._shelf = shelf
        self._verdicts = verdicts
        self._known = known
        self._language = language

    def veto(self, action_id: str, breach: Breach) -> Veto:
        """A rule's no to one action. The same values read give the same veto."""
        check = breach.check
        sentence = self._rules.get((check.rule.id, self._language))
        ground: Hashable = (check.number, self._language, self._verdicts.seen.get(check.program))
        if sentence is not None and sentence.names:
            ground = (ground, tuple([self._known.get(name) for name in sentence.names]))
        shelf = self._shelf
        return shelf.known(ground) or shelf.keep(ground, action_id, self._said(breach, sentence))

    def _said(self, breach: Breach, sentence: Sentence | None) -> Said:
        values = tuple((path, _kept(value)) for path, value in self._verdicts.deciding(breach).items())
        rule = breach.check.rule
        return Said(rule.tier, rule.id, self._text(rule, sentence), values)

    def _text(self, rule: Rule, sentence: Sentence | None) -> str:
        """What the rule says; a placeholder that is unknown here is left out."""
        if sentence is None:
            return _in_language(rule.reason, self._language)
        return sentence.whole(self._known, self._language)


def arbitration_veto(action_id: str, rule: str, expected: float | None, language: str) -> Veto:
    """Eligible, and still not proposed."""
    values = {} if expected is None else {"expected": round(expected, 2)}
    return Veto(
        action_id=action_id,
        tier="arbitration",
        rule=rule,
        text=_in_language(ARBITRATION_TEXTS[rule], language),
        values=values,
    )


def _kept(value: Any) -> Any:
    """A value as a veto keeps it: a list as a tuple; a day or a moment as it is written, so that it reads back the same."""
    if isinstance(value, date):
        return value.isoformat()
    return tuple(value) if isinstance(value, list) else value


def _in_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()))
