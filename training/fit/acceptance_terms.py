"""The effects that accepting is made of, as the columns of a design: which proposal has which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from models.accepting import MOST_COUNTED
from training.fit.hierarchy import groups_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from models.features import Floats
    from training.fit.spoken_rows import SpokenRows

    Indices = npt.NDArray[np.intp]

KINDS: Final = ("offer", "save")
LATELY = timedelta(days=30)
STATED = 1.0
"""How far off a catalogue's figure is taken to be before anything is heard: a factor e either way, on the odds."""
DISCOUNT = 0.5
"""What a discount of the usual size may add, before anything is heard."""
LEVEL, CROSSED = 0.3, 0.15
"""First guesses at the spread of actions, channels and motives, and of what a channel means to one action."""


@dataclass(frozen=True)
class Terms:
    """Which effects each proposal has: (n,) indices, -1 for none. `heard`: offers heard in the last thirty days; `lift`: logit(o) - logit(o_typical).

    `given`: euros of the discount, in units of what is usual among those with one.
    """

    kind: Indices
    action: Indices
    channel: Indices
    motive: Indices
    leaving: npt.NDArray[np.bool_]
    heard: Floats
    lift: Floats
    given: Floats


class Layout:
    """Where each effect stands among the columns. The saves come first among the actions: motives are of them alone."""

    def __init__(
        self,
        saves: Sequence[str],
        others: Sequence[str],
        channels: Sequence[str],
        motives: Sequence[str],
        usual: float = 1.0,
    ) -> None:
        """`usual`: euros of discount that stand for 1."""
        self.usual = usual
        self.saves, self.actions = len(saves), (*saves, *others)
        self.channels, self.motives = tuple(channels), tuple(motives)
        a, c, m = len(self.actions), len(self.channels), len(self.motives)
        self.groups = groups_of(
            ("slope", 1, 0.5, True),
            ("kind", len(KINDS), STATED, False),
            ("action", a, LEVEL, False),
            ("channel", c, LEVEL, False),
            ("action_channel", a * c, CROSSED, False),
            ("motive", m, LEVEL, False),
            ("action_motive", self.saves * m, LEVEL, False),
            ("leaving", len(KINDS), 0.5, True),
            ("discount", len(KINDS), DISCOUNT, True),
            ("heard", len(KINDS), LEVEL, True),
        )
        self.size = self.groups["heard"].stop

    def at(self, name: str, place: int = 0) -> int:
        """The column of an effect."""
        return self.groups[name].start + place

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """(size,) Which columns are of one action alone."""
        mine = np.zeros(self.size, dtype=np.bool_)
        for name in ("action", "action_channel", "action_motive"):
            mine[self.groups[name].start : self.groups[name].stop] = True
        return mine

    def design(self, terms: Terms) -> csr_matrix:
        """(n, size)."""
        c, m, one = len(self.channels), len(self.motives), np.ones(len(terms.kind))
        both = (terms.action >= 0) & (terms.motive >= 0)
        there = (terms.action >= 0) & (terms.channel >= 0)
        cells = (
            ("slope", np.zeros_like(terms.kind), terms.lift),
            ("kind", terms.kind, one),
            ("action", terms.action, one),
            ("channel", terms.channel, one),
            ("action_channel", np.where(there, terms.action * c + terms.channel, -1), one),
            ("motive", terms.motive, one),
            ("action_motive", np.where(both, terms.action * m + terms.motive, -1), one),
            ("leaving", np.where(terms.leaving, terms.kind, -1), one),
            ("discount", terms.kind, terms.given),
            ("heard", terms.kind, terms.heard),
        )
        rows, columns, values = [], [], []
        for name, column, value in cells:
            row = np.flatnonzero(column >= 0)
            rows.append(row)
            columns.append(self.at(name) + column[row])
            values.append(value[row])
        place = (np.concatenate(rows), np.concatenate(columns))
        return csr_matrix((np.concatenate(values), place), shape=(len(one), self.size))


def layout_of(rows: SpokenRows) -> Layout:
    """Of the actions and channels that were spoken, and the motives that saves were spoken for."""
    saved = pl.col("action_kind") == "save"
    saves, others = rows.table.filter(saved), rows.table.filter(~saved)
    names = (saves["action_id"], others["action_id"], rows.table["channel"], saves["motive"])
    given = rows.given[rows.given > 0.0]
    usual = float(given.mean()) if given.size else 1.0
    told = [sorted(column.drop_nulls().unique()) for column in names]
    return Layout(told[0], told[1], told[2], told[3], usual)


def terms_of(rows: SpokenRows, spoken: pl.DataFrame, leaving: Sequence[str], layout: Layout) -> Terms:
    """The proposals in the words of the layout. `spoken`: all the customers heard; `leaving`: intents that voice a wish to leave."""
    table = rows.table
    save = (table["action_kind"] == "save").to_numpy()
    return Terms(
        kind=save.astype(np.intp),
        action=_places(table["action_id"], layout.actions),
        channel=_places(table["channel"], layout.channels),
        motive=np.where(save, _places(table["motive"], layout.motives), -1),
        leaving=table["intent"].is_in(list(leaving)).fill_null(value=False).to_numpy(),
        heard=heard_lately(table, spoken),
        lift=rows.lift,
        given=rows.given / layout.usual,
    )


def heard_lately(table: pl.DataFrame, spoken: pl.DataFrame) -> Floats:
    """(n,) Offers the customer heard in the thirty days before each row, as `offers_spoken_30d` of the history counts them."""
    offers = spoken.filter(pl.col("action_kind") == "offer").select("customer_id", heard="at")
    asked = table.select("customer_id", "at").with_row_index("row")
    pairs = asked.join(offers, on="customer_id").filter(
        pl.col("heard") < pl.col("at"), pl.col("heard") > pl.col("at") - LATELY
    )
    counts = np.bincount(pairs["row"].to_numpy(), minlength=len(table)).astype(np.float64)
    return np.minimum(counts, float(MOST_COUNTED))


def _places(column: pl.Series, names: Sequence[str]) -> Indices:
    index = {name: place for place, name in enumerate(names)}
    return np.array([index.get(value, -1) for value in column], dtype=np.intp)
