"""Language files on disk: the ones that come with the software, and a provider's own, which win."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from models.wordbook import load_wordbook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.wordbook import Wordbook

FOLDER = "languages"


@cache
def spoken() -> Mapping[str, Wordbook]:
    """The languages that come with the software."""
    return {
        item.name.removesuffix(".yaml"): load_wordbook(item.read_bytes(), f"{FOLDER}/{item.name}")
        for item in (files("models") / FOLDER).iterdir()
        if item.name.endswith(".yaml")
    }


def read_languages(folder: Path) -> dict[str, bytes]:
    """The files in the folder `languages` beside a policy, by language."""
    return {path.stem: path.read_bytes() for path in sorted((folder / FOLDER).glob("*.yaml"))}
