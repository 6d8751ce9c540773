"""Law packs on disk: the ones that come with the software, and a provider's own, which win."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from models.law import load_law
from models.law_page import page

if TYPE_CHECKING:
    from pathlib import Path


def shipped() -> dict[str, bytes]:
    """The packs that come with the software, by name."""
    folder = files("models") / "law"
    return {
        item.name.removesuffix(".yaml"): item.read_bytes()
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".yaml")
    }


def read_packs(folder: Path) -> dict[str, bytes]:
    """The packs a policy in this folder may name: those in its folder `law`, and those that come with the software."""
    own = {path.stem: path.read_bytes() for path in sorted((folder / "law").glob("*.yaml"))}
    return {**shipped(), **own}


def listed() -> list[str]:
    """The shipped packs, one a line."""
    packs = [load_law(data, f"law/{name}.yaml") for name, data in shipped().items()]
    return [f"{pack.edition}  {pack.jurisdiction}, from {pack.valid_from}" for pack in packs]


def write_pages(out: Path) -> list[Path]:
    """Every shipped pack as a page of documentation."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in shipped().items():
        place = out / f"{name}.md"
        place.write_text(page(load_law(data, f"law/{name}.yaml")), encoding="utf-8")
        written.append(place)
    return written
