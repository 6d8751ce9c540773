"""Rules: a condition in a tier, and what is said when it does not hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.domain import Language, Noun, Text, Word
from models.sections.selector import Selector

RuleTier = Literal["legal", "eligibility", "relevance", "suitability", "contact_policy"]
OnMissing = Literal["veto", "pass"]

FAIL_CLOSED: frozenset[str] = frozenset({"legal", "eligibility"})
"""Tiers in which a missing fact vetoes unless the rule says otherwise; in the others it passes and is named in `degraded`."""


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
