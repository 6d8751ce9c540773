"""What the service would decide with, put together from what the job has just learned."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from models.bundle import open_bundle, pack_bundle
from models.knowledge import build_knowledge
from models.wordbook import load_wordbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.bundle import Origin, Parts
    from models.catalogue import Catalogue
    from models.knowledge import Knowledge
    from models.policy import Policy
    from models.wordbook import Wordbook


@cache
def shipped_words() -> Mapping[str, Wordbook]:
    """The languages that come with the software."""
    return {
        item.name.removesuffix(".yaml"): load_wordbook(item.read_bytes(), item.name)
        for item in (files("models") / "languages").iterdir()
        if item.name.endswith(".yaml")
    }


def knowing(catalogue: Catalogue, policy: Policy, parts: Parts, origin: Origin) -> Knowledge:
    """The knowledge of these parts.

    Raises:
        DocumentError: catalogue and policy do not fit each other.
    """
    bundle = open_bundle(pack_bundle(parts, origin))
    return build_knowledge(catalogue, policy, bundle, wordbooks=shipped_words())
