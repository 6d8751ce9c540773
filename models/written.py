"""Nouns that are a whole document: read, checked, and known by the hash of their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeVar

from pydantic import BaseModel, PrivateAttr

from models.documents import Document, DocumentError, Path, Problem, check, dotted, read_yaml


class Written(BaseModel):
    """`version` is the hash of the file's bytes."""

    version: str = ""
    _document: Document | None = PrivateAttr(default=None)

    @cached_property
    def edition(self) -> str:
        """The document by its kind and the first of its hash, as a veto names it: `policy@3f2a91c07b5d`."""
        return f"{type(self).__name__.lower()}@{self.version.removeprefix('sha256:')[:12]}"

    @property
    def document(self) -> Document:
        """The file it was read from. Raises ValueError when it was made in another way."""
        if self._document is None:
            raise ValueError(f"this {type(self).__name__.lower()} was not read from a file; load it from one")
        return self._document

    def problem(self, path: Path, message: str) -> Problem:
        """Something wrong at `path`, with file and line when it came from a file."""
        if self._document is not None:
            return self._document.problem(path, message)
        return Problem(type(self).__name__.lower(), 0, dotted(None, path), message)


Loaded = TypeVar("Loaded", bound=Written)


def load(
    data: bytes, source: str, model: type[Loaded], checks: Callable[[Document, Loaded], Iterable[Problem]]
) -> Loaded:
    """Read, validate and cross-check one document.

    Raises:
        DocumentError: naming file, line, key and remedy of everything wrong in it.
    """
    return take(read_yaml(data, source), model, checks)


def take(
    document: Document, model: type[Loaded], checks: Callable[[Document, Loaded], Iterable[Problem]]
) -> Loaded:
    """A document that is read already, validated and cross-checked. Raises as `load` does."""
    if "version" in document.content:
        raise DocumentError(
            [document.problem(("version",), "is the hash of the file and not written in it; remove it")]
        )
    noun = check(document, model)
    problems = list(checks(document, noun))
    if problems:
        raise DocumentError(sorted(problems, key=lambda problem: problem.line))
    loaded = noun.model_copy(update={"version": document.version})
    loaded._document = document  # noqa: SLF001  set once, here, so that later checks can name lines
    return loaded


def double_names(document: Document, section: str, key: str, names: Iterable[str]) -> list[Problem]:
    """A problem for every name in `section` that an earlier row has."""
    seen: set[str] = set()
    problems = []
    for index, name in enumerate(names):
        if name in seen:
            problems.append(
                document.problem((section, index, key), f"'{name}' is used twice; give each its own {key}")
            )
        seen.add(name)
    return problems
