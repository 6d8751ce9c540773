"""The chances of what was logged and of what is proposed, by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from models.catalogue import load_catalogue
from models.domain import History, PastOutcome
from models.policy import load_policy
from tests.builders import a_rule
from tests.training.ope.shops import START, Shop, catalogue, only, policy
from training.ope.choices import NOTHING, chances_of, changed, choices_of, first_of
from training.ope.contacts import LoggedContact
from training.ope.kept import Kept, Proposed

if TYPE_CHECKING:
    from pathlib import Path

    from models.journal import DecisionRecord

ONCE = a_rule("!(action.id in history.declined_90d)", id="once")


def refused(record: DecisionRecord) -> History:
    decision = record.decision
    outcome = {
        "outcome_id": "O-1", "decision_id": decision.decision_id, "contact_id": decision.contact_id,
        "customer_id": decision.customer_id, "action_id": first_of(decision), "action_kind": "offer",
        "family": "offer", "channel": "voice", "kind": "declined", "reason": "no_need", "at": decision.decided_at,
    }  # fmt: skip
    return History(outcomes=(PastOutcome.model_validate(outcome),))


def test_of_three_candidates_the_best_has_the_rest_of_the_rate(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    record = shop.decides("C-1", "K-1")
    assert sorted(chances_of(record.decision).values()) == pytest.approx([0.8 / 3, 0.8 / 3, 0.2 + 0.8 / 3])
    assert sum(chances_of(record.decision).values()) == pytest.approx(1.0)
    kept = Kept(shop.shelf, Proposed(policy=load_policy(policy(rules=[only("c")]))))
    choices = choices_of([LoggedContact("C-1", "K-1", (record,))], kept)
    assert choices.names[0] == NOTHING
    assert choices.propensity[0] == chances_of(record.decision)[first_of(record.decision)]
    chances = dict(zip(choices.names, choices.policy[0].tolist(), strict=True))
    assert chances == pytest.approx({NOTHING: 0.0, **chances_of(record.decision)})  # he is not large
    assert choices.later.tolist() == [1.0]


def test_each_choice_of_a_contact_counts_once(tmp_path: Path) -> None:
    shop = Shop(tmp_path, policy=policy(rules=[ONCE]))
    one = shop.decides("C-1", "K-1", size=8.0)
    same = shop.decides("C-1", "K-1", size=8.0, at=START + timedelta(minutes=2))
    two = shop.decides("C-1", "K-1", size=8.0, at=START + timedelta(minutes=5), history=refused(one))
    assert first_of(one.decision) == first_of(same.decision)
    left = chances_of(two.decision)
    assert sorted(left.values()) == pytest.approx([0.4, 0.6])
    second = first_of(two.decision)
    contact = LoggedContact("C-1", "K-1", (one, same, two))

    def ratio(*rules: dict[str, object]) -> float:
        proposed = Proposed(policy=load_policy(policy(rules=[ONCE, *rules])))
        return float(choices_of([contact], Kept(shop.shelf, proposed), turns=True).later[0])

    assert ratio() == pytest.approx(1.0)
    first = first_of(one.decision)
    both = [name for name in ("a", "b", "c") if name not in {first, second}]
    # Without the third nothing but the second is left after the refusal.
    without = a_rule("false", id="without", **{"for": {"actions": both}})
    assert ratio(without) == pytest.approx(1.0 / left[second])
    never = a_rule("false", id="never", **{"for": {"actions": [second]}})
    assert ratio(never) == 0.0
    otherwise = load_catalogue(catalogue(**{second: {"discount": {"amount": 2.0, "months": 3}}}))
    judged = Kept(shop.shelf, Proposed(otherwise, load_policy(policy(rules=[ONCE]))))
    assert choices_of([contact], judged, turns=True).later.tolist() == [0.0]  # another action by that name
    gone = a_rule("false", id="gone", **{"for": {"actions": [first]}})
    assert ratio(gone) == 0.0  # what stood first at the second turn would not have


def test_what_sells_costs_or_binds_otherwise_is_another_action() -> None:
    then = load_catalogue(catalogue())
    for terms in (
        {"discount": {"amount": 1.0, "months": 2}},
        {"cost": 3.0},
        {"minutes": 2.0},
        {"commitment": {"months": 12}},
        {"sells": ["p-b"]},
    ):
        assert changed(then, load_catalogue(catalogue(a=terms))) == {"a"}
    assert changed(then, load_catalogue(catalogue(a={"acceptance": {"rate": 0.9}}))) == frozenset()
    assert changed(None, then) == frozenset()
