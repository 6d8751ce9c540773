import gzip
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from models.policy import load_policy
from models.sections.facts import FactSpec
from training.fit.acquisitions import PropensityData, acquisitions
from training.fit.customer_months import churn_rows
from training.fit.encoding import fit_encoder
from training.problems import Problem, TableError
from training.tables import Tables, read_files, read_tables

HOLDINGS = "customer_id,product_id,since,until\nC-1,fiber,2024-05-01,\nC-1,tv,2024-06-15T10:30:00,2025-01-01\nC-2,phone,,\n"
CUSTOMERS = (
    "customer_id,month,tenure,contract,churned\nC-1,2025-01-01,7,month,false\nC-2,2025-01-01,,None,true\n"
)
PRODUCTS = ("fiber", "tv", "phone", "films")


def a_directory(
    where: Path, holdings: str = HOLDINGS, customers: str | None = CUSTOMERS, schema: str = ""
) -> Path:
    (where / "holdings.csv").write_text(holdings, encoding="utf-8")
    if customers is not None:
        (where / "customers.csv").write_text(customers, encoding="utf-8")
    if schema:
        (where / "schema.yaml").write_text(schema, encoding="utf-8")
    return where


def problems(directory: Path, **declared: Any) -> tuple[Problem, ...]:
    with pytest.raises(TableError) as caught:
        read_tables(directory, **declared)
    return caught.value.problems


def rows(*lines: str, header: str) -> str:
    return "\n".join([header, *lines]) + "\n"


def holdings_of(*lines: str) -> str:
    return rows(*lines, header="customer_id,product_id,since,until")


def customers_of(*lines: str, facts: str = "tenure") -> str:
    return rows(*lines, header=f"customer_id,month,{facts}")


def test_good_tables_are_read_and_typed(tmp_path: Path) -> None:
    tables = read_tables(a_directory(tmp_path))
    assert tables.holdings.rows() == [
        ("C-1", "fiber", datetime(2024, 5, 1), None),  # noqa: DTZ001  moments are UTC without saying so
        ("C-1", "tv", datetime(2024, 6, 15, 10, 30), datetime(2025, 1, 1)),  # noqa: DTZ001
        ("C-2", "phone", None, None),
    ]
    assert tables.customers is not None
    assert tables.customers.rows(named=True) == [
        {"customer_id": "C-1", "month": date(2025, 1, 1), "churned": False, "tenure": 7, "contract": "month"},
        {
            "customer_id": "C-2",
            "month": date(2025, 1, 1),
            "churned": True,
            "tenure": None,
            "contract": "None",
        },
    ]
    assert tables.products == ("fiber", "phone", "tv")
    assert tables.kinds == {"tenure": "integer", "contract": "string"}
    assert (tables.repeatable, tables.valid_from, tables.warnings) == (None, None, ())


