"""What a law pack says of itself."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from models.domain import Noun, Text
from models.sections.facts import Name
from models.written import Written


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
