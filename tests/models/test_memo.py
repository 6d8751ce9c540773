"""What is worked out once is kept, within bounds."""

from __future__ import annotations

from models.memo import Memo


def test_what_is_kept_is_given_back() -> None:
    memo: Memo[str, int] = Memo(2)
    assert memo.keep("a", 1) == 1
    assert memo.get("a") == 1


def test_a_full_memo_starts_anew() -> None:
    memo: Memo[str, int] = Memo(2)
    for number, key in enumerate("abc"):
        memo.keep(key, number)
    assert memo == {"c": 2}
