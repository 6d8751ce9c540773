"""Canaries: inputs nobody is, with the answers the models gave when a bundle was packed. An opened one must give them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.features import Category, Floats, Numeric
from models.manifest import MANIFEST, BundleError, Canary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.bundle import Parts

TOLERANCE = 1e-9
"""Answers may differ by this much: another machine adds up in another order."""

MOST = 32
"""Beside the first four."""


def canaries_of(parts: Parts) -> tuple[Canary, ...]:
    """Inputs made of knots and levels, so that no customer's facts stand in the manifest.

    After four that look at the ends, as many as tell every product and every fact from every other, and use every level and knot:
    each product and fact is held, or high, by the bits of its number, so that two that were swapped get another answer.
    """
    products, blocks = parts.winner.products, _blocks(parts)
    inputs: list[tuple[tuple[str, ...], dict[str, str | float]]] = [
        ((), {}),
        (products[: len(products) // 2], _facts(blocks, 0.0)),
        (products[::3], _facts(blocks, 0.4)),
        (products[1::2], _facts(blocks, 1.0)),
    ]
    bits = max(len(products) - 1, len(blocks) - 1, 1).bit_length()
    levels = max((len(_places(block)) for block in blocks), default=1)
    for turn in range(min(bits * levels, MOST)):
        bit, step = turn % bits, turn // bits
        held = tuple(product for number, product in enumerate(products) if number >> bit & 1)
        facts = {
            block.fact: _places(block)[((number >> bit & 1) + step) % len(_places(block))]
            for number, block in enumerate(blocks)
        }
        inputs.append((held, facts))
    return tuple(
        Canary(holdings=held, facts=facts, **_answers(parts, _vector(parts, held), facts))
        for held, facts in inputs
    )


def sing(parts: Parts, canary: Canary, position: int) -> None:
    """Raises BundleError when the models do not answer as they did."""
    if not set(canary.holdings) <= set(parts.winner.products):
        raise BundleError(MANIFEST, f"canary {position} holds an unknown product")
    with np.errstate(all="ignore"):  # numbers that are absurd but finite show in the answers
        answers = _answers(parts, _vector(parts, canary.holdings), canary.facts)
    for key, answer in answers.items():
        expected = getattr(canary, key)
        if (answer is None) != (expected is None) or (answer is not None and not _close(answer, expected)):
            raise BundleError(
                f"{key.removesuffix('_any')}.npz", f"canary {position} gets another answer for '{key}'"
            )


def _close(answer: Any, expected: Any) -> bool:
    return np.shape(answer) == np.shape(expected) and bool(
        np.all(np.abs(np.subtract(answer, expected)) <= TOLERANCE)
    )


def _vector(parts: Parts, held: tuple[str, ...]) -> Floats:
    return np.array([float(product in held) for product in parts.winner.products])


def _answers(parts: Parts, holdings: Floats, facts: Mapping[str, Any]) -> dict[str, Any]:
    winner, implicit, churn = parts.winner, parts.implicit, parts.churn
    return {
        "winner": tuple(winner.which(holdings, facts).tolist()),
        "winner_any": winner.any_in_90_days(holdings, facts),
        "implicit": tuple(implicit.which(holdings, facts).tolist()),
        "implicit_any": implicit.any_in_90_days(holdings, facts),
        "churn": None if churn is None else churn.hazard(facts, holdings),
    }


def _blocks(parts: Parts) -> list[Numeric | Category]:
    """Every fact a model knows, once."""
    encoders = [parts.winner.encoder, parts.implicit.encoder]
    if parts.churn is not None:
        encoders += [model.encoder for model in (*parts.churn.causes.values(), parts.churn)]
    return list({block.fact: block for encoder in encoders for block in encoder.blocks}.values())


def _places(block: Numeric | Category) -> tuple[str, ...] | tuple[float, ...]:
    return block.values if isinstance(block, Category) else block.knots


def _facts(blocks: Iterable[Numeric | Category], place: float) -> dict[str, str | float]:
    """Every fact at `place` between its lowest (0) and highest (1) knot or level."""
    facts: dict[str, str | float] = {}
    for block in blocks:
        if isinstance(block, Category):
            facts[block.fact] = block.values[round(place * (len(block.values) - 1))]
        else:
            facts[block.fact] = float(block.knots[0] + place * (block.knots[-1] - block.knots[0]))
    return facts