def test_parquet_and_csv_give_the_same_tables(tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    (tmp_path / "parquet").mkdir()
    from_csv = read_tables(a_directory(tmp_path / "csv"))
    assert from_csv.customers is not None
    from_csv.holdings.write_parquet(tmp_path / "parquet/holdings.parquet")
    from_csv.customers.write_parquet(tmp_path / "parquet/customers.parquet")
    again = read_tables(tmp_path / "parquet")
    assert again.holdings.equals(from_csv.holdings)
    assert again.customers is not None
    assert again.customers.equals(from_csv.customers)
    assert again.kinds == from_csv.kinds


def test_the_version_is_that_of_the_bytes(tmp_path: Path) -> None:
    first = read_tables(a_directory(tmp_path)).version
    assert first == read_tables(a_directory(tmp_path)).version
    assert first.startswith("sha256:")
    assert first != read_tables(a_directory(tmp_path, CUSTOMERS and HOLDINGS + "C-3,tv,,\n")).version


def test_customers_may_be_absent(tmp_path: Path) -> None:
    tables = read_tables(a_directory(tmp_path, customers=None))
    assert tables.customers is None
    assert tables.kinds == {}


def test_the_last_day_they_tell_of_is_a_month_or_a_holdings(tmp_path: Path) -> None:
    assert read_tables(a_directory(tmp_path)).until == date(2025, 1, 1)
    later = HOLDINGS + "C-3,tv,2025-03-04,\n"
    assert read_tables(a_directory(tmp_path, later)).until == date(2025, 3, 4)
    undated = holdings_of("C-1,tv,,", "C-2,tv,,")
    (tmp_path / "undated").mkdir()
    assert read_tables(a_directory(tmp_path / "undated", undated, None)).until is None


def test_files_may_lie_anywhere(tmp_path: Path) -> None:
    a_directory(tmp_path).joinpath("holdings.csv").rename(tmp_path / "what_they_have.csv")
    tables = read_files(tmp_path / "what_they_have.csv", tmp_path / "customers.csv", products=PRODUCTS)
    assert len(tables.holdings) == 3
    assert tables.customers is not None
    assert read_files(tmp_path / "what_they_have.csv").customers is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"nothing\.csv: cannot be read: .*; give a CSV file in UTF-8"):
        read_files(tmp_path / "nothing.csv")


def test_declared_products_keep_their_order(tmp_path: Path) -> None:
    assert read_tables(a_directory(tmp_path), products=PRODUCTS).products == PRODUCTS


def test_text_is_trimmed_and_empty_text_is_missing(tmp_path: Path) -> None:
    tables = read_tables(a_directory(tmp_path, customers=customers_of(" C-1 ,2025-01, ", "C-2,2025-01,4.5")))
    assert tables.customers is not None
    assert tables.customers.rows() == [("C-1", date(2025, 1, 1), None), ("C-2", date(2025, 1, 1), 4.5)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-05-01 09:15", datetime(2024, 5, 1, 9, 15)),  # noqa: DTZ001
        ("2024-05-01 09:15:30.25", datetime(2024, 5, 1, 9, 15, 30, 250_000)),  # noqa: DTZ001
        ("2024-05-01T09:15:30Z", datetime(2024, 5, 1, 9, 15, 30)),  # noqa: DTZ001
        ("2024-05-01T09:15:30+02:00", datetime(2024, 5, 1, 7, 15, 30)),  # noqa: DTZ001
    ],
)
def test_moments_become_utc(tmp_path: Path, written: str, read: datetime) -> None:
    tables = read_tables(a_directory(tmp_path, holdings_of(f"C-1,tv,{written},"), None))
    assert tables.holdings["since"].to_list() == [read]


# --- every kind of problem -------------------------------------------------------------------------------------------


