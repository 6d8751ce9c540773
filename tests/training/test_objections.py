"""Who objects to profiling is learned from by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.objections import without_objectors
from training.tables import read_tables

if TYPE_CHECKING:
    from pathlib import Path

HOLDINGS = "customer_id,product_id,since,until\nC-1,tv,,\nC-2,tv,,\nC-3,tv,,\nC-4,tv,,\n"
CUSTOMERS = """customer_id,month,tenure,profiling_objection
C-1,2026-01-01,3,false
C-2,2026-01-01,3,false
C-2,2026-02-01,4,true
C-3,2026-01-01,3,true
C-3,2026-02-01,4,false
C-4,2026-01-01,3,
"""


def write(folder: Path, customers: str | None) -> Path:
    (folder / "holdings.csv").write_text(HOLDINGS)
    if customers is not None:
        (folder / "customers.csv").write_text(customers)
    return folder


def test_all_rows_of_an_objector_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    tables = without_objectors(read_tables(write(tmp_path, CUSTOMERS)))
    assert tables.customers is not None
    assert tables.customers["customer_id"].unique().sort().to_list() == ["C-1", "C-3", "C-4"]
    assert tables.holdings["customer_id"].to_list() == ["C-1", "C-3", "C-4"]
    assert tables.kinds == {"tenure": "integer"}
    assert any("1 customers object to profiling" in line for line in tables.warnings)


def test_tables_that_do_not_know_objections_stay_as_they_are(tmp_path: Path) -> None:
    bare = read_tables(write(tmp_path, None))
    assert without_objectors(bare) is bare
    silent = read_tables(write(tmp_path, "customer_id,month,tenure\nC-1,2026-01-01,3\n"))
    assert without_objectors(silent) is silent
