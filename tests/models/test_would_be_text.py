"""Changes as a sentence, with the names that policy, catalogue and language give them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.knowledge import Knowledge
from models.response import Change
from models.would_be_text import told
from tests.builders import LEAVING, a_catalogue, an_offer, both, some_knowledge

FACTS = {
    "data": {"type": "number", "name": both("het dataverbruik", "data use")},
    "wired": {"type": "boolean", "name": both("glasvezel het adres bereikt", "fiber reaches the address")},
    "pays": {
        "type": "string",
        "name": both("de betaalwijze", "the way of paying"),
        "values": ["debit", "card"],
        "labels": {"debit": both("incasso", "direct debit")},
    },
    "since": {"type": "date", "name": both("de begindatum", "the first day")},
    "bare": {"type": "boolean"},
}
CONSENTS = {
    "calls": {"text": "may be called", "name": both("bellen", "calls")},
    "mail": "may be mailed",
}
QUESTION = {
    "id": "ask",
    "kind": "question",
    "family": "ask",
    "purpose": "service",
    "texts": {lang: {"title": "?", "say": "?"} for lang in ("nl", "en")},
    "asks": {
        "motive": True,
        "answers": [
            {"value": "price", "share": 0.5, "label": both("te duur", "too dear")},
            {"value": "service", "share": 0.5},
        ],
    },
}
KNOWLEDGE = some_knowledge(
    catalogue=a_catalogue(an_offer(), QUESTION), facts=FACTS, consents=CONSENTS, leaving=LEAVING
)


def said(
    path: str, to: Any, was: Any = None, bound: Any = "is", knowledge: Knowledge = KNOWLEDGE
) -> tuple[str, str]:
    changes = (Change(path=path, was=was, to=to, bound=bound),)
    return told(changes, knowledge, "nl"), told(changes, knowledge, "en")


@pytest.mark.parametrize(
    ("path", "to", "was", "bound", "nl", "en"),
    [
        ("customer.data", 16.0, 3.1, "at_least", "Als het dataverbruik minstens 16 is (nu 3,1)", "When data use is at least 16 (now 3.1)"),
        ("customer.data", 0.25, 1234.5, "at_most", "Als het dataverbruik hooguit 0,25 is (nu 1.234,5)", "When data use is at most 0.25 (now 1,234.5)"),
        ("customer.wired", True, False, "is", "Als glasvezel het adres bereikt (nu nee)", "When fiber reaches the address (now no)"),
        ("customer.wired", True, None, "is", "Als bekend is dat glasvezel het adres bereikt", "When it is known that fiber reaches the address"),
        ("customer.wired", False, True, "is", "Als niet geldt dat glasvezel het adres bereikt (nu ja)", "When it does not hold that fiber reaches the address (now yes)"),
        ("customer.pays", "debit", "card", "is", "Als de betaalwijze incasso is (nu card)", "When the way of paying is direct debit (now card)"),
        ("customer.since", date(2026, 3, 1), None, "is", "Als bekend is dat de begindatum 1 maart 2026 is", "When it is known that the first day is 1 March 2026"),
        ("customer.bare", True, None, "is", "Als bekend is dat customer.bare ja is", "When it is known that customer.bare is yes"),
        ("customer.consents.calls", True, None, "is", "Als de klant toestemming geeft voor bellen", "When the customer consents to calls"),
        ("customer.consents.mail", False, None, "is", "Als de klant geen toestemming geeft voor mail", "When the customer does not consent to mail"),
        ("customer.consents.calls", None, False, "is", "Als de klant het bezwaar tegen bellen intrekt", "When the customer withdraws the objection to calls"),
        ("contact.channel", "email", "voice", "is", "Als het kanaal e-mail is (nu telefoon)", "When the channel is e-mail (now telephone)"),
        ("contact.motive", "price", None, "is", "Als de reden van vertrek te duur is", "When the reason for leaving is too dear"),
        ("contact.motive", "service", "price", "is", "Als de reden van vertrek service is (nu te duur)", "When the reason for leaving is service (now too dear)"),
        ("contact.intent", "cancel", None, "is", "Als de klant zegt weg te willen", "When the customer says he wishes to leave"),
        ("contact.intent", "cancel_confirmed", None, "is", "Als de klant de opzegging bevestigt", "When the customer confirms the cancellation"),
        ("contact.leaving", False, True, "is", "Als de klant niet meer weg wil", "When the customer no longer wishes to leave"),
        ("history.interests_14d", ("tv",), (), "is", "Als de klant kort geleden naar tv keek", "When the customer looked at tv lately"),
        ("history.interests_14d", ("tv",), ("tv",), "is", "Als de klant kort geleden naar tv keek", "When the customer looked at tv lately"),
        ("history.subjects_14d", ("moving",), None, "is", "Als de klant kort geleden naar moving keek", "When the customer looked at moving lately"),
    ],
)  # fmt: skip
def test_a_change_is_said_in_both_languages(
    path: str, to: Any, was: Any, bound: str, nl: str, en: str
) -> None:
    assert said(path, to, was, bound) == (nl, en)


def test_products_that_come_and_go_are_two_things_said() -> None:
    assert said("customer.holdings", ("tv",), ("dsl",)) == (
        "Als de klant tv heeft en de klant dsl niet heeft",
        "When the customer has tv and the customer does not have dsl",
    )


def test_a_moment_is_a_day_or_an_hour_of_it() -> None:
    now = "2026-11-21T12:00:00+00:00"
    assert said("now", "2026-12-01T12:00:00+00:00", now) == (
        "Als het 1 december 2026 is",
        "When it is 1 December 2026",
    )
    assert said("now", "2026-11-23T08:00:00+00:00", now) == (
        "Als het 23 november 2026, 9 uur is",
        "When it is 23 November 2026, 9:00",
    )


def test_more_than_two_are_listed() -> None:
    changes = tuple(
        Change(path=f"contact.{name}", was=None, to="x", bound="is")
        for name in ("subject", "intent", "motive")
    )
    assert told(changes, KNOWLEDGE, "en") == (
        "When the subject is x, the intent of the contact is x and the reason for leaving is x"
    )