def test_a_directory_without_holdings_is_named(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert str(problem).startswith(
        f"holdings: no holdings.parquet or holdings.csv in {tmp_path}; give a directory"
    )


def test_an_unknown_product_is_named_with_its_row_and_the_nearest_one(tmp_path: Path) -> None:
    directory = a_directory(tmp_path, holdings_of("C-1,fiber,,", "C-1,fibre,,", "C-2,gas,,"), None)
    first, second = problems(directory, products=PRODUCTS)
    assert str(first) == (
        "holdings.csv row 2 (line 3), column 'product_id': product 'fibre' is not in the catalogue; "
        "did you mean 'fiber'? Otherwise add it to the catalogue or leave the row out"
    )
    assert (second.row, second.remedy) == (3, "add it to the catalogue or leave the row out")


def test_the_same_holding_twice_is_named_with_both_rows(tmp_path: Path) -> None:
    lines = (
        "C-1,tv,2024-01-01,",
        "C-1,tv,,",
        "C-1,tv,2024-01-01T00:00:00,2025-01-01",
        "C-1,tv,,",
        "C-1,tv,2024-01-02,",
    )
    found = problems(a_directory(tmp_path, holdings_of(*lines), None))
    assert [(problem.row, problem.column, problem.message) for problem in found] == [
        (3, "customer_id", "'C-1' has the same customer_id, product_id and since as row 1"),
        (4, "customer_id", "'C-1' has the same customer_id, product_id and since as row 2"),
    ]


def test_the_same_customer_and_month_twice_is_named(tmp_path: Path) -> None:
    (problem,) = problems(a_directory(tmp_path, customers=customers_of("C-1,2025-01-01,3", "C-1,2025-01,4")))
    assert str(problem) == (
        "customers.csv row 2 (line 3), column 'customer_id': 'C-1' has the same customer_id and month as row 1; "
        "keep one of the two rows"
    )


def test_an_end_before_its_start_is_named(tmp_path: Path) -> None:
    (problem,) = problems(
        a_directory(tmp_path, holdings_of("C-1,tv,2024-01-01,", "C-2,tv,2024-03-01,2024-02-01"), None)
    )
    assert str(problem) == (
        "holdings.csv row 2 (line 3), column 'until': '2024-02-01' is before since, 2024-03-01; mend one of the two dates"
    )


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("C-1,tv,soon,", "since", "'soon' is not a date between 1900 and 2100"),
        ("C-1,tv,2024-02-30,", "since", "'2024-02-30' is not a date between 1900 and 2100"),
        ("C-1,tv,,9999-12-31", "until", "'9999-12-31' is not a date between 1900 and 2100"),
        (",tv,,", "customer_id", "is empty"),
        ("  ,tv,,", "customer_id", "is empty"),
        ("C-1,,,", "product_id", "is empty"),
    ],
)
def test_an_impossible_cell_in_holdings_is_named(
    tmp_path: Path, line: str, column: str, message: str
) -> None:
    (problem,) = problems(a_directory(tmp_path, holdings_of("C-9,fiber,,", line), None))
    assert (problem.table, problem.row, problem.line, problem.column) == ("holdings.csv", 2, 3, column)
    assert message in str(problem)


FACTS = {
    "tenure": FactSpec(type="integer", minimum=0, maximum=600),
    "bill": FactSpec(type="number", reveals_holdings=True),
    "senior": FactSpec(type="boolean"),
    "contract": FactSpec(type="string", values=("month", "year")),
    "term_end": FactSpec(type="date"),
}
GOOD = {"tenure": "3", "bill": "12.50", "senior": "Yes", "contract": "month", "term_end": "2026-01-31"}


def a_customer(**facts: str) -> str:
    return ",".join(["C-1", "2025-01-01", *{**GOOD, **facts}.values()])


@pytest.mark.parametrize(
    ("fact", "cell", "message"),
    [
        ("tenure", "many", "'many' is not a whole number"),
        ("tenure", "3.5", "'3.5' is not a whole number"),
        ("tenure", "-1", "-1 is below 0"),
        ("tenure", "601", "601 is above 600"),
        ("bill", "12,50 €", "is not a number"),
        ("bill", "NaN", "'NaN' is not a number"),
        ("bill", "inf", "'inf' is not a number"),
        ("senior", "perhaps", "'perhaps' is not true or false"),
        ("contract", "decade", "'decade' is not one of month, year"),
        ("contract", "None", "'None' is not one of month, year"),
        ("term_end", "31-01-2026", "'31-01-2026' is not a date between 1900 and 2100"),
    ],
)
def test_an_impossible_fact_is_named(tmp_path: Path, fact: str, cell: str, message: str) -> None:
    cell = f'"{cell}"' if "," in cell else cell
    customers = customers_of(
        a_customer(), a_customer(**{fact: cell}).replace("C-1", "C-2"), facts=",".join(GOOD)
    )
    (problem,) = problems(a_directory(tmp_path, customers=customers), facts=FACTS)
    assert (problem.table, problem.row, problem.column) == ("customers.csv", 2, fact)
    assert message in problem.message
    assert problem.remedy


