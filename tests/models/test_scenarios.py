"""Scenarios: what may be written in them, what was given, and what is said when the answer is another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from textwrap import dedent, indent

import pytest

from api.languages import spoken
from models.catalogue import load_catalogue
from models.documents import DocumentError
from models.knowledge import Knowledge, build_knowledge
from models.policy import load_policy
from models.scenario_names import unknown_names
from models.scenario_run import decide_scenario, run_scenarios
from models.scenarios import Scenario, Scenarios, load_scenarios

CATALOGUE = """
languages: [en]
products:
  - {id: fiber, name: {en: Fiber}, family: internet, price: 40, margin: 14}
  - {id: mesh, name: {en: Mesh}, family: wifi, price: 6, margin: 3.2, requires: [fiber]}
actions:
  - id: mesh-add
    kind: offer
    family: wifi
    purpose: marketing
    sells: [mesh]
    acceptance: {rate: 0.2}
    reasons: [loyal]
    texts: {en: {title: Mesh, say: "Mesh costs {price_change:euro}."}}
  - id: fix
    kind: save
    family: repair
    purpose: retention
    acceptance: {rate: 0.4}
    texts: {en: {title: Fix, say: I will fix it.}}
  - id: look
    kind: service
    family: look
    purpose: service
    condition: has(contact.subject)
    texts: {en: {title: Look, say: I will look.}}
  - id: cancel
    kind: process
    family: cancel
    purpose: service
    cancels: true
    texts: {en: {title: Cancel, say: I am cancelling.}}
"""
POLICY = """
languages: [en]
facts:
  tenure_months: {type: integer}
  speed: {type: number}
  contract: {type: string, values: [month, year]}
  vulnerable: {type: boolean}
consents: {marketing: may be offered}
leaving: {motives: [price, quality]}
modes:
  - {id: save, when: contact.leaving, kinds: [save, process], evidence: [leaving], text: {en: Keep}}
  - {id: grow, kinds: [service, offer], text: {en: Grow}}
rules:
  - id: objection
    tier: legal
    for: {purposes: [marketing]}
    require: customer.consents.marketing
    reason: {en: Objects}
  - id: long_enough
    tier: suitability
    for: {kinds: [offer]}
    require: customer.tenure_months >= 12
    reason: {en: Too new}
reasons:
  - {code: leaving, when: contact.leaving, text: {en: Wants to leave}}
  - {code: loyal, when: has(customer.tenure_months) && customer.tenure_months >= 24, text: {en: Loyal}}
  - {code: unused, text: {en: Never}}
"""
GIVEN = """\
given:
  now: 2026-03-10T14:00:00+01:00
  customer: {holdings: [fiber], facts: {tenure_months: 40}, consents: {marketing: true}}
  history: {events: [{kind: contact, subject: line, days_ago: 1}]}
