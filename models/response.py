"""What is answered: a decision, with its proposals and vetoes. Euros are contribution margin or prices in the catalogue's currency."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from models.domain import (
    ActionKind,
    FactValue,
    Id,
    MotiveSource,
    Noun,
    Probability,
    Source,
    Text,
    Tier,
    Word,
)


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
    low: Annotated[
        float | None,
        Field(description="below it in one of ten draws from what was learned; null before that"),
    ] = None
    high: Annotated[float | None, Field(description="above it in one of ten")] = None
    currency: str = "EUR"
    p_accept: Probability
    terms: Annotated[Terms | None, Field(description="in full detail")] = None
    sources: Annotated[
        dict[str, Source],
        Field(
            description="where p, o, k, q0, rho, churn, hazard_ratio and, where it was measured, wake come from; in full detail"
        ),
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

    `was` is null where nothing is known or said, `to` only where an objection is withdrawn: what is known is never to be hidden.
    `bound` says whether `to` is the least, the most or the one value that will do.
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


class Seeds(Noun):
    """Of one contact: `values` draws what its candidates may be worth, `choice` which of them stands first."""

    values: Annotated[int, Field(ge=0)]
    choice: Annotated[int, Field(ge=0)]


class Candidate(Noun):
    """An action that might have stood first, and how likely it was to."""

    action_id: Id
    probability: Annotated[float, Field(gt=0, le=1)]


class Selection(Noun):
    """How the first proposal was chosen. `probability` is exact over the second seed, whatever the first one is.

    In the random holdout it is of the one offer or save, which may stand behind a service.
    """

    probability: Annotated[float, Field(gt=0, le=1, description="of `action_id`, else of the first proposal")]
    explored: Annotated[bool, Field(description="chance and not its worth put it first")]
    action_id: Annotated[
        Id | None, Field(description="the one that was drawn for the random holdout; null elsewhere")
    ] = None
    rate: Annotated[
        Probability,
        Field(description="of exploring, as it was in force; 0 where it was off or the day's euros spent"),
    ] = 0.0
    seeds: Annotated[Seeds | None, Field(description="null where chance had no say")] = None
    candidates: Annotated[
        tuple[Candidate, ...],
        Field(description="who might have stood first, the best first; none where chance had no say"),
    ] = ()
    given_up: Annotated[float, Field(ge=0, description="expected euros between the best and the first")] = 0.0


class LeverUse(Noun):
    """A business lever that had a say in the order: the value of this action counted `factor` times."""

    id: Word
    action_id: Id
    factor: float


class Experiment(Noun):
    """Which policy decided, who is left out of proposals, and the arm of each experiment the customer is in.

    Who is in the holdout is in no other experiment.
    """

    policy: Word = "champion"
    holdout: Annotated[
        bool | Literal["universal", "random"],
        Field(
            description="universal: nothing is offered; random: one offer is drawn, unless the policy spares him"
        ),
    ] = False
    arms: Annotated[dict[Word, Word], Field(description="experiment -> arm")] = Field(default_factory=dict)
    measured: Annotated[
        bool, Field(description="false: he objects to profiling and counts in no experiment and no holdout")
    ] = True


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
