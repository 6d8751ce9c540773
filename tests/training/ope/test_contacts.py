"""What of an archived journal is a contact to judge by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tests.training.ope.shops import Shop
from training.ope.contacts import Which, read_contacts

if TYPE_CHECKING:
    from pathlib import Path


def test_records_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for n in range(4):
        shop.decides(f"C-{n}", "K-1")
    shop.entries[0][1].pop("request")
    shop.entries[1][1]["decision"]["new"] = 1
    part = next(shop.write().glob("journal/*/part-*"))
    table = pl.read_parquet(part)
    broken = pl.when(pl.int_range(pl.len()) == 2).then(pl.lit("{")).otherwise("record")
    table.with_columns(record=broken).write_parquet(part)
    found = read_contacts(tmp_path / "archive", Which())
    assert ([contact.customer_id for contact in found.contacts], found.unreadable) == (["C-3"], 3)
