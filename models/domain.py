"""The nouns that come in, and the words all nouns are made of; `models.response` has those that go out.

They are frozen, strict, and the wire format: what a caller sends and receives is what the decision uses.
Euros are contribution margin or prices in the catalogue's currency; moments are aware datetimes; probabilities are in [0, 1].
"""

from __future__ import annotations

import zlib
from datetime import date
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

PARTITIONS = 64

Id = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@+-]*$", min_length=1, max_length=128)
]
Word = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Probability = Annotated[float, Field(ge=0, le=1)]
Euros = Annotated[float, Field(ge=-1e9, le=1e9)]

Channel = Literal["voice", "chat", "whatsapp", "email", "web", "app", "shop", "sms"]
Direction = Literal["inbound", "outbound"]
Speaker = Literal["agent", "bot"]
ActionKind = Literal["offer", "save", "service", "process", "question"]
VALUED: frozenset[ActionKind] = frozenset({"offer", "save"})
"""The kinds that have a price in euros."""
Purpose = Literal["marketing", "retention", "service"]
Tier = Literal["fit", "legal", "eligibility", "relevance", "suitability", "contact_policy", "arbitration"]
EventKind = Literal[
    "contact",
    "complaint_opened",
    "complaint_closed",
    "outage",
    "outage_ended",
    "missed_payment",
    "payment",
    "information",
    "promise",
    "promise_kept",
    "feedback",
    "interest",
]
OutcomeKind = Literal[
    "shown", "spoken", "accepted", "declined", "deferred", "skipped", "withdrawn", "kept", "relapsed"
]
Source = Literal["learned", "estimated", "assumed"]
SaidBy = Literal["stated", "picked"]
MotiveSource = Literal["stated", "picked", "decline", "inferred", "unknown"]
Detail = Literal["short", "full"]
FactValue = bool | int | float | Annotated[str, StringConstraints(max_length=500)] | date


class Noun(BaseModel):
    """Frozen, and an unknown key or a number that is not finite is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def of_parts(cls, **parts: Any) -> Self:
        """Put together of what is valid already, nouns and words of our own: looking at each once more is a tenth of a decision.

        Raises:
            TypeError: a part that is not known, or not given and without a default that all may share.
        """
        usual, needed = _usual(cls)
        fields = {**usual, **parts}  # in their order, whatever that of the parts
        if len(fields) > len(usual) or not needed <= parts.keys():
            unknown, missing = sorted(fields.keys() - usual.keys()), sorted(needed - parts.keys())
            raise TypeError(f"{cls.__name__}: unknown {unknown}, missing {missing}")
        noun = cls.__new__(cls)
        _set(noun, "__dict__", fields)
        _set(noun, "__pydantic_fields_set__", set(parts))
        _set(noun, "__pydantic_extra__", None)
        _set(noun, "__pydantic_private__", None)
        return noun


_set: Final = object.__setattr__


@cache
def _usual(cls: type[Noun]) -> tuple[dict[str, Any], frozenset[str]]:
    """The fields as their defaults have them, and those without one."""
    fields = cls.model_fields
    needed = frozenset(name for name, field in fields.items() if field.is_required() or field.default_factory)
    return {name: None if name in needed else field.default for name, field in fields.items()}, needed


def _not_too_many(facts: dict[str, FactValue]) -> dict[str, FactValue]:
    if len(facts) > 500:
        raise ValueError(f"{len(facts)} facts; send at most 500")
    return facts


Facts = Annotated[dict[Word, FactValue], AfterValidator(_not_too_many)]
Consents = dict[Word, bool]


def partition(customer_id: str) -> str:
    """The tag of the customer's partition, `p00` to `p63`: CRC-32 of the id modulo 64, the same in every process."""
    return f"p{zlib.crc32(customer_id.encode()) % PARTITIONS:02d}"


class Holding(Noun):
    """A product the customer holds now. `since` is absent when nobody knows."""

    product_id: Id
    since: date | None = None


class Customer(Noun):
    """Holdings, facts and consents as they are now; the history is kept apart because it is only ever appended to.

    A consent is `true` (given), `false` (objected or withdrawn) or absent (never asked).
    """

    customer_id: Id
    holdings: Annotated[tuple[Holding, ...], Field(max_length=200)] = ()
    facts: Facts = Field(default_factory=dict)
    consents: Consents = Field(default_factory=dict)


