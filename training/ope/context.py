"""What is known of a contact before anything is proposed, as columns for the prediction of what it brings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from training.ope.rewards import held_products, monthly_margin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.catalogue import Catalogue
    from models.features import Floats
    from models.journal import DecisionRecord
    from training.ope.contacts import LoggedContact

FEWEST: Final = 30
"""A word that is rarer than this shares a column with the other rare ones."""


def context_of(contacts: Sequence[LoggedContact], catalogue: Catalogue) -> Floats:
    """(n, columns), of the first turns."""
    records = [contact.first for contact in contacts]
    figures = np.array([_figures(record, catalogue) for record in records])
    words = [
        _one_column_a_word([name(record) for record in records])
        for name in (_mode, _channel, _intent, _motive)
    ]
    return np.concatenate([figures, *words], axis=1)


def _figures(record: DecisionRecord, catalogue: Catalogue) -> tuple[float, ...]:
    """None of them depends on which of the candidates stood first."""
    decision, churn = record.decision, record.decision.churn
    first = decision.proposals[0].value if decision.proposals else None
    best = 0.0 if first is None else first.expected + decision.selection.given_up
    return (
        monthly_margin(record, catalogue),
        float(len(held_products(record))),
        0.0 if churn is None else churn.next_month,
        0.0 if churn is None else churn.leaves_now,
        float(churn is None),
        best,
    )


def _mode(record: DecisionRecord) -> str:
    return record.decision.mode


def _channel(record: DecisionRecord) -> str:
    return record.request.contact.channel


def _intent(record: DecisionRecord) -> str:
    return record.request.contact.intent or ""


def _motive(record: DecisionRecord) -> str:
    motive = record.decision.motive
    return "" if motive is None else motive.value or ""


def _one_column_a_word(words: list[str]) -> Floats:
    often = sorted(word for word, count in Counter(words).items() if count >= FEWEST)
    place = {word: column for column, word in enumerate(often)}
    return np.eye(len(often) + 1)[[place.get(word, len(often)) for word in words]]
