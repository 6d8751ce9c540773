"""The nouns. They are frozen, strict, and the wire format: what a caller sends and receives is what the decision uses.

Euros are contribution margin or prices in the catalogue's currency; moments are aware datetimes; probabilities are in [0, 1].
"""

from __future__ import annotations

import zlib
from datetime import date, datetime
from typing import Annotated, Literal, Self

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


def _not_too_many(facts: dict[str, FactValue]) -> dict[str, FactValue]:
    if len(facts) > 500:
        raise ValueError(f"{len(facts)} facts; send at most 500")
    return facts


Facts = Annotated[dict[Word, FactValue], AfterValidator(_not_too_many)]
Consents = dict[Word, bool]


def partition(customer_id: str) -> str:
    """The tag of the customer's partition, `p00` to `p63`: CRC-32 of the id modulo 64, the same in every process."""
    return f"p{zlib.crc32(customer_id.encode()) % PARTITIONS:02d}"


# --- what comes in ----------------------------------------------------------------------------------------------


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
    """An outcome with what the service knew of its decision when it came in."""

    customer_id: Id
    contact_id: Id
    channel: Channel
    action_kind: ActionKind
    family: Word


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
        Literal["agent", "bot"] | None,
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


# --- what goes out ----------------------------------------------------------------------------------------------


class Reason(Noun):
    code: Word
    text: Text


class Terms(Noun):
    """The terms of the expected incremental value, in euros; they add up to `expected` to the cent."""

    saved: float
    margin: float
    lock_in: float
    organic: float
    cost: float
    contact: float


class Value(Noun):
    """What proposing this is worth against saying nothing: euros of contribution margin, present value at the contact."""

    expected: float
    low: float | None = None
    high: float | None = None
    currency: str = "EUR"
    p_accept: Probability
    terms: Annotated[Terms | None, Field(description="in full detail")] = None
    sources: Annotated[
        dict[str, Source],
        Field(description="where p, o, k, q0, rho, churn and hazard_ratio come from; in full detail"),
    ] = Field(default_factory=dict)


class Commitment(Noun):
    """What the customer is bound to by accepting."""

    months: Annotated[int, Field(ge=0, le=120)] = 0
    resets_term: bool = False


class Do(Noun):
    """How an accepted action is carried out: a process of the company, or a link for self-service; `owner` is who answers for it."""

    process: Word | None = None
    link: Annotated[
        str | None, Field(pattern=r"^(https?://|/|[a-z][a-z0-9+.-]*:)[^\s<>\"]*$", max_length=500)
    ] = None
    owner: Annotated[Word | None, Field(description="the team or role that answers for it")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.process is None) == (self.link is None):
            raise ValueError("'do' needs either 'process' or 'link'")
        if self.link is not None and self.link.lower().startswith(("javascript:", "data:", "vbscript:")):
            raise ValueError("'link' may not run code; use an https address or a path")
        return self


class Part(Noun):
    """A product, named in the agent's language."""

    product_id: Id
    name: Text


class Comparison(Noun):
    """What accepting makes of what the customer has now: euros a month, and his own benefit over the first twelve months.

    `price_after` is the bill with the discount running, `price_after_discount` the bill once it has ended (the same without one).
    `customer_benefit` is what he gains in worth minus what the bill rises by in those twelve months; negative is worse off.
    """

    price_before: float
    price_after: float
    price_after_discount: float
    discount_months: int
    gained: tuple[Part, ...]
    lost: tuple[Part, ...]
    bundle_benefit_change: float
    customer_benefit: float
    worse_off: bool


class Promised(Noun):
    """What accepting a proposal promises the customer, as it is said now; counted again from the moment of accepting."""

    by: AwareDatetime
    subject: Word


class AnswerChoice(Noun):
    """An answer the customer may give: what to send back as the fact or the motive, and what a button says."""

    value: FactValue
    label: Text


class Question(Noun):
    """What a proposal of kind question asks: a fact of the customer, or with `motive` why he wants to leave.

    `worth` is euros: what the answer would let us do better, less the minutes it takes; null when nothing was priced.
    """

    fact: Word | None = None
    motive: bool = False
    answers: tuple[AnswerChoice, ...]
    worth: float | None


