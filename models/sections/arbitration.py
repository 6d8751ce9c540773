"""How many proposals stand, and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.domain import Noun


class Arbitration(Noun):
    """How many stand and how long. `worse_off`: what leaves the customer worse off is vetoed, or proposed and said."""

    proposals: Annotated[int, Field(ge=1, le=10)] = 3
    per_family: Annotated[int, Field(ge=1, le=10)] = 1
    valid_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    worse_off: Literal["veto", "say"] = "veto"
