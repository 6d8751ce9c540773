"""What time is worth: later euros, and the minutes of a contact."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from models.domain import Noun


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
