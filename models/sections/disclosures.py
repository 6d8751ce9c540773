"""What the customer must be told with a proposal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.domain import Language, Noun, Text, Word
from models.sections.selector import Selector


class Disclosure(Noun):
    """Something the customer must be told with a proposal: of every action that names it, and while `when` holds of each that `for` selects.

    A fact that `when` misses means that it is said.
    """

    id: Word
    applies: Annotated[Selector, Field(alias="for")] = Selector()
    when: str | None = None
    text: dict[Language, Text]
    source: Text | None = None
