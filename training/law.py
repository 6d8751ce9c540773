"""The policy of a provider with the law packs it names: those in `law/` beside it, and those that come with the software."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from models.in_force import load_lawful

if TYPE_CHECKING:
    from pathlib import Path

    from models.policy import Policy


def read_policy(path: Path) -> Policy:
    """The policy in this file.

    Raises:
        OSError: it cannot be read.
        DocumentError: naming file, line, key and remedy of everything wrong in it and in its packs.
    """
    shipped = files("models") / "law"
    law = {
        item.name.removesuffix(".yaml"): item.read_bytes()
        for item in (*shipped.iterdir(), *(path.parent / "law").glob("*.yaml"))
        if item.name.endswith(".yaml")
    }
    languages = {item.stem: item.read_bytes() for item in (path.parent / "languages").glob("*.yaml")}
    return load_lawful(path.read_bytes(), str(path), law, languages)
