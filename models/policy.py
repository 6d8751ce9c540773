"""What the business decides: facts, modes, rules, reasons, prices of time, and how a wish to leave is met."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, StringConstraints, field_validator, model_validator

from models.documents import Document, Path, Problem
from models.domain import ActionKind, Channel, Id, Language, Noun, Probability, Purpose, Text, Word
from models.text_limits import TextLimits
from models.texts import placeholders
from models.trends import Trend, trend_problems
from models.wordbook import Wordbook
from models.written import Written, double_names, load

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z](?:_?[A-Za-z0-9])*_?$", max_length=64)]
"""What an expression can name: letters, digits and single underscores."""
RuleTier = Literal["legal", "eligibility", "relevance", "suitability", "contact_policy"]
FactType = Literal["number", "integer", "string", "boolean", "date"]
OnMissing = Literal["veto", "pass"]
Counted = Literal["spoken", "accepted", "declined"]
CountedPer = Literal["action", "family", "kind", "all"]

FAIL_CLOSED: frozenset[str] = frozenset({"legal", "eligibility"})
"""Tiers in which a missing fact vetoes unless the rule says otherwise; in the others it passes and is named in `degraded`."""


class FactSpec(Noun):
    """A declared fact of a customer.

    `clock` is what the fact grows by in a month (tenure 1, months to the end of a term -1); `reveals_holdings` keeps a fact, such
    as the amount of the bill, out of the model that predicts products; `rules_only` keeps it out of every learned model: it is for
    rules, modes, reasons and texts. Nobody can change a fact that is `fixed`: once known, only its clock moves it. `name` is what
    it is called in a sentence (of a boolean: what is so when it is true), `labels` what its `values` are called.
    """

    type: FactType
    description: Text = ""
    name: dict[Language, Text] = Field(default_factory=dict)
    values: tuple[Word, ...] = ()
    labels: dict[Word, dict[Language, Text]] = Field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    clock: float = 0.0
    reveals_holdings: bool = False
    rules_only: bool = False
    fixed: bool = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.values and self.type != "string":
            raise ValueError(f"a fact of type {self.type} has no list of values; remove 'values'")
        if unknown := sorted(self.labels.keys() - set(self.values)):
            raise ValueError(
                f"'{unknown[0]}' has a label and is none of 'values'; add it there or correct the name"
            )
        bounded = self.minimum is not None or self.maximum is not None or self.clock
        if bounded and self.type not in {"number", "integer"}:
            raise ValueError(f"a fact of type {self.type} has no minimum, maximum or clock; remove them")
        return self


class Consent(Noun):
    """What a customer agrees to, in words; `name` is what it is called in a sentence after "consents to"."""

    text: Text
    name: dict[Language, Text] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _words_alone(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class QueueStep(Noun):
    """Above `load` (1 = every agent busy) a minute costs `factor` times as much."""

    load: Annotated[float, Field(ge=0)]
    factor: Annotated[float, Field(ge=0, le=100)]


class Money(Noun):
    """How euros are counted: design section 3, Value."""

    horizon_months: Annotated[int, Field(ge=1, le=120)] = 36
    yearly_discount: Annotated[float, Field(ge=0, le=1)] = 0.10
    minute_price: Annotated[float, Field(ge=0)] = 0.45
    queue: tuple[QueueStep, ...] = ()
    organic_delay_months: Annotated[int, Field(ge=0, le=12)] = 2
    base_hazard: Annotated[float, Field(gt=0, lt=1, description="monthly, when no churn model is there")] = (
        0.015
    )

    def minute(self, queue_load: float | None) -> float:
        """Euros a minute costs at this queue load."""
        factor = 1.0
        for step in self.queue:
            if queue_load is not None and queue_load >= step.load:
                factor = step.factor
        return self.minute_price * factor


class Inference(Noun):
    """A motive that is likely while `when` holds, as long as nobody has said one."""

    motive: Word
    when: str
    probability: Annotated[float, Field(gt=0, lt=1)]


class Leaving(Noun):
    """A wish to leave: which intents voice it, why, and how likely the customer leaves now.

    `declined` is the motive that a reason for declining a save stands for; of `inferred` the first row that holds counts.
    """

    intents: tuple[Word, ...] = ("cancel",)
    confirmed: tuple[Word, ...] = ("cancel_confirmed",)
    motives: tuple[Word, ...] = ()
    declined: dict[Word, Word] = Field(default_factory=dict)
    inferred: tuple[Inference, ...] = ()
    leaves_now: Annotated[Probability, Field(description="q0, when nothing is said")] = 0.45
    by_motive: dict[Word, Probability] = Field(default_factory=dict)
    leaves_after: Annotated[Probability, Field(description="rho, after accepting a save")] = 0.08
    fatigue: Annotated[float, Field(ge=1, le=3, description="factor on q for every further save refused")] = (
        1.1
    )
    rounds: Annotated[int, Field(ge=0, le=2)] = 2


class Admission(Noun):
    """Kinds a mode allows beyond its own, while `when` holds, for actions with one of `motives` (any when empty)."""

    kinds: Annotated[tuple[ActionKind, ...], Field(min_length=1)]
    motives: tuple[Word, ...] = ()
    when: str | None = None


class Reopening(Noun):
    """A sentence on what must end before another mode can follow, said while `when` holds."""

    when: str | None = None
    text: dict[Language, Text]


class Mode(Noun):
    """What kind of contact this is. The first mode whose `when` holds decides; its `kinds` stand in their order.

    `text` is what the agent reads the mode as, `evidence` its ground, one line for each row that holds, and `reopens` what must
    come to an end before another mode can follow; a text alone is a row that is always said.
    """

    id: Word
    when: str | None = None
    kinds: tuple[ActionKind, ...]
    also: tuple[Admission, ...] = ()
    evidence: tuple[Word, ...] = ()
    text: dict[Language, Text]
    reopens: tuple[Reopening, ...] = ()

    @field_validator("reopens", mode="before")
    @classmethod
    def _one_row(cls, value: Any) -> Any:
        return [{"text": value}] if isinstance(value, dict) else value


class Selector(Noun):
    """Which actions a rule speaks of; every list that is given must hold the action."""

    kinds: tuple[ActionKind, ...] = ()
    families: tuple[Word, ...] = ()
    actions: tuple[Id, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    channels: Annotated[tuple[Channel, ...], Field(description="of the contact")] = ()


class Rule(Noun):
    """A condition (CEL) that must hold, and what is said when it does not. `source` names where it is written, such as an article of law."""

    id: Word
    tier: RuleTier
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    require: str
    reason: dict[Language, Text]
    source: Text | None = None
    on_missing: OnMissing | None = None

    @property
    def vetoes_missing(self) -> bool:
        return (self.on_missing or ("veto" if self.tier in FAIL_CLOSED else "pass")) == "veto"


class Cap(Noun):
    """At most `most` within `days`, then closed: actions, by what became of earlier proposals of the same actions.

    `per` says what is counted together; `reasons` are of declines and `over` the channels of what is counted, any when empty.
    """

    id: Word
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    count: Counted
    reasons: tuple[Word, ...] = ()
    per: CountedPer
    over: tuple[Channel, ...] = ()
    most: Annotated[int, Field(ge=1, le=100)] = 1
    days: Annotated[int, Field(ge=1, le=730, description="today included")]
    reason: dict[Language, Text]

    @model_validator(mode="after")
    def _reasons_of_declines(self) -> Self:
        if self.reasons and self.count != "declined":
            raise ValueError(f"what was {self.count} has no reasons; remove 'reasons' or count: declined")
        return self


class ReasonRow(Noun):
    """A ground an agent can read: given when `when` holds. Texts are filled from facts."""

    code: Word
    when: str | None = None
    text: dict[Language, Text]


class Disclosure(Noun):
    """Something the customer must be told with a proposal: of every action that names it, and while `when` holds of each that `for` selects.

    A fact that `when` misses means that it is said.
    """

    id: Word
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    when: str | None = None
    text: dict[Language, Text]
    source: Text | None = None


class Arbitration(Noun):
    """How many stand and how long. `worse_off`: what leaves the customer worse off is vetoed, or proposed and said."""

    proposals: Annotated[int, Field(ge=1, le=10)] = 3
    per_family: Annotated[int, Field(ge=1, le=10)] = 1
    valid_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    worse_off: Literal["veto", "say"] = "veto"


class Lever(Noun):
    """What the business wants sold more or less for a while: a factor on the value of offers, owned, and gone after `until`."""

    id: Word
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    factor: Annotated[float, Field(ge=0.5, le=2)]
    owner: Word
    starts: Annotated[date | None, Field(alias="from", description="first day; at once when absent")] = None
    until: Annotated[date, Field(description="last day")]
    reason: Annotated[Text, Field(min_length=1)]

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if self.starts is not None and self.until < self.starts:
            raise ValueError("'until' lies before 'from'; swap them")
        return self


class Keeping(Noun):
    """How long things are remembered."""

    decision_days: Annotated[int, Field(ge=1, le=3650)] = 400
    history_items: Annotated[int, Field(ge=10, le=1000)] = 200


class Pack(Written, Noun):
    """What every law pack says of itself; `models.law` has the rest. The law may be followed before `valid_from`, not after `valid_until`."""

    id: Name
    release: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}$")]
    jurisdiction: Annotated[Text, Field(min_length=1)]
    valid_from: date
    valid_until: Annotated[date | None, Field(description="last day")] = None

    @cached_property
    def edition(self) -> str:
        """The pack and its release, as a veto names it: `nl@2026-07`."""
        return f"{self.id}@{self.release}"


class CallList(Noun):
    """Whom to call unasked: customers for whom `when` holds, when a decision proposes one of the actions of `for`."""

    id: Word
    when: str
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    text: dict[Language, Text]


class Policy(Written, Noun):
    """Everything of section 3 that is data. `models.in_force` writes into it what the packs named by `law` say."""

    _packs: tuple[Pack, ...] = PrivateAttr(default=())
    _wordbooks: Mapping[str, Wordbook] = PrivateAttr(default_factory=dict)
    _places: dict[Path, tuple[Pack, Path]] = PrivateAttr(default_factory=dict)

    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    timezone: str = "Europe/Amsterdam"
    law: tuple[Word, ...] = ()
    facts: dict[Name, FactSpec] = Field(default_factory=dict)
    trends: dict[Name, Trend] = Field(default_factory=dict)
    consents: dict[Name, Consent] = Field(default_factory=dict)
    channels: dict[Channel, TextLimits] = Field(default_factory=dict)
    money: Money = Money()
    leaving: Leaving = Leaving()
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    rules: tuple[Rule, ...] = ()
    caps: tuple[Cap, ...] = ()
    reasons: tuple[ReasonRow, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    arbitration: Arbitration = Arbitration()
    levers: tuple[Lever, ...] = ()
    lists: tuple[CallList, ...] = ()
    keeping: Keeping = Keeping()

    @field_validator("timezone")
    @classmethod
    def _exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no timezone '{value}'; use a name such as Europe/Amsterdam") from None
        return value

    @field_validator("facts")
    @classmethod
    def _free_names(cls, value: dict[str, FactSpec]) -> dict[str, FactSpec]:
        for name in value:
            if name in RESERVED:
                raise ValueError(
                    f"a fact may not be called '{name}', which the service fills itself; rename it"
                )
        return value

    @property
    def packs(self) -> tuple[Pack, ...]:
        """The law packs in force, as `law` names them."""
        return self._packs

    @property
    def wordbooks(self) -> Mapping[str, Wordbook]:
        """The provider's own language files, by language."""
        return self._wordbooks

    def stands_in(self, rule_id: str) -> str:
        """The edition of the document a rule stands in: of a law pack, or of the policy itself."""
        return next((pack.edition for pack in self._packs if rule_id.startswith(f"{pack.id}.")), self.edition)

    def problem(self, path: Path, message: str) -> Problem:
        """Something wrong at `path`, with the file and line of the policy or of the law pack it came from."""
        pack, place = self._places.get(path[:2], (None, path))
        return super().problem(path, message) if pack is None else pack.problem((*place, *path[2:]), message)

    @cached_property
    def clocks(self) -> dict[str, float]:
        return {name: spec.clock for name, spec in self.facts.items() if spec.clock}


