"""What the customer must be told with a proposal: what the action names, and what law or policy wants said while a condition holds."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from models.catalogue import Catalogue
from models.documents import Problem
from models.domain import Channel
from models.placeholders import placeholders
from models.policy import Policy
from models.sections.disclosures import Disclosure
from models.verdicts import Verdicts

END_DATE = "new_end_date"
"""The placeholder of the day on which the term that an action begins will end."""

Told = tuple[tuple[str, frozenset[Channel], int | None], ...]
"""What may have to be said with an action: the disclosure, over which channels (any when empty), and the program that silences it."""


def disclosed(told: Told, channel: Channel, verdicts: Verdicts) -> tuple[str, ...]:
    """The disclosures of an action in this situation. Only a condition that is surely false leaves one out."""
    return tuple(
        [
            name
            for name, channels, silent in told
            if (not channels or channel in channels) and (silent is None or not verdicts.holds(silent))
        ]
    )


@lru_cache(maxsize=1_000)
def new_end_date(today: date, months: int) -> date | None:
    """The last day of a term of so many months that begins today; None without a term. 31 August and six months: 28 February."""
    if months == 0:
        return None
    years, month = divmod(today.month - 1 + months, 12)
    year, month = today.year + years, month + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def end_date_problems(catalogue: Catalogue, policy: Policy, told: Sequence[Told]) -> list[Problem]:
    """A disclosure or a sentence that says when the term ends, of an action that begins none."""
    dated = {
        row.id
        for row in policy.disclosures
        if any(END_DATE in placeholders(text) for text in row.text.values())
    }
    remedy = "says when the term ends, and this action begins none; give it commitment.months"
    problems = []
    for index, action in enumerate(catalogue.actions):
        if action.commitment.months == 0:
            problems += [
                catalogue.problem(("actions", index, "commitment"), f"disclosure '{name}' {remedy}")
                for name, _, _ in told[index]
                if name in dated
            ]
            problems += [
                catalogue.problem(("actions", index, "texts", language), f"'{{{END_DATE}}}' {remedy}")
                for language, texts in action.texts.items()
                if any(END_DATE in placeholders(text) for text in (texts.title, *texts.sentences))
            ]
    return problems


def automatic(policy: Policy) -> list[tuple[int, Disclosure]]:
    """The disclosures that are said without an action naming them, with their places in the policy."""
    return [(index, row) for index, row in enumerate(policy.disclosures) if row.when is not None]
