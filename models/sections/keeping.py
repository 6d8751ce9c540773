"""How long things are remembered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.domain import Noun


class Keeping(Noun):
    """Days that decisions are kept, and items of history a customer has."""

    decision_days: Annotated[int, Field(ge=1, le=3650)] = 400
    history_items: Annotated[int, Field(ge=10, le=1000)] = 200