def test_declared_facts_have_their_types(tmp_path: Path) -> None:
    tables = read_tables(
        a_directory(tmp_path, customers=customers_of(a_customer(), facts=",".join(GOOD))), facts=FACTS
    )
    assert tables.customers is not None
    assert tables.customers.row(0)[2:] == (3, 12.5, True, "month", date(2026, 1, 31))
    assert "bill" in tables.kinds
    assert "bill" not in tables.propensity_kinds


@pytest.mark.parametrize("month", ["2025-01-15", "January", "2025"])
def test_a_month_begins_on_its_first_day(tmp_path: Path, month: str) -> None:
    (problem,) = problems(a_directory(tmp_path, customers=customers_of(f"C-1,{month},3")))
    assert str(problem) == (
        f"customers.csv row 1 (line 2), column 'month': '{month}' is not the first day of a month; write it as 2026-03-01"
    )


def test_an_empty_month_is_named(tmp_path: Path) -> None:
    (problem,) = problems(a_directory(tmp_path, customers=customers_of("C-1,,3")))
    assert (problem.column, problem.message) == ("month", "is empty")


def test_missing_columns_are_named_all_at_once(tmp_path: Path) -> None:
    directory = a_directory(tmp_path, "customer_id,since\nC-1,2024-01-01\n", "customer_id,tenure\nC-1,3\n")
    found = problems(directory, products=PRODUCTS)
    assert [(problem.table, problem.column, problem.message) for problem in found] == [
        ("holdings.csv", "product_id", "this column is missing"),
        ("holdings.csv", "until", "this column is missing"),
        ("customers.csv", "month", "this column is missing"),
    ]
    assert found[0].remedy == "add it, with empty cells where it is unknown; found: customer_id, since"
    assert found[0].row is None


def test_a_column_twice_is_named(tmp_path: Path) -> None:
    found = problems(
        a_directory(tmp_path, customers=customers_of("C-1,2025-01-01,3,4", facts="tenure,tenure"))
    )
    assert [(problem.column, problem.message) for problem in found] == [
        ("tenure", "the header has this column twice")
    ]


def test_two_files_for_one_table_are_one_too_many(tmp_path: Path) -> None:
    read_tables(a_directory(tmp_path)).holdings.write_parquet(tmp_path / "holdings.parquet")
    (problem,) = problems(tmp_path)
    assert str(problem) == "holdings: both holdings.parquet and holdings.csv are there; keep one of them"


@pytest.mark.parametrize("name", ["holdings.csv", "holdings.parquet"])
@pytest.mark.parametrize("content", [b"", gzip.compress(b"customer_id", mtime=0), b"a,b\n1,2,3,4\n"])
def test_an_unreadable_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    found = problems(tmp_path)
    assert {problem.table for problem in found} == {name}


def test_the_twenty_first_of_a_kind_is_counted(tmp_path: Path) -> None:
    lines = [f"C-{i},gas,," for i in range(1_025)]
    found = problems(a_directory(tmp_path, holdings_of(*lines), None), products=PRODUCTS)
    assert len(found) == 21
    assert found[19].row == 20
    assert str(found[20]).startswith(
        "holdings.csv, column 'product_id': ... and 1,005 more like this; add it"
    )


def test_all_problems_of_all_tables_come_together(tmp_path: Path) -> None:
    directory = a_directory(
        tmp_path,
        holdings_of("C-1,gas,,", "C-1,tv,2024-02-01,2024-01-01"),
        customers_of("C-1,2025-01-01,-4"),
        "colour: red\n",
    )
    with pytest.raises(TableError) as caught:
        read_tables(directory, products=PRODUCTS, facts={"tenure": FactSpec(type="integer", minimum=0)})
    assert [problem.table for problem in caught.value.problems] == [
        "schema.yaml",
        "holdings.csv",
        "holdings.csv",
        "customers.csv",
    ]
    assert str(caught.value).count("\n") == 3


