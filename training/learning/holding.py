"""What a yes counts: that to a save as far as saves hold.

Whether a save held is told some months later, of all saves of a time at once (`python -m training held`). Up to the newest day of which any is said
to have held, each counts by what is said of it. Of a later one nothing is known yet, though the first relapses are: who counted these alone would
think that saves hold less the younger they are. So it counts the share that held of those that are told of; and the same is true of
one of which nothing will ever be said, as its customer left for another cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.learning.tally import Cell, Count

SAVE = "save"


def rewarded(cells: Sequence[tuple[Cell, Count]], *, priced: bool) -> list[float]:
    """Of each count, how many yeses it is worth.

    `priced`: the bundle in use has learned from the journal, and with it who leaves after accepting. Its price of a yes to a save is what that
    holds, and a share of it here would take off twice who leaves. Where nobody ever says of a save that it held, one that is not said to have relapsed does.
    """
    told = max((cell.day for cell, count in cells if count.kept), default=None)
    share = 1.0 if told is None else _held([count for cell, count in cells if cell.day <= told])
    found = []
    for cell, count in cells:
        if cell.kind != SAVE or priced:
            found.append(float(count.yes))
        elif told is not None and cell.day > told:
            found.append(share * count.yes)
        else:
            found.append(count.kept + share * (count.yes - count.kept - count.relapsed))
    return found


def _held(counts: Sequence[Count]) -> float:
    """The share of saves told of that held; before any is, as likely as not (the mean after a uniform prior)."""
    kept, relapsed = sum(count.kept for count in counts), sum(count.relapsed for count in counts)
    return (kept + 1.0) / (kept + relapsed + 2.0)
