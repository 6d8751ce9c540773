import numpy as np
import pytest

from models.fading import Fading


def fading(*rows: tuple[float, float, float]) -> Fading:
    return Fading(*np.array(rows).T)


TRAIT_AND_TROUBLE = fading((1.0, 0.0, 0.4), (0.2, 0.5, 0.0))


def test_a_trait_stays_and_a_trouble_fades_to_what_lasts() -> None:
    assert TRAIT_AND_TROUBLE.change(np.array([2.0, 0.0]), 3).tolist() == [0.0, 0.0, 0.0]
    assert TRAIT_AND_TROUBLE.change(np.array([0.0, 1.0]), 4) == pytest.approx([0.0, -0.4, -0.6, -0.7])


def test_each_customer_of_a_table_gets_a_row() -> None:
    table = np.array([[0.0, 1.0], [3.0, -2.0]])
    alone = [TRAIT_AND_TROUBLE.change(row, 5).tolist() for row in table]
    assert TRAIT_AND_TROUBLE.change(table, 5).tolist() == alone


def test_what_is_no_longer_known_adds_half_its_variance() -> None:
    """A month ahead r = .5: nobody's trouble is known but for half of it, and the mean of e^x grows by v·(1 - r²)/2."""
    dice = np.random.default_rng(3)
    now = dice.normal(size=400_000) * 0.6
    later = 0.5 * now + dice.normal(size=now.size) * 0.6 * np.sqrt(0.75)
    model = fading((0.0, 0.5, 0.36))
    expected = now + model.change(now[:, None], 2)[:, 1]
    assert np.exp(expected).mean() == pytest.approx(np.exp(later).mean(), rel=0.01)


@pytest.mark.parametrize("row", [(1.1, 0.5, 0.0), (0.5, -0.1, 0.0), (0.5, 0.5, -1.0), (np.nan, 0.5, 0.0)])
def test_shares_beyond_0_and_1_and_spreads_below_0_are_refused(row: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="what fades must have shares from 0 to 1"):
        fading(row)
