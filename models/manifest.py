"""The table of contents of a bundle: what each file must be, what it was made of, and answers that must come out again."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, ValidationError, model_validator

from models.domain import Noun, Word
from models.sections.facts import FactType

FORMAT: Literal[1] = 1
MANIFEST = "manifest.json"
MAX_MANIFEST = 8_000_000
MAX_FILE = 64_000_000
"""Bytes; a thousand products with a thousand encoded facts need a quarter of it."""

REQUIRED = frozenset({"winner.json", "winner.npz", "implicit.json", "implicit.npz", "lockin.json"})
CHURN = frozenset({"churn.json", "churn.npz"})
SAVING = frozenset({"saving.json"})
PACING = frozenset({"pacing.json"})
ACCEPTANCE = frozenset({"acceptance.json"})
WAKING = frozenset({"waking.json"})
OPTIONAL = (CHURN, SAVING, ACCEPTANCE, WAKING, PACING)
"""Parts a bundle may do without; each is there whole or not at all."""


class BundleError(ValueError):
    """A bundle that must not be used; the message names the file and what is wrong with it."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"bundle refused: {file}: {what}")
        self.file = file


class Strict(Noun):
    """Read as written: nothing is converted."""

    model_config = ConfigDict(strict=True)


class ArrayEntry(Strict):
    shape: tuple[Annotated[int, Field(ge=0, le=MAX_FILE)], ...]
    dtype: Literal["float64", "bool"]


class FileEntry(Strict):
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0, le=MAX_FILE)]
    arrays: dict[Word, ArrayEntry] = Field(default_factory=dict)


class Canary(Strict):
    """An input nobody is, and what each model must answer. `*_any` is null without dates, `churn` without a churn model."""

    holdings: tuple[Word, ...]
    facts: dict[Word, str | float]
    winner: tuple[float, ...]
    winner_any: float | None
    implicit: tuple[float, ...]
    implicit_any: float | None
    churn: float | None


class Manifest(Strict):
    """`data` is the SHA-256 of the tables it learned from, `until` the last day they tell of, `checksum` the SHA-256 of every other key here."""

    format: Literal[1] = FORMAT
    checksum: str = ""
    files: dict[Word, FileEntry]
    products: tuple[Word, ...]
    fact_kinds: dict[Word, FactType]
    dated: bool
    data: Word
    code: Word
    seed: int
    until: date | None = None
    metrics: dict[Word, float]
    verdicts: tuple[str, ...]
    canaries: tuple[Canary, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        there = [part for part in OPTIONAL if not part.isdisjoint(self.files)]
        if set(self.files) != REQUIRED.union(*there):
            may = "; ".join(", ".join(sorted(part)) for part in OPTIONAL)
            raise ValueError(f"files must be {', '.join(sorted(REQUIRED))} and, whole or not at all: {may}")
        if len(set(self.products)) != len(self.products):
            raise ValueError("a product stands twice in 'products'")
        if not self.canaries:
            raise ValueError("without canaries nothing shows that the answers are right")
        return self

    def to_bytes(self) -> bytes:
        """Canonical JSON with the checksum filled in: the same manifest gives the same bytes."""
        content = self.model_dump(mode="json", exclude={"checksum"})
        if self.until is None:  # as before there was such a key
            del content["until"]
        return canonical({**content, "checksum": hashlib.sha256(canonical(content)).hexdigest()})


def read_manifest(data: bytes) -> Manifest:
    """Parse and verify.

    Raises:
        BundleError: too large, not JSON of this form, or changed since it was written (every bit counts).
    """
    if len(data) > MAX_MANIFEST:
        raise BundleError(MANIFEST, f"{len(data)} bytes; at most {MAX_MANIFEST} are read")
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise BundleError(
            MANIFEST, f"{'.'.join(map(str, first['loc'])) or 'content'}: {first['msg']}"
        ) from None
    if manifest.to_bytes() != data:
        raise BundleError(MANIFEST, "does not match its own checksum; it was changed after it was written")
    return manifest


def check_json(file: str, data: bytes) -> None:
    """Hold a part that is JSON against how parts are written.

    Raises:
        BundleError: too large, not JSON, or written otherwise than here: a key stands twice, or a number is none.
    """
    if len(data) > MAX_MANIFEST:
        raise BundleError(file, f"{len(data)} bytes; at most {MAX_MANIFEST} are read")
    try:
        written = canonical(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise BundleError(file, f"not readable: {error}") from None
    if written != data:
        raise BundleError(
            file, "is not written as a bundle is: a key stands twice, or something is said otherwise"
        )


def canonical(content: Any) -> bytes:
    """JSON with sorted keys and no spaces; a number that is not finite is a ValueError."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