class Proposal(Noun):
    rank: Annotated[int, Field(ge=1)]
    action_id: Id
    kind: ActionKind
    title: Text
    value: Value | None
    say: Text
    why: tuple[Reason, ...] = ()
    commitment: Commitment = Commitment()
    disclosures: tuple[Text, ...] = ()
    comparison: Annotated[
        Comparison | None,
        Field(description="with what the customer has now; null where products and price stay"),
    ] = None
    question: Annotated[Question | None, Field(description="what is asked, with the answers it may get")] = (
        None
    )
    do: Do | None = None
    promise: Promised | None = None


class Change(Noun):
    """One thing that would have to be otherwise, by the name the rules have for it; `now` is the moment, `to` another and later one.

    `was` is null where nothing is known or said, `to` where nothing more would be. `bound` says whether `to` is the least, the most
    or the one value that will do.
    """

    path: Word
    was: FactValue | tuple[str, ...] | None = None
    to: FactValue | tuple[str, ...] | None = None
    bound: Literal["is", "at_least", "at_most"] = "is"


class WouldBe(Noun):
    """The nearest changes that together lift every veto of an action: none can be left out. `text` is for the agent."""

    changes: Annotated[tuple[Change, ...], Field(min_length=1)]
    text: Text


class Veto(Noun):
    """Why an action was not proposed: the rule, its tier, and the values that decided.

    `would_be_offered_if` lifts every veto of the action, and is the same with each of them.
    """

    action_id: Id
    tier: Tier
    rule: Word
    version: Annotated[Word, Field(description="of the document the rule stands in")]
    text: Text
    values: dict[str, FactValue | tuple[str, ...] | None] = Field(default_factory=dict)
    would_be_offered_if: Annotated[
        WouldBe | None,
        Field(description="null where nothing that can change would do, or the action is eligible"),
    ] = None


class Driver(Noun):
    """A fact's effect on the monthly hazard against the average customer."""

    fact: Word
    effect: float


class Churn(Noun):
    next_month: Probability
    leaves_now: Probability
    source: Source
    drivers: Annotated[tuple[Driver, ...], Field(description="the strongest; in full detail")] = ()


class Motive(Noun):
    """Why the customer wants to leave, whose word that is, and how likely it is: 1 when it was said, 0 when it is unknown."""

    value: Word | None = None
    source: MotiveSource = "unknown"
    probability: Probability = 0.0


class Selection(Noun):
    probability: Annotated[float, Field(gt=0, le=1)]
    explored: bool


class LeverUse(Noun):
    """A business lever that had a say in the order: the value of this action counted `factor` times."""

    id: Word
    action_id: Id
    factor: float


class Experiment(Noun):
    policy: Word = "champion"
    holdout: bool = False


class Versions(Noun):
    """Everything the answer was made with, by the hash of its bytes; `code` is the version of the software."""

    bundle: str | None
    learned: str | None
    policy: str
    catalogue: str
    flags: str
    code: str


class Decision(Noun):
    decision_id: Id
    customer_id: Id
    contact_id: Id
    mode: Word
    mode_text: Annotated[Text, Field(description="the mode in the agent's language")]
    evidence: tuple[Reason, ...] = ()
    reopens_when: Annotated[
        Text | None, Field(description="what must end before another mode can follow, where the mode says so")
    ] = None
    motive: Annotated[
        Motive | None, Field(description="why the customer wants to leave; null without a wish to leave")
    ] = None
    proposals: tuple[Proposal, ...]
    churn: Churn | None
    removed: Annotated[
        dict[Tier, int], Field(description="how many actions each tier removed; the rest is proposed")
    ] = Field(default_factory=dict)
    vetoes: Annotated[tuple[Veto, ...], Field(description="every one; in full detail")] = ()
    selection: Selection
    experiment: Experiment
    levers: tuple[LeverUse, ...] = ()
    levers_cost: Annotated[float, Field(ge=0, description="expected euros given up for the levers")] = 0.0
    versions: Versions
    degraded: tuple[str, ...] = ()
    decided_at: datetime
    valid_until: datetime
    took_ms: float | None = None


class Flags(Noun):
    """What may be switched without a new policy. `propensity` chooses which of the bundle's two scores serves."""

    propensity: Literal["winner", "implicit"] = "winner"
