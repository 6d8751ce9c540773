import numpy as np
import pytest

from models.lifetime import lifetime_value

H = 36


def test_the_worked_example_comes_out_to_the_cent() -> None:
    """Margin 20 a month, hazard 2 % a month, 36 months, 10 % a year: 446.28."""
    assert round(float(lifetime_value(np.full(H, 20.0), np.full(H, 0.02), 0.10)), 2) == 446.28


def test_without_leaving_and_discount_every_month_counts_whole() -> None:
    assert lifetime_value(np.full((2, H), [[3.0], [5.0]]), np.zeros((2, H)), 0.0).tolist() == [108.0, 180.0]


def test_other_causes_end_it_too() -> None:
    together = lifetime_value(np.full(H, 20.0), np.full(H, 0.02), 0.10, np.full(H, 0.01))
    assert together == pytest.approx(lifetime_value(np.full(H, 20.0), np.full(H, 1 - 0.98 * 0.99), 0.10))
