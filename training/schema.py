"""What a data directory says about itself, in `schema.yaml`; all of it may be left out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from models.documents import DocumentError, check, read_yaml
from models.domain import Noun
from models.sections.facts import FactSpec
from training.problems import Findings, Problem

if TYPE_CHECKING:
    from pathlib import Path

FILE = "schema.yaml"


class Schema(Noun):
    """`facts`: as in a policy. `repeatable`: products that may be acquired while held. `valid_from`: what began from this moment on is kept for judging."""

    facts: dict[str, FactSpec] | None = None
    repeatable: tuple[str, ...] | None = None
    valid_from: datetime | None = None


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
