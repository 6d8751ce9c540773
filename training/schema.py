"""What a data directory says about itself, in `schema.yaml`; all of it may be left out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from models.documents import DocumentError, check, read_yaml
from models.domain import Noun, Word
from models.sections.facts import FactSpec, Name
from models.trends import Trend
from training.fit.customer_months import OTHER_CAUSES
from training.problems import Findings, Problem

if TYPE_CHECKING:
    from pathlib import Path

FILE = "schema.yaml"


class Schema(Noun):
    """`facts` and `trends`: as in a policy. `repeatable`: products that may be acquired while held. `valid_from`: what began from this moment on is kept for judging.

    `other_causes`: what `churn_motive` says of who did not leave by himself.
    """

    facts: dict[str, FactSpec] | None = None
    repeatable: tuple[str, ...] | None = None
    valid_from: datetime | None = None
    trends: dict[Name, Trend] = Field(default_factory=dict)
    other_causes: tuple[Word, ...] = OTHER_CAUSES


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
