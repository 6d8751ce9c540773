"""Ours makes good for scores that are off with less regret than a learner that starts from nothing, and comes back after a change."""

from __future__ import annotations

import numpy as np

from bench.learning import BATCH, Contacts, N, Ours, Pega, regrets
from training.simulator.laboratory.contacting import UNTOLD
from training.worlds.binning import Binning

CONTACTS, CHANGE = 14 * BATCH, 7 * BATCH
OPEN = 6
"""Deeds that may be asked, on one channel."""
PRODUCTS = 3


def contacts(seed: int) -> Contacts:
    """Deeds worth about as much, of chances about one in five."""
    luck = np.random.default_rng(seed)
    may = np.arange(N) < OPEN * np.ones((CONTACTS, 1))
    euros = np.exp(luck.normal(4.0, 0.3, N)) * np.ones((CONTACTS, 1))
    scores = np.where(may, luck.normal(-1.4, 0.6, (CONTACTS, N)), -np.inf)
    cells = BINNING.cells(
        {},
        luck.random((CONTACTS, PRODUCTS)) < 0.5,
        np.zeros(CONTACTS, dtype=np.int64),
        np.full(CONTACTS, UNTOLD),
    )
    return Contacts(scores, euros * may, cells, np.zeros(CONTACTS, dtype=np.int64), np.full(CONTACTS, UNTOLD))


BINNING = Binning({}, PRODUCTS)


def test_it_loses_less_than_half_and_is_back_after_a_change() -> None:
    lost = {"ours": np.zeros(CONTACTS), "pega": np.zeros(CONTACTS), "none": np.zeros(CONTACTS)}
    for seed in (0,):
        given = contacts(seed)
        lost["ours"] += regrets(seed, given, Ours(), CHANGE)
        lost["pega"] += regrets(seed, given, Pega(BINNING, scored=False), CHANGE)
        lost["none"] += regrets(seed, given, None, CHANGE)
    first, last, jump, back = (
        slice(0, CHANGE),
        slice(CHANGE // 2, CHANGE),
        slice(CHANGE, CHANGE + BATCH),
        slice(-4 * BATCH, None),
    )
    assert lost["ours"][first].sum() < 0.5 * lost["pega"][first].sum()
    assert lost["ours"][last].sum() < 0.5 * lost["none"][last].sum()
    assert lost["ours"][back].mean() < 0.5 * lost["ours"][jump].mean()
