"""What the business decides, whole: the sections of `models.sections` in one document, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, field_validator

from models.documents import Document, Path, Problem
from models.domain import Channel, Language, Noun, Text, Word
from models.placeholders import placeholders
from models.sections.arbitration import Arbitration
from models.sections.caps import Cap
from models.sections.channels import TextLimits
from models.sections.choices import Choices, choice_problems
from models.sections.disclosures import Disclosure
from models.sections.experiments import Experiments
from models.sections.facts import RESERVED, Consent, FactSpec, FactType, Name
from models.sections.keeping import Keeping
from models.sections.leaving import Leaving, motive_problems
from models.sections.levers import Lever
from models.sections.lists import CallList
from models.sections.modes import Mode, mode_problems
from models.sections.money import Money
from models.sections.pack import Pack
from models.sections.reasons import ReasonRow
from models.sections.rules import Rule
from models.trends import PARTS, Trend, trend_problems
from models.wordbook import Wordbook
from models.written import Written, double_names, load


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
    choices: Choices = Choices()
    modes: Annotated[tuple[Mode, ...], Field(min_length=1)]
    rules: tuple[Rule, ...] = ()
    caps: tuple[Cap, ...] = ()
    reasons: tuple[ReasonRow, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    arbitration: Arbitration = Arbitration()
    levers: tuple[Lever, ...] = ()
    experiments: Experiments = Experiments()
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
    def fact_names(self) -> dict[str, dict[Language, Text]]:
        """What facts are called in a sentence, by language, those of trends among them; empty where nobody said."""
        named = {name: spec.name for name, spec in self.facts.items()}
        return named | {
            f"{name}_{part}": getattr(trend, part) for name, trend in self.trends.items() for part in PARTS
        }

    @cached_property
    def fact_types(self) -> dict[str, FactType]:
        """To be asked of a policy with all its law packs, like what follows."""
        return {name: spec.type for name, spec in self.facts.items()}

    @cached_property
    def clocks(self) -> dict[str, float]:
        return {name: spec.clock for name, spec in self.facts.items() if spec.clock}


def load_policy(data: bytes, source: str = "policy.yaml") -> Policy:
    """Read and validate a policy. Expressions are checked where policy and catalogue meet, in `models.knowledge`.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in it.
    """
    return load(data, source, Policy, _problems)


def _problems(document: Document, policy: Policy) -> list[Problem]:
    types = {name: spec.type for name, spec in policy.facts.items()}
    misfits = (
        *mode_problems(policy.modes, {row.code for row in policy.reasons}),
        *motive_problems(policy.leaving),
        *choice_problems(policy.choices, policy.leaving),
        *trend_problems(policy.trends, types, RESERVED),
    )
    return [
        *double_names(document, "modes", "id", (mode.id for mode in policy.modes)),
        *double_names(document, "rules", "id", (rule.id for rule in policy.rules)),
        *double_names(document, "caps", "id", (cap.id for cap in policy.caps)),
        *double_names(document, "reasons", "code", (row.code for row in policy.reasons)),
        *double_names(document, "disclosures", "id", (row.id for row in policy.disclosures)),
        *double_names(document, "lists", "id", (row.id for row in policy.lists)),
        *double_names(document, "levers", "id", (lever.id for lever in policy.levers)),
        *_texts(document, policy),
        *(document.problem(place, message) for place, message in misfits),
    ]


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
        *policy.choices.texts(),
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
