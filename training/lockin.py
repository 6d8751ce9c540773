"""Lock-in from the canonical tables, the journal and the catalogue: what the job fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.sections.leaving import Leaving
from training.drawn import read_drawn
from training.fit.customer_panel import panel_of
from training.fit.encouraged import offers_of
from training.fit.lockin import fit_lockin, wares_of
from training.prompted import journal_parts

if TYPE_CHECKING:
    from pathlib import Path

    from models.catalogue import Catalogue
    from models.policy import Policy
    from training.fit.customer_panel import Panel
    from training.fit.lockin import LockInFit
    from training.fit.spoken import Talks
    from training.tables import Tables


def months_of(tables: Tables, talks: Talks, policy: Policy | None) -> Panel | None:
    """Customers month by month. The facts to adjust for are those that do not give the holdings away: what is held stands beside them."""
    leaving = policy.leaving if policy else Leaving()
    intents = (*leaving.intents, *leaving.confirmed)
    return panel_of(
        tables.holdings, tables.customers, tables.propensity_kinds, tables.products, talks, intents
    )


def lockin_of(
    panel: Panel | None, products: tuple[str, ...], catalogue: Catalogue | None, folder: Path, seed: int
) -> LockInFit:
    """The effects of the products; offers that chance proposed are read from the data `folder` when the catalogue says what they sell."""
    offers = None
    if panel is not None and catalogue is not None:
        sells = {action.id: action.sells for action in catalogue.actions}
        offers = offers_of(panel, read_drawn(folder, journal_parts(folder)), sells)
    return fit_lockin(panel, wares_of(catalogue, products), seed, offers)
