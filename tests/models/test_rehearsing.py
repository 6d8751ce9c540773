"""What a proposed policy would change is counted decision by decision."""

from __future__ import annotations

import pytest

from models.domain import Tier
from models.rehearsal import ModeMoves, Moves, Rehearsal, Starved, Stopper, Violation, Worth
from models.rehearsing import Rehearsing, worth
from models.response import Decision, Proposal, Terms, Value, Veto
from models.value import TERMS
from tests.builders import a_decision, some_knowledge

NO_TERMS = Terms(**dict.fromkeys(TERMS, 0.0))
PLAIN = a_decision(some_knowledge())


def proposal(rank: int, action_id: str, expected: float | None) -> Proposal:
    value = None
    if expected is not None:
        value = Value(expected=expected, p_accept=0.1, terms=NO_TERMS, sources={})
    return Proposal(rank=rank, action_id=action_id, kind="offer", title="", value=value, say="")


def answer(
    *proposals: tuple[str, float | None],
    name: str = "p00-1",
    mode: str = "grow",
    degraded: tuple[str, ...] = (),
    **stopped: str,
) -> Decision:
    """A decision with these proposals in order; `stopped` is action -> tier__rule."""
    vetoes = []
    for action_id, stop in stopped.items():
        tier, _, rule = stop.partition("__")
        veto = {"action_id": action_id, "tier": tier, "rule": rule, "version": "policy@1", "text": ""}
        vetoes.append(Veto.model_validate(veto))
    found = tuple(proposal(rank, *given) for rank, given in enumerate(proposals, start=1))
    told = {
        "decision_id": name,
        "mode": mode,
        "proposals": found,
        "vetoes": tuple(vetoes),
        "degraded": degraded,
    }
    return PLAIN.model_copy(update=told)


def rehearsed(*pairs: tuple[Decision, Decision], actions: tuple[str, ...] = ()) -> Rehearsal:
    counts = Rehearsing(actions)
    for before, after in pairs:
        counts.add(before, after)
    return counts.report()


A, B = ("a", 2.0), ("b", 5.0)


def test_nothing_changes_where_both_answer_alike() -> None:
    report = rehearsed((answer(A, b="legal__r"), answer(A, b="legal__r")))
    assert (report.decisions, report.changed_first, report.changed_set, report.samples) == (1, 0, 0, ())
    assert (report.actions, report.modes, report.degraded, report.lawful) == ((), (), (), True)


def test_another_order_changes_the_first_proposal_and_not_the_set() -> None:
    report = rehearsed((answer(A, B), answer(B, A)), (answer(A), answer(A)))
    assert (report.changed_first, report.share_changed_first, report.changed_set) == (1, 0.5, 0)
    assert report.samples == ("p00-1",)


def test_another_set_behind_the_same_first_proposal_is_counted_and_shown() -> None:
    report = rehearsed((answer(A, B), answer(A)))
    assert (report.changed_first, report.changed_set, report.samples) == (0, 1, ("p00-1",))


def test_actions_win_and_lose_at_rank_one_and_anywhere() -> None:
    report = rehearsed((answer(A, B), answer(B)), (answer(A), answer(A)))
    first = [(move.action_id, move.first) for move in report.actions]
    assert first == [
        ("b", Moves(before=0, after=1, won=1, lost=0, change=0.5)),
        ("a", Moves(before=2, after=1, won=0, lost=1, change=-0.5)),
    ]
    assert [(move.action_id, move.anywhere.before, move.anywhere.after) for move in report.actions] == [
        ("b", 1, 1),
        ("a", 2, 1),
    ]


def test_a_finding_names_a_few_decisions_and_counts_all() -> None:
    pairs = [(answer(A, name=f"p00-{n}"), answer(B, name=f"p00-{n}")) for n in range(1, 6)]
    report = rehearsed(*pairs)
    assert report.changed_first == 5
    assert report.samples == report.actions[0].samples == ("p00-1", "p00-2", "p00-3")


def test_a_starved_action_names_the_rule_that_stops_it_most() -> None:
    report = rehearsed(
        (answer(A, B, name="p00-1"), answer(B, a="suitability__calm")),
        (answer(A, B, name="p00-2"), answer(B, a="suitability__calm")),
        (answer(A, B, name="p00-3"), answer(B, a="legal__consent")),
        actions=("a", "b"),
    )
    assert report.starved == (
        Starved(
            action_id="a",
            proposed_before=3,
            eligible_before=3,
            eligible_after=0,
            stopped_by=Stopper(tier="suitability", rule="calm", decisions=2),
            samples=("p00-1", "p00-2"),
        ),
    )


