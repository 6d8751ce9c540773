"""Who leaves now: the three states of one model, against sums written out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.features import Category, Encoder, Numeric
from models.leaving_design import Columns
from models.response import Motive
from models.saving import SAVES_ACCEPTED, WISHES, Accepting, Saving, history_facts, stated_logit
from tests.builders import a_saving

PRICE = Motive(value="price", source="stated", probability=1.0)
NOT_SAID = Motive()
ACTIONS = (Accepting("stay", "save", 0.3), Accepting("other", "save", 0.2), Accepting("sale", "offer", 0.1))


def chance(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def logits(saving: Saving, motive: Motive = PRICE, **facts: Any) -> list[float]:
    q0, q1, rho = saving.serving(ACTIONS).leaves(motive, facts)
    return [float(value) for value in stated_logit(np.array([q0, q1, *rho]))]


def unlearned(saving: Saving) -> Saving:
    return replace(saving, weights=np.zeros_like(saving.weights))


def test_without_evidence_the_stated_figures_stand() -> None:
    saving = unlearned(a_saving())
    assert logits(saving) == pytest.approx(
        [saving.now[0], saving.refused[0], saving.accepted[0], *stated_logit(np.array([0.2, 0.1]))]
    )


def test_accepting_changes_nothing_where_no_save_was_shown_to_keep_anybody() -> None:
    saving = replace(a_saving(), shown=False)
    again = Saving.from_json(json.loads(json.dumps(saving.to_json())))
    assert not again.shown
    q0, q1, rho = again.serving(ACTIONS).leaves(PRICE, {"size": 2.0})
    believed = a_saving().serving(ACTIONS)
    assert (q0, q1) == believed.leaves(PRICE, {"size": 2.0})[:2]
    assert rho.tolist() == [q0] * len(ACTIONS)
    errors = again.serving(ACTIONS).errors(PRICE, {})
    assert not errors.accepted.any()
    assert errors.leaving == believed.errors(PRICE, {}).leaving


def test_each_state_adds_up_its_parts() -> None:
    saving = a_saving()
    columns, w = saving.columns, saving.weights
    facts: dict[str, Any] = {"size": 2.0, "region": "north"}
    centred = np.array([0.0 - 0.5, 1.0 - 0.5, 0.0, 1.0 - 0.75, 0.0 - 0.25])
    nothing = w[columns.base][0] + w[columns.motive][0] + w[columns.facts] @ centred
    accepted = nothing + w[columns.accepted_facts] @ centred + w[columns.kind_motive][0]
    save, offer = w[columns.kind][1], w[columns.kind][0]
    assert logits(saving, **facts) == pytest.approx(
        [
            saving.now[0] + nothing,
            saving.refused[0] + nothing + w[columns.refused][0],
            saving.accepted[0] + accepted + save + w[columns.action][0] + w[columns.action_motive][0],
            float(stated_logit(np.array(0.2))) + accepted + save,
            float(stated_logit(np.array(0.1))) + accepted + offer,
        ]
    )


def test_each_motive_has_parts_of_its_own_and_an_unknown_one_those_of_who_did_not_say() -> None:
    saving, size = a_saving(), {"size": 1.0}
    service = Motive(value="service", source="stated", probability=1.0)
    moved = np.array(logits(saving, service, **size)) - logits(saving, PRICE, **size)
    columns, w = saving.columns, saving.weights
    by_motive = saving.now[1] - saving.now[0] + w[columns.motive][1] - w[columns.motive][0]
    assert moved[0] == pytest.approx(by_motive)
    new = Motive(value="moving", source="stated", probability=1.0)
    assert logits(saving, new, **size) == logits(saving, NOT_SAID, **size)


def test_a_motive_that_is_only_likely_is_mixed_as_a_chance() -> None:
    serving = a_saving().serving(ACTIONS)
    likely = serving.leaves(Motive(value="price", source="inferred", probability=0.7), {})
    sure, of_all = serving.leaves(PRICE, {}), serving.leaves(NOT_SAID, {})
    assert likely.q0 == pytest.approx(0.7 * sure.q0 + 0.3 * of_all.q0)
    assert likely.rho == pytest.approx(0.7 * sure.rho + 0.3 * of_all.rho)


def test_what_training_never_saw_counts_as_the_average() -> None:
    saving = a_saving()
    # No size was ever missing; a region was, and 'south' has no column.
    assert saving.centred({"region": "south"}) == pytest.approx(np.zeros(5))
    assert saving.centred({}) == pytest.approx([0.0, 0.0, 0.0, -0.75, 0.75])
    assert saving.centred({"size": 1.0, "region": "east"}) == pytest.approx([0.5, -0.5, 0.0, 0.0, 0.0])


def test_errors_are_those_of_the_difference_a_state_makes() -> None:
    saving = a_saving()
    serving, facts = saving.serving(ACTIONS), {"size": 2.0}
    found = serving.errors(PRICE, facts)
    draws = (
        saving.weights + np.random.default_rng(4).normal(size=(40_000, saving.columns.size)) @ saving.factor.T
    )
    columns, centred = saving.columns, saving.centred(facts)
    q0 = draws[:, columns.base.start] + draws[:, columns.motive.start] + draws[:, columns.facts] @ centred
    accepted = (
        draws[:, columns.kind.start + 1]
        + draws[:, columns.action.start]
        + draws[:, columns.kind_motive.start]
        + draws[:, columns.action_motive.start]
        + draws[:, columns.accepted_facts] @ centred
    )
    assert found.leaving == pytest.approx(q0.std(), rel=0.02)
    assert found.refused == pytest.approx(draws[:, columns.refused].std(), rel=0.02)
    assert found.accepted[0] == pytest.approx(accepted.std(), rel=0.02)
    assert found.accepted.shape == (3,)


def test_what_was_accepted_in_the_fit_is_learned_and_the_rest_goes_by_its_kind() -> None:
    serving = a_saving().serving(ACTIONS)
    assert [serving.source(row) for row in range(3)] == ["learned", "assumed", "assumed"]


def test_of_saves_it_counts_what_they_give_and_for_how_long_they_bind() -> None:
    saving = a_saving(usual=50.0)
    given = [action._replace(given=100.0, months=6.0) for action in ACTIONS]
    plain, rich = [
        np.array(stated_logit(saving.serving(some).leaves(PRICE, {}).rho)) for some in (ACTIONS, given)
    ]
    more = saving.weights[saving.columns.terms] @ [2.0, 0.5]
    assert rich - plain == pytest.approx([more, more, 0.0])  # a sale is no save


def test_a_part_without_terms_is_read_and_serves_as_it_did() -> None:
    old = a_saving()
    written = {name: value for name, value in old.to_json().items() if name != "usual"}
    given = [action._replace(given=100.0) for action in ACTIONS]
    again = Saving.from_json(written).serving(given).leaves(PRICE, {})
    assert again.rho.tolist() == old.serving(ACTIONS).leaves(PRICE, {}).rho.tolist()


@pytest.mark.parametrize(("usual", "hazard"), [(None, None), (50.0, -4.0)])
def test_it_comes_back_from_json_bit_for_bit(usual: float | None, hazard: float | None) -> None:
    saving = a_saving(usual=usual, hazard=hazard)
    again = Saving.from_json(json.loads(json.dumps(saving.to_json())))
    assert again.weights.tolist() == saving.weights.tolist()
    assert again.factor.tolist() == saving.factor.tolist()
    assert (again.usual, again.hazard) == (usual, hazard)
    assert (again.motives, again.actions, again.encoder) == (saving.motives, saving.actions, saving.encoder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": np.zeros(3)}, "weights must be"),
        ({"now": np.full(3, np.nan)}, "now must be"),
        ({"motives": ("price", "price")}, "stands twice"),
        ({"usual": 0.0}, "some euros of discount"),
        ({"hazard": float("nan")}, "a finite logit"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(a_saving(), **change)


def test_the_columns_stand_one_after_another() -> None:
    columns = Columns.of(motives=3, actions=2, facts=4, terms=2, hazard=1)
    assert [part.start for part in columns] == [0, 1, 4, 8, 9, 11, 13, 16, 22, 26, 28]
    assert columns.size == 29
    assert Columns.of(motives=3, actions=2, facts=4).size == 26


def test_who_hardly_ever_leaves_means_it_less_when_he_says_so() -> None:
    saving = a_saving(hazard=-4.0)
    slope = float(saving.weights[saving.columns.hazard][0])
    serving, average = saving.serving(ACTIONS), logits(saving)
    for logit, apart in ((-4.0, 0.0), (-6.0, -2.0 * slope), (None, 0.0)):
        q0, q1, rho = serving.leaves(PRICE, {}, logit)
        found = stated_logit(np.array([q0, q1, *rho]))
        assert found.tolist() == pytest.approx([value + apart for value in average])
    sure, less, unknown = (serving.errors(PRICE, {}, logit) for logit in (-4.0, -9.0, None))
    assert less.leaving != sure.leaving == unknown.leaving
    assert (less.refused, less.accepted.tolist()) == (sure.refused, sure.accepted.tolist())


def test_a_stated_chance_of_nought_is_not_certain() -> None:
    assert np.isfinite(stated_logit(np.array([0.0, 1.0]))).all()


def test_an_encoder_without_facts_serves() -> None:
    saving = a_saving(Encoder(()))
    assert saving.serving(ACTIONS).leaves(PRICE, {"size": 1.0}).rho.shape == (3,)


def test_the_history_tells_of_earlier_wishes_and_what_was_given() -> None:
    assert history_facts({"saves_accepted_365d": 2}, 1) == {WISHES: 1, SAVES_ACCEPTED: 2}
    assert history_facts({}, None) == {WISHES: None, SAVES_ACCEPTED: None}


def test_it_reads_the_facts_it_has() -> None:
    encoder = Encoder((Numeric("size", (1.0, 2.0)), Category("region", ("north",))))
    assert encoder.reads({"size"})
    assert not encoder.reads({"tenure"})
