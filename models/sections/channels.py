"""What a channel takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.domain import Noun


class TextLimits(Noun):
    """The most characters of a title and of a sentence; no limit where none is given."""

    title: Annotated[int | None, Field(ge=1)] = None
    say: Annotated[int | None, Field(ge=1)] = None