class Event(Noun):
    """Something that happened to a customer."""

    event_id: Id
    customer_id: Id
    kind: EventKind
    at: AwareDatetime
    channel: Channel | None = None
    direction: Annotated[
        Direction | None, Field(description="of a contact: inbound when the customer spoke or wrote")
    ] = None
    contact_id: Id | None = None
    intent: Word | None = None
    subject: Annotated[
        Word | None, Field(description="what it was about, as the company names its subjects")
    ] = None
    product_id: Id | None = None
    hours: Annotated[float | None, Field(ge=0, description="length of an outage that is over")] = None
    due: Annotated[AwareDatetime | None, Field(description="when a promise must be kept")] = None
    score: Annotated[float | None, Field(description="feedback, 0 to 10", ge=0, le=10)] = None
    motive: Annotated[
        Word | None, Field(description="why the customer wants to leave, as a contact told")
    ] = None
    motive_source: SaidBy | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            "promise": "due",
            "feedback": "score",
            "interest": "product_id",
            "information": "subject",
            "contact": "contact_id",
        }
        field = needed.get(self.kind)
        if field is not None and getattr(self, field) is None:
            raise ValueError(f"a {self.kind} event needs '{field}'; add it")
        return self


class Outcome(Noun):
    """What became of a proposal, as the agent, the bot or the order system reports it."""

    outcome_id: Id
    decision_id: Id
    action_id: Id
    kind: OutcomeKind
    at: AwareDatetime
    reason: Word | None = None
    motive: Word | None = None

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.kind in ("declined", "skipped") and self.reason is None:
            raise ValueError(f"a {self.kind} outcome needs 'reason'; 'unknown' is one")
        return self


class PastOutcome(Outcome):
    """An outcome with what the service knew of its decision when it came in; without `speaker` a person of the company spoke."""

    customer_id: Id
    contact_id: Id
    channel: Channel
    action_kind: ActionKind
    family: Word
    speaker: Speaker | None = None


class History(Noun):
    """What happened to one customer: capped lists, oldest first; folded by `models.history.fold`, never read raw."""

    events: tuple[Event, ...] = ()
    outcomes: tuple[PastOutcome, ...] = ()


class Agent(Noun):
    """Who speaks for the company. `authority` is the discount a month, in euros, this agent may give."""

    agent_id: Id
    authority: Annotated[float | None, Field(ge=0)] = None


class Contact(Noun):
    """The live conversation."""

    contact_id: Id
    channel: Channel
    direction: Direction = "inbound"
    intent: Word | None = None
    motive: Annotated[Word | None, Field(description="why the customer wants to leave, stated or picked")] = (
        None
    )
    motive_source: Annotated[
        SaidBy | None,
        Field(
            description="stated by the customer or picked by the agent; picked when absent and an agent is named"
        ),
    ] = None
    subject: Word | None = None
    agent: Agent | None = None
    speaker: Annotated[
        Speaker | None,
        Field(description="who speaks for the company: a bot says that it is one"),
    ] = None
    queue_load: Annotated[float | None, Field(ge=0, le=10, description="1 = every agent busy")] = None
    language: Annotated[
        Language | None, Field(description="the customer's; the policy's first when absent")
    ] = None


class DecisionRequest(Noun):
    """What is asked. `facts` and `consents` override the stored ones for this call, but a stored no to profiling or marketing stays; `holdings`, when given, replace the stored ones."""

    customer_id: Id
    contact: Contact
    facts: Facts = Field(default_factory=dict)
    consents: Consents = Field(default_factory=dict)
    holdings: Annotated[tuple[Holding, ...] | None, Field(max_length=200)] = None
    language: Annotated[Language | None, Field(description="of titles, reasons and vetoes: the agent's")] = (
        None
    )
    detail: Annotated[
        Detail,
        Field(description="full: every veto, the terms of every value with their sources, what drives churn"),
    ] = "short"


Beside = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
"""The name of a policy or a bundle that stands beside the usual one; it is part of a file's name."""
Ladder = Literal["exact", "cheap-first", "value-first"]
USUAL: Final = "champion"
"""The policy and the bundle of everybody of whom no flag says otherwise."""


class Flags(Noun):
    """What may be switched for some customers. `propensity` chooses which of the bundle's two scores serves.

    `policy` is one of those beside the usual one, `bundle` another alias of where bundles come from. `explore` stands for the policy's own
    rate, never above what else it says of exploring. `ladder` is the order of saves: by value, the cheapest of those within a euro first
    (exact); whatever gives away least first (cheap-first); by value alone (value-first).
    """

    propensity: Literal["winner", "implicit"] = "winner"
    policy: Beside = USUAL
    bundle: Beside = USUAL
    explore: Annotated[Probability | None, Field(strict=True, description="null: as the policy says")] = None
    ladder: Ladder = "exact"