"""


def knowledge() -> Knowledge:
    return build_knowledge(
        load_catalogue(CATALOGUE.encode()), load_policy(POLICY.encode()), wordbooks=spoken()
    )


def a_file(scenarios: str, given: str = GIVEN) -> Scenarios:
    text = given + "scenarios:\n" + indent(dedent(scenarios).strip(), "  ") + "\n"
    return load_scenarios(text.encode(), "s.yaml")


def a_scenario(scenario: str, given: str = GIVEN) -> Scenario:
    return a_file(scenario, given).scenarios[0]


def failures(expect: str, about: str = "") -> list[str]:
    (outcome,) = run_scenarios(a_file(f"- {{name: One, {about} expect: {{{expect}}}}}"), knowledge())
    return [f"{problem.key.removeprefix('scenarios[0].')}: {problem.message}" for problem in outcome.failures]


def refused(scenarios: str, given: str = GIVEN) -> list[str]:
    with pytest.raises(DocumentError) as error:
        a_file(scenarios, given)
    return [str(problem) for problem in error.value.problems]


def misspelt(scenarios: str, given: str = GIVEN) -> list[str]:
    return [str(problem) for problem in unknown_names(a_file(scenarios, given), knowledge())]


# --- what may be written ------------------------------------------------------------------------------------------


def test_an_unknown_key_names_file_line_and_the_key_that_was_meant() -> None:
    assert refused("- name: One\n  contakt: {}\n  expect: {mode: grow}") == [
        "s.yaml:7: scenarios[0].contakt: unknown key; did you mean 'contact'?"
    ]


def test_an_unknown_key_in_an_event_is_refused_there() -> None:
    assert refused(
        """
        - name: One
          history:
            events:
              - {kind: contact, day_ago: 3}
          expect: {mode: grow}
        """
    ) == ["s.yaml:9: scenarios[0].history.events[0].day_ago: unknown key; did you mean 'days_ago'?"]


def test_a_scenario_without_an_expectation_is_refused_because_it_cannot_fail() -> None:
    (problem,) = refused("- {name: One, expect: {}}")
    assert problem == (
        "s.yaml:6: scenarios[0].expect: expects nothing, so it cannot fail; state a mode, a proposal or a veto"
    )


def test_a_scenario_without_a_moment_is_refused() -> None:
    assert refused("- {name: One, expect: {mode: grow}}", given="") == [
        "s.yaml:2: scenarios[0]: has no 'now'; state it here or under 'given'"
    ]


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("promise", "due_in_days"),
        ("feedback", "score"),
        ("interest", "product"),
        ("information", "subject"),
    ],
)
def test_an_event_says_what_its_kind_needs(kind: str, needed: str) -> None:
    (problem,) = refused(f"- {{name: One, history: {{events: [{{kind: {kind}}}]}}, expect: {{mode: grow}}}}")
    assert problem.endswith(f"a {kind} event needs '{needed}'; add it")


# --- what was given -----------------------------------------------------------------------------------------------


def test_what_a_scenario_leaves_out_is_as_given() -> None:
    scenario = a_scenario("- {name: One, expect: {mode: grow}}")
    assert scenario.now == datetime(2026, 3, 10, 13, tzinfo=UTC)
    assert [held.product for held in scenario.customer.holdings or ()] == ["fiber"]
    assert scenario.customer.facts == {"tenure_months": 40}
    assert len(scenario.history.events) == 1


def test_a_scenario_replaces_holdings_overrides_facts_and_adds_to_the_history() -> None:
    scenario = a_scenario(
        """
        - name: One
          now: 2026-04-01T09:00:00+02:00
          customer: {holdings: [{product: mesh, since: 2025-01-01}], facts: {tenure_months: null, speed: 80}}
          history: {events: [{kind: contact}]}
          contact: {channel: chat}
          expect: {mode: grow}
        """
    )
    assert scenario.now == datetime(2026, 4, 1, 7, tzinfo=UTC)
    assert [(held.product, str(held.since)) for held in scenario.customer.holdings or ()] == [
        ("mesh", "2025-01-01")
    ]
    assert scenario.customer.facts == {"tenure_months": None, "speed": 80}
    assert len(scenario.history.events) == 2
    assert (scenario.contact.channel, scenario.contact.direction) == ("chat", "inbound")


def test_a_given_word_of_the_contact_is_taken_away_by_null() -> None:
    scenario = a_scenario(
        "- {name: One, contact: {subject: null}, expect: {mode: grow}}",
        GIVEN + "  contact: {subject: line, channel: chat}\n",
    )
    assert (scenario.contact.subject, scenario.contact.channel) == (None, "chat")


# --- names that do not exist --------------------------------------------------------------------------------------


def test_a_scenario_that_names_only_what_exists_has_no_problem() -> None:
    assert (
        misspelt(
            """
            - name: One
              customer: {facts: {speed: 80, contract: year, vulnerable: false}, consents: {marketing: null}}
              history:
                events: [{kind: interest, product: mesh}]
                outcomes: [{action: fix, kind: declined}]
              contact: {motive: price}
              expect:
                {mode: save, first: fix, evidence: [leaving], proposes: [cancel], vetoes: {mesh-add: objection}, says: {fix: fix}, why: {fix: [loyal]}}
            """
        )
        == []
    )


def test_a_misspelt_fact_under_given_is_named_once_where_it_stands() -> None:
    given = "given:\n  now: 2026-03-10T14:00:00+01:00\n  customer: {facts: {tenure_month: 3}}\n"
    both = "- {name: One, expect: {mode: grow}}\n- {name: Two, expect: {mode: grow}}"
    assert misspelt(both, given) == [
        "s.yaml:3: given.customer.facts.tenure_month: unknown fact 'tenure_month'; did you mean 'tenure_months'?"
    ]


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        (
            "customer: {holdings: [fibre]}, expect: {mode: grow}",
            "customer.holdings[0]: unknown product 'fibre'; did you mean 'fiber'?",
        ),
        (
            "customer: {consents: {xyz: true}}, expect: {mode: grow}",
            "customer.consents.xyz: unknown consent 'xyz'; correct the name",
        ),
        (
            "contact: {motive: prise}, expect: {mode: grow}",
            "contact.motive: unknown motive 'prise'; did you mean 'price'?",
        ),
        (
            "history: {events: [{kind: contact, motive: prise}]}, expect: {mode: grow}",
            "history.events[0].motive: unknown motive 'prise'; did you mean 'price'?",
        ),
        (
            "history: {outcomes: [{action: fix, kind: declined, motive: prise}]}, expect: {mode: grow}",
            "history.outcomes[0].motive: unknown motive 'prise'; did you mean 'price'?",
        ),
        (
            "actions: {fixx: {}}, expect: {mode: grow}",
            "actions.fixx: unknown action 'fixx'; did you mean 'fix'?",
        ),
        (
            "actions: {fix: {id: mend}}, expect: {mode: grow}",
            "actions.fix.id: an action keeps its id; remove it",
        ),
        (
            "actions: {fix: {kynd: offer}}, expect: {mode: grow}",
            "actions: actions[fix].kynd: unknown key; did you mean 'kind'?",
        ),
        (
            "actions: {fix: {condition: customer.wrong}}, expect: {mode: grow}",
            "actions: actions[fix].condition: column 1: customer.wrong is no declared fact; did you mean customer.holdings?",
        ),
        ("expect: {motive: prise}", "expect.motive: unknown motive 'prise'; did you mean 'price'?"),
        ("expect: {levers: [push]}", "expect.levers[0]: unknown lever 'push'; correct the name"),
        ("expect: {owners: {fixx: desk}}", "expect.owners.fixx: unknown action 'fixx'; did you mean 'fix'?"),
        ("expect: {mode: grwo}", "expect.mode: unknown mode 'grwo'; did you mean 'grow'?"),
        ("expect: {proposes: [fixx]}", "expect.proposes[0]: unknown action 'fixx'; did you mean 'fix'?"),
        (
            "expect: {vetoes: {fix: objektion}}",
            "expect.vetoes.fix: unknown rule 'objektion'; did you mean 'objection'?",
        ),
        (
            "customer: {facts: {tenure_months: long}}, expect: {mode: grow}",
            "customer.facts.tenure_months: 'long' is no integer; correct it",
        ),
        (
            "customer: {facts: {tenure_months: true}}, expect: {mode: grow}",
            "customer.facts.tenure_months: True is no integer; correct it",
        ),
        (
            "customer: {facts: {contract: decade}}, expect: {mode: grow}",
            "customer.facts.contract: 'decade' is no value of it: month, year; correct it",
        ),
    ],
)
def test_a_name_or_value_that_does_not_exist_is_refused_with_the_nearest(about: str, problem: str) -> None:
    assert misspelt(f"- {{name: One, {about}}}") == [f"s.yaml:6: scenarios[0].{problem}"]


# --- running ------------------------------------------------------------------------------------------------------


def test_a_scenario_that_is_answered_as_expected_has_no_failure() -> None:
    assert (
        failures(
            "mode: grow, first: mesh-add, order: [mesh-add], not_proposed: [cancel], says: {mesh-add: costs €6},"
            "why: {mesh-add: [loyal]}, degraded: [bundle]"
        )
        == []
    )


def test_a_scenario_may_be_one_in_which_the_history_could_not_be_read() -> None:
    file = a_file(
        """
        - {name: One, lost: [history], contact: {intent: cancel}, expect: {vetoes: {fix: history_unread}, degraded: [history]}}
        - {name: Two, contact: {intent: cancel}, expect: {proposes: [fix]}}
        """
    )
    assert [outcome.failures for outcome in run_scenarios(file, knowledge())] == [(), ()]


def test_an_action_may_be_otherwise_in_one_scenario_and_is_as_written_in_the_next() -> None:
    file = a_file(
        """
        - {name: One, actions: {fix: {condition: contact.subject == 'x'}}, contact: {intent: cancel}, expect: {not_proposed: [fix]}}
        - {name: Two, contact: {intent: cancel}, expect: {proposes: [fix]}}
        """
    )
    outcomes = run_scenarios(file, knowledge())
    assert [outcome.failures for outcome in outcomes] == [(), ()]
    assert [veto.rule for veto in outcomes[0].decision.vetoes if veto.action_id == "fix"] == ["condition"]


def test_another_mode_is_told_with_its_evidence() -> None:
    assert failures("mode: grow", "contact: {intent: cancel},") == [
        "expect.mode: expected grow; came save (leaving)"
    ]
    assert failures("mode: save") == ["expect.mode: expected save; came grow (no evidence)"]


def test_a_missing_proposal_is_told_with_the_rule_and_the_values_that_stopped_it() -> None:
    short = "customer: {facts: {tenure_months: 3}},"
    stopped = "mesh-add was stopped by long_enough (suitability: customer.tenure_months = 3)"
    assert failures("proposes: [mesh-add]", short) == [
        f"expect.proposes: expected mesh-add; came nothing. {stopped}"
    ]
    assert failures("first: mesh-add", short) == [f"expect.first: expected mesh-add; came nothing. {stopped}"]
    assert failures("order: [mesh-add]", short) == [f"expect.order: mesh-add was not proposed. {stopped}"]
    assert failures("says: {mesh-add: x}", short) == [f"expect.says.mesh-add: was not proposed. {stopped}"]
    assert failures("why: {mesh-add: [loyal]}", short) == [
        f"expect.why.mesh-add: was not proposed. {stopped}"
    ]


def test_a_proposal_that_should_not_be_there_is_told_with_its_rank() -> None:
    assert failures("not_proposed: [mesh-add]") == [
        "expect.not_proposed: mesh-add was proposed at rank 1; came mesh-add"
    ]
    assert failures("nothing: true") == ["expect.nothing: expected no proposal; came mesh-add"]


def test_a_wrong_order_is_told() -> None:
    assert failures("order: [cancel, fix]", "contact: {intent: cancel},") == [
        "expect.order: expected cancel, fix; came fix, cancel"
    ]


def test_a_veto_by_another_rule_or_none_is_told() -> None:
    objects = "customer: {consents: {marketing: false}},"
    stopped = "mesh-add was stopped by objection (legal: customer.consents.marketing = False)"
    assert failures("vetoes: {mesh-add: long_enough}", objects) == [
        f"expect.vetoes.mesh-add: expected long_enough to stop it. {stopped}"
    ]
    assert failures("vetoes: {mesh-add: objection}") == [
        "expect.vetoes.mesh-add: expected objection to stop it; it was proposed"
    ]


def test_other_words_other_reasons_and_nothing_degraded_are_told() -> None:
    assert failures("says: {mesh-add: is free}") == [
        "expect.says.mesh-add: expected 'is free'; came 'Mesh costs €6.'"
    ]
    assert failures("why: {mesh-add: [unused]}") == ["expect.why.mesh-add: expected unused; came loyal"]
    assert failures("evidence: [leaving]") == ["expect.evidence: expected leaving; came none"]
    assert failures("degraded: ['missing:customer.speed']") == [
        "expect.degraded: expected missing:customer.speed; came bundle"
    ]


PROMISED = CATALOGUE.replace(
    "reasons: [loyal]",
    "reasons: [loyal]\n    do: {process: order, owner: shop}\n    promise: {hours: 24, subject: delivery}",
)
"""The same offer, with what is promised by it and who answers for it."""
TOLD = (
    POLICY
    + """
