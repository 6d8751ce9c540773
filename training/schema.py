"""What a data directory says about itself, in `schema.yaml`; all of it may be left out."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from models.causes import CAUSES, NON_PAYMENT, Cause
from models.documents import DocumentError, check, read_yaml
from models.domain import Noun, Word
from models.sections.facts import FactSpec, Name
from models.trends import Trend
from training.fit.customer_months import CAUSES_AS_NAMED
from training.problems import Findings, Problem

if TYPE_CHECKING:
    from pathlib import Path

FILE = "schema.yaml"


def _by_cause(given: Any) -> Any:
    """A list of words by cause; anything else as it is."""
    if not isinstance(given, list):
        return given
    return {
        cause: [word for word in given if (word == NON_PAYMENT) == (cause == NON_PAYMENT)] for cause in CAUSES
    }


def _once(causes: dict[Cause, tuple[Word, ...]]) -> dict[Cause, tuple[Word, ...]]:
    twice = [word for word, times in Counter(chain(*causes.values())).items() if times > 1]
    if twice:
        raise ValueError(f"'{twice[0]}' stands twice; keep it under one cause")
    return causes


class Schema(Noun):
    """`facts` and `trends`: as in a policy. `repeatable`: products that may be acquired while held. `valid_from`: what began from this moment on is kept for judging.

    `other_causes`: what `churn_motive` says of who did not leave by himself: cause -> its words; in a list, `non-payment` is that cause and what else stands there
    could not be avoided.
    """

    facts: dict[str, FactSpec] | None = None
    repeatable: tuple[str, ...] | None = None
    valid_from: datetime | None = None
    trends: dict[Name, Trend] = Field(default_factory=dict)
    other_causes: Annotated[
        dict[Cause, tuple[Word, ...]], BeforeValidator(_by_cause), AfterValidator(_once)
    ] = Field(default_factory=lambda: dict(CAUSES_AS_NAMED))


def read_schema(directory: Path, findings: Findings) -> Schema:
    """The schema of the directory, empty when it has none; what is wrong with it is reported."""
    path = directory / FILE
    if not path.exists():
        return Schema()
    try:
        return check(read_yaml(path.read_bytes(), FILE), Schema)
    except DocumentError as error:
        findings.add(
            *(Problem(FILE, None, None, str(problem), "mend the file") for problem in error.problems)
        )
    except OSError as error:
        findings.add(Problem(FILE, None, None, f"cannot be read: {error}", "give a readable file"))
    return Schema()
