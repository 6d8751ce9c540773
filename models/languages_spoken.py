"""What a language file must say before a policy can speak that language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from models.arbitration import ARBITRATION_RULES
from models.changes import ENDED_BY, RAISED_BY
from models.checks import CONDITION
from models.documents import Problem
from models.exploration import EXPLORED
from models.fit import FIT_RULES
from models.history import HISTORY_TYPES
from models.placeholders import placeholders
from models.policy import Policy
from models.stock import STOCK
from models.wordbook import Wordbook
from models.would_be_text import CHANGES

NOTHING: Final[frozenset[str]] = frozenset()
RULES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys((*FIT_RULES, CONDITION, *ARBITRATION_RULES, EXPLORED), NOTHING),
    STOCK: frozenset({"stock"}),
}
"""The rules the software has itself, with the reason of its own for what stands first, and what their texts may name."""
CONTACT: Final = (
    "agent_authority",
    "bot",
    "channel",
    "direction",
    "intent",
    "motive",
    "queue_load",
    "subject",
)
NAMES: Final[Mapping[str, frozenset[str]]] = {
    **{f"contact.{name}": NOTHING for name in CONTACT},
    **{
        f"history.{name}": NOTHING
        for name in {**RAISED_BY, **ENDED_BY}
        if not HISTORY_TYPES[name].startswith("list")
    },
}
"""The paths below contact and history that a change may name."""


def unspoken(policy: Policy, wordbooks: Mapping[str, Wordbook]) -> Iterator[Problem]:
    """The languages of the policy that there is no file of, and everything missing or unknown in the files there are."""
    for index, language in enumerate(policy.languages):
        if language not in wordbooks:
            there = ", ".join(sorted(wordbooks)) or "none"
            message = f"there is no language file '{language}' (there are: {there}); write languages/{language}.yaml beside the policy"
            yield policy.problem(("languages", index), message)
        else:
            yield from _lacks(wordbooks[language])


def _lacks(wordbook: Wordbook) -> Iterator[Problem]:
    for section, wanted in (("rules", RULES), ("changes", CHANGES), ("names", NAMES)):
        said: Mapping[str, str] = getattr(wordbook, section)
        for key in wanted.keys() - said.keys():
            yield wordbook.problem((section, key), "missing; add it")
        for key, text in said.items():
            if key not in wanted:
                yield wordbook.problem((section, key), "nothing asks for it; remove it or correct the name")
                continue
            for name in sorted(placeholders(text) - wanted[key]):
                known = ", ".join(sorted(wanted[key])) or "nothing"
                message = f"placeholder '{{{name}}}' is not known here; it may name {known}"
                yield wordbook.problem((section, key), message)
