"""Lock-in: what was seen, what is left of it, and why some counts as nothing."""

from __future__ import annotations

from models.evidence import Check, Evidence, Ratio
from models.lockin import Effect
from tests.builders import a_bundle
from tests.training.report.small_worlds import World, plain, rows_of, texts_of
from training.report.lock_in import lock_in


def an_evidence(naive: float, adjusted: float, *checks: Check) -> Evidence:
    ratios = [Ratio(value, value * 0.8, value * 1.25) for value in (naive, adjusted)]
    return Evidence(ratios[0], ratios[1], 120, 4000, 6, 0.9, checks)


def test_each_product_has_its_grade_both_estimates_and_what_counts(world: World) -> None:
    failed = Check("placebo", passed=False, value=0.4, says="It also acts before it is taken.")
    passed = Check("e-value", passed=True, value=2.0, says="Fine.")
    effects = [
        Effect("films", 0.5, 0.4, 0.62, "C", False, "refuted", an_evidence(0.4, 0.5, failed, passed)),
        Effect("tv", 0.8, 0.7, 0.9, "B", False, "Adjusted.", an_evidence(0.6, 0.75)),
    ]
    root = lock_in(world.read(a_bundle(effects=effects)))
    rows = [[plain(cell) for cell in row] for row in rows_of(root)]
    assert rows[1][:2] + rows[1][3:] == [
        "tv",
        "B",
        "0.60 [0.48, 0.75]",
        "0.75 [0.60, 0.94]",
        "0.80 [0.70, 0.90]",
        "120 / 4,000",
    ]
    assert rows[2][5] == "nothing"
    assert texts_of(root, "li") == ["films: refuted; placebo: It also acts before it is taken."]
    assert "1 of 2 products count" in "".join(root.itertext())


def test_what_counts_says_what_tried_to_refute_it_and_what_could_not(world: World) -> None:
    why = "adjusted, not refuted by E-value; could not be made: placebo outcome (the tables have no journal)"
    root = lock_in(world.read(a_bundle(effects=[Effect("tv", 0.8, 0.7, 0.9, "B", reason=why)])))
    told = "".join(root.itertext())
    assert "tv, grade B" in told
    assert (
        "Adjusted, not refuted by E-value; could not be made: placebo outcome (the tables have no journal)."
        in told
    )


def test_an_effect_without_evidence_is_drawn_as_it_counts(world: World) -> None:
    root = lock_in(world.read(a_bundle(effects=[Effect("tv", 0.8, 0.1, 9.0, "A")])))
    marks = list(root.iter("circle"))
    assert len(marks) == 1
    assert len(list(root.iter("path"))) == 2


def test_an_empty_table_is_a_state(world: World) -> None:
    assert "table of effects is empty" in "".join(lock_in(world.read()).itertext())


def test_what_was_not_estimated_is_told_of_once_for_one_reason_and_not_drawn(world: World) -> None:
    effects = [Effect(product, 1.0, 1.0, 1.0, "C", reason="too few") for product in ("films", "tv")]
    root = lock_in(world.read(a_bundle(effects=effects)))
    assert texts_of(root, "li") == ["films, tv: too few"]
    assert not list(root.iter("circle"))


def test_what_offers_drawn_at_random_say_has_a_column_where_there_is_any(world: World) -> None:
    plainly = an_evidence(0.6, 0.75)
    drawn = Evidence(plainly.naive, plainly.adjusted, 120, 4000, 6, 0.9, (), Ratio(20.0, 8.0, 50.0))
    effects = [
        Effect("tv", 20.0, 8.0, 50.0, "A", evidence=drawn),
        Effect("films", 0.8, 0.7, 0.9, "B", evidence=plainly),
    ]
    root = lock_in(world.read(a_bundle(effects=effects)))
    rows = [[plain(cell) for cell in row] for row in rows_of(root)]
    assert rows[0][5] == "by offers drawn at random"
    assert [row[5] for row in rows[1:3]] == ["20.00 [8.00, 50.00]", ""]
    assert len(list(root.iter("circle"))) == 4  # the one at 20 lies beyond the scale: an arrow points there
    assert len(list(root.iter("path"))) == 1
