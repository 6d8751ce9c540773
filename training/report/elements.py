"""HTML as a tree, so that text stays text whatever characters are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from xml.etree.ElementTree import Element, tostring

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Node: TypeAlias = Element | str
SHORT = 8
"""Rows of a table that is not torn between two pages, if its rows are single lines."""


def element(tag: str, *children: Node, **attributes: str | float) -> Element:
    """`class_` is written class, `stroke_width` stroke-width; numbers to a hundredth."""
    named = {name.rstrip("_").replace("_", "-"): _text(value) for name, value in attributes.items()}
    made = Element(tag, named)
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + child
        else:
            made.text = (made.text or "") + child
    return made


def written(root: Element) -> str:
    """The tree as HTML."""
    return tostring(root, encoding="unicode", method="html")


def section(name: str, title: str, lead: str, *content: Element) -> Element:
    """A part of the report; `lead` says in a sentence or two what it shows."""
    return element("section", element("h2", title), element("p", lead, class_="lead"), *content, id=name)


def nothing_yet(why: str, remedy: str) -> Element:
    """Where there is nothing to show: what is missing, and what would bring it."""
    return element(
        "div", element("strong", "No data yet. "), f"{why} ", element("em", remedy), class_="nothing"
    )


def definitions(*terms: tuple[str, str]) -> Element:
    """What the words and figures of a part mean."""
    return element(
        "dl", *(part for name, says in terms for part in (element("dt", name), element("dd", says)))
    )


def table(
    heads: Sequence[Node],
    rows: Iterable[Sequence[Node]],
    align: str,
    caption: str = "",
    *,
    tall: bool = False,
) -> Element:
    """`align`: a letter a column, l or r. The first cell of a row is its head. `tall`: rows of several lines."""
    sides = {"l": "left", "r": "right"}
    head = element(
        "tr",
        *(
            element("th", cell, scope="col", class_=sides[side])
            for cell, side in zip(heads, align, strict=True)
        ),
    )
    body = [
        element(
            "tr",
            *(
                cell
                if isinstance(cell, Element) and cell.tag == "td"
                else element("td", cell, class_=sides[side])
                if place
                else element("th", cell, scope="row", class_=sides[side])
                for place, (cell, side) in enumerate(zip(row, align, strict=True))
            ),
        )
        for row in rows
    ]
    captions = [element("caption", caption)] if caption else []
    look = {"class_": "short"} if len(body) <= SHORT and not tall else {}
    return element("table", *captions, element("thead", head), element("tbody", *body), **look)


def small(text: str) -> Element:
    """Beside or below a figure: its interval, its n."""
    return element("small", text)


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
