import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from training.datasets.insurance import import_insurance
from training.problems import TableError
from training.tables import read_tables

DATA = Path(os.environ.get("BEHOUD_DATA", Path(__file__).parents[4] / "shared/data")) / "insurance"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data in {DATA}")

LINES = (
    "1,7,2018-10-01 07:42:23,0,item_2",
    "1,7,2018-10-01 07:42:23,0,item_9",
    "2,8,2018-11-01 08:00:00,0,item_2",
    "3,7,2020-05-28 00:53:02,1,item_2",
)


def a_file(where: Path, *lines: str) -> Path:
    path = where / "purchases.csv"
    path.write_text("\n".join(["event_id,user_id,event_time,valid,item_id", *lines]) + "\n", encoding="utf-8")
    return path


def test_each_purchase_starts_a_holding_at_its_moment(tmp_path: Path) -> None:
    said = import_insurance(a_file(tmp_path, *LINES), tmp_path / "out")
    assert said == "2 customers with 4 purchases of 2 products; judged from 2020-05-28 00:53:02 on."
    tables = read_tables(tmp_path / "out")
    first = datetime(2018, 10, 1, 7, 42, 23)  # noqa: DTZ001  moments are UTC without saying so
    assert tables.holdings.rows()[:2] == [("7", "item_2", first, None), ("7", "item_9", first, None)]
    assert tables.holdings.filter(customer_id="7", product_id="item_2")["since"].to_list() == [
        first,
        tables.valid_from,
    ]
    assert tables.customers is None


def test_what_somebody_bought_twice_is_repeatable(tmp_path: Path) -> None:
    import_insurance(a_file(tmp_path, *LINES), tmp_path / "out")
    assert read_tables(tmp_path / "out").repeatable == frozenset({"item_2"})


def test_without_a_last_part_there_is_no_moment_to_split_at(tmp_path: Path) -> None:
    import_insurance(a_file(tmp_path, *LINES[:3]), tmp_path / "out")
    assert read_tables(tmp_path / "out").valid_from is None


def test_parts_that_are_not_in_order_of_time_are_refused(tmp_path: Path) -> None:
    late = "4,9,2020-06-01 00:00:00,0,item_2"
    with pytest.raises(TableError) as caught:
        import_insurance(a_file(tmp_path, *LINES, late), tmp_path / "out")
    assert str(caught.value) == (
        "purchases.csv row 5 (line 6), column 'valid': 0, but the last part begins at 2020-05-28 00:53:02; "
        "give the file as it was published"
    )
    assert not (tmp_path / "out").exists()


def test_a_moment_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        TableError, match=r"purchases.csv row 1 \(line 2\), column 'event_time': 'yesterday' is not a date"
    ):
        import_insurance(a_file(tmp_path, "1,7,yesterday,0,item_2"), tmp_path / "out")


@needs_data
def test_the_published_file_comes_over_whole_with_its_last_part(tmp_path: Path) -> None:
    import_insurance(DATA, tmp_path)
    tables = read_tables(tmp_path)
    raw = pl.read_csv(DATA / "purchases.csv")
    assert len(tables.holdings) == len(raw) == 55_619
    assert tables.holdings["customer_id"].n_unique() == 40_429
    assert len(tables.products) == 16
    assert tables.valid_from is not None
    late = tables.holdings.filter(pl.col("since") >= tables.valid_from)
    assert len(late) == raw["valid"].sum() == 5_519
    # One purchase, one customer and moment: events can be found again.
    assert (
        late.select("customer_id", "since").n_unique() == raw.filter(valid=1)["event_id"].n_unique() == 4_815
    )
