"""Changes as a sentence for the agent, in Dutch and English; another language falls back to English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from models.context import local_time
from models.texts import written

if TYPE_CHECKING:
    from models.domain import Change
    from models.knowledge import Knowledge
    from models.policy import Leaving

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "when": "Als {all}",
        "and": " en ",
        "is": "{what} {to} is",
        "at_least": "{what} minstens {to} is",
        "at_most": "{what} hooguit {to} is",
        "known": "bekend is dat {clause}",
        "now": "{clause} (nu {was})",
        "nothing": "{what} niet genoemd is (nu {was})",
        "day": "het {day} is",
        "hour": "het {day}, {hour} uur is",
        "consent": "de klant toestemming geeft voor {what}",
        "objects": "de klant geen toestemming geeft voor {what}",
        "withdraws": "de klant het bezwaar tegen {what} intrekt",
        "stays": "de klant niet meer weg wil",
        "leaves": "de klant zegt weg te willen",
        "has": "de klant {what} heeft",
        "has_not": "de klant {what} niet heeft",
        "seen": "de klant kort geleden keek naar {what}",
    },
    "en": {
        "when": "When {all}",
        "and": " and ",
        "is": "{what} is {to}",
        "at_least": "{what} is at least {to}",
        "at_most": "{what} is at most {to}",
        "known": "it is known that {clause}",
        "now": "{clause} (now {was})",
        "nothing": "{what} is not named (now {was})",
        "day": "it is {day}",
        "hour": "it is {day}, {hour}:00",
        "consent": "the customer consents to {what}",
        "objects": "the customer does not consent to {what}",
        "withdraws": "the customer withdraws the objection to {what}",
        "stays": "the customer no longer wishes to leave",
        "leaves": "the customer says he wishes to leave",
        "has": "the customer has {what}",
        "has_not": "the customer does not have {what}",
        "seen": "the customer looked at {what} lately",
    },
}
NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "contact.channel": "het kanaal",
        "contact.direction": "de richting van het contact",
        "contact.intent": "de bedoeling van het contact",
        "contact.motive": "de reden van vertrek",
        "contact.subject": "het onderwerp",
        "contact.queue_load": "de drukte",
        "contact.agent_authority": "de kortingsruimte van de medewerker",
        "history.contacts_30d": "het aantal contacten in dertig dagen",
        "history.contacts_7d": "het aantal contacten in zeven dagen",
        "history.same_subject_30d": "het aantal contacten over dit onderwerp",
        "history.open_complaints": "het aantal open klachten",
        "history.open_promises": "het aantal open beloften",
        "history.overdue_promises": "het aantal beloften over tijd",
        "history.outage_open_hours": "de duur van de storing in uren",
        "history.outage_hours_30d": "de storing in dertig dagen in uren",
        "history.missed_payments_12m": "het aantal gemiste betalingen in een jaar",
        "history.unpaid": "het aantal openstaande gemiste betalingen",
        "history.last_score": "het laatste rapportcijfer",
        "history.hours_since_inbound": "het aantal uren sinds het laatste bericht van de klant",
    },
    "en": {
        "contact.channel": "the channel",
        "contact.direction": "the direction of the contact",
        "contact.intent": "the intent of the contact",
        "contact.motive": "the reason for leaving",
        "contact.subject": "the subject",
        "contact.queue_load": "the queue load",
        "contact.agent_authority": "the discount the agent may give",
        "history.contacts_30d": "the number of contacts in thirty days",
        "history.contacts_7d": "the number of contacts in seven days",
        "history.same_subject_30d": "the number of contacts on this subject",
        "history.open_complaints": "the number of open complaints",
        "history.open_promises": "the number of open promises",
        "history.overdue_promises": "the number of overdue promises",
        "history.outage_open_hours": "the length of the outage in hours",
        "history.outage_hours_30d": "the outage in thirty days in hours",
        "history.missed_payments_12m": "the number of payments missed in a year",
        "history.unpaid": "the number of payments still missed",
        "history.last_score": "the last score",
        "history.hours_since_inbound": "the hours since the customer last wrote",
    },
}
"""Names that read better than the last part of the path."""


def told(changes: tuple[Change, ...], knowledge: Knowledge, language: str) -> str:
    """All of them as one sentence."""
    words = WORDS.get(language, WORDS["en"])
    clauses = [clause for change in changes for clause in _clauses(change, knowledge, language, words)]
    *first, last = clauses
    listed = ", ".join(first) + words["and"] + last if first else last
    return words["when"].format(all=listed)


def _clauses(change: Change, knowledge: Knowledge, language: str, words: Mapping[str, str]) -> list[str]:
    if change.path == "customer.holdings":
        return _holdings(change, knowledge, language, words)
    if change.path == "now":
        return [_moment(change, knowledge.policy.timezone, language, words)]
    return [_of_customer(change, knowledge.policy.leaving, words) or _value(change, language, words)]


def _of_customer(change: Change, leaving: Leaving, words: Mapping[str, str]) -> str | None:
    """What has a sentence of its own."""
    wishes = (*leaving.intents, *leaving.confirmed)
    match change.path.rpartition("."):
        case "contact", _, "intent" if change.to is None and change.was in wishes:
            return words["stays"]
        case "contact", _, "intent" if change.to in leaving.intents:
            return words["leaves"]
        case "history", _, "interests_14d" | "subjects_14d":
            added = [word for word in _list(change.to) if word not in _list(change.was)]
            return words["seen"].format(what=", ".join(added))
        case "customer.consents", _, name:
            key = "withdraws" if change.to is None else "consent" if change.to else "objects"
            return words[key].format(what=name)
        case _:
            return None


def _moment(change: Change, timezone: str, language: str, words: Mapping[str, str]) -> str:
    """A day, or an hour of it when the rest of the day would do as well."""
    before, to = (
        local_time(datetime.fromisoformat(str(moment)), timezone) for moment in (change.was, change.to)
    )
    day = written(to.date(), "", language)
    if before.time() == to.time():
        return words["day"].format(day=day)
    return words["hour"].format(day=day, hour=to.hour)


def _holdings(change: Change, knowledge: Knowledge, language: str, words: Mapping[str, str]) -> list[str]:
    was, to = Counter(_list(change.was)), Counter(_list(change.to))
    product = knowledge.catalogue.product

    def names(counted: Counter[str]) -> str:
        return ", ".join(product[name].name.get(language, name) for name in counted.elements())

    clauses = []
    if added := to - was:
        clauses.append(words["has"].format(what=names(added)))
    if gone := was - to:
        clauses.append(words["has_not"].format(what=names(gone)))
    return clauses


def _value(change: Change, language: str, words: Mapping[str, str]) -> str:
    named = NAMES.get(language, NAMES["en"])
    what = named.get(change.path, change.path.rpartition(".")[2].replace("_", " "))
    if change.to is None:
        return words["nothing"].format(what=what, was=_plain(change.was, language))
    bound = "is" if change.to == 0 and change.bound == "at_most" else change.bound
    clause = words[bound].format(what=what, to=_plain(change.to, language))
    if change.was is not None:
        return words["now"].format(clause=clause, was=_plain(change.was, language))
    return words["known"].format(clause=clause) if change.path.startswith("customer.") else clause


def _list(value: Any) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _plain(value: Any, language: str) -> str:
    """A value to the hundredth, for a threshold may lie there."""
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if language == "nl" else text
    return written(value, "date" if isinstance(value, date) else "", language)
