"""A customer as someone who speaks with him sees him: what he has and uses, what he allowed, and what happened, in names."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from models.disclosures import new_end_date
from models.domain import Event, FactValue, History, Id, Noun, PastOutcome, Text, Word
from models.texts import written

if TYPE_CHECKING:
    from models.domain import Customer
    from models.knowledge import Knowledge
    from models.policy import Policy
    from models.wordbook import Wordbook

MOST = 50
"""Events and outcomes on a card, the newest."""


class HeldProduct(Noun):
    """`price` is euros a month before bundle benefits; None for what is no longer in the catalogue."""

    product_id: Id
    name: Text
    price: float | None = None
    since: date | None = None


class CardFact(Noun):
    """What is known of a customer, in words. `until`: the day a fact that counts months down will have come to nothing."""

    fact: Word
    name: Text
    text: Text
    until: date | None = None


class CardTrend(Noun):
    """One figure month by month, the oldest first."""

    name: Text
    values: tuple[float | None, ...]


class CardConsent(Noun):
    consent: Word
    name: Text
    given: bool


class CardEvent(Event):
    product: Annotated[Text | None, Field(description="the name of `product_id`")] = None


class CardOutcome(PastOutcome):
    title: Text


class Card(Noun):
    """`monthly_price` is what all he holds costs a month in euros, bundle benefits taken off. Events and outcomes: the newest first."""

    customer_id: Id
    holdings: tuple[HeldProduct, ...]
    monthly_price: float
    facts: tuple[CardFact, ...]
    trends: tuple[CardTrend, ...]
    consents: tuple[CardConsent, ...]
    events: tuple[CardEvent, ...]
    outcomes: tuple[CardOutcome, ...]
    history_lost: Annotated[
        bool, Field(description="what is stored cannot be read; events and outcomes are then none")
    ] = False


def card_of(
    customer: Customer, stored: History | None, knowledge: Knowledge, language: str, now: datetime
) -> Card:
    """The card in one of the languages of the policy; a history that cannot be read is None. What is to come is not on it."""
    history = stored or History()
    policy = knowledge.policy
    names = {product.id: product.name[language] for product in knowledge.catalogue.products}
    prices = {product.id: product.price for product in knowledge.catalogue.products}
    held = Counter(holding.product_id for holding in customer.holdings)
    return Card(
        customer_id=customer.customer_id,
        holdings=tuple(
            HeldProduct(
                product_id=holding.product_id,
                name=names.get(holding.product_id, holding.product_id),
                price=prices.get(holding.product_id),
                since=holding.since,
            )
            for holding in customer.holdings
        ),
        monthly_price=round(knowledge.portfolios.of(held).price, 2),
        facts=_facts(customer.facts, knowledge, language, now),
        trends=_trends(customer.facts, policy, language),
        consents=tuple(
            CardConsent(consent=name, name=spec.name.get(language, name), given=customer.consents[name])
            for name, spec in policy.consents.items()
            if name in customer.consents
        ),
        history_lost=stored is None,
        events=tuple(
            CardEvent(**vars(event), product=names.get(event.product_id or ""))
            for event in _newest(history.events, now)
        ),
        outcomes=tuple(
            CardOutcome(**vars(outcome), title=title_of(outcome.action_id, knowledge, language))
            for outcome in _newest(history.outcomes, now)
        ),
    )


def title_of(action_id: str, knowledge: Knowledge, language: str) -> str:
    """What an action is called; its id when the catalogue has it no longer."""
    title = knowledge.wording.titles.get((action_id, language))
    return action_id if title is None else title.whole({})


def _newest(told: tuple[Any, ...], now: datetime) -> list[Any]:
    past = [one for one in told if one.at <= now]
    return sorted(past, key=lambda one: one.at, reverse=True)[:MOST]


def _facts(
    facts: dict[str, FactValue], knowledge: Knowledge, language: str, now: datetime
) -> tuple[CardFact, ...]:
    """In the policy's order, without those that a trend shows."""
    policy = knowledge.policy
    today = now.astimezone(ZoneInfo(policy.timezone)).date()
    drawn = {name for trend in policy.trends.values() for name in trend.of}
    found = []
    for name, spec in policy.facts.items():
        if name in drawn or name not in facts:
            continue
        value = facts[name]
        left = value if isinstance(value, int) and spec.clock == -1 and value > 0 else 0
        found.append(
            CardFact(
                fact=name,
                name=spec.name.get(language, name),
                text=_text(value, spec.labels, language, knowledge.wording.wordbooks[language]),
                until=new_end_date(today, left),
            )
        )
    return tuple(found)


def _text(value: FactValue, labels: dict[str, dict[str, str]], language: str, wordbook: Wordbook) -> str:
    if isinstance(value, str) and value in labels:
        return labels[value].get(language, value)
    return written(value, "", wordbook)


def _trends(facts: dict[str, FactValue], policy: Policy, language: str) -> tuple[CardTrend, ...]:
    """Each under the name of its newest month, where anything of it is known."""
    found = []
    for trend in policy.trends.values():
        values = tuple(_figure(facts.get(name)) for name in trend.of)
        newest = policy.facts[trend.of[-1]]
        if any(value is not None for value in values):
            found.append(CardTrend(name=newest.name.get(language, trend.of[-1]), values=values))
    return tuple(found)


def _figure(value: FactValue | None) -> float | None:
    return None if value is None or isinstance(value, bool | str | date) else float(value)
