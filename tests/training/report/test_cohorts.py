"""Cohorts: a row a start, a column a month after it, grey where it is too early."""

from __future__ import annotations

from tests.training.report.small_worlds import World, plain, rows_of
from training.report.cohorts import cohorts


def test_a_cell_is_the_share_still_here_of_those_whose_state_is_known(world: World) -> None:
    world.lives(C_1="ssssss", C_2="sslsss", C_3="s.....", C_4="..ssss", C_5="...sls")
    root = cohorts(world.read())
    heads, *rows = [[plain(cell) for cell in row] for row in rows_of(root)]
    assert heads == ["started", "n", "1 mo.", "2 mo.", "3 mo.", "6 mo."]
    assert rows == [
        ["already here", "3", "100 %[44, 100]", "100 %[34, 100]", "50 %[9, 91]", "50 %[9, 91]"],
        ["Mar 2026", "1", "100 %[21, 100]", "100 %[21, 100]", "100 %[21, 100]", ""],
        ["Apr 2026", "1", "100 %[21, 100]", "0 %[0, 79]", "0 %[0, 79]", ""],
    ]
    assert [cell.get("class") for cell in root.iter("td") if "immature" in (cell.get("class") or "")] == [
        "right immature",
        "right immature",
    ]


def test_cohorts_of_several_months_are_grey_while_some_are_too_young(world: World) -> None:
    """One customer a month starts, from January 2025 to November 2026, and all stay."""
    months = [f"{2025 + month // 12}-{month % 12 + 1:02d}-01" for month in range(23)]
    rows = [f"C-{start},{month},false" for start in range(23) for month in months[start:]]
    world.months = "customer_id,month,churned\n" + "\n".join(rows) + "\n"
    cells = {row[0].text: list(row)[2:] for row in cohorts(world.read()).iter("tr")}
    assert list(cells)[1:4] == ["already here", "Feb 2025 to Apr 2025", "May 2025 to Jul 2025"]
    assert list(cells)[-1] == "Nov 2026"
    of_summer = cells["May 2026 to Jul 2026"]
    assert [cell.get("class") for cell in of_summer] == [
        "right heat",
        "right heat",
        "right immature heat",
        "right immature",
        "right immature",
    ]
    assert [cell.text is not None and plain(cell.text) for cell in of_summer] == ["100 %"] * 3 + [False] * 2


def test_where_nobody_joined_it_is_said(world: World) -> None:
    world.lives(C_1="ssssss", C_2="ssl")
    assert "Nobody is known to have joined" in "".join(cohorts(world.read()).itertext())
