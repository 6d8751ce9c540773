"""YAML in, checked nouns out; every problem with its file, line, key and remedy."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
MAX_BYTES = 5_000_000
MAX_DEPTH = 40


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a document: where it stands, which key, what is wrong and how to mend it."""

    source: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}" if self.line else self.source
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class DocumentError(ValueError):
    """A document that cannot be used; `problems` lists all that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True)
class Document:
    """Parsed YAML with the line of every key, and the hash its bytes are known by."""

    source: str
    content: Any
    lines: dict[Path, int]
    version: str

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at `path`, placed on the nearest line that exists."""
        place = path
        while place and place not in self.lines:
            place = place[:-1]
        return Problem(self.source, self.lines.get(place, 0), dotted(self.content, path), message)


def version_of(data: bytes) -> str:
    """The name a document is known and kept by."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def dotted(content: Any, path: Path) -> str:
    """`actions[tv-bundle].acceptance.rate`: list items are named by their id where they have one."""
    parts: list[str] = []
    for step in path:
        content = content[step] if _has(content, step) else None
        if isinstance(step, int):
            name = content.get("id", content.get("code", step)) if isinstance(content, dict) else step
            parts.append(f"[{name}]")
        else:
            parts.append(f".{step}" if parts else step)
    return "".join(parts)


def _has(content: Any, step: str | int) -> bool:
    if isinstance(content, dict):
        return step in content
    return isinstance(content, list) and isinstance(step, int) and step < len(content)


def read_yaml(data: bytes, source: str) -> Document:
    """Parse one YAML document.

    Raises:
        DocumentError: not UTF-8, not YAML, not a mapping, too large or too deep, a key given twice, a tag, or an alias (a small
            file could unfold to gigabytes).
    """
    if len(data) > MAX_BYTES:
        raise DocumentError([Problem(source, 0, "", f"{len(data)} bytes; a document may have {MAX_BYTES}")])
    try:
        problems = _beyond_plain(data, source)
        if problems:
            raise DocumentError(problems)
        loader = _LOADER(data)
        node = loader.get_single_node()
        builder = _Builder(loader, source)
        content = None if node is None else builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 0
        raise DocumentError(
            [Problem(source, line, "", f"not YAML: {error.problem}; mend the indentation or quotes there")]
        ) from None
    except yaml.YAMLError as error:
        first = str(error).partition("\n")[0]
        raise DocumentError([Problem(source, 0, "", f"not readable as YAML in UTF-8: {first}")]) from None
    if not isinstance(content, dict):
        builder.problems.append(Problem(source, 1, "", "must be a mapping of keys to values"))
    if builder.problems:
        raise DocumentError(builder.problems)
    return Document(source, content, builder.lines, version_of(data))


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _beyond_plain(data: bytes, source: str) -> list[Problem]:
    """Aliases, tags, and nesting so deep that a parser in C would overflow its stack: read event by event, before anything is built."""
    problems: list[Problem] = []
    depth = 0
    event: Any
    for event in yaml.parse(data, Loader=_LOADER):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            problems.append(Problem(source, line, f"*{event.anchor}", "an alias; write the value out"))
        elif getattr(event, "tag", None) is not None:
            problems.append(Problem(source, line, event.tag, "a tag; write a plain value, text in quotes"))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return [
                *problems,
                Problem(source, line, "", f"nested deeper than {MAX_DEPTH} levels; flatten it"),
            ]
    return problems


class _Builder:
    """Makes plain values of YAML nodes and remembers the line of each."""

    def __init__(self, loader: Any, source: str) -> None:
        self.loader = loader
        self.source = source
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def build(self, node: Any, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, path)

    def _scalar(self, node: Any, path: Path) -> Any:
        try:
            return self.loader.construct_object(node)
        except ValueError as error:
            # What looks like a date or a number and is none, such as 2026-02-30.
            line = node.start_mark.line + 1
            message = f"{node.value:.40} is not a value: {error}; correct it, or quote it to make it a text"
            self.problems.append(Problem(self.source, line, dotted(None, path), message))
            return None

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(self.source, line, dotted(None, path), "a key must be a word"))
                continue
            # The key as written: YAML would read `on` as true and `2026` as a number.
            key = str(key_node.value)
            if key in result:
                self.problems.append(
                    Problem(self.source, line, dotted(None, (*path, key)), "given twice; keep one")
                )
                continue
            self.lines[(*path, key)] = line
            result[key] = self.build(value_node, (*path, key))
        return result


def check(document: Document, model: type[Model]) -> Model:
    """The document as a noun.

    Raises:
        DocumentError: with a problem for every key that is wrong, missing or unknown.
    """
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        found = [dict(detail) for detail in error.errors()]
        problems = [_explain(document, model, detail) for detail in found if not _follows(detail, found)]
        raise DocumentError(problems) from None


def _follows(detail: dict[str, Any], found: list[dict[str, Any]]) -> bool:
    """Whether a list is too short only because its items are broken, which is said of each of them."""
    place: tuple[str | int, ...] = detail["loc"]
    deeper = (other["loc"] for other in found if len(other["loc"]) > len(place))
    return bool(detail["type"] == "too_short" and any(loc[: len(place)] == place for loc in deeper))


def _explain(document: Document, model: type[BaseModel], detail: dict[str, Any]) -> Problem:
    kind, message = detail["type"], detail["msg"]
    path = _path_in(document.content, detail["loc"], missing=kind == "missing")
    if kind == "extra_forbidden":
        known = _keys_beside(model, path)
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        remedy = (
            f"did you mean '{near[0]}'?"
            if near
            else f"known here: {', '.join(sorted(known))}"
            if known
            else "remove it"
        )
        message = f"unknown key; {remedy}"
    elif kind == "missing":
        message = "missing; add it"
    elif kind == "value_error":
        message = message.removeprefix("Value error, ")
    else:
        message = f"{message[:1].lower()}{message[1:]}, not {detail['input']!r:.80}"
    return document.problem(path, message)


def _path_in(content: Any, steps: Path, *, missing: bool) -> Path:
    """Pydantic names union members and keys in its paths; those are not in the document and left out."""
    path: list[str | int] = []
    for step in steps:
        if _has(content, step):
            content = content[step]
            path.append(step)
    return (*path, steps[-1]) if missing else tuple(path)


def _keys_beside(model: type[BaseModel], path: Path) -> list[str]:
    """The keys the model knows at the place where an unknown one stands."""
    place: Any = model
    for step in path[:-1]:
        place = _into(place, step)
    return [field.alias or name for name, field in place.model_fields.items()] if _is_model(place) else []


def _into(annotation: Any, step: str | int) -> Any:
    """The annotation one step deeper: a field of a model, an item of a tuple, a value of a dict."""
    if _is_model(annotation):
        by_key = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        return _without_none(by_key.get(str(step)))
    arguments = [argument for argument in getattr(annotation, "__args__", ()) if argument is not Ellipsis]
    return _without_none(arguments[-1]) if arguments else None


def _without_none(annotation: Any) -> Any:
    """`Model` of `Model | None` and of `Annotated[Model, ...]`; a union keeps its model."""
    for argument in getattr(annotation, "__args__", ()):
        if _is_model(argument):
            return argument if getattr(annotation, "__origin__", None) not in {tuple, dict} else annotation
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
