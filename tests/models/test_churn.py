import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.churn import ChurnModel
from models.fading import Fading
from models.features import Category, Encoder, Numeric
from models.logits import sigmoid

ENCODER = Encoder(
    (
        Numeric("tenure", (0.0, 12.0, 24.0)),
        Numeric("months_to_end", (0.0, 6.0)),
        Category("contract", ("month", "year")),
    )
)
#                    tenure 0, 12, 24, missing  end 0, 6, missing  month, year, missing
EFFECTS = np.array([0.8, 0.2, -0.4, 0.1, 0.9, -0.3, 0.0, 0.5, -0.7, 0.05])
MODEL = ChurnModel(
    products=("fiber", "tv"),
    encoder=ENCODER,
    intercept=-3.0,
    effects=EFFECTS,
    unseen=np.array([0.0, 0.0, 0.25]),
    product_effects=np.array([0.6, -0.2]),
    product_shares=np.array([0.5, 0.25]),
)
FACTS = {"tenure": 6, "months_to_end": 2.0, "contract": "year"}
FIBER = np.array([1.0, 0.0])
CLOCKS = {"tenure": 1.0, "months_to_end": -1.0}


def test_each_fact_and_each_product_contributes_against_the_average_customer() -> None:
    parts = MODEL.contributions(FACTS, FIBER)
    assert list(parts) == ["tenure", "months_to_end", "contract", "fiber", "tv"]
    assert parts == pytest.approx(
        {"tenure": 0.5, "months_to_end": 0.5, "contract": -0.7, "fiber": 0.3, "tv": 0.05}
    )


def test_a_missing_fact_has_a_contribution_of_its_own() -> None:
    parts = MODEL.contributions({"tenure": float("nan")}, FIBER)
    assert (parts["tenure"], parts["months_to_end"], parts["contract"]) == (0.1, 0.0, 0.05)


def test_a_level_training_has_not_kept_has_one_too() -> None:
    assert MODEL.contributions({"contract": "decade"}, FIBER)["contract"] == 0.25


@pytest.mark.parametrize(("tenure", "effect"), [(-1, 0.8), (0, 0.8), (12, 0.2), (24, -0.4), (400, -0.4)])
def test_outside_the_knots_a_number_weighs_as_the_nearest(tenure: int, effect: float) -> None:
    assert MODEL.contributions({"tenure": tenure}, FIBER)["tenure"] == effect


some_facts = st.fixed_dictionaries(
    {},
    optional={
        "tenure": st.floats(-5, 50),
        "months_to_end": st.integers(-5, 20),
        "contract": st.sampled_from(["month", "year", "decade"]),
    },
)
some_holdings = st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0])).map(np.array)


@given(some_facts, some_holdings)
def test_contributions_and_intercept_sum_exactly_to_the_logit(facts: dict[str, Any], holdings: Any) -> None:
    parts = MODEL.contributions(facts, holdings)
    logit = MODEL.logit(facts, holdings)
    assert logit == math.fsum([MODEL.intercept, *parts.values()])
    assert logit == math.fsum([*reversed(parts.values()), MODEL.intercept])
    assert MODEL.hazard(facts, holdings) == sigmoid(logit)


@given(some_facts, some_holdings)
def test_contributions_are_what_the_encoder_says(facts: dict[str, Any], holdings: Any) -> None:
    row = ENCODER.encode(facts)
    linear = MODEL.intercept + row @ EFFECTS + MODEL.product_effects @ (holdings - MODEL.product_shares)
    if facts.get("contract") == "decade":
        linear += 0.25
    assert MODEL.logit(facts, holdings) == pytest.approx(linear, abs=1e-12)


def test_a_driver_is_what_the_hazard_owes_to_one_fact() -> None:
    parts = MODEL.contributions(FACTS, FIBER)
    drivers = MODEL.drivers(parts)
    logit = MODEL.logit(FACTS, FIBER)
    assert list(drivers) == ["contract", "tenure", "months_to_end", "fiber", "tv"]
    for name, effect in drivers.items():
        assert effect == pytest.approx(sigmoid(logit) - sigmoid(logit - parts[name]), abs=1e-15)
    assert drivers["contract"] < 0 < drivers["tenure"]


