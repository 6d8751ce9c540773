"""Counts become corrections: as much as they tell, level by level, and older ones less."""

from __future__ import annotations

import numpy as np
import pytest

from models.learned import Correction
from training.learning.asks import HALF_LIFE
from training.learning.fit import corrections
from training.learning.tally import Cell, Count
from training.learning.told import Corrections

TODAY = 739_500
Counts = dict[Cell, Count]


def asked(
    n: int,
    share: float,
    action: str = "sell-tv",
    *,
    ago: int = 40,
    family: str = "video",
    channel: str = "voice",
    kind: str = "offer",
    motive: str = "",
    odds: int = -4,
) -> Counts:
    return {Cell(TODAY - ago, kind, family, action, channel, motive, odds): Count(n, round(n * share))}


def learned(*parts: Counts, taught: int = 0) -> Corrections:
    return corrections({cell: count for part in parts for cell, count in part.items()}, TODAY, taught)


def of(found: Corrections, action: str = "sell-tv") -> Correction:
    return found.corrections[action]


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_nothing_told_corrects_nothing() -> None:
    assert learned() == Corrections({}, {}, {})


def test_many_answers_bring_the_chance_to_what_was_answered() -> None:
    found = of(learned(asked(20_000, 0.5)))
    assert -1.0 + found.total("voice", None) == pytest.approx(0.0, abs=0.05)


def test_answers_as_foretold_correct_little() -> None:
    found = of(learned(asked(2000, 1 / (1 + np.e))))
    assert found.total("voice", None) == pytest.approx(0.0, abs=0.05)


def test_more_answers_are_surer_and_correct_more() -> None:
    few, many = (of(learned(asked(n, 0.5))) for n in (10, 1000))
    assert 0.0 < few.mean < many.mean
    assert few.error is not None
    assert many.error is not None
    assert many.error < few.error


def test_a_new_action_inherits_its_family_and_a_new_family_its_kind() -> None:
    found = learned(
        *(asked(400, 0.5, f"sell-{n}") for n in range(4)), asked(400, 0.5, "sell-x", family="other")
    )
    family, kind = found.families["offer/video"], found.kinds["offer"]
    assert family.mean > 0.3
    assert kind.mean > 0.3
    assert family.error is not None
    assert kind.error is not None
    assert kind.error > family.error > (of(found, "sell-0").error or 9.0)


def test_a_family_of_two_kinds_leaves_to_each_what_its_own_kind_has_taught() -> None:
    found = learned(asked(500, 0.8), asked(500, 0.02, "keep-tv", kind="save"))
    assert sorted(found.families) == ["offer/video", "save/video"]
    assert found.families["offer/video"].mean > 0.3
    assert found.families["save/video"].mean < -0.3


def test_a_channel_and_a_motive_differ_as_much_as_they_tell() -> None:
    found = of(
        learned(
            *(asked(600, s, "stay", kind="save", channel=c) for c, s in (("voice", 0.5), ("chat", 0.27))),
            *(asked(600, s, "stay", kind="save", motive=m) for m, s in (("price", 0.6), ("fit", 0.3))),
        ),
        "stay",
    )
    assert found.by_channel["voice"] > found.by_channel["chat"]
    assert found.by_motive["price"] > found.by_motive["fit"]


def test_what_is_older_counts_less() -> None:
    old = round(HALF_LIFE * 2)
    lately, long_ago = (
        of(learned(asked(500, 0.27, ago=other), asked(500, 0.5, ago=one)))
        for one, other in ((40, old), (old, 40))
    )
    assert lately.mean > long_ago.mean + 0.3


def test_a_break_is_followed_faster_than_forgetting_would() -> None:
    names = [f"sell-{n}" for n in range(6)]
    before = [asked(100, 0.27, name, ago=ago) for name in names for ago in range(8, 58, 2)]
    after = [
        asked(100, share, name, ago=ago)
        for name, share in zip(names, (0.6, 0.6, 0.6, 0.1, 0.1, 0.1), strict=True)
        for ago in range(1, 8)
    ]
    found = learned(*before, *after)
    for name, share in (("sell-0", 0.6), ("sell-5", 0.1)):
        assert -1.0 + of(found, name).total("voice", None) == pytest.approx(logit(share), abs=0.25)


def broken(after: list[float], days: int) -> Counts:
    """Six actions at .27 for two months, and since so many days at what is theirs."""
    found = {}
    for n, share in enumerate(after):
        for ago in range(1, 61):
            found |= asked(40, share if ago <= days else 0.27, f"sell-{n}", ago=ago)
    return found


@pytest.mark.parametrize("days", [3, 5, 11, 23])
def test_nothing_from_before_a_break_of_all_is_left(days: int) -> None:
    shares = [0.6, 0.6, 0.6, 0.1, 0.1, 0.1]
    found = learned(broken(shares, days))
    for n, share in enumerate(shares):
        assert -1.0 + of(found, f"sell-{n}").total("voice", None) == pytest.approx(logit(share), abs=0.25)


def test_where_one_action_changes_the_others_keep_what_was_learned() -> None:
    found = learned(broken([0.6, 0.27, 0.27, 0.27, 0.27, 0.27], 5))
    changed, kept = (-1.0 + of(found, name).total("voice", None) for name in ("sell-0", "sell-3"))
    assert changed == pytest.approx(logit(0.6), abs=0.3)
    assert kept == pytest.approx(logit(0.27), abs=0.1)


def test_who_was_not_asked_since_a_break_is_unsure_again() -> None:
    before = broken([0.27] * 6, 0)
    after = broken([0.6, 0.6, 0.1, 0.1, 0.1], 5) | {
        cell: count for cell, count in before.items() if cell.action == "sell-5" and cell.day < TODAY - 5
    }
    calm, unasked = (of(learned(counts), "sell-5").error or 0.0 for counts in (before, after))
    assert unasked > 3 * calm


def test_nothing_changed_is_hardly_less_sure_than_if_nothing_could() -> None:
    """A prior of all days together that something changed widens what is told by little."""
    found = of(learned(broken([0.27] * 6, 0)), "sell-0")
    alone = 1.0 / np.sqrt(40 * 0.27 * 0.73 * (0.5 ** (np.arange(1, 61) / HALF_LIFE)).sum())
    assert found.error is not None
    assert found.error < 1.5 * alone


def test_what_the_bundle_has_learned_from_is_not_counted_twice() -> None:
    early, late = asked(500, 0.5, ago=50), asked(500, 0.27, ago=20)
    assert learned(early, late, taught=TODAY - 50) == learned(late)


def test_the_order_of_the_counts_changes_nothing() -> None:
    parts = [
        asked(30, 0.4, f"sell-{n}", ago=n * 9, odds=n - 6, channel=("voice", "app")[n % 2]) for n in range(9)
    ]
    assert learned(*parts) == learned(*reversed(parts))


def test_errors_cover_what_is_true() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(0.0, 0.7, 30)
    parts = []
    for n, shift in enumerate(true):
        p = 1 / (1 + np.exp(1.0 - shift))
        parts.append(asked(80, rng.binomial(80, p) / 80, f"sell-{n}", family=f"f{n // 3}"))
    found = learned(*parts)
    misses = [
        abs(of(found, f"sell-{n}").total("voice", None) - t) > 1.96 * (of(found, f"sell-{n}").error or 0.0)
        for n, t in enumerate(true)
    ]
    assert sum(misses) <= 4
