"""What is text stays text."""

from __future__ import annotations

import pytest

from training.report.elements import element, nothing_yet, table, written

HOSTILE = "<script>alert(1)</script> & 'x' \"y\" ]]> <!--"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; 'x' \"y\" ]]&gt; &lt;!--"


def test_markup_in_a_text_is_written_as_text() -> None:
    said = written(element("p", HOSTILE, element("b", HOSTILE), HOSTILE))
    assert said == f"<p>{ESCAPED}<b>{ESCAPED}</b>{ESCAPED}</p>"


def test_an_attribute_does_not_end_before_its_end() -> None:
    assert (
        written(element("a", "x", title='"><b onclick="')) == '<a title="&quot;&gt;<b onclick=&quot;">x</a>'
    )


def test_text_before_between_and_after_children_keeps_its_place() -> None:
    assert written(element("p", "a", "b", element("br"), "c", "d")) == "<p>ab<br>cd</p>"


def test_numbers_of_pictures_are_written_to_a_hundredth() -> None:
    assert written(element("circle", r=3.0, cx=1 / 3)) == '<circle r="3" cx="0.33"></circle>'


def test_the_first_cell_of_a_row_is_its_head() -> None:
    said = written(table(["a", "b"], [["x", element("td", "y", class_="right immature")]], "lr"))
    assert '<th scope="row" class="left">x</th><td class="right immature">y</td>' in said


@pytest.mark.parametrize(("rows", "short"), [(8, True), (9, False)])
def test_a_short_table_is_not_torn_between_pages(rows: int, short: bool) -> None:
    assert (table(["a"], [["x"]] * rows, "l").get("class") == "short") is short


def test_where_there_is_nothing_the_remedy_is_told() -> None:
    assert "".join(nothing_yet("None.", "Wait.").itertext()) == "No data yet. None. Wait."
