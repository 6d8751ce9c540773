"""A yes to a save is rewarded as far as saves hold, before it is known of this one too."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from training.learning.fit import corrections
from training.learning.holding import rewarded
from training.learning.tally import Cell, Count

HOLDS, TERM, MONTH = 0.6, 90, 30
"""What holds in truth, days; the table of customers comes once a month."""


def saves(day: int, count: Count, kind: str = "save") -> tuple[Cell, Count]:
    return Cell(day, kind, "saves", "stay", "voice", "price", -4), count


def test_what_is_not_a_save_is_a_yes_or_none() -> None:
    offers = [saves(day, Count(9, 4), "offer") for day in (1, 200)]
    assert rewarded([*offers, saves(90, Count(3, 2, kept=1, relapsed=1))], priced=False)[:2] == [4.0, 4.0]


def test_of_its_time_each_save_counts_by_what_is_said_of_it_and_later_ones_by_those() -> None:
    early, last, later = Count(9, 5, kept=2, relapsed=2), Count(4, 2, kept=1), Count(8, 6, relapsed=1)
    share = (3 + 1) / (3 + 2 + 2)
    found = rewarded([saves(1, early), saves(30, last), saves(31, later)], priced=False)
    assert found == pytest.approx([2 + share, 1 + share, 6 * share])


def test_where_nobody_says_that_a_save_held_it_does_until_it_relapses() -> None:
    assert rewarded([saves(1, Count(9, 5, relapsed=2))], priced=False) == [3.0]


def test_a_price_that_knows_who_leaves_after_accepting_is_not_lowered_again() -> None:
    known = Count(9, 5, kept=2, relapsed=2)
    assert rewarded([saves(1, known), saves(200, Count(2, 2))], priced=True) == [5.0, 2.0]


@pytest.mark.parametrize("now", [160, 250, 340])
def test_what_is_rewarded_at_any_moment_is_what_will_have_held(now: int) -> None:
    dice = np.random.default_rng(7)
    accepted = dice.integers(0, now, 60 * now)
    held = dice.random(len(accepted)) < HOLDS
    leaves = accepted + dice.integers(1, TERM, len(accepted))
    table = now // MONTH * MONTH  # up to this day it is known who left
    kept, relapsed = held & (accepted + TERM <= table), ~held & (leaves < table)
    told: Counter[tuple[int, str]] = Counter()
    for name, rows in (("yes", accepted), ("kept", accepted[kept]), ("relapsed", accepted[relapsed])):
        told.update((int(day), name) for day in rows)
    counts = [
        saves(day, Count(told[day, "yes"], told[day, "yes"], told[day, "kept"], told[day, "relapsed"]))
        for day in range(now)
    ]
    # Some 12,000 saves: the share that held is known to .01, what a pending one counts too.
    assert sum(rewarded(counts, priced=False)) / len(accepted) == pytest.approx(HOLDS, abs=0.02)
    assert 1.0 - relapsed.mean() > HOLDS + 0.05  # by what is known to have relapsed alone


def test_a_save_that_does_not_hold_is_thought_less_of_than_one_as_often_accepted_that_does() -> None:
    cells = {
        Cell(day, "save", "saves", action, "voice", "price", -4): Count(40, 20, kept=kept, relapsed=20 - kept)
        for day in (1, 2, 3)
        for action, kept in (("gift", 5), ("repair", 18))
    }
    found = corrections(cells, 120).corrections
    assert found["repair"].total("voice", "price") > 0.4 > -0.4 > found["gift"].total("voice", "price")
    priced = corrections({cell._replace(day=cell.day + 9): count for cell, count in cells.items()}, 129, 5)
    assert priced.corrections["gift"] == priced.corrections["repair"]