RESERVED = frozenset(
    {
        "holdings",
        "families",
        "consents",
        "objections",
        "bundle_benefit",
        "monthly_price",
        "held_months",
        "customer_id",
    }
)
"""Names under `customer` that the service fills itself."""


def load_policy(data: bytes, source: str = "policy.yaml") -> Policy:
    """Read and validate a policy. Expressions are checked where policy and catalogue meet, in `models.knowledge`.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in it.
    """
    return load(data, source, Policy, _problems)


def _problems(document: Document, policy: Policy) -> list[Problem]:
    return [
        *double_names(document, "modes", "id", (mode.id for mode in policy.modes)),
        *double_names(document, "rules", "id", (rule.id for rule in policy.rules)),
        *double_names(document, "caps", "id", (cap.id for cap in policy.caps)),
        *double_names(document, "reasons", "code", (row.code for row in policy.reasons)),
        *double_names(document, "disclosures", "id", (row.id for row in policy.disclosures)),
        *double_names(document, "lists", "id", (row.id for row in policy.lists)),
        *double_names(document, "levers", "id", (lever.id for lever in policy.levers)),
        *_texts(document, policy),
        *_mode_problems(document, policy),
        *_motive_problems(document, policy),
        *_trend_problems(document, policy),
    ]


def _motive_problems(document: Document, policy: Policy) -> list[Problem]:
    """Motives that a reason for declining or an inference names and `leaving.motives` does not."""
    leaving = policy.leaving
    named: list[tuple[Path, str]] = [
        *((("leaving", "declined", reason), motive) for reason, motive in leaving.declined.items()),
        *(
            (("leaving", "inferred", index, "motive"), row.motive)
            for index, row in enumerate(leaving.inferred)
        ),
    ]
    return [
        document.problem(path, f"unknown motive '{motive}'; add it to leaving.motives or correct the name")
        for path, motive in named
        if motive not in leaving.motives
    ]


