"""A rule as it stands for one action, and the breach of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, get_args

from models.sections.rules import Rule, RuleTier

TIERS: tuple[str, ...] = get_args(RuleTier)
CONDITION = "condition"
"""The rule id under which an action's own condition speaks. A missing fact stops it: without evidence nothing is relevant."""


@dataclass(frozen=True, slots=True)
class Check:
    """A rule as it stands for one action: which program must hold, over these channels (any when empty).

    `edition` is the document it stands in; `strict` says that a missing fact stops the action, an emergency's too.
    """

    edition: str
    rule: Rule
    program: int
    channels: frozenset[str]
    vetoes_missing: bool
    strict: bool


class Breach(NamedTuple):
    """A rule that stopped an action; `missing` names the facts it lacked, if that was why."""

    check: Check
    missing: tuple[str, ...] = ()
