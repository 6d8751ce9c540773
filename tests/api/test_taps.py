"""What a button carries comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import pytest

from api import taps
from api.ids import decision_id
from api.taps import MOST, Tap

DID = "p07-019aa8f2-6c1e-7d3a-9b41-5e2f8c7a9d10"


def test_each_comes_back_as_it_was() -> None:
    assert taps.read(taps.take(DID, "offer-tv")) == Tap("take", DID, "offer-tv")
    assert taps.read(taps.answer(DID, "ask-motive", 7)) == Tap("answer", DID, "ask-motive", 7)
    assert taps.read(taps.none_of(DID, [1, 3])) == Tap("none", DID, ranks=(1, 3))
    assert taps.read(taps.shown(DID, [2])) == Tap("shown", DID, ranks=(2,))
    assert taps.read(taps.person(DID)) == Tap("person", DID)


def test_the_longest_fits_a_row_of_a_list() -> None:
    longest, made = "a" * 128, decision_id("C-1", 1_795_000_000.0)
    assert len(taps.answer(made, longest, 9)) <= MOST
    assert taps.read(taps.answer(made, longest, 9)) == Tap("answer", made, longest, 9)


@pytest.mark.parametrize(
    "other",
    [
        None,
        7,
        "",
        "take",
        f"take|{DID}",
        f"take|{DID}|",
        f"take|{DID}|offer tv",
        f"take|{DID}|offer-tv|1",
        f"take|{DID}|offer-tv\n",
        f"none|{DID}|",
        f"none|{DID}|0",
        f"none|{DID}|1.",
        f"answer|{DID}|ask|10",
        f"answer|{DID}|ask|²",
        f"person|{DID}|1",
        f"TAKE|{DID}|offer-tv",
        f"take|{'d' * 129}|offer-tv",
        "yes",
    ],
)
def test_another_buttons_id_is_none_of_ours(other: object) -> None:
    assert taps.read(other) is None
