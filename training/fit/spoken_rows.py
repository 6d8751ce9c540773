"""Each proposal a customer heard, with the odds of accepting that the service would have seen at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.acceptance import odds_of_taking, taken
from models.bundle import Bundle
from models.domain import Flags
from models.learned import Learned
from models.portfolio import Portfolios
from models.recency import SINCE_LAST
from models.swaps import Swap
from models.tariff import Tariff
from training.fit.acquisitions import recency_column
from training.fit.ledger import days

if TYPE_CHECKING:
    import numpy.typing as npt

    from models.catalogue import Catalogue
    from models.features import Floats
    from models.policy import Policy
    from models.propensity import PropensityModel
    from training.fit.acquisitions import PropensityData


@dataclass(frozen=True)
class SpokenRows:
    """(n,) one a proposal that was heard, of the n of `table` (columns of PROPOSALS) whose action fits what the customer held.

    `action`: row of the catalogue. `offset`: the logit of accepting by the catalogue's rates. `lift`: logit(o) - logit(o_typical), 0 where
    what is taken unasked says nothing of the action. `stated`: what the catalogue says is kept. `given`: euros of the action's discount in all.
    """

    table: pl.DataFrame
    action: npt.NDArray[np.intp]
    offset: Floats
    lift: Floats
    stated: Floats
    given: Floats

    def take(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> SpokenRows:
        """These rows only."""
        index = np.arange(len(self.action))[rows]
        arrays = (getattr(self, name)[index] for name in ("action", "offset", "lift", "stated", "given"))
        return SpokenRows(self.table[index.tolist()], *arrays)


def spoken_rows(
    spoken: pl.DataFrame,
    data: PropensityData,
    model: PropensityModel,
    catalogue: Catalogue,
    policy: Policy,
) -> SpokenRows:
    """What was said to customers the tables know and answered, of the actions that have a price, with holdings and facts as of that moment."""
    place = {action.id: row for row, action in enumerate(catalogue.actions) if action.acceptance is not None}
    known = spoken.filter(pl.col("action_id").is_in(list(place)), pl.col("answered")).join(
        data.people, on="customer_id", maintain_order="left"
    )
    action = np.array([place[name] for name in known["action_id"]], dtype=np.intp)
    bundle = Bundle("", model.products, {}, model.any_purchase is not None, model, model)
    tariff = Tariff(catalogue, policy, bundle, Learned(), Flags())
    chances, held = _chances(known, data, model, tariff)
    o = np.concatenate([chances, np.zeros((len(known), 1))], axis=1)
    smallest = np.minimum.reduce(o[np.arange(len(known))[:, None], tariff.sold[action]], axis=1)
    asked, taking, fits = _stated(known, action, held, model, tariff)
    odds = np.where(taking > 0.0, smallest / (1.0 - smallest), 1.0)
    usual = np.where(taking > 0.0, odds_of_taking(tariff.typical)[action], 1.0)
    rows = SpokenRows(
        table=known.drop("customer"),
        action=action,
        offset=np.log(asked + taking * odds),
        lift=np.log(odds) - np.log(usual),
        stated=np.array([_keep(catalogue, row) for row in action.tolist()], dtype=np.float64),
        given=np.array([catalogue.actions[row].given for row in action.tolist()], dtype=np.float64),
    )
    return rows.take(fits)


def _keep(catalogue: Catalogue, row: int) -> float:
    acceptance = catalogue.actions[row].acceptance
    return 1.0 if acceptance is None else acceptance.keep


def _chances(
    known: pl.DataFrame, data: PropensityData, model: PropensityModel, tariff: Tariff
) -> tuple[Floats, Floats]:
    """The o of each product of the catalogue (n, P), and the holdings (n, products of the model)."""
    customer = known["customer"].to_numpy().astype(np.intp)
    moment = days(known["at"].dt.date())  # what was accepted may be held by noon
    held = data.ledger.before(customer, moment)
    columns = {} if data.panel is None else data.panel.columns(data.panel.rows(customer, moment), data.kinds)
    facts = columns | {SINCE_LAST: recency_column(data, customer, moment)}
    encoded = model.encoder.encode_table(facts)
    which = model.which_table(held, encoded)[:, tariff.placed]
    chance = None if model.any_purchase is None else model.any_purchase.table(held, encoded)[:, None]
    return taken(chance, which, tariff.base, tariff.take_rates, tariff.seen), held  # type: ignore[arg-type]  # it broadcasts


def _stated(
    known: pl.DataFrame,
    action: npt.NDArray[np.intp],
    held: Floats,
    model: PropensityModel,
    tariff: Tariff,
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """What the service's own sheet says of each row: `asked` and `taking` (n,), and whether the action fits the holdings."""
    everything = frozenset(action.id for action in tariff.catalogue.actions)  # what was said was allowed
    portfolios = Portfolios(tariff.catalogue, everything)
    sheets = np.ones((2, len(action)))
    fits = np.zeros(len(action), dtype=np.bool_)
    for n, (row, channel, motive) in enumerate(
        zip(action.tolist(), known["channel"], known["motive"], strict=True)
    ):
        portfolio = portfolios.of({model.products[i]: 1 for i in np.flatnonzero(held[n])})
        sheets[:, n] = tariff.sheet(portfolio, channel, motive)[row, :2]
        fits[n] = isinstance(portfolio.fits[row], Swap)
    return sheets[0], sheets[1], fits
