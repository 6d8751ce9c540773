"""Whether a bundle can serve: it opens, it knows products of the catalogue, and what it learned about a fact is of the kind the policy declares.

A fact the policy does not declare never reaches a model: requests that send it are refused, and a stored one counts as missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.bundle import Bundle, BundleError, open_bundle
from models.features import Encoder, Numeric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from models.knowledge import Knowledge
    from models.policy import Policy

NUMBERS = frozenset({"number", "integer"})


def adopt(files: Mapping[str, bytes], knowledge: Knowledge) -> Bundle:
    """Open a bundle and hold it against the catalogue and the policy.

    Raises:
        BundleError: it does not verify, or `check_fits` finds something.
    """
    bundle = open_bundle(files)
    check_fits(bundle, knowledge)
    return bundle


def check_fits(bundle: Bundle, knowledge: Knowledge) -> None:
    """Raises BundleError: it knows no product of the catalogue, a fact is a number in one and not in the other, or a trend is made of other facts."""
    if not set(bundle.products) & set(knowledge.catalogue.product):
        raise BundleError(
            "manifest.json",
            f"none of its {len(bundle.products)} products, such as '{min(bundle.products, default='')}', is in the catalogue; "
            "it was learned for another one",
        )
    check_facts(bundle, knowledge.policy)


def fits_policy(bundle: Bundle, policy: Policy) -> bool:
    """Whether `check_facts` finds nothing."""
    try:
        check_facts(bundle, policy)
    except BundleError:
        return False
    return True


def check_facts(bundle: Bundle, policy: Policy) -> None:
    """Raises BundleError naming the first fact that is a number in the bundle or in the policy, and not in both, or the first trend of other months."""
    for part, encoder in _encoders(bundle):
        for block in encoder.blocks:
            spec = policy.facts.get(block.fact)
            learned = isinstance(block, Numeric)
            if spec is not None and learned != (spec.type in NUMBERS):
                raise BundleError(
                    f"{part}.json",
                    f"learned fact '{block.fact}' as a {'number' if learned else 'word'}, the policy declares it as {spec.type}; "
                    "train again with this policy, or correct the fact's type",
                )
    _check_trends(bundle, policy)


def _check_trends(bundle: Bundle, policy: Policy) -> None:
    learned = {} if bundle.churn is None else bundle.churn.trends
    for name, of in learned.items():
        trend = policy.trends.get(name)
        if trend is not None and trend.of != of:
            raise BundleError(
                "churn.json",
                f"learned trend '{name}' from {', '.join(of)}, the policy makes it of {', '.join(trend.of)}; "
                "train again with this policy, or correct the trend",
            )


def _encoders(bundle: Bundle) -> Iterator[tuple[str, Encoder]]:
    yield "winner", bundle.winner.encoder
    yield "implicit", bundle.implicit.encoder
    if bundle.churn is not None:
        yield "churn", bundle.churn.encoder
        yield from (("churn", cause.encoder) for cause in bundle.causes)