def test_the_curve_begins_with_the_hazard_of_now_and_rolls_the_clocks() -> None:
    curve = MODEL.curve(FACTS, FIBER, 4, CLOCKS)
    by_hand = [
        MODEL.hazard({**FACTS, "tenure": 6 + month, "months_to_end": max(0, 2 - month)}, FIBER)
        for month in range(4)
    ]
    assert curve == pytest.approx(by_hand, abs=1e-15)
    assert curve[1] > curve[0]  # the term end comes nearer


def test_a_clock_beyond_its_last_knot_stands_still() -> None:
    curve = MODEL.curve({**FACTS, "tenure": 30}, FIBER, 36, CLOCKS)
    assert len(set(curve[2:].tolist())) == 1


@pytest.mark.parametrize(
    ("facts", "clocks"),
    [
        (FACTS, {}),
        ({"contract": "year"}, CLOCKS),
        ({"tenure": float("nan")}, {"tenure": 1.0}),
        (FACTS, {"contract": 1.0, "age": 1.0}),
    ],
)
def test_without_a_running_clock_the_curve_is_flat(facts: dict[str, Any], clocks: dict[str, float]) -> None:
    assert MODEL.curve(facts, FIBER, 3, clocks).tolist() == pytest.approx(
        [MODEL.hazard(facts, FIBER)] * 3, abs=1e-15
    )


def test_contributions_at_hand_give_the_same_curve() -> None:
    parts = MODEL.contributions(FACTS, FIBER)
    assert np.array_equal(MODEL.roll(parts, FACTS, 36, CLOCKS), MODEL.curve(FACTS, FIBER, 36, CLOCKS))


def test_who_came_before_plays_no_part() -> None:
    customers = [
        ({"tenure": tenure, "months_to_end": 3}, np.array(held))
        for tenure in (5, 5.5, 6)
        for held in ([1.0, 0.0], [0.0, 1.0], [1.0, 1.0])
    ]
    for facts, holdings in [*customers, *customers]:
        alone = replace(MODEL)
        assert MODEL.contributions(facts, holdings) == alone.contributions(facts, holdings)
        for clocks in (CLOCKS, {"tenure": 2.0}):
            curve = MODEL.curve(facts, holdings, 6, clocks)
            assert curve.tolist() == alone.curve(facts, holdings, 6, clocks).tolist()


def test_a_table_gives_the_hazards_of_its_rows() -> None:
    columns = {"tenure": [6, None, 30.0], "contract": ["year", "decade", None]}
    holdings = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    rows = [{"tenure": 6, "contract": "year"}, {"contract": "decade"}, {"tenure": 30.0}]
    one_by_one = [MODEL.hazard(facts, held) for facts, held in zip(rows, holdings, strict=True)]
    assert MODEL.hazards(columns, holdings) == pytest.approx(one_by_one, abs=1e-14)


def test_a_table_of_holdings_alone_misses_every_fact() -> None:
    assert MODEL.hazards({}, FIBER[None, :]) == pytest.approx([MODEL.hazard({}, FIBER)], abs=1e-15)


def test_a_model_without_facts_goes_by_holdings() -> None:
    nothing = np.zeros(0)
    model = replace(MODEL, encoder=Encoder(()), effects=nothing, unseen=nothing)
    assert list(model.contributions(FACTS, FIBER)) == ["fiber", "tv"]
    assert model.hazards({}, FIBER[None, :]) == pytest.approx([model.hazard({}, FIBER)], abs=1e-15)


def test_extreme_logits_stay_between_0_and_1() -> None:
    assert sigmoid(800.0) == 1.0
    assert sigmoid(-800.0) == 0.0
    sure = replace(MODEL, intercept=-900.0)
    assert sure.curve(FACTS, FIBER, 2, CLOCKS).tolist() == pytest.approx([0.0, 0.0], abs=1e-300)


