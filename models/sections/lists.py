"""Call lists: whom to call unasked."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.domain import Language, Noun, Text, Word
from models.sections.selector import Selector


class CallList(Noun):
    """Whom to call unasked: customers for whom `when` holds, when a decision proposes one of the actions of `for`."""

    id: Word
    when: str
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    text: dict[Language, Text]
