"""Scenarios: a customer, what happened, a contact, and what must be answered; written in YAML by whoever owns the policy.

A scenario states only what it is about; `given` at the top of its file says the rest. Times are counted back from `now`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from models.documents import Document, DocumentError, check, read_yaml
from models.domain import (
    Channel,
    Direction,
    EventKind,
    FactValue,
    Id,
    Language,
    MotiveSource,
    Noun,
    OutcomeKind,
    Speaker,
    Text,
    Word,
)

Ago = Annotated[float, Field(ge=0, le=4000)]


class Held(Noun):
    """A product held; in YAML its id alone, or `{product: ..., since: ...}`."""

    product: Id
    since: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_id(cls, value: Any) -> Any:
        return {"product": value} if isinstance(value, str) else value


class Person(Noun):
    """The customer. Holdings replace the given ones; a fact or consent overrides the given one, and null takes it away."""

    id: Annotated[Id | None, Field(description="who is left out of proposals depends on it")] = None
    holdings: tuple[Held, ...] | None = None
    facts: dict[Word, FactValue | None] = Field(default_factory=dict)
    consents: dict[Word, bool | None] = Field(default_factory=dict)


class PastEvent(Noun):
    """An event so long ago; with `times`, that many of them, a day apart and each a contact of its own."""

    kind: EventKind
    days_ago: Ago = 0
    hours_ago: Ago = 0
    times: Annotated[int, Field(ge=1, le=50)] = 1
    channel: Channel | None = None
    direction: Direction | None = None
    contact: Annotated[
        Id | None, Field(description="'now' is the contact at hand; each its own when absent")
    ] = None
    intent: Word | None = None
    subject: Word | None = None
    product: Id | None = None
    hours: Annotated[float | None, Field(ge=0)] = None
    due_in_days: Annotated[
        float | None, Field(ge=-4000, le=4000, description="of a promise, from now; negative is overdue")
    ] = None
    score: Annotated[float | None, Field(ge=0, le=10)] = None
    motive: Word | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            "promise": "due_in_days",
            "feedback": "score",
            "interest": "product",
            "information": "subject",
        }
        field = needed.get(self.kind)
        if field is not None and getattr(self, field) is None:
            raise ValueError(f"a {self.kind} event needs '{field}'; add it")
        return self


class PastAnswer(Noun):
    """What became of an earlier proposal, so long ago."""

    action: Id
    kind: OutcomeKind
    days_ago: Ago = 0
    hours_ago: Ago = 0
    reason: Word = "unknown"
    motive: Word | None = None
    channel: Channel = "voice"
    speaker: Speaker | None = None
    contact: Annotated[
        Id, Field(description="what is told of one contact and action counts once; 'now' is the one at hand")
    ] = "earlier"


class Past(Noun):
    events: tuple[PastEvent, ...] = ()
    outcomes: tuple[PastAnswer, ...] = ()


class Call(Noun):
    """The contact. What a scenario leaves out is as given; null takes a given word away."""

    channel: Channel = "voice"
    direction: Direction = "inbound"
    intent: Word | None = None
    motive: Word | None = None
    subject: Word | None = None
    speaker: Literal["agent", "bot"] | None = None
    queue_load: Annotated[float | None, Field(ge=0, le=10)] = None
    authority: Annotated[float | None, Field(ge=0, description="euros a month the agent may give")] = None
    language: Language | None = None


class Expect(Noun):
    """What must be answered; only what is stated is judged."""

    mode: Word | None = None
    evidence: tuple[Word, ...] = ()
    reopens: Annotated[
        Text | None, Field(description="words of what must end before another mode follows")
    ] = None
    motive: Word | None = None
    motive_source: MotiveSource | None = None
    first: Id | None = None
    proposes: tuple[Id, ...] = ()
    not_proposed: tuple[Id, ...] = ()
    order: tuple[Id, ...] = ()
    nothing: Annotated[bool, Field(description="true: there is no proposal at all")] = False
    vetoes: Annotated[dict[Id, Word], Field(description="action: the rule that stops it")] = Field(
        default_factory=dict
    )
    says: Annotated[dict[Id, Text], Field(description="action: words of its sentence")] = Field(
        default_factory=dict
    )
    why: Annotated[dict[Id, tuple[Word, ...]], Field(description="action: codes among its reasons")] = Field(
        default_factory=dict
    )
    discloses: Annotated[dict[Id, Text], Field(description="action: words of what must be told with it")] = (
        Field(default_factory=dict)
    )
    benefit: Annotated[
        dict[Id, float], Field(description="action: what the customer gains by it in a year, to the cent")
    ] = Field(default_factory=dict)
    promises: Annotated[dict[Id, Word], Field(description="action: the subject of its promise")] = Field(
        default_factory=dict
    )
    owners: Annotated[dict[Id, Word], Field(description="action: who answers for it")] = Field(
        default_factory=dict
    )
    levers: tuple[Word, ...] = ()
    degraded: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("expects nothing, so it cannot fail; state a mode, a proposal or a veto")
        return self


class Given(Noun):
    """What holds for every scenario of the file unless it says otherwise."""

    now: AwareDatetime | None = None
    customer: Person = Person()
    history: Past = Past()
    contact: Call = Call()
    sold_out: tuple[Id, ...] = ()
    lost: Annotated[
        tuple[Literal["store", "history"], ...],
        Field(description="what could not be read; the history is missing then"),
    ] = ()


class Scenario(Given):
    """`actions` says what would be if some fields of an action were otherwise; it holds in this scenario alone."""

    name: Annotated[Text, Field(min_length=1, description="a sentence")]
    actions: Annotated[
        dict[Id, dict[str, Any]], Field(description="action: its fields that are otherwise")
    ] = Field(default_factory=dict)
    expect: Expect


class _File(Noun):
    given: Given = Given()
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True)
class Scenarios:
    """The scenarios of one file as they are `stated`, and as they run: with what is `given` written into each."""

    document: Document
    given: Given
    stated: tuple[Scenario, ...]
    scenarios: tuple[Scenario, ...]


def load_scenarios(data: bytes, source: str) -> Scenarios:
    """Read and validate one file of scenarios.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in it.
    """
    document = read_yaml(data, source)
    file = check(document, _File)
    merged = tuple(with_given(scenario, file.given) for scenario in file.scenarios)
    problems = [
        document.problem(("scenarios", index), "has no 'now'; state it here or under 'given'")
        for index, scenario in enumerate(merged)
        if scenario.now is None
    ]
    if problems:
        raise DocumentError(problems)
    return Scenarios(document, file.given, file.scenarios, merged)


def with_given(scenario: Scenario, given: Given) -> Scenario:
    """The scenario with what holds for its whole file written into it, where it does not say otherwise."""
    own, usual = scenario.customer, given.customer
    return scenario.model_copy(
        update={
            "now": scenario.now or given.now,
            "customer": Person(
                id=own.id or usual.id,
                holdings=usual.holdings if own.holdings is None else own.holdings,
                facts={**usual.facts, **own.facts},
                consents={**usual.consents, **own.consents},
            ),
            "history": Past(
                events=given.history.events + scenario.history.events,
                outcomes=given.history.outcomes + scenario.history.outcomes,
            ),
            "sold_out": given.sold_out + scenario.sold_out,
            "lost": given.lost + scenario.lost,
            "contact": given.contact.model_copy(
                update={name: getattr(scenario.contact, name) for name in scenario.contact.model_fields_set}
            ),
        }
    )
