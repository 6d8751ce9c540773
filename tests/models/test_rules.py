"""Rules in tiers: what they stop is kept with the rule, the tier and the values that decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from models.checks import TIERS
from models.documents import DocumentError
from models.domain import Customer
from models.knowledge import Knowledge
from models.programs import Program
from models.response import Decision
from models.rules import compile_rules
from models.situation import situation_of
from models.verdicts import Verdicts
from tests.builders import (
    CANCEL,
    NOW,
    a_catalogue,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_policy,
    a_process,
    a_request,
    a_rule,
    an_action,
    an_event,
    an_offer,
    both,
    proposed,
    some_knowledge,
    veto_of,
    vetoed,
    vetoes_of,
)

FACTS = {
    "age": {"type": "integer"},
    "region": {"type": "string", "values": ["north", "south"]},
    "term_end": {"type": "date"},
}


def ruled(*rules: Mapping[str, Any], actions: Any = None, **given: Any) -> Knowledge:
    return some_knowledge(*(actions or [an_offer("o")]), rules=list(rules), facts=FACTS, **given)


def ask(
    *rules: Mapping[str, Any], customer: Customer | None = None, actions: Any = None, **contact: Any
) -> Decision:
    return a_decision(ruled(*rules, actions=actions), customer=customer, **contact)


def problems_of(*rules: Mapping[str, Any], actions: Any = None, **given: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        ruled(*rules, actions=actions, **given)
    return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


# --- vetoes --------------------------------------------------------------------------------------------------------------


def test_a_veto_names_rule_tier_text_and_the_values_that_decided() -> None:
    rule = a_rule("customer.age >= 18", id="adult", tier="legal", reason=both("Te jong", "Too young"))
    knowledge = ruled(rule)
    (veto,) = vetoes_of(a_decision(knowledge, customer=a_customer(age=17)))
    assert veto.model_dump() == {
        "action_id": "o",
        "tier": "legal",
        "rule": "adult",
        "version": f"policy@{knowledge.policy.version.removeprefix('sha256:')[:12]}",
        "text": "Te jong",
        "values": {"customer.age": 17},
        "would_be_offered_if": None,
    }


def test_a_rule_that_holds_stops_nothing() -> None:
    assert proposed(ask(a_rule("customer.age >= 18"), customer=a_customer(age=18))) == ["o"]


def test_only_the_side_that_failed_is_shown() -> None:
    rule = a_rule("customer.age >= 18 && customer.region == 'north'")
    decision = ask(rule, customer=a_customer(age=40, region="south"))
    assert veto_of(decision, "o").values == {"customer.region": "south"}


def test_a_list_and_a_moment_are_shown_as_they_are_written() -> None:
    rule = a_rule("'tv' in customer.holdings && true || now < timestamp('2026-01-01T00:00:00Z')")
    decision = ask(rule, customer=a_customer(holding=("fiber", "dsl")))
    assert veto_of(decision, "o").values == {
        "customer.holdings": ("dsl", "fiber"),
        "now": "2026-11-21T12:00:00+00:00",
    }


def test_a_day_is_shown_as_it_is_written() -> None:
    decision = ask(a_rule("customer.term_end < now"), customer=a_customer(term_end="2027-01-01"))
    assert veto_of(decision, "o").values == {
        "customer.term_end": "2027-01-01",
        "now": "2026-11-21T12:00:00+00:00",
    }


def test_the_first_tier_that_stops_is_the_only_one_that_speaks() -> None:
    rules = [
        a_rule("customer.age > 50", id="late", tier="contact_policy"),
        a_rule("customer.age > 40", id="first", tier="eligibility"),
        a_rule("customer.age > 50", id="unfit", tier="suitability"),
    ]
    assert [veto.rule for veto in vetoes_of(ask(*rules, customer=a_customer(age=1)))] == ["first"]


def test_all_rules_of_that_tier_speak_in_the_order_of_their_names() -> None:
    rules = [a_rule("customer.age > 40", id="b"), a_rule("customer.age > 50", id="a")]
    assert [veto.rule for veto in vetoes_of(ask(*rules, customer=a_customer(age=1)))] == ["a", "b"]


def test_the_tiers_stand_in_their_order() -> None:
    assert TIERS == ("legal", "eligibility", "relevance", "suitability", "contact_policy")


def test_every_tier_can_stop_an_action() -> None:
    for tier in TIERS:
        decision = ask(a_rule("customer.age > 1", tier=tier), customer=a_customer(age=1))
        assert veto_of(decision, "o").tier == tier


# --- whom a rule speaks of -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "stopped"),
    [
        ({}, {"o", "p"}),
        ({"kinds": ["offer"]}, {"o"}),
        ({"families": ["f"]}, {"p"}),
        ({"actions": ["o"]}, {"o"}),
        ({"purposes": ["service"]}, {"p"}),
        ({"kinds": ["offer"], "families": ["f"]}, set()),
        ({"channels": ["chat"]}, set()),
        ({"channels": ["voice", "chat"]}, {"o", "p"}),
    ],
)
def test_a_rule_speaks_of_what_every_list_holds(selector: dict[str, Any], stopped: set[str]) -> None:
    actions = [an_offer("o"), a_process("p", family="f")]
    decision = ask(
        a_rule("customer.age > 1", **{"for": selector}), actions=actions, customer=a_customer(age=1)
    )
    assert vetoed(decision).keys() == stopped


def test_a_rule_reads_the_figures_of_each_action() -> None:
    actions = [an_offer("cheap", cost=1), an_offer("dear", cost=30)]
    decision = ask(a_rule("action.cost <= 10.0"), actions=actions)
    assert (proposed(decision), vetoed(decision)) == (["cheap"], {"dear": "r"})


def test_a_rule_that_an_action_can_never_meet_shows_the_figures_of_the_action() -> None:
    decision = ask(a_rule("action.cost <= 10.0"), actions=[an_offer("dear", cost=30)])
    assert veto_of(decision, "dear").values == {"action.cost": 30}


# --- a fact that is missing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["legal", "eligibility"])
def test_a_missing_fact_stops_where_law_and_right_speak(tier: str) -> None:
    veto = veto_of(ask(a_rule("customer.age >= 18", tier=tier)), "o")
    assert (veto.rule, veto.values) == ("r", {"customer.age": None})


@pytest.mark.parametrize("tier", ["relevance", "suitability", "contact_policy"])
def test_a_missing_fact_passes_elsewhere_and_is_named(tier: str) -> None:
    decision = ask(a_rule("customer.age >= 18", tier=tier))
    assert (proposed(decision), decision.degraded) == (["o"], ("bundle", "missing:customer.age"))


@pytest.mark.parametrize(
    ("tier", "on_missing", "passes"), [("legal", "pass", True), ("relevance", "veto", False)]
)
def test_a_rule_may_say_otherwise(tier: str, on_missing: str, passes: bool) -> None:
    decision = ask(a_rule("customer.age >= 18", tier=tier, on_missing=on_missing))
    assert (proposed(decision) == ["o"]) is passes


def test_a_missing_fact_that_decides_nothing_is_not_missed() -> None:
    decision = ask(a_rule("customer.age >= 18 || contact.channel == 'voice'", tier="legal"))
    assert (proposed(decision), decision.degraded) == (["o"], ("bundle",))


def test_an_emergency_is_never_stopped_by_a_missing_fact() -> None:
    actions = [an_action("lifeline", "service", emergency=True)]
    decision = ask(a_rule("customer.age >= 18", tier="legal"), actions=actions)
    assert (proposed(decision), "missing:customer.age" in decision.degraded) == (["lifeline"], True)


def test_an_emergency_is_stopped_by_a_fact_that_is_known() -> None:
    actions = [an_action("lifeline", "service", emergency=True)]
    decision = ask(a_rule("customer.age >= 18", tier="legal"), actions=actions, customer=a_customer(age=1))
    assert proposed(decision) == []


def test_no_rule_speaks_of_the_way_out() -> None:
    decision = ask(
        a_rule("customer.age >= 18", tier="legal"),
        actions=[CANCEL],
        customer=a_customer(age=1),
        intent="cancel",
    )
    assert proposed(decision) == ["cancel"]


def test_what_has_no_answer_counts_as_missing_its_facts() -> None:
    decision = ask(a_rule("10 / customer.age > 4"), customer=a_customer(age=0))
    assert (proposed(decision), decision.degraded) == (["o"], ("bundle", "missing:customer.age"))


# --- an action's own condition -----------------------------------------------------------------------------------------------


def test_an_action_has_a_condition_of_its_own() -> None:
    decision = ask(actions=[an_offer("o", condition="customer.age > 60")], customer=a_customer(age=50))
    veto = veto_of(decision, "o")
    assert (veto.tier, veto.rule, veto.text) == (
        "relevance",
        "condition",
        "Nu niet van toepassing op deze klant",
    )
    assert veto.values == {"customer.age": 50}


def test_without_evidence_nothing_is_relevant() -> None:
    decision = ask(actions=[an_offer("o", condition="customer.age > 60")])
    assert veto_of(decision, "o").values == {"customer.age": None}


def test_a_condition_may_read_its_action() -> None:
    actions = [
        an_offer("o", cost=5, condition="action.cost > 4.0"),
        an_offer("p", condition="action.cost > 4.0"),
    ]
    assert proposed(ask(actions=actions)) == ["o"]


def test_a_condition_and_a_rule_of_its_tier_both_speak() -> None:
    action = an_offer("o", condition="customer.age > 60")
    decision = ask(
        a_rule("customer.age > 70", id="z", tier="relevance"), actions=[action], customer=a_customer(age=1)
    )
    assert [veto.rule for veto in vetoes_of(decision)] == ["condition", "z"]


# --- modes -------------------------------------------------------------------------------------------------------------------


def test_the_first_mode_that_holds_decides() -> None:
    modes = [
        a_mode("first", when="history.open_complaints > 0"),
        a_mode("second", when="contact.leaving"),
        a_mode("rest"),
    ]
    knowledge = some_knowledge(an_offer(), modes=modes)
    complaint = a_history(an_event("complaint_opened"))
    found = [
        a_decision(knowledge, history=complaint, intent="cancel").mode,
        a_decision(knowledge, intent="cancel").mode,
        a_decision(knowledge).mode,
    ]
    assert found == ["first", "second", "rest"]


def test_a_mode_whose_fact_is_missing_does_not_hold_and_says_so() -> None:
    knowledge = ruled(modes=[a_mode("young", when="customer.age < 30"), a_mode("rest")])
    decision = a_decision(knowledge)
    assert (decision.mode, decision.degraded) == ("rest", ("bundle", "missing:customer.age"))


# --- programs ----------------------------------------------------------------------------------------------------------------


def programs_of(*rules: Mapping[str, Any], actions: Any) -> int:
    modes = [a_mode("rest")]
    return len(some_knowledge(*actions, rules=list(rules), facts=FACTS, modes=modes).book.programs)


def test_a_rule_without_action_is_one_program_for_all() -> None:
    assert programs_of(a_rule("customer.age > 1"), actions=[an_offer(name) for name in "abc"]) == 1


def test_a_rule_that_reads_the_action_is_one_program_for_each_different_figure() -> None:
    actions = [an_offer("a", cost=1), an_offer("b", cost=2), an_offer("c", cost=2)]
    rule = a_rule("double(customer.age) > action.cost")
    assert programs_of(rule, actions=actions) == 2


def test_two_rules_of_one_text_share_a_program() -> None:
    rules = [a_rule("customer.age > 1", id="a"), a_rule("customer.age  >  1", id="b")]
    assert programs_of(*rules, actions=[an_offer()]) == 1


def test_a_rule_an_action_always_meets_is_not_asked() -> None:
    assert programs_of(a_rule("action.cost <= 10.0"), actions=[an_offer("a"), an_offer("b", cost=3)]) == 0


class Counting:
    """A real program that counts how often it is run."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.expression, self.variables = program.expression, program.variables
        self.timeless, self.varied = program.timeless, program.varied
        self.seen, self.deciding_values = program.seen, program.deciding_values
        self.runs = 0

    def run(self, context: Any) -> Any:
        self.runs += 1
        return self.program.run(context)


