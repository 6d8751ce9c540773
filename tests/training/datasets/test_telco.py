import os
from pathlib import Path

import polars as pl
import pytest

from training.datasets import IMPORTERS
from training.datasets.telco import import_telco
from training.problems import TableError
from training.tables import read_tables

DATA = Path(os.environ.get("BEHOUD_DATA", Path(__file__).parents[4] / "shared/data")) / "telco"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data in {DATA}")

COLUMNS = (
    "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,InternetService,OnlineSecurity,OnlineBackup,"
    "DeviceProtection,TechSupport,StreamingTV,StreamingMovies,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn"
)
DSL = "A-1,Female,0,Yes,No,1,No,No phone service,DSL,No,Yes,No,No,No,No,Month-to-month,Yes,Electronic check,29.85,29.85,No"
PHONE = (
    "B-2,Male,1,No,Yes,0,Yes,Yes,No,No internet service,No internet service,No internet service,No internet service,"
    "No internet service,No internet service,Two year,No,Mailed check,20.05, ,Yes"
)


def a_file(where: Path, *lines: str, columns: str = COLUMNS) -> Path:
    path = where / "Telco-Customer-Churn.csv"
    path.write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")
    return path


def test_the_kind_of_internet_is_a_holding_and_a_blank_total_is_missing(tmp_path: Path) -> None:
    said = import_telco(a_file(tmp_path, DSL, PHONE), tmp_path / "out")
    assert said == "2 customers with 5 holdings of 11 products; 1 left."
    tables = read_tables(tmp_path / "out")
    assert tables.holdings.select("customer_id", "product_id").rows() == [
        ("A-1", "backup"),
        ("A-1", "dsl"),
        ("A-1", "paperless"),
        ("B-2", "lines"),
        ("B-2", "phone"),
    ]
    assert tables.holdings.select(pl.col("since", "until").null_count()).row(0) == (5, 5)
    assert tables.customers is not None
    assert tables.customers.row(1, named=True) == {
        "customer_id": "B-2",
        "month": tables.customers["month"][0],
        "churned": True,
        "gender": "Male",
        "senior": True,
        "partner": False,
        "dependents": True,
        "tenure_months": 0,
        "contract": "Two year",
        "payment_method": "Mailed check",
        "monthly_charges": 20.05,
        "total_charges": None,
    }


def test_charges_are_kept_from_propensity(tmp_path: Path) -> None:
    import_telco(a_file(tmp_path, DSL, PHONE), tmp_path / "out")
    tables = read_tables(tmp_path / "out")
    assert set(tables.kinds) - set(tables.propensity_kinds) == {"monthly_charges", "total_charges"}
    assert tables.facts["tenure_months"].clock == 1
    assert tables.repeatable == frozenset()


@pytest.mark.parametrize(
    ("good", "bad", "column"),
    [
        ("DSL", "Cable", "InternetService"),
        (",1,No,No phone", ",one,No,No phone", "tenure"),
        ("29.85,No", "29.85,Maybe", "Churn"),
    ],
)
def test_a_value_the_sample_does_not_have_is_named_and_nothing_written(
    tmp_path: Path, good: str, bad: str, column: str
) -> None:
    with pytest.raises(TableError) as caught:
        import_telco(a_file(tmp_path, PHONE, DSL.replace(good, bad)), tmp_path / "out")
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [(2, column)]
    assert not (tmp_path / "out").exists()


def test_another_file_is_not_taken_for_it(tmp_path: Path) -> None:
    with pytest.raises(
        TableError, match=r"column 'Churn': this column is missing; give the file Telco-Customer-Churn\.csv"
    ):
        import_telco(a_file(tmp_path, columns=COLUMNS.removesuffix(",Churn")), tmp_path / "out")
    with pytest.raises(TableError, match=r"Telco-Customer-Churn\.csv: cannot be read"):
        import_telco(tmp_path / "nowhere" / "Telco-Customer-Churn.csv", tmp_path / "out")


@needs_data
def test_the_published_file_comes_over_whole(tmp_path: Path) -> None:
    said = IMPORTERS["telco"](DATA, tmp_path)
    assert said == "7,043 customers with 33,373 holdings of 11 products; 1,869 left."
    raw = pl.read_csv(DATA / "Telco-Customer-Churn.csv", infer_schema=False)
    tables = read_tables(tmp_path)
    assert tables.customers is not None
    assert tables.customers["customer_id"].n_unique() == len(raw) == 7043
    assert tables.customers["total_charges"].null_count() == 11
    held = dict(tables.holdings["product_id"].value_counts().rows())
    assert held["fiber"] == (raw["InternetService"] == "Fiber optic").sum() == 3096
    assert held["dsl"] == 2421
    assert held["phone"] == (raw["PhoneService"] == "Yes").sum() == 6361
    assert held["films"] == (raw["StreamingMovies"] == "Yes").sum() == 2732
    assert len(held) == 11
    assert tables.warnings == ()


@needs_data
def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        import_telco(DATA, tmp_path / name)
    for file in ("holdings.parquet", "customers.parquet", "schema.yaml"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
