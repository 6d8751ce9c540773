"""When something changed: as likely as the counts and the days say, and found to the day."""

from __future__ import annotations

import numpy as np
import pytest

from training.learning.asks import HALF_LIFE
from training.learning.changepoint import stories
from training.learning.nested import Curvature, Mode, Posterior

NONE = np.zeros(0)


def posterior(evidence: float) -> Posterior:
    return Posterior(Mode(NONE, NONE, 0.0, Curvature(NONE, NONE, NONE, 0.0)), NONE, evidence)


def chances(evidence: dict[int, float], newest: int = 0, oldest: int = 300) -> dict[int, float]:
    """Of stories where a day without evidence of its own has none."""
    found = stories(lambda days: posterior(evidence.get(days, 0.0)), newest, oldest)
    return {story.window: story.chance for story in found}


def test_where_the_counts_say_nothing_a_change_is_as_likely_as_answers_are_forgotten() -> None:
    found = chances({})
    assert sum(found.values()) == pytest.approx(1.0)
    assert found[0] == pytest.approx(0.5 ** (256 / HALF_LIFE))
    assert found[2] == pytest.approx(0.5 ** (1 / HALF_LIFE) - 0.5 ** (2 / HALF_LIFE))


@pytest.mark.parametrize("day", [1, 3, 13, 41, 63, 90, 200, 290])
def test_a_change_is_found_to_the_day(day: int) -> None:
    found = chances({days: -3.0 * abs(days - day) for days in range(1, 301)} | {0: -1000.0})
    assert max(found, key=lambda days: found[days]) == day
    assert len(found) <= 24


def test_only_days_with_answers_before_and_since_are_looked_at() -> None:
    found = chances({days: float(days < 40) for days in range(1, 301)}, newest=20, oldest=50)
    assert set(found) <= {0, *range(21, 51)}
    assert set(chances({}, newest=7, oldest=7)) == {0}


def test_stories_come_in_the_order_of_their_days() -> None:
    found = list(chances({days: -abs(days - 41.0) for days in range(301)}))
    assert found == sorted(found)