def counted(knowledge: Knowledge) -> dict[str, Counting]:
    """The programs of a knowledge that has decided nothing yet, by their text."""
    counting = {program.expression.text: Counting(program) for program in knowledge.book.programs}
    knowledge.book.programs[:] = counting.values()  # type: ignore[assignment]
    return counting


def test_a_program_runs_once_a_decision_however_many_actions_ask() -> None:
    knowledge = ruled(a_rule("customer.age > 1"), actions=[an_offer(f"o{number}") for number in range(9)])
    counting = counted(knowledge)
    assert len(proposed(a_decision(knowledge, customer=a_customer(age=2)))) == 3
    assert [program.runs for program in counting.values()] == [1] * len(counting)


def test_a_rule_that_does_not_name_the_action_runs_once_for_sixty_actions() -> None:
    knowledge = ruled(a_rule("customer.age > 1"), actions=[an_offer(f"o{number}") for number in range(60)])
    program = counted(knowledge)["customer.age > 1"]
    decision = a_decision(knowledge, customer=a_customer(age=1))
    assert [veto.rule for veto in vetoes_of(decision)] == ["r"] * 60
    assert program.runs == 1


def test_an_answer_to_the_same_values_is_remembered_and_to_others_is_not() -> None:
    knowledge = ruled(a_rule("customer.age > 1"))
    program = counted(knowledge)["customer.age > 1"]
    for age, answer, runs in ((2, True, 1), (1, False, 2), (2, True, 2)):
        assert bool(proposed(a_decision(knowledge, customer=a_customer(age=age)))) is answer
        assert program.runs == runs


