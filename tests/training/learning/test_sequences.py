"""Outcomes in any order, told twice, late and taken back, to a learner that is killed, come to what the oracle says."""

from __future__ import annotations

from bench import outcomes


def test_random_sequences_come_to_what_the_oracle_says() -> None:
    outcomes.play(60)
    assert outcomes.played["kills"] > 0
    assert outcomes.played["counted"] > 0
