"""Everybody has one place at each salt, the same everywhere, and places are spread evenly."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench.buckets import rows
from models.buckets import bucket

GOLDEN = {
    ("2026", "C-1042"): 0.3465980848913456,
    ("2026", "C-1043"): 0.8703438214980976,
    ("2027", "C-1042"): 0.025864877896634053,
    ("ladder", "C-1042"): 0.9390884531138033,
    ("Zürich", "ü"): 0.4615620937370378,
    ("", "0"): 0.26274802228060123,
}


@pytest.mark.parametrize("of", GOLDEN)
def test_a_bucket_is_what_it_has_always_been(of: tuple[str, str]) -> None:
    assert bucket(*of) == GOLDEN[of]


def test_a_bucket_is_the_same_in_another_process_with_another_seed_of_hashes() -> None:
    code = f"from models.buckets import bucket\nprint([bucket(*of) for of in {list(GOLDEN)!r}])"
    told = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "42"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.strip() == str(list(GOLDEN.values()))


def test_where_salt_ends_and_id_begins_makes_a_difference() -> None:
    assert bucket("a", "bc") != bucket("ab", "c")


def test_buckets_are_uniform_and_independent_between_salts() -> None:
    assert [row["holds"] for row in rows("few", bucket, ids=10_000, salts=5)] == [True, True]


def test_what_is_not_uniform_or_not_independent_is_told_apart() -> None:
    def leaning(salt: str, customer_id: str) -> float:
        return bucket(salt, customer_id) ** 1.1

    def unsalted(salt: str, customer_id: str) -> float:
        return bucket("", customer_id)

    assert [row["holds"] for row in rows("leaning", leaning, ids=20_000, salts=3)] == [False, False]
    assert [row["holds"] for row in rows("unsalted", unsalted, ids=20_000, salts=3)] == [True, False]
