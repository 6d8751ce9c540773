"""Cross-validation over customers, for tables without dates: every customer is judged once, by models that never saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from training.evaluation.judging import Lines, Row
from training.evaluation.tournament import baselines, fit_all, judge_all, silent
from training.fit.acquisitions import acquisitions
from training.fit.examples import one_a_customer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.features import Floats
    from training.fit.acquisitions import PropensityData


def cross_validated(
    dataset: PropensityData,
    seed: int,
    folds: int = 5,
    use: Sequence[int] | None = None,
    progress: Callable[[str], None] = silent,
) -> tuple[Row, ...]:
    """The rows of the tournament over all folds (or those in `use`): one holding hidden per customer, drawn with `seed`."""
    with threadpool_limits(1, "blas"):
        lines = acquisitions(dataset, seed)
        people, index = np.unique(lines.customer, return_inverse=True)
        fold = (np.random.default_rng(seed).permutation(len(people)) % folds)[index]
        parts: list[Lines] = []
        tables: dict[str, list[Floats]] = {}
        raw: dict[str, list[Floats]] = {}
        for one in range(folds) if use is None else use:
            train_lines = lines.take(fold != one)
            encoder = train_lines.encoder()
            train = train_lines.encoded(encoder)
            held = one_a_customer(lines.take(fold == one).encoded(encoder), seed)
            for name, fitted in fit_all(train, seed, progress).items():
                tables.setdefault(name, []).append(fitted.model.which_table(held.holdings, held.facts))
            for name, scores in baselines(train, held, seed)[1].items():
                raw.setdefault(name, []).append(scores)
            parts.append(Lines.of(held))
        joined = {name: np.concatenate(some) for name, some in tables.items()}
        return judge_all(
            Lines.joined(parts), joined, {name: np.concatenate(some) for name, some in raw.items()}, seed
        )
