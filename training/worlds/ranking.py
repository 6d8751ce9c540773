"""From scores to proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulator.laboratory.desk import NONE, SHOWN, Proposals

if TYPE_CHECKING:
    from training.simulator.laboratory.luck import Flags, Floats


def best(score: Floats, may: Flags) -> Proposals:
    """The highest scores (m, deeds) above nought among those allowed, best first; the first in the catalogue of equals."""
    judged = np.where(may & (score > 0.0), score, -np.inf)
    deed = np.argsort(-judged, axis=1, kind="stable")[:, :SHOWN]
    there = np.isfinite(np.take_along_axis(judged, deed, axis=1))
    return Proposals(np.where(there, deed, NONE), np.ones(len(deed)))