def test_what_reads_no_more_than_another_is_answered_with_it_unless_that_reads_what_is_rarely_the_same() -> (
    None
):
    requires = (
        "customer.age > 1",
        "customer.age < 90 || customer.region == 'north'",
        "customer.region != 'south'",
        "customer.region != 'north' || has(customer.term_end)",
    )
    knowledge = ruled(*[a_rule(text, id=f"r{n}") for n, text in enumerate(requires)])
    texts = {number: program.expression.text for number, program in enumerate(knowledge.book.programs)}
    together = [[texts[number] for number in group.numbers] for group in knowledge.book.groups]
    ours = [[text for text in group if "age" in text or "region" in text] for group in together]
    assert sorted(map(len, filter(None, ours))) == [1, 3]


def test_what_reads_the_moment_is_asked_anew() -> None:
    knowledge = ruled(a_rule("now > timestamp('2026-01-01T00:00:00Z')"))
    (program,) = (p for text, p in counted(knowledge).items() if "now" in text)
    for runs in (1, 2):
        assert proposed(a_decision(knowledge))
        assert program.runs == runs


def test_remembered_answers_are_bounded() -> None:
    knowledge = ruled(a_rule("customer.age > 1"))
    program = counted(knowledge)["customer.age > 1"]
    for group in knowledge.book.groups:
        group.kept.most = 3
    for age in (*range(9), 8, 7, 6):
        a_decision(knowledge, customer=a_customer(age=age))
    assert program.runs == 9
    a_decision(knowledge, customer=a_customer(age=5))
    assert program.runs == 10