def test_a_bad_date_is_not_also_called_a_double(tmp_path: Path) -> None:
    found = problems(a_directory(tmp_path, holdings_of("C-1,tv,,", "C-1,tv,soon,"), None))
    assert [problem.column for problem in found] == ["since"]


def test_holdings_without_rows_teach_nothing(tmp_path: Path) -> None:
    (problem,) = problems(a_directory(tmp_path, holdings_of(), None))
    assert str(problem) == "holdings.csv: has no rows; give holdings to learn from, or a catalogue"


# --- what is said and stops nothing ----------------------------------------------------------------------------------


def test_columns_nobody_declared_are_left_out_and_said(tmp_path: Path) -> None:
    holdings = rows("C-1,tv,,,3", header="customer_id,product_id,since,until,shelf")
    tables = read_tables(
        a_directory(tmp_path, holdings),
        facts={"tenure": FactSpec(type="integer"), "age": FactSpec(type="integer")},
    )
    assert tables.warnings == (
        "holdings.csv: column 'shelf' is not used.",
        "customers.csv: column 'contract' is not a declared fact and is not used.",
        "customers.csv: fact 'age' is declared but has no column, so no model knows it.",
    )
    assert tables.customers is not None
    assert tables.customers.columns == ["customer_id", "month", "churned", "tenure"]


def test_ids_that_never_meet_are_said(tmp_path: Path) -> None:
    tables = read_tables(a_directory(tmp_path, holdings_of("1,tv,,", "2,tv,,")))
    assert tables.warnings == (
        "No customer of the customers table holds anything: are the ids written alike in both tables?",
    )
    assert read_tables(a_directory(tmp_path, holdings_of()), products=PRODUCTS).holdings.is_empty()


def test_holdings_may_say_that_no_offer_came_before(tmp_path: Path) -> None:
    holdings = rows("C-1,tv,,,true", "C-2,tv,,,", header="customer_id,product_id,since,until,unprompted")
    tables = read_tables(a_directory(tmp_path, holdings, None))
    assert tables.holdings["unprompted"].to_list() == [True, None]


# --- types taken from the table --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", ""], "integer"),
        (["1", "2.5", ""], "number"),
        (["1.0", "2.0"], "integer"),
        (["true", "FALSE"], "boolean"),
        (["Yes", "No"], "string"),
        (["2024-01-01", "2024-12-31"], "date"),
        (["", ""], "string"),
        (["1", "A"], "string"),
    ],
)
def test_text_tells_its_type(tmp_path: Path, cells: list[str], kind: str) -> None:
    lines = [f"C-{i},2025-01-01,{cell}" for i, cell in enumerate(cells)]
    assert read_tables(a_directory(tmp_path, customers=customers_of(*lines))).kinds == {"tenure": kind}


def test_one_odd_cell_among_many_numbers_is_a_problem_and_not_a_text_column(tmp_path: Path) -> None:
    lines = [f"C-{i},2025-01-01,{i if i != 17 else 'n/a'}" for i in range(40)]
    (problem,) = problems(a_directory(tmp_path, customers=customers_of(*lines)))
    assert str(problem) == (
        "customers.csv row 18 (line 19), column 'tenure': 'n/a' is not a whole number; "
        "write a whole number such as 12, or leave it empty when unknown"
    )


def a_parquet_fact(where: Path, fact: pl.Series) -> Path:
    a_directory(where, customers=None)
    frame = pl.DataFrame(
        {"customer_id": range(len(fact)), "month": [date(2025, 1, 1)] * len(fact), "fact": fact}
    )
    frame.write_parquet(where / "customers.parquet")
    return where


