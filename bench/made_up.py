"""A bundle with the right shapes and random numbers: as fast to serve as a learned one, and ready at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.any_purchase import MOST_COUNTED, AnyPurchase
from models.bundle import Origin, Parts, pack_bundle
from models.churn import ChurnModel
from models.features import Category, Encoder, Numeric
from models.lockin import LockIn
from models.propensity import PropensityModel
from models.scores import Factors, Linear

if TYPE_CHECKING:
    from models.catalogue import Catalogue
    from models.policy import Policy

FACTORS = 16


def made_up_bundle(catalogue: Catalogue, policy: Policy, seed: int = 1) -> dict[str, bytes]:
    """Files of a bundle for every product and fact of the two documents."""
    rng = np.random.default_rng(seed)
    products = tuple(catalogue.product)
    size = len(products)
    encoder = _encoder(policy)

    def propensity(method: str) -> PropensityModel:
        items = rng.normal(scale=0.3, size=(size, FACTORS))
        return PropensityModel(
            products=products,
            method=method,
            encoder=encoder,
            repeatable=np.array([product.repeatable for product in catalogue.products]),
            base=np.full(size, 1.0 / size),
            scores=Factors.of(items, 4.0, 10.0) if method == "als" else Linear(rng.normal(size=(size, size))),
            scale=0.5,
            intercept=rng.normal(size=size),
            facts=rng.normal(scale=0.2, size=(encoder.size, size)),
            counts=rng.normal(scale=0.2, size=(MOST_COUNTED + 1, size)),
            any_purchase=AnyPurchase(
                intercept=-1.5,
                holdings=rng.normal(scale=0.2, size=size),
                facts=rng.normal(scale=0.2, size=encoder.size),
                counts=rng.normal(scale=0.2, size=MOST_COUNTED + 1),
                typical=0.18,
            ),
        )

    churn = ChurnModel(
        products,
        encoder,
        -4.0,
        rng.normal(scale=0.3, size=encoder.size),
        np.zeros(len(encoder.blocks)),
        rng.normal(scale=0.3, size=size),
        rng.random(size),
    )
    kinds = {name: policy.facts[name].type for name in (block.fact for block in encoder.blocks)}
    parts = Parts(
        winner=propensity("multinomial"),
        implicit=propensity("als"),
        churn=churn,
        lockin=LockIn(),
        fact_kinds=kinds,
        metrics={},
        verdicts=("Random numbers.",),
    )
    return pack_bundle(parts, Origin(data="sha256:made-up", code="0", seed=seed))


def _encoder(policy: Policy) -> Encoder:
    blocks: list[Numeric | Category] = []
    for name, spec in policy.facts.items():
        if spec.reveals_holdings or spec.rules_only or spec.type == "date":
            continue
        if spec.type in ("number", "integer"):
            top = spec.maximum or 100.0
            blocks.append(Numeric(name, tuple(float(top * share) for share in (0.0, 0.1, 0.3, 0.6, 1.0))))
        else:
            values = ("false", "true") if spec.type == "boolean" else spec.values
            if values:
                blocks.append(Category(name, tuple(values)))
    return Encoder(tuple(blocks))
