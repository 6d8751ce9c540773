"""Changes as a sentence for the agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.local_time import local_time
from models.texts import number, written

if TYPE_CHECKING:
    from models.catalogue import Catalogue
    from models.knowledge import Knowledge
    from models.policy import Policy
    from models.response import Change
    from models.wordbook import Wordbook

CHANGES: Final[Mapping[str, frozenset[str]]] = {
    key: frozenset(names.split())
    for key, names in {
        "when": "all",
        "and": "first last",
        "is": "what to",
        "at_least": "what to",
        "at_most": "what to",
        "true": "what",
        "false": "what",
        "known": "clause",
        "now": "clause was",
        "day": "day",
        "hour": "day hour",
        "consent": "what",
        "objects": "what",
        "withdraws": "what",
        "stays": "",
        "leaves": "",
        "confirms": "",
        "has": "what",
        "has_not": "what",
        "seen": "what",
    }.items()
}
"""What a language says changes with, and what each may name."""


def told(changes: tuple[Change, ...], knowledge: Knowledge, language: str) -> str:
    """All of them as one sentence."""
    teller = _Teller(knowledge.catalogue, knowledge.policy, knowledge.wording.wordbooks[language])
    *first, last = [clause for change in changes for clause in teller.clauses(change)]
    listed = teller.say("and", first=", ".join(first), last=last) if first else last
    return teller.say("when", all=listed)


class _Teller(NamedTuple):
    """One language, with the names that catalogue and policy have in it."""

    catalogue: Catalogue
    policy: Policy
    wordbook: Wordbook

    def say(self, key: str, **values: str) -> str:
        return self.wordbook.changes[key].format(**values)

    def clauses(self, change: Change) -> list[str]:
        """One, or two where products come and go."""
        if change.path == "customer.holdings":
            return self._holdings(change)
        if change.path == "now":
            return [self._moment(change)]
        return [self._of_customer(change) or self._value(change)]

    def _of_customer(self, change: Change) -> str | None:
        """What has a sentence of its own."""
        leaving = self.policy.leaving
        match change.path.rpartition("."):
            case "contact", _, "leaving":
                return self.say("stays")
            case "contact", _, "intent" if change.to in leaving.intents:
                return self.say("leaves")
            case "contact", _, "intent" if change.to in leaving.confirmed:
                return self.say("confirms")
            case "history", _, "interests_14d" | "subjects_14d":
                added = [word for word in _list(change.to) if word not in _list(change.was)]
                # What was looked at before may be forgotten by the day that is named.
                return self.say("seen", what=", ".join(map(self._product, added or _list(change.to))))
            case "customer.consents", _, name:
                key = "withdraws" if change.to is None else "consent" if change.to else "objects"
                return self.say(key, what=self._consent(name))
            case _:
                return None

    def _moment(self, change: Change) -> str:
        """A day, or an hour of it when the rest of the day would do as well."""
        before, to = (
            local_time(datetime.fromisoformat(str(moment)), self.policy.timezone)
            for moment in (change.was, change.to)
        )
        day = written(to.date(), "", self.wordbook)
        return (
            self.say("day", day=day)
            if before.time() == to.time()
            else self.say("hour", day=day, hour=str(to.hour))
        )

    def _holdings(self, change: Change) -> list[str]:
        was, to = Counter(_list(change.was)), Counter(_list(change.to))
        parts = (("has", to - was), ("has_not", was - to))
        return [
            self.say(key, what=", ".join(map(self._product, counted.elements())))
            for key, counted in parts
            if counted
        ]

    def _value(self, change: Change) -> str:
        what, was = self._name(change.path), self._word(change.path, change.was)
        to = self._word(change.path, change.to)
        if isinstance(change.to, bool) and what != change.path:
            clause = self.say("true" if change.to else "false", what=what)
        else:
            bound = "is" if change.to == 0 and change.bound == "at_most" else change.bound
            clause = self.say(bound, what=what, to=to)
        if change.was is not None:
            return self.say("now", clause=clause, was=was)
        return self.say("known", clause=clause) if change.path.startswith("customer.") else clause

    def _name(self, path: str) -> str:
        """What it is called; the path itself where nobody named it."""
        named = self.policy.fact_names.get(path.removeprefix("customer."), {})
        return named.get(self.wordbook.language) or self.wordbook.names.get(path, path)

    def _consent(self, name: str) -> str:
        stated = self.policy.consents.get(name)
        named = {} if stated is None else stated.name
        return named.get(self.wordbook.language, name)

    def _product(self, name: str) -> str:
        """A product by its name; a subject as the company calls it."""
        product = self.catalogue.product.get(name)
        return name if product is None else product.name.get(self.wordbook.language, name)

    def _word(self, path: str, value: Any) -> str:
        """A value: a word of a closed list by its label, a number to the hundredth, for a threshold may lie there."""
        if isinstance(value, str):
            return self._label(path, value)
        if isinstance(value, float):
            text = number(value, 2, self.wordbook)
            return text.rstrip("0") if self.wordbook.decimal in text else text
        return written(value, "date" if isinstance(value, date) else "", self.wordbook)

    def _label(self, path: str, word: str) -> str:
        """As the policy's fact has it, the language itself, or the button of a question that asks for it."""
        language, fact = self.wordbook.language, self.policy.facts.get(path.removeprefix("customer."))
        named = {} if fact is None else fact.labels.get(word, {})
        asked = (
            answer.label[language]
            for action in self.catalogue.actions
            if action.asks is not None and action.asks.about == path
            for answer in action.asks.answers
            if answer.value == word and language in answer.label
        )
        return named.get(language) or self.wordbook.values.get(path, {}).get(word) or next(asked, word)


def _list(value: Any) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