@pytest.mark.parametrize(
    ("fact", "kind", "values"),
    [
        (pl.Series([1, None], dtype=pl.Int8), "integer", [1, None]),
        (pl.Series([1.5, None]), "number", [1.5, None]),
        (pl.Series([True, None]), "boolean", [True, None]),
        (pl.Series(["a", " "], dtype=pl.Categorical), "string", ["a", " "]),
        (pl.Series([date(2025, 2, 1), None]), "date", [date(2025, 2, 1), None]),
        (
            pl.Series([datetime(2025, 2, 1, 23, 30)]).dt.replace_time_zone("America/New_York"),  # noqa: DTZ001
            "date",
            [date(2025, 2, 2)],
        ),
    ],
)
def test_parquet_brings_its_types(tmp_path: Path, fact: pl.Series, kind: str, values: list[Any]) -> None:
    tables = read_tables(a_parquet_fact(tmp_path, fact))
    assert tables.kinds == {"fact": kind}
    assert tables.customers is not None
    assert tables.customers["fact"].to_list() == values
    assert tables.customers["customer_id"].to_list() == [str(i) for i in range(len(fact))]


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (pl.Series([1.0, float("nan")]), "number"),
        (pl.Series([1.0, 1.5]), "integer"),
        (pl.Series([0.0, 2.0]), "boolean"),
        (pl.Series([True, True]), "number"),
        (pl.Series([[1], [2]]), "string"),
        (pl.Series([3, 4]), "date"),
    ],
)
def test_parquet_of_the_wrong_type_is_named_without_a_line(
    tmp_path: Path, fact: pl.Series, kind: Any
) -> None:
    found = problems(a_parquet_fact(tmp_path, fact), facts={"fact": FactSpec(type=kind)})
    assert {(problem.table, problem.column, problem.line) for problem in found} == {
        ("customers.parquet", "fact", None)
    }
    assert "row 2, column 'fact'" in str(found[-1])


def test_numbers_of_nought_and_one_may_be_booleans(tmp_path: Path) -> None:
    tables = read_tables(
        a_parquet_fact(tmp_path, pl.Series([0.0, 1.0])), facts={"fact": FactSpec(type="boolean")}
    )
    assert tables.customers is not None
    assert tables.customers["fact"].to_list() == [False, True]


# --- schema.yaml -----------------------------------------------------------------------------------------------------

SCHEMA = """
facts:
  tenure: {type: number, clock: 1}
  contract: {type: string, reveals_holdings: true}
repeatable: [tv]
valid_from: 2024-06-01
"""


def test_the_schema_types_facts_and_keeps_some_from_propensity(tmp_path: Path) -> None:
    tables = read_tables(a_directory(tmp_path, schema=SCHEMA))
    assert tables.kinds == {"tenure": "number", "contract": "string"}
    assert tables.propensity_kinds == {"tenure": "number"}
    assert tables.clocks == {"tenure": 1}
    assert tables.repeatable == frozenset({"tv"})
    assert tables.valid_from == datetime(2024, 6, 1)  # noqa: DTZ001


def test_the_schema_names_trends_and_what_is_no_wish_to_leave(tmp_path: Path) -> None:
    schema = (
        SCHEMA
        + "trends: {use: {of: [tenure_m1, tenure]}, none: {of: [a, b]}, term: {of: [tenure, contract]}}\n"
    )
    tables = read_tables(a_directory(tmp_path, schema=schema + "other_causes: [death]\n"))
    assert tables.causes == {"unavoidable": ("death",), "non-payment": ()}
    assert tables.other_causes == ("death",)
    assert list(tables.learned_trends) == ["use"]  # of the others no month, or no number
    assert list(tables.churn_kinds) == ["tenure", "contract", "use_level", "use_slope"]
    usual = read_tables(a_directory(tmp_path, schema=SCHEMA))
    assert (usual.other_causes, usual.learned_trends) == (("unavoidable", "non-payment"), {})


