"""One behavioural suite for every propensity method, fed by tables whose right answer is obvious."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.propensity import PropensityModel
from tests.training.propensity_worlds import START, coins, families, holdings, sequels
from training.fit import als, ease, item_knn
from training.fit.acquisitions import PropensityData, acquisitions
from training.fit.method import methods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.fit.method import Fitted

ALL = tuple(methods())
BY_HOLDINGS = tuple(name for name in ALL if not name.startswith("popularity"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1, "blas"):
        yield


def fitted(name: str, data: PropensityData, seed: int = 1) -> Fitted:
    lines = acquisitions(data, seed)
    return methods()[name].fit(lines.encoded(lines.encoder()), seed)


def holding(model: PropensityModel, *products: str) -> np.ndarray:
    return np.array([float(product in products) for product in model.products])


def test_the_methods_are_the_files_of_the_folder() -> None:
    assert ALL == (
        "als",
        "ease",
        "item_knn",
        "logistic",
        "multinomial",
        "popularity",
        "popularity_by_segment",
    )


@pytest.mark.parametrize("name", BY_HOLDINGS)
def test_who_holds_one_half_of_a_pair_takes_the_other(name: str) -> None:
    model = fitted(name, families()).model
    for half, other in ("ab", "ba", "cd", "dc"):
        which = model.which(holding(model, half), {"young": True})
        assert model.products[int(which.argmax())] == other
        assert which.max() > 0.5


@pytest.mark.parametrize(
    "name", ["multinomial", "als", "ease", "item_knn", "logistic", "popularity_by_segment"]
)
def test_a_fact_that_decides_between_two_products_is_used(name: str) -> None:
    model = fitted(name, families()).model
    e, f = model.products.index("e"), model.products.index("f")
    held = holding(model, "a", "b")
    young, old = (model.which(held, {"young": young}) for young in (True, False))
    assert young[e] > young[f]
    assert old[f] > old[e]


@pytest.mark.parametrize("name", BY_HOLDINGS)
def test_with_dates_the_sequel_is_learned_and_not_the_pair(name: str) -> None:
    model = fitted(name, sequels()).model
    which = model.which(holding(model, "a"), {})
    assert model.products[int(which.argmax())] == "c"


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("world", [families, coins, sequels])
def test_probabilities_sum_to_one_over_what_may_still_be_acquired(name: str, world: type) -> None:
    model = fitted(name, world()).model
    generator = np.random.default_rng(3)
    table = (generator.random((40, len(model.products))) < 0.4).astype(float)
    table[0], table[1] = 0.0, 1.0
    encoded = np.zeros((40, model.encoder.size))
    encoded[2:, :] = model.encoder.encode({"young": True})
    which = model.which_table(table, encoded)
    allowed = (table == 0.0) | model.repeatable
    assert (which[~allowed] == 0.0).all()
    assert which.sum(axis=1) == pytest.approx(np.where(allowed.any(axis=1), 1.0, 0.0), abs=1e-12)
    for row in range(3, 40):
        assert which[row] == pytest.approx(model.which(table[row], {"young": True}), abs=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_the_same_seed_gives_the_same_bits(name: str) -> None:
    first, second = (fitted(name, families(90)).model.to_parts() for _ in range(2))
    assert first[0] == second[0]
    for key, array in first[1].items():
        assert array.tobytes() == second[1][key].tobytes()


@pytest.mark.parametrize("name", ALL)
def test_a_model_comes_back_from_its_parts_and_answers_the_same(name: str) -> None:
    model = fitted(name, families(90)).model
    again = PropensityModel.from_parts(*model.to_parts())
    held = holding(model, "a")
    assert again.which(held, {"young": True}).tobytes() == model.which(held, {"young": True}).tobytes()


@pytest.mark.parametrize("name", ALL)
def test_a_product_nobody_acquired_keeps_a_small_chance(name: str) -> None:
    model = fitted(name, families()).model
    chance = model.which(holding(model, "a"), {"young": True})[model.products.index("g")]
    assert 0.0 < chance < 0.02


NOBODY = holdings([])
ONE_PRODUCT = holdings([(f"C{i}", "a", None, None) for i in range(40)])
THREE = holdings([(f"C{i}", product, None, None) for i in range(3) for product in "ab"])
DATED_ONE = holdings([(f"C{i}", "a", START.replace(day=1 + i % 28), None) for i in range(60)])


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("table", [NOBODY, ONE_PRODUCT, THREE, DATED_ONE])
@pytest.mark.parametrize("products", ["ab", "abcdef"])
def test_odd_tables_give_a_model_with_finite_answers(name: str, table: pl.DataFrame, products: str) -> None:
    model = fitted(name, PropensityData(tuple(products), table, None, {})).model
    assert model.which(np.zeros(len(products)), {}).sum() == pytest.approx(1.0)
    assert np.isfinite(model.base).all()


@pytest.mark.parametrize("name", ALL)
def test_a_single_product_is_certain_until_it_is_held(name: str) -> None:
    for table in (ONE_PRODUCT, DATED_ONE):
        model = fitted(name, PropensityData(("a",), table, None, {})).model
        assert model.which(np.zeros(1), {}).tolist() == [1.0]
        assert model.which(np.ones(1), {}).tolist() == [0.0]


@pytest.mark.parametrize("name", ALL)
def test_constant_and_empty_facts_do_no_harm(name: str) -> None:
    data = families(60)
    facts = data.customers.with_columns(
        same=pl.lit("x"), never=pl.lit(None, dtype=pl.Float64), flat=pl.lit(3.0)
    )
    kinds = {"same": "string", "never": "number", "flat": "number"}
    model = fitted(name, PropensityData(data.products, data.holdings, facts, kinds)).model
    assert model.encoder.spans().keys() == {"same", "flat"}
    assert model.which(holding(model, "a"), {}).sum() == pytest.approx(1.0)


def test_als_in_closed_form_is_what_implicit_recalculates() -> None:
    generator = np.random.default_rng(0)
    matrix = (generator.random((300, 9)) < 0.4).astype(float)
    for settings in als.grid(9):
        fit = als.item_factors(matrix, settings, seed=5)
        scores = als.served(fit)
        users = matrix[:20]
        recalculated = fit.recalculate_user(np.arange(20), csr_matrix(users.astype(np.float32)))
        assert scores.table(users) == pytest.approx(recalculated @ fit.item_factors.T, abs=2e-5)
        assert scores.row(users[3]) == pytest.approx(scores.table(users)[3], abs=1e-12)


def test_als_never_has_as_many_factors_as_products() -> None:
    assert {settings["factors"] for settings in als.grid(11)} == {4, 8, 10}
    assert {settings["factors"] for settings in als.grid(1)} == {1}


def test_ease_solves_its_own_regression() -> None:
    generator = np.random.default_rng(0)
    matrix = (generator.random((200, 5)) < 0.5).astype(float)
    B = ease.weights(matrix.T @ matrix, 7.0)
    others = np.delete(matrix, 2, axis=1)
    ridge = np.linalg.solve(others.T @ others + 7.0 * np.eye(4), others.T @ matrix[:, 2])
    assert np.delete(B[:, 2], 2) == pytest.approx(ridge)
    assert B[2, 2] == 0.0


def test_neighbours_count_who_holds_both() -> None:
    matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    assert item_knn.neighbours(matrix).tolist() == [[2.0, 2.0, 1.0], [2.0, 2.0, 1.0], [1.0, 1.0, 2.0]]


def test_the_segment_that_tells_most_is_chosen() -> None:
    assert fitted("popularity_by_segment", coins()).settings == {"segment": "none"}
    data = families(400)
    only_last = data.holdings.filter(pl.col("product_id").is_in(["e", "f", "a"]))
    chosen = fitted(
        "popularity_by_segment", PropensityData(data.products, only_last, data.customers, data.kinds)
    )
    assert chosen.settings == {"segment": "young"}
