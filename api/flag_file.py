"""The flags of a folder, `flags.json` in flagd's format: read, and refused where a rule would silently do nothing.

flagd evaluates what it understands and gives the default variant for the rest, so a misspelt rule is no error to it. Here it is one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from openfeature.contrib.tools.flagd.core.targeting.targeting import OPERATORS
from pydantic import Field, ValidationError

from models.documents import DocumentError, Problem
from models.domain import USUAL, Flags, Noun, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE: Final = frozenset(("policy", "bundle"))
"""Flags whose values are names of what stands beside the usual."""
RESERVED: Final = frozenset(("policy", "holdout"))
"""Experiments that every decision names by itself."""
BRANCHES: Final = frozenset(("if", "?:", "and", "or"))
"""Operators that evaluate no more of their parts than they need, which the table of the others leaves out."""
KNOWN: Final = frozenset(("targetingKey", "$flagd.flagKey", "$flagd.timestamp"))
"""What a rule may ask for: the customer's id and nothing that changes with the contact, so that an arm is kept."""


class FlagRow(Noun):
    """One flag. `metadata.experiment` names the experiment its variants are the arms of; the flag's own name without it."""

    state: Literal["ENABLED", "DISABLED"]
    variants: Annotated[dict[Word, Any], Field(min_length=1)]
    default: Annotated[Word, Field(alias="defaultVariant")]
    targeting: dict[str, Any] = Field(default_factory=dict)
    metadata: dict[Word, bool | int | float | str] = Field(default_factory=dict)

    @property
    def varies(self) -> bool:
        """Whether customers may get different variants."""
        return bool(self.targeting) and self.state == "ENABLED"

    def experiment(self, name: str) -> str:
        """What the variants of the flag with this name are the arms of."""
        return str(self.metadata.get("experiment", name))


class _File(Noun):
    schema_: Annotated[str | None, Field(alias="$schema")] = None
    metadata: dict[Word, bool | int | float | str] = Field(default_factory=dict)
    flags: dict[Word, FlagRow]


@dataclass(frozen=True)
class FlagFile:
    """What was written, `usual` for everybody a rule says nothing of, and the flags by name."""

    data: bytes
    usual: Flags
    flags: dict[str, FlagRow]

    @property
    def varying(self) -> tuple[str, ...]:
        """The flags that must be asked for each customer."""
        return tuple(name for name, row in self.flags.items() if row.varies)

    @property
    def policies(self) -> tuple[str, ...]:
        """Those beside the usual one that customers may get."""
        return self._beside("policy")

    @property
    def aliases(self) -> tuple[str, ...]:
        """The bundles beside the usual one that customers may get."""
        return self._beside("bundle")

    def _beside(self, name: str) -> tuple[str, ...]:
        row = self.flags.get(name)
        named = () if row is None or row.state != "ENABLED" else row.variants.values()
        return tuple(sorted({value for value in named if value != USUAL}))


def read_flags(data: bytes, source: str) -> FlagFile:
    """Read and check a file of flags.

    Raises:
        DocumentError: everything that is wrong in it, with what to write instead.
    """
    try:
        file = _File.model_validate_json(data)
    except ValidationError as error:
        raise DocumentError(
            [
                Problem(
                    source, 0, ".".join(map(str, detail["loc"])) or "document", f"{detail['msg']}; mend it"
                )
                for detail in error.errors(include_url=False)
            ]
        ) from None
    problems = [
        Problem(source, 0, f"flags.{name}{place}", message)
        for name, row in file.flags.items()
        for place, message in _misfits(name, row)
    ]
    problems += [Problem(source, 0, f"flags.{name}", message) for name, message in _doubly(file.flags)]
    if problems:
        raise DocumentError(problems)
    usual = {name: row.variants[row.default] for name, row in file.flags.items() if row.state == "ENABLED"}
    return FlagFile(data, Flags.model_validate(usual), file.flags)


def _misfits(name: str, row: FlagRow) -> Iterator[tuple[str, str]]:
    if name not in Flags.model_fields:
        yield "", f"nobody asks for this flag; those there are: {', '.join(Flags.model_fields)}"
        return
    for variant, value in row.variants.items():
        try:
            Flags.model_validate({name: value})
        except ValidationError as error:
            yield f".variants.{variant}", f"{error.errors(include_url=False)[0]['msg']}; correct it"
        if value is None:
            yield f".variants.{variant}", "nothing is no value to flagd; write one"
    if row.default not in row.variants:
        yield ".defaultVariant", f"there is no variant '{row.default}'; add it or name another"
    elif name in BESIDE and row.variants[row.default] != USUAL:
        message = f"for whom no rule says otherwise it is '{USUAL}'; put what all should get in its place"
        yield ".defaultVariant", message
    if row.varies and row.experiment(name) in RESERVED:
        message = f"'{row.experiment(name)}' is an experiment of every decision; give this one a name of its own, such as {name}-2026"
        yield ".metadata.experiment", message
    yield from ((f".targeting{place}", message) for place, message in _unknown(row.targeting, row))


def _doubly(flags: dict[str, FlagRow]) -> Iterator[tuple[str, str]]:
    """Each flag deals customers anew, so the arms of two are not the arms of one experiment."""
    first: dict[str, str] = {}
    for name, row in flags.items():
        other = first.setdefault(row.experiment(name), name) if row.varies else name
        if other != name:
            yield name, f"deals the arms of '{row.experiment(name)}' as '{other}' does; give each its own"


def _unknown(rule: Any, row: FlagRow, place: str = "") -> Iterator[tuple[str, str]]:
    """What flagd would take for nothing."""
    if isinstance(rule, list):
        for index, part in enumerate(rule):
            yield from _unknown(part, row, f"{place}[{index}]")
    if not isinstance(rule, dict) or not rule:
        return
    if len(rule) > 1:
        yield place, f"a rule is one operator, not {', '.join(rule)}; nest them"
        return
    ((name, given),) = rule.items()
    here = f"{place}.{name}"
    if name == "var":
        asked = given[0] if isinstance(given, list) and given else given
        if asked not in KNOWN:
            yield here, f"'{asked}' is never told; ask for one of {', '.join(sorted(KNOWN))}"
    elif name not in OPERATORS and name not in BRANCHES:
        known = ", ".join(sorted({*OPERATORS, *BRANCHES}))
        yield here, f"there is no operator '{name}'; use one of {known}"
    elif name == "fractional":
        yield from _fractions(given, row, here)
    else:
        yield from _unknown(given, row, here)


def _fractions(given: Any, row: FlagRow, place: str) -> Iterator[tuple[str, str]]:
    """[what is hashed, perhaps, then [variant, weight] ...]."""
    parts = given if isinstance(given, list) else []
    salted = bool(parts) and not isinstance(parts[0], list)
    if salted:
        yield from _unknown(parts[0], row, f"{place}[0]")
    shares = parts[1:] if salted else parts
    if not shares:
        yield place, 'gives no shares; write such as [["on", 50], ["off", 50]]'
    for index, share in enumerate(shares, start=int(salted)):
        match share:
            case [str(variant), int(weight)] if variant in row.variants and weight >= 0:
                continue
            case _:
                told = json.dumps(share)
                yield (
                    f"{place}[{index}]",
                    f"{told} is no share; write [variant, whole number], variant one of {', '.join(row.variants)}",
                )