disclosures: [{id: bound, when: now > timestamp('2026-01-01T00:00:00Z'), text: {en: You may withdraw.}}]
levers: [{id: push, for: {actions: [mesh-add]}, factor: 1.5, owner: Ann, until: 2026-12-31, reason: Stock}]
"""
)
WHERE_IT_ENDS = POLICY.replace("text: {en: Keep}}", "text: {en: Keep}, reopens: {en: He stays}}")


def failures_with(policy: str, expect: str, about: str = "", catalogue: str = PROMISED) -> list[str]:
    built = build_knowledge(
        load_catalogue(catalogue.encode()), load_policy(policy.encode()), wordbooks=spoken()
    )
    (outcome,) = run_scenarios(a_file(f"- {{name: One, {about} expect: {{{expect}}}}}"), built)
    return [f"{problem.key.removeprefix('scenarios[0].')}: {problem.message}" for problem in outcome.failures]


def test_what_is_told_promised_gained_and_owned_may_be_expected() -> None:
    assert (
        failures_with(
            TOLD,
            "discloses: {mesh-add: may withdraw}, promises: {mesh-add: delivery}, benefit: {mesh-add: 0},"
            "owners: {mesh-add: shop}, levers: [push]",
        )
        == []
    )


def test_other_disclosures_promises_benefits_owners_and_levers_are_told() -> None:
    assert failures_with(
        TOLD,
        "discloses: {mesh-add: is a bot}, promises: {mesh-add: repair}, benefit: {mesh-add: 12.5}, owners: {mesh-add: desk}",
    ) == [
        "expect.discloses.mesh-add: expected 'is a bot'; came You may withdraw.",
        "expect.benefit.mesh-add: expected 12.5; came 0.0",
        "expect.promises.mesh-add: expected repair; came delivery",
        "expect.owners.mesh-add: expected desk; came shop",
    ]
    assert failures(
        "discloses: {fix: x}, promises: {fix: x}, benefit: {fix: 1}, owners: {fix: x}, levers: [push]",
        "contact: {intent: cancel},",
    ) == [
        "expect.discloses.fix: expected 'x'; came none",
        "expect.benefit.fix: expected 1.0; came none",
        "expect.promises.fix: expected x; came none",
        "expect.owners.fix: expected x; came none",
        "expect.levers: expected push; came none",
    ]


def test_the_motive_and_where_it_comes_from_may_be_expected() -> None:
    leaves = "contact: {intent: cancel, motive: price},"
    assert failures("motive: price, motive_source: stated", leaves) == []
    assert failures("motive: quality, motive_source: inferred", leaves) == [
        "expect.motive: expected quality; came price (stated)",
        "expect.motive_source: expected inferred; came stated",
    ]
    assert failures("motive: price", "contact: {intent: cancel},") == [
        "expect.motive: expected price; came none (unknown)"
    ]
    assert failures("motive_source: unknown") == [
        "expect.motive_source: expected unknown; came no wish to leave"
    ]


def test_what_ends_a_mode_may_be_expected() -> None:
    leaves = "contact: {intent: cancel},"
    assert failures_with(WHERE_IT_ENDS, "reopens: stays", leaves) == []
    assert failures_with(WHERE_IT_ENDS, "reopens: leaves", leaves) == [
        "expect.reopens: expected 'leaves'; came 'He stays'"
    ]
    assert failures_with(WHERE_IT_ENDS, "reopens: stays") == ["expect.reopens: expected 'stays'; came 'none'"]


def test_an_action_that_was_proposed_at_another_rank_was_stopped_by_nothing() -> None:
    assert failures("first: cancel", "contact: {intent: cancel},") == [
        "expect.first: expected cancel; came fix, cancel. nothing stopped cancel"
    ]


def test_a_failure_names_the_line_of_its_expectation() -> None:
    file = a_file("- name: One\n  expect:\n    mode: save")
    (outcome,) = run_scenarios(file, knowledge())
    assert [str(problem) for problem in outcome.failures] == [
        "s.yaml:8: scenarios[0].expect.mode: expected save; came grow (no evidence)"
    ]
    assert (outcome.name, outcome.decision.mode) == ("One", "grow")


def test_a_declined_save_of_an_hour_ago_is_not_proposed_again() -> None:
    about = "contact: {intent: cancel}, history: {outcomes: [{action: fix, kind: declined, hours_ago: 1}]},"
    assert failures("vetoes: {fix: already_refused}, proposes: [cancel]", about) == []


def test_times_makes_contacts_of_their_own_a_day_apart() -> None:
    given = GIVEN.replace("customer:", "contact: {subject: line}\n  customer:")
    counted = POLICY.replace(
        "- {id: save, when: contact.leaving,", "- {id: save, when: history.same_subject_30d == 5,"
    )
    built = build_knowledge(
        load_catalogue(CATALOGUE.encode()), load_policy(counted.encode()), wordbooks=spoken()
    )
    scenario = a_scenario(
        "- {name: One, history: {events: [{kind: contact, subject: line, times: 3, days_ago: 27}]}, expect: {mode: save}}",
        given,
    )
    # The given one, this one, and three of 27, 28 and 29 days ago.
    assert decide_scenario(scenario, built).mode == "save"


def test_an_agent_has_the_authority_the_scenario_gives_and_a_promise_its_date() -> None:
    ruled = POLICY.replace(
        "customer.tenure_months >= 12", "history.overdue_promises == 1 && contact.agent_authority >= 5.0"
    )
    built = build_knowledge(
        load_catalogue(CATALOGUE.encode()), load_policy(ruled.encode()), wordbooks=spoken()
    )
    scenario = a_scenario(
        """
        - name: One
          contact: {authority: 5}
          history: {events: [{kind: promise, days_ago: 4, due_in_days: -1}, {kind: promise, due_in_days: 2}]}
          expect: {first: mesh-add}
        """
    )
    assert [proposal.action_id for proposal in decide_scenario(scenario, built).proposals] == ["mesh-add"]


def test_a_scenario_made_without_a_moment_cannot_be_decided() -> None:
    scenario = a_scenario("- {name: One, expect: {mode: grow}}").model_copy(update={"now": None})
    with pytest.raises(ValueError, match="scenario 'One' has no 'now'; state it"):
        decide_scenario(scenario, knowledge())


def test_the_decision_of_a_scenario_is_made_at_its_moment() -> None:
    decision = decide_scenario(a_scenario("- {name: One, expect: {mode: grow}}"), knowledge())
    assert decision.valid_until - decision.decided_at == timedelta(minutes=30)
    assert decision.decided_at == datetime(2026, 3, 10, 13, tzinfo=UTC)
