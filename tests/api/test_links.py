"""Whoever follows a link of the documentation arrives: the file is there, and the heading or mark it names."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
CODE = re.compile(r"^( {4}|```).*$", re.MULTILINE)
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchor_of(heading: str) -> str:
    """As a page's reader makes it of a heading: small letters, hyphens for spaces, no other punctuation."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading.lower())).strip().replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    """What links may name; the second heading of one name is told apart by a number and is not linked to."""
    text = page.read_text(encoding="utf-8")
    headings = {anchor_of(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    return frozenset(headings | set(re.findall(r'<a id="([^"]+)">', text)))


def astray(page: Path) -> list[str]:
    """Links to files of ours, or to places in them, that are not there."""
    lost = []
    for file, place in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (place and target.suffix == ".md" and place not in anchors(target)):
            lost.append(f"{file}#{place}" if place else file)
    return lost


def test_every_link_of_the_documentation_arrives() -> None:
    assert {str(page.relative_to(ROOT)): lost for page in PAGES if (lost := astray(page))} == {}


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '# Here, and *there*\n<a id="mark"></a>\n[a](#here-and-there) [b](#mark) [c](#gone) [d](gone.md) [e](https://x.y#z)\n'
    )
    assert astray(page) == ["#gone", "gone.md"]


@pytest.mark.parametrize("command", ["release", "drop"])
def test_what_is_broken_names_each_way_to_let_go_of_it(command: str, manual: str) -> None:
    assert f"python -m api quarantine {command} NAME" in manual
