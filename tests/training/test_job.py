"""Tables in, a bundle out, logged, registered and, past the gate, champion. Real MLflow, real fits, small worlds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from models.bundle import BundleError, open_bundle
from models.documents import DocumentError
from training.datasets.insurance import import_insurance
from training.datasets.telco import import_telco
from training.errors import OptionError
from training.folder import read_folder
from training.job import Done, Order, run
from training.problems import TableError
from training.tracking import EXPERIMENT, Registry, registry

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("BEHOUD_DATA") or ROOT.parent / "shared" / "data")
needs_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"the public data sets are not in {REAL}")


def write_households(folder: Path, customers: int = 300, *, facts: bool = True, churned: bool = True) -> Path:
    """Who holds a holds b, who holds c holds d; the young hold e, others f. Whoever is new leaves more often. No dates."""
    rng = np.random.default_rng(5)
    folder.mkdir(parents=True)
    held, months = ["customer_id,product_id,since,until"], []
    for number in range(customers):
        young = bool(rng.random() < 0.5)
        products = (*("ab" if rng.random() < 0.6 else "cd"), "e" if young else "f")
        held += [f"C-{number},{product},," for product in products]
        for month in (1, 2, 3):
            tenure = int(rng.integers(0, 48))
            left = rng.random() < (0.4 if tenure < 12 else 0.05)
            months.append((f"C-{number}", f"2026-0{month}-01", young, tenure, left))
    (folder / "holdings.csv").write_text("\n".join(held) + "\n")
    if facts:
        names = ["customer_id", "month", "young", "tenure", "churned"]
        table = pl.DataFrame(months, schema=names, orient="row")
        (table if churned else table.drop("churned")).write_csv(folder / "customers.csv")
    return folder


@dataclass
class Runner:
    """Runs the job in one `var`, beginning with an empty MLflow, and keeps what was said."""

    var: Path
    mlflow: bytes
    said: list[str] = field(default_factory=list)

    def registry(self) -> Registry:
        database = self.var / "mlflow.db"
        if not database.exists():
            self.var.mkdir(parents=True, exist_ok=True)
            database.write_bytes(self.mlflow)
        return registry({}, self.var)

    def __call__(self, order: Order) -> Done:
        self.said.clear()
        return run(order, self.registry, self.said.append)

    def says(self, part: str) -> bool:
        return any(part in line for line in self.said)


@pytest.fixture
def job(tmp_path: Path, new_mlflow: bytes) -> Runner:
    return Runner(tmp_path / "var", new_mlflow)


@pytest.fixture
def households(tmp_path: Path, job: Runner) -> Order:
    return Order(write_households(tmp_path / "data"), job.var, promote=True)


def test_a_run_leaves_a_bundle_a_registered_version_and_a_champion(job: Runner, households: Order) -> None:
    done = job(households)
    assert done.folder == job.var / "bundles" / done.bundle.version.removeprefix("sha256:")[:12]
    assert open_bundle(read_folder(done.folder)).version == done.bundle.version
    assert (done.registered, done.champion) == (1, True)
    assert job.registry().champion() == (1, read_folder(done.folder))
    assert done.bundle.products == ("a", "b", "c", "d", "e", "f")
    assert done.bundle.fact_kinds == {"young": "boolean", "tenure": "integer"}
    assert done.bundle.churn is not None
    assert not done.bundle.dated
    held = np.array([1.0, 0, 0, 0, 0, 0])
    assert done.bundle.winner.which(held, {"young": True}).argmax() == 1
    assert done.bundle.implicit.method == "als"
    for line in (
        "fitting EASE",
        "fitting churn",
        "judging on",
        "there is no champion yet",
        "version 1 is the champion now",
    ):
        assert job.says(line), line
    table = next(line for line in job.said if line.startswith("method"))
    assert "log-loss" in table


def test_mlflow_gets_parameters_metrics_and_pictures(job: Runner, households: Order) -> None:
    done = job(households)
    client = job.registry()._client
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])[0]
    assert found.data.params["serves"] == done.bundle.winner.method
    assert found.data.params["als.factors"].isdigit()
    assert found.data.metrics["churn.auc"] == done.bundle.metrics["churn.auc"]
    assert found.data.metrics["propensity.als.log_loss"] == done.bundle.metrics["propensity.als.log_loss"]
    report = {file.path for file in client.list_artifacts(found.info.run_id, "report")}
    names = ("report.txt", "tournament.png", "calibration.png", "churn_calibration.png")
    assert report == {f"report/{name}" for name in names}


def test_the_same_inputs_and_seed_give_the_same_bundle_byte_for_byte(
    job: Runner, households: Order, tmp_path: Path
) -> None:
    first = job(replace(households, out=tmp_path / "one"))
    second = job(replace(households, out=tmp_path / "two"))
    assert read_folder(first.folder) == read_folder(second.folder)
    assert second.registered == 2
    assert second.champion
    assert job.says("the champion is this very bundle")
    other = job(replace(households, out=tmp_path / "two", seed=1))
    assert read_folder(other.folder) != read_folder(first.folder)


def test_what_is_worse_than_popularity_or_the_champion_is_registered_but_not_promoted(
    job: Runner, households: Order
) -> None:
    good = job(households)
    worse = job(replace(households, method="popularity"))
    assert worse.bundle.winner.method == "popularity"
    assert (worse.registered, worse.champion) == (2, False)
    assert job.says("worse than popularity by segment")
    assert job.says("Gate: worse than the champion on")
    assert job.says("version 2 does not become the champion")
    found = job.registry().champion()
    assert found is not None
    assert open_bundle(found[1]).version == good.bundle.version


def test_a_bundle_without_churn_does_not_replace_one_with_it(
    job: Runner, households: Order, tmp_path: Path
) -> None:
    job(households)
    plain = job(replace(households, data=write_households(tmp_path / "plain", churned=False)))
    assert plain.bundle.churn is None
    assert not plain.champion
    assert job.says("Churn is left out")
    assert job.says("the champion knows churn and this bundle does not")


def test_without_promote_the_champion_stays(job: Runner, households: Order) -> None:
    assert not job(replace(households, promote=False)).champion
    assert job.registry().champion() is None
    assert job.says("--promote")


def test_a_champion_that_cannot_be_opened_stands_in_nobodys_way(job: Runner, households: Order) -> None:
    done = job(households)
    broken = {**read_folder(done.folder), "winner.npz": b"no"}
    stored = job.registry()
    client = stored._client
    source = client.get_model_version("behoud", "1").source
    Path(str(source).removeprefix("file://"), "winner.npz").write_bytes(broken["winner.npz"])
    assert job(households).champion
    assert job.says("cannot be opened and is not compared with")


def test_without_customers_facts_and_churn_are_left_out_and_said_so(job: Runner, tmp_path: Path) -> None:
    done = job(Order(write_households(tmp_path / "bare", facts=False), job.var))
    assert done.bundle.churn is None
    assert done.bundle.fact_kinds == {}
    assert job.says("Without `customers` no facts are used and churn is left out.")
    assert any("Churn is left out" in sentence for sentence in done.bundle.verdicts)


def test_a_simulated_year_runs_end_to_end_with_catalogue_and_policy(job: Runner, tmp_path: Path) -> None:
    from training.__main__ import main  # noqa: PLC0415

    folder = ROOT / "examples" / "telecom"
    documents = {"catalogue": folder / "catalogue.yaml", "policy": folder / "policy.yaml"}
    options = [f"--{name}={path}" for name, path in documents.items()]
    world = tmp_path / "world"
    assert main(["simulate", "--customers=250", "--months=9", "--seed=3", f"--out={world}", *options]) == 0
    done = job(Order(world, job.var, **documents, promote=True))
    assert done.bundle.dated
    assert len(done.bundle.products) == 26
    assert done.bundle.winner.repeatable[done.bundle.products.index("mobile-extra")]
    assert done.bundle.winner.any_in_90_days(np.zeros(26), {}) is not None
    found = done.bundle.metrics
    assert found["any_purchase.log_loss"] > 0.0
    assert found["any_purchase.rows"] > 50.0
    assert date(2026, 9, 1) < date(1970, 1, 1) + timedelta(days=found["propensity.until"]) < date(2026, 11, 1)
    assert job.says("Any purchase within 90 days: ")
    assert job.says("customers object to profiling: their rows are left out")
    learned = {*done.bundle.fact_kinds, *done.bundle.winner.encoder.spans()}
    assert not {"age", "vulnerable", "profiling_objection"} & learned
    assert done.champion


# --- what stops it before it starts -----------------------------------------------------------------------------


def nothing_written(job: Runner) -> bool:
    return not job.var.exists()


def test_every_problem_in_the_tables_is_listed_and_nothing_is_written(
    job: Runner, households: Order, tmp_path: Path
) -> None:
    holdings = households.data / "holdings.csv"
    holdings.write_text(holdings.read_text() + "C-9,a,2026-02-02,2026-01-01\n,b,,\nC-10,c,soon,\n")
    with pytest.raises(TableError) as refused:
        job(replace(households, out=tmp_path / "bundle"))
    assert len(refused.value.problems) >= 3
    assert nothing_written(job)
    assert not (tmp_path / "bundle").exists()
    assert not job.says("fitting")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda order: replace(order, method="magic"), OptionError, "there is no 'magic'; there are als, "),
        (lambda order: replace(order, out=order.data), BundleError, "is there and is no bundle"),
        (lambda order: replace(order, policy=order.data / "holdings.csv"), DocumentError, "holdings.csv"),
    ],
)
def test_an_order_that_cannot_be_met_is_refused_before_anything_is_fitted(
    job: Runner, households: Order, change: Callable[[Order], Order], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        job(change(households))
    assert nothing_written(job)


# --- real data --------------------------------------------------------------------------------------------------


@needs_data
@pytest.mark.no_cover  # the small world above reaches every line
def test_telco_runs_from_import_to_champion(job: Runner, tmp_path: Path) -> None:
    import_telco(REAL / "telco", tmp_path / "telco")
    done = job(Order(tmp_path / "telco", job.var, promote=True))
    assert done.champion
    assert done.bundle.metrics["propensity.multinomial.recall_1"] >= 0.60
    assert done.bundle.metrics["churn.auc"] >= 0.83


@needs_data
@pytest.mark.no_cover
def test_on_insurance_popularity_serves_and_the_report_says_so_in_words(job: Runner, tmp_path: Path) -> None:
    import_insurance(REAL / "insurance", tmp_path / "insurance")
    done = job(Order(tmp_path / "insurance", job.var, promote=True, seed=7))
    assert job.says("acquisitions after a date: 55619, the last 5519 by time judged")
    assert done.bundle.winner.method == "popularity_by_segment"
    assert round(done.bundle.metrics["propensity.popularity_by_segment.recall_3"], 3) == 0.612
    assert done.bundle.verdicts[0].startswith("Nothing beats popularity here: popularity by segment serves.")
    assert job.says("Gate: popularity by segment itself serves.")
    assert done.champion