def test_parts_bring_back_the_model_to_the_last_bit() -> None:
    meta, arrays = MODEL.to_parts()
    again = ChurnModel.from_parts(json.loads(json.dumps(meta)), arrays)
    assert again.logit(FACTS, FIBER) == MODEL.logit(FACTS, FIBER)
    assert np.array_equal(again.curve(FACTS, FIBER, 36, CLOCKS), MODEL.curve(FACTS, FIBER, 36, CLOCKS))
    assert again.to_parts()[0] == meta


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"effects": EFFECTS[:-1]}, r"effects must be \(10,\) finite numbers, not \(9,\)"),
        ({"product_effects": np.array([np.nan, 0.0])}, "product_effects must be"),
        ({"intercept": math.inf}, "the intercept is not finite"),
        ({"products": ("tenure", "tv")}, "facts and products must have names of their own"),
    ],
)
def test_parts_that_do_not_fit_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(MODEL, **wrong)


def test_twenty_facts_add_up_to_the_logit_and_its_curve_begins_there() -> None:
    numbers = tuple(Numeric(f"n{i}", tuple(map(float, range(8)))) for i in range(12))
    encoder = Encoder((*numbers, *(Category(f"c{i}", ("a", "b", "c")) for i in range(8))))
    draw = np.random.default_rng(0).normal
    model = ChurnModel(
        MODEL.products,
        encoder,
        -3.0,
        draw(size=encoder.size),
        draw(size=20),
        draw(size=2),
        np.array([0.5, 0.2]),
    )
    facts = {**{f"n{i}": i * 0.37 for i in range(12)}, **{f"c{i}": "b" for i in range(8)}}

    parts = model.contributions(facts, FIBER)
    assert len(parts) == 22
    assert model.logit(facts, FIBER) == math.fsum([model.intercept, *parts.values()])
    curve = model.roll(parts, facts, 36, {"n1": 1.0, "n2": -1.0})
    assert curve.shape == (36,)
    assert curve[0] == pytest.approx(model.hazard(facts, FIBER))


LEVEL = ChurnModel(
    MODEL.products,
    Encoder(()),
    -4.0,
    np.zeros(0),
    np.zeros(0),
    np.zeros(len(MODEL.products)),
    np.zeros(len(MODEL.products)),
)
OTHER = replace(MODEL, intercept=-4.5, effects=EFFECTS[::-1].copy(), product_effects=np.zeros(2))
FADING = Fading(np.array([1.0, 1.0, 0.3]), np.array([0.0, 0.0, 0.5]), np.array([0.0, 0.0, 0.2]))
RARE = replace(LEVEL, intercept=-6.0)
CAUSES = {"unavoidable": RARE, "non-payment": OTHER}
GROWN = replace(MODEL, causes=CAUSES, fading=FADING, trends={"use": ("gb_m2", "gb_m1")})


def test_who_stays_has_been_spared_by_every_cause() -> None:
    by_himself, unpaid, rare = (model.hazard(FACTS, FIBER) for model in (MODEL, OTHER, RARE))
    assert GROWN.hazard(FACTS, FIBER) == pytest.approx(
        1 - (1 - by_himself) * (1 - unpaid) * (1 - rare), abs=1e-15
    )
    columns = {fact: [value] for fact, value in FACTS.items()}
    assert GROWN.hazards(columns, FIBER[None, :]) == pytest.approx([GROWN.hazard(FACTS, FIBER)], abs=1e-15)


def test_logit_drivers_and_curve_are_of_leaving_by_himself() -> None:
    grown = replace(GROWN, fading=None)
    parts = grown.contributions(FACTS, FIBER)
    assert parts == MODEL.contributions(FACTS, FIBER)
    assert grown.drivers(parts) == MODEL.drivers(parts)
    assert grown.logit(FACTS, FIBER) == MODEL.logit(FACTS, FIBER)
    assert np.array_equal(grown.curve(FACTS, FIBER, 9, CLOCKS), MODEL.curve(FACTS, FIBER, 9, CLOCKS))