def test_the_condition_of_a_reason_is_asked_only_where_the_reason_may_be_given() -> None:
    reasons = [{"code": "grown", "when": "customer.age > 1", "text": both("Volwassen", "Grown up")}]
    actions = [an_offer("o"), an_offer("p", reasons=["grown"], condition="customer.region == 'north'")]
    knowledge = some_knowledge(*actions, reasons=reasons, facts=FACTS)
    program = counted(knowledge)["customer.age > 1"]
    a_decision(knowledge, customer=a_customer(age=2, region="south"))
    assert program.runs == 0
    a_decision(knowledge, customer=a_customer(age=2, region="north"))
    assert program.runs == 1


def test_what_stopped_an_action_is_remembered_but_not_when_a_fact_was_missing() -> None:
    rule = a_rule("customer.age > 1", tier="legal")
    knowledge = ruled(rule, actions=[an_offer("o")])
    for customer, values in (
        (a_customer(age=1), {"customer.age": 1}),
        (a_customer(), {"customer.age": None}),
        (a_customer(age=0), {"customer.age": 0}),
    ):
        assert veto_of(a_decision(knowledge, customer=customer), "o").values == values


def test_one_rule_stops_several_actions_with_the_same_values() -> None:
    knowledge = ruled(a_rule("customer.age > 1"), actions=[an_offer("a"), an_offer("b")])
    situation = situation_of(
        a_request(),
        a_customer(age=1),
        a_history(),
        NOW,
        policy=knowledge.policy,
        portfolios=knowledge.portfolios,
    )
    verdicts = Verdicts(knowledge.book, situation.values)
    stopped = verdicts.screen((0, 1), "voice", frozenset()).breaches
    (one,), (other,) = stopped[0], stopped[1]
    assert verdicts.deciding(one) == verdicts.deciding(other) == {"customer.age": 1}
    assert one.check.program == other.check.program