def test_an_action_that_is_only_outranked_now_is_starved_and_still_eligible() -> None:
    outranked = answer(B, a="arbitration__not_among_the_best")
    [starved] = rehearsed((answer(A, B), outranked), actions=("a", "b")).starved
    assert (starved.eligible_after, starved.stopped_by.tier) == (1, "arbitration")


def test_an_action_nobody_ever_could_have_is_starved_too_and_stands_last() -> None:
    pair = (answer(A, b="fit__mode"), answer(a="legal__r", b="fit__mode"))
    report = rehearsed(pair, actions=("b", "a"))
    assert [(row.action_id, row.proposed_before, row.eligible_before) for row in report.starved] == [
        ("a", 1, 1),
        ("b", 0, 0),
    ]


def test_an_action_that_never_stood_and_is_eligible_is_not_starved() -> None:
    stop = "arbitration__not_among_the_best"
    assert rehearsed((answer(A, b=stop), answer(A, b=stop)), actions=("a", "b")).starved == ()


def test_what_was_proposed_and_is_no_longer_sold_is_gone() -> None:
    report = rehearsed((answer(("old", 1.0)), answer(A)), actions=("a",))
    assert (report.gone, report.starved) == ({"old": 1}, ())


def test_value_is_that_of_the_first_proposal_with_a_price() -> None:
    report = rehearsed((answer(("repair", None), A), answer(("repair", None), B)), (answer(A), answer()))
    assert (report.worth.before, report.worth.after, report.worth.mean_difference) == (4.0, 5.0, 0.5)


def test_the_interval_is_drawn_from_pairs() -> None:
    same = worth([(1.0, 3.0), (100.0, 102.0), (50.0, 52.0)], seed=1)
    assert (same.mean_difference, same.low, same.high) == (2.0, 2.0, 2.0)
    mixed = [(0.0, float(n % 5)) for n in range(100)]
    found = worth(mixed, seed=1)
    assert found == worth(mixed, seed=1)
    assert found.mean_difference == 2.0
    assert 1.6 < found.low < 1.85
    assert 2.15 < found.high < 2.4


def test_a_law_that_is_broken_makes_the_report_unlawful() -> None:
    counts = Rehearsing(())
    counts.add(answer(), answer(A), [("consent", "a")])
    counts.add(answer(name="p00-2"), answer(A, name="p00-2"), [("consent", "a")])
    report = counts.report()
    assert report.violations == (
        Violation(rule="consent", action_id="a", decisions=2, samples=("p00-1", "p00-2")),
    )
    assert not report.lawful


def test_a_law_that_could_not_be_asked_makes_it_unlawful_too() -> None:
    report = Rehearsing(("a",)).report(unasked=("consent",))
    assert (report.unasked, report.lawful) == (("consent",), False)


def test_other_modes_are_counted() -> None:
    report = rehearsed((answer(mode="grow"), answer(mode="save")), (answer(), answer()))
    assert report.modes == (ModeMoves(before="grow", after="save", decisions=1, samples=("p00-1",)),)


def test_what_is_missing_more_or_less_often_is_named() -> None:
    report = rehearsed((answer(degraded=("bundle", "missing:x")), answer(degraded=("bundle", "missing:y"))))
    assert [(row.what, row.before, row.after) for row in report.degraded] == [
        ("missing:x", 1, 0),
        ("missing:y", 0, 1),
    ]


def test_which_knowledge_was_compared_with_is_said() -> None:
    counts = Rehearsing(())
    for then in (True, True, False):
        counts.add(answer(A), answer(A), then=then)
    report = counts.report(unreadable=4)
    assert (report.then, report.present, report.unreadable) == (2, 1, 4)


def test_without_decisions_the_report_is_empty() -> None:
    report = Rehearsing(("a",)).report()
    zero = dict.fromkeys(Worth.model_fields, 0.0)
    assert (report.decisions, report.share_changed_first, report.starved) == (0, 0.0, ())
    assert report.worth.model_dump() == zero


@pytest.mark.parametrize("tier", ["fit", "legal"])
def test_one_rule_stops_an_action_once_a_decision_however_often_it_speaks(tier: Tier) -> None:
    twice = answer(a=f"{tier}__r")
    twice = twice.model_copy(update={"vetoes": twice.vetoes * 2})
    [starved] = rehearsed((answer(A), twice), actions=("a",)).starved
    assert starved.stopped_by == Stopper(tier=tier, rule="r", decisions=1)


def test_a_starved_action_names_what_stops_it_where_it_was_eligible_before() -> None:
    never = (answer(B, a="fit__requires"), answer(B, a="fit__requires"))
    lost = (answer(A, name="p00-9"), answer(B, a="contact_policy__rest"))
    [starved] = rehearsed(never, never, never, lost, actions=("a",)).starved
    assert starved.stopped_by == Stopper(tier="contact_policy", rule="rest", decisions=1)
    assert starved.samples == ("p00-9",)
