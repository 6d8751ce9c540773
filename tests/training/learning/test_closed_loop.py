"""An outcome that is posted changes the next decision: the service and the learner as processes of their own."""

from __future__ import annotations

from bench.loop import Loop


def test_an_outcome_that_is_posted_is_seen_in_the_next_decision_and_in_the_metrics() -> None:
    with Loop() as loop:
        before = loop.decide("before")
        loop.answer(before, "accepted")
        _, after = loop.until_other(before, patience=120.0)
        assert loop.chance(after) > loop.chance(before)
        assert after["versions"]["learned"] != before["versions"]["learned"]
        assert "behoud_learner_lag_seconds nan" not in loop.metrics().lower()