@pytest.mark.parametrize(
    "given",
    ["[death, moved, debt, non-payment]", "{unavoidable: [death, moved, debt], non-payment: [non-payment]}"],
)
def test_a_list_of_causes_is_the_short_form_of_words_by_cause(tmp_path: Path, given: str) -> None:
    tables = read_tables(a_directory(tmp_path, schema=f"{SCHEMA}other_causes: {given}\n"))
    assert tables.causes == {"unavoidable": ("death", "moved", "debt"), "non-payment": ("non-payment",)}


def test_a_word_of_two_causes_and_a_cause_nobody_knows_are_refused(tmp_path: Path) -> None:
    for given, says in (
        ("{unavoidable: [debt], non-payment: [debt]}", "'debt' stands twice; keep it under one cause"),
        ("{boredom: [price]}", "boredom"),
    ):
        with pytest.raises(TableError, match=says):
            read_tables(a_directory(tmp_path, schema=f"{SCHEMA}other_causes: {given}\n"))


def test_a_trend_of_facts_for_rules_only_is_for_rules_only(tmp_path: Path) -> None:
    schema = SCHEMA.replace("clock: 1", "rules_only: true") + "trends: {use: {of: [tenure_m1, tenure]}}\n"
    assert read_tables(a_directory(tmp_path, schema=schema)).learned_trends == {}


def test_a_fact_for_rules_only_is_read_and_reaches_no_encoder(tmp_path: Path) -> None:
    held = holdings_of("C-1,fiber,,", "C-1,tv,,")
    for rules_only in (True, False):
        declared = {
            "tenure": FactSpec(type="integer", rules_only=rules_only),
            "contract": FactSpec(type="string"),
        }
        tables = read_tables(a_directory(tmp_path, held), facts=declared)
        assert tables.customers is not None
        assert tables.customers["tenure"].to_list() == [7, None]
        rows = churn_rows(tables.holdings, tables.customers, tuple(tables.kinds), tables.products)
        assert rows is not None
        known = {
            *tables.kinds,
            *tables.propensity_kinds,
            *acquisitions(PropensityData.of(tables), 0).encoder().spans(),
            *fit_encoder(rows.facts, tables.kinds).spans(),
            *rows.facts,
        }
        assert ("tenure" in known) is not rules_only


def test_the_example_keeps_age_and_vulnerability_from_every_model() -> None:
    policy = load_policy((Path(__file__).parents[2] / "examples/telecom/policy.yaml").read_bytes())
    assert {fact for fact, spec in policy.facts.items() if spec.rules_only} == {
        "age",
        "vulnerable",
        "data_gb_m1",
        "data_gb_m2",
        "data_gb_m3",
    }


def test_a_policy_goes_before_the_schema(tmp_path: Path) -> None:
    tables = read_tables(a_directory(tmp_path, schema=SCHEMA), facts={"tenure": FactSpec(type="integer")})
    assert tables.kinds == {"tenure": "integer"}


@pytest.mark.parametrize("text", ["facts: {tenure: {type: colour}}", "facts: [", "unknown: 1", "- 1"])
def test_a_schema_that_does_not_fit_is_named(tmp_path: Path, text: str) -> None:
    found = problems(a_directory(tmp_path, schema=text))
    assert {problem.table for problem in found} == {"schema.yaml"}


def test_a_schema_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    a_directory(tmp_path)
    (tmp_path / "schema.yaml").mkdir()
    (problem,) = problems(tmp_path)
    assert problem.message.startswith("cannot be read: ")


def test_a_million_cells_are_checked_in_seconds(tmp_path: Path) -> None:
    n = 200_000
    ids = pl.Series(range(n)).cast(pl.String)
    frame = pl.DataFrame(
        {
            "customer_id": "C-" + ids,
            "product_id": ["tv"] * n,
            "since": ["2024-01-01"] * n,
            "until": [None] * n,
        }
    )
    frame.with_columns(pl.col("until").cast(pl.String)).write_csv(tmp_path / "holdings.csv")
    tables: Tables = read_tables(tmp_path, products=PRODUCTS)
    assert len(tables.holdings) == n