def test_the_curve_of_all_causes_begins_with_the_hazard_of_now() -> None:
    assert GROWN.curve_of_all(FACTS, FIBER, 3, CLOCKS)[0] == pytest.approx(GROWN.hazard(FACTS, FIBER))
    assert (
        MODEL.curve_of_all(FACTS, FIBER, 3, CLOCKS).tolist() == MODEL.curve(FACTS, FIBER, 3, CLOCKS).tolist()
    )


def test_a_fact_that_fades_goes_back_to_the_average_customer() -> None:
    def logits(model: ChurnModel) -> Any:
        curve = model.curve(FACTS, FIBER, 3, CLOCKS)
        return np.log(curve / (1 - curve))

    contract = MODEL.contributions(FACTS, FIBER)["contract"]
    kept = np.array([1.0, 0.3 + 0.7 * 0.5, 0.3 + 0.7 * 0.25])
    assert logits(GROWN) - logits(MODEL) == pytest.approx(
        contract * (kept - 1) + 0.1 * (1 - kept**2), abs=1e-9
    )


def test_a_table_of_contributions_is_that_of_its_rows() -> None:
    columns = {"tenure": [6, None], "contract": ["year", "decade"]}
    table = MODEL.contribution_table(columns, 2)
    rows = [{"tenure": 6, "contract": "year"}, {"contract": "decade"}]
    for found, facts in zip(table, rows, strict=True):
        parts = MODEL.contributions(facts, FIBER)
        assert found == pytest.approx([parts[fact] for fact in ("tenure", "months_to_end", "contract")])


def test_parts_bring_back_causes_fading_and_trends_to_the_last_bit() -> None:
    meta, arrays = GROWN.to_parts()
    again = ChurnModel.from_parts(json.loads(json.dumps(meta)), arrays)
    assert again.hazard(FACTS, FIBER) == GROWN.hazard(FACTS, FIBER)
    assert np.array_equal(again.curve(FACTS, FIBER, 36, CLOCKS), GROWN.curve(FACTS, FIBER, 36, CLOCKS))
    assert again.trends == GROWN.trends
    assert again.to_parts()[0] == meta


def test_a_bundle_from_before_causes_were_told_apart_answers_as_it_did() -> None:
    meta, arrays = MODEL.to_parts()
    meta["other"], theirs = OTHER.to_parts()
    arrays |= {f"other_{name}": array for name, array in theirs.items()}
    old = ChurnModel.from_parts(json.loads(json.dumps(meta)), arrays)
    either = 1 - (1 - MODEL.hazard(FACTS, FIBER)) * (1 - OTHER.hazard(FACTS, FIBER))
    assert old.hazard(FACTS, FIBER) == either
    assert ChurnModel.from_parts(*old.to_parts()).hazard(FACTS, FIBER) == either


def test_a_level_is_the_same_for_everyone_and_every_month() -> None:
    assert (LEVEL.level, MODEL.level) == (sigmoid(-4.0), None)
    assert LEVEL.curve(FACTS, FIBER, 3, CLOCKS).tolist() == [sigmoid(-4.0)] * 3
    assert replace(LEVEL, product_effects=np.array([0.1, 0.0])).level is None


def test_a_model_without_them_is_written_as_it_always_was() -> None:
    meta, arrays = MODEL.to_parts()
    assert set(meta) == {"products", "encoder", "intercept"}
    assert set(arrays) == {"effects", "unseen", "product_effects", "product_shares"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fading": Fading(np.ones(2), np.ones(2), np.ones(2))}, "what fades must have 3 facts"),
        (
            {"causes": {"non-payment": replace(OTHER, products=("fiber", "gas"))}},
            "cause 'non-payment' needs the same products",
        ),
        ({"causes": {"unavoidable": GROWN}}, "no causes beside it"),
        ({"causes": {"boredom": OTHER}}, "cause 'boredom' is none of unavoidable, non-payment"),
    ],
)
def test_causes_and_fading_that_do_not_fit_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(MODEL, **wrong)
