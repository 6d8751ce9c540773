"""What may be known of a customer: facts with their types, and consents."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from models.domain import Language, Noun, Text, Word

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z](?:_?[A-Za-z0-9])*_?$", max_length=64)]
"""What an expression can name: letters, digits and single underscores."""
FactType = Literal["number", "integer", "string", "boolean", "date"]

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