def _trend_problems(document: Document, policy: Policy) -> list[Problem]:
    types = {name: spec.type for name, spec in policy.facts.items()}
    found = trend_problems(policy.trends, types, RESERVED)
    return [document.problem(place, message) for place, message in found]


def _texts(document: Document, policy: Policy) -> list[Problem]:
    problems = []
    sections: tuple[tuple[str, str], ...] = (
        ("modes", "text"),
        ("rules", "reason"),
        ("caps", "reason"),
        ("reasons", "text"),
        ("disclosures", "text"),
        ("lists", "text"),
    )
    places: list[tuple[Path, dict[str, str]]] = [
        *(
            ((section, index, key), getattr(item, key))
            for section, key in sections
            for index, item in enumerate(getattr(policy, section))
        ),
        *(
            (("modes", index, "reopens", place, "text"), row.text)
            for index, mode in enumerate(policy.modes)
            for place, row in enumerate(mode.reopens)
        ),
    ]
    for place, texts in places:
        problems += [
            document.problem(place, f"no text in '{language}'; add it")
            for language in policy.languages
            if language not in texts
        ]
        for language, text in texts.items():
            try:
                placeholders(text)
            except ValueError as error:
                problems.append(document.problem((*place, language), str(error)))
    return problems


def _mode_problems(document: Document, policy: Policy) -> list[Problem]:
    problems = []
    codes = {row.code for row in policy.reasons}
    for index, mode in enumerate(policy.modes):
        last = index == len(policy.modes) - 1
        if last and mode.when is not None:
            problems.append(
                document.problem(
                    ("modes", index, "when"), "the last mode is for everything else; remove 'when'"
                )
            )
        if not last and mode.when is None:
            problems.append(
                document.problem(
                    ("modes", index),
                    "has no 'when', so no later mode can be reached; add one or move it last",
                )
            )
        problems += [
            document.problem(
                ("modes", index, "evidence", position), f"unknown reason '{code}'; add it to reasons"
            )
            for position, code in enumerate(mode.evidence)
            if code not in codes
        ]
    return problems
