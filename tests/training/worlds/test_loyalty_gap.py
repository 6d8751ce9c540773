"""What threatening pays, among customers of equal margin."""

from __future__ import annotations

import numpy as np
import pytest

from training.worlds.loyalty_gap import gap


def test_it_compares_within_deciles_and_weighs_by_threats() -> None:
    margin = np.repeat([10.0, 90.0], 50)
    threatens = np.zeros(100, dtype=bool)
    threatens[[0, 50, 51, 52]] = True
    given = np.where(margin == 90.0, 20.0, 2.0)
    given[threatens] += np.where(margin[threatens] == 90.0, 8.0, 4.0)
    assert gap(given, margin, threatens) == pytest.approx((1 * 4.0 + 3 * 8.0) / 4)
    assert given[threatens].mean() - given[~threatens].mean() > 11  # what matching takes away


def test_there_is_none_without_a_threat_or_without_anybody_quiet() -> None:
    some = np.arange(20.0)
    assert gap(some, some, np.zeros(20, dtype=bool)) is None
    assert gap(some, some, np.ones(20, dtype=bool)) is None