# --- mistakes ----------------------------------------------------------------------------------------------------------------


def test_a_rule_that_does_not_compile_is_named_with_its_line_and_column() -> None:
    (problem,) = problems_of(a_rule("customer.age >"))
    assert problem.startswith("rules[r].require: ")


def test_a_rule_about_an_unknown_fact_names_the_nearest() -> None:
    (problem,) = problems_of(a_rule("customer.aeg > 1"))
    assert problem.startswith("rules[r].require: column 1: ")
    assert "customer.age" in problem


def test_a_rule_with_a_type_error_is_named() -> None:
    (problem,) = problems_of(a_rule("customer.age > 'x'"))
    assert problem.startswith("rules[r].require: ")


def test_a_rule_that_compares_with_a_word_that_cannot_be_is_named() -> None:
    (problem,) = problems_of(a_rule("customer.region == 'nort'"))
    assert "north" in problem


def test_a_rule_that_has_no_answer_for_an_action_is_named_with_it() -> None:
    (problem,) = problems_of(a_rule("1.0 / action.cost > 0.1"))
    assert problem.startswith("rules[r].require: has no answer for action 'o': ")


def test_a_condition_that_does_not_compile_is_placed_in_the_catalogue() -> None:
    with pytest.raises(DocumentError) as caught:
        ruled(actions=[an_offer("o", condition="customer.aeg > 1")])
    (problem,) = caught.value.problems
    assert (problem.source, problem.key) == ("catalogue.yaml", "actions[o].condition")
    assert problem.line > 0


@pytest.mark.parametrize(
    ("section", "rows", "key"),
    [
        ("modes", [a_mode("m", when="action.cost > 1.0"), a_mode("rest")], "modes[m].when"),
        (
            "modes",
            [a_mode("m", also=[{"kinds": ["save"], "when": "action.cost > 1.0"}])],
            "modes[m].also[0].when",
        ),
        ("reasons", [{"code": "c", "when": "action.cost > 1.0", "text": both("R")}], "reasons[c].when"),
    ],
)
def test_where_no_action_is_at_hand_none_may_be_named(section: str, rows: list[Any], key: str) -> None:
    assert problems_of(**{section: rows}) == [
        f"{key}: names 'action', but no action is at hand here; use customer, contact, history or now"
    ]


def test_every_mistake_is_found_in_one_run() -> None:
    rules = [a_rule("customer.aeg > 1", id="a"), a_rule("1 +", id="b"), a_rule("customer.age", id="c")]
    _, problems = compile_rules(a_catalogue(an_offer()), a_policy(rules=rules, facts=FACTS))
    assert [problem.key for problem in problems] == [
        "rules[a].require",
        "rules[b].require",
        "rules[c].require",
    ]
