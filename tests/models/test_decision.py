"""One decision, whole: pure, priced, explained, and nothing left unsaid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decision import decide
from models.domain import Agent, History
from models.knowledge import Knowledge
from models.response import Commitment, Decision, Do, Experiment, Selection
from tests.builders import (
    CANCEL,
    NOW,
    PRODUCTS,
    a_bundle,
    a_catalogue,
    a_churn_model,
    a_contact,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_process,
    a_propensity,
    a_request,
    a_rule,
    a_save,
    an_action,
    an_event,
    an_offer,
    an_outcome,
    both,
    proposed,
    some_knowledge,
    veto_of,
    vetoed,
    vetoes_of,
)

FACTS = {
    "months_left": {"type": "integer", "clock": -1},
    "instalments": {"type": "integer"},
    "vulnerable": {"type": "boolean"},
}
MODES = [
    a_mode(
        "proceed_to_cancel",
        when="contact.leaving && (contact.confirmed || (history.saves_spoken_7d >= 2 && !history.save_accepted_7d))",
        kinds=["process"],
    ),
    a_mode(
        "fix_first",
        when="history.contacts_30d > 5 || history.open_complaints > 0 || history.overdue_promises > 0 || history.outage_open_hours > 4.0",
        kinds=["service"],
        also=[{"kinds": ["save"], "motives": ["service"], "when": "contact.leaving"}],
    ),
    a_mode("save", when="contact.leaving", kinds=["save"]),
    a_mode("payment_care", when="history.unpaid > 0", kinds=["process"]),
    a_mode("grow", kinds=["offer", "service"]),
]
RULES = [
    a_rule("customer.months_left <= 3", id="locked", tier="eligibility", **{"for": {"actions": ["switch"]}}),
    a_rule("customer.instalments == 0", id="instalments", **{"for": {"kinds": ["offer"]}}),
    a_rule(
        "action.discount <= contact.agent_authority",
        id="authority",
        tier="legal",
        **{"for": {"kinds": ["save"]}},
    ),
    a_rule(
        "customer.consents.marketing", id="marketing", tier="legal", **{"for": {"purposes": ["marketing"]}}
    ),
]
ACTIONS = [
    an_offer("sell-tv", sells=["tv"]),
    an_offer("sell-films", sells=["films"]),
    an_offer("switch", sells=["mobile-l"], replaces=["mobile-s"]),
    a_save("cheaper", discount={"amount": 5, "months": 6}, motives=["price"]),
    a_save("smaller", sells=["mobile-s"], replaces=["mobile-l"]),
    a_save("apology", motives=["service"]),
    an_action("repair", "service"),
    a_process("arrangement"),
    CANCEL,
]
BUNDLE = a_bundle(
    a_propensity({"tv": 0.4, "films": 0.3, "mobile-l": 0.2, "mobile-s": 0.1}),
    churn=a_churn_model(0.02, tv=-0.5),
)


def a_provider(**given: Any) -> Knowledge:
    policy = {"modes": MODES, "rules": RULES, "facts": FACTS, "consents": {"marketing": "x"}, **given}
    return some_knowledge(*ACTIONS, bundle=BUNDLE, **policy)


PROVIDER = a_provider()


def consenting(**contact: Any) -> Any:
    agent = Agent(agent_id="A", authority=10)
    return a_request(contact=a_contact(agent=agent, **contact), consents={"marketing": True})


# --- pure ------------------------------------------------------------------------------------------------------------------

some_customers = st.builds(
    a_customer,
    holding=st.lists(st.sampled_from([product["id"] for product in PRODUCTS]), unique=True, max_size=6),
    months_left=st.integers(0, 24),
    instalments=st.integers(0, 3),
)
some_requests = st.builds(
    consenting,
    intent=st.sampled_from([None, "cancel", "cancel_confirmed", "bill"]),
    motive=st.sampled_from([None, "price", "service", "karma"]),
    channel=st.sampled_from(["voice", "chat", "web"]),
    queue_load=st.sampled_from([None, 0.5, 1.2]),
)
some_histories = st.lists(
    st.one_of(
        st.builds(an_event, st.sampled_from(["complaint_opened", "missed_payment", "payment", "outage"]), days_ago=st.floats(0, 40)),
        st.builds(an_outcome, st.sampled_from(["spoken", "accepted", "declined"]), action=st.sampled_from(["cheaper", "smaller"]), days_ago=st.floats(0, 9)),
    ),
    max_size=4,
).map(lambda items: a_history(*items))  # fmt: skip


def asked(customer: Any, request: Any, history: Any, knowledge: Knowledge = PROVIDER) -> Decision:
    return decide(request, customer, history, knowledge, now=NOW, decision_id="p00-1")


@settings(deadline=None, max_examples=60)
@given(some_customers, some_requests, some_histories)
def test_the_same_arguments_give_the_same_answer(customer: Any, request: Any, history: Any) -> None:
    assert asked(customer, request, history) == asked(customer, request, history)


@settings(deadline=None, max_examples=60)
@given(some_customers, some_requests, some_histories)
def test_what_was_decided_before_plays_no_part(customer: Any, request: Any, history: Any) -> None:
    assert asked(customer, request, history) == asked(customer, request, history, a_provider())


@settings(deadline=None, max_examples=60)
@given(some_customers, some_requests, some_histories)
def test_every_action_is_proposed_or_vetoed(customer: Any, request: Any, history: Any) -> None:
    decision = asked(customer, request, history)
    vetoes = {veto.action_id for veto in decision.vetoes}
    assert vetoes | set(proposed(decision)) == {action["id"] for action in ACTIONS}
    assert vetoes.isdisjoint(proposed(decision))


@settings(deadline=None, max_examples=60)
@given(some_customers, some_requests, some_histories)
def test_the_terms_of_every_value_add_up_to_the_cent(customer: Any, request: Any, history: Any) -> None:
    for proposal in asked(customer, request, history).proposals:
        if proposal.value is not None:
            assert proposal.value.expected == round(sum(proposal.value.terms.model_dump().values()), 2)


@settings(deadline=None, max_examples=60)
@given(some_customers, some_requests, some_histories)
def test_the_way_out_is_first_or_second_once_leaving_is_voiced(
    customer: Any, request: Any, history: Any
) -> None:
    decision = asked(customer, request, history)
    if request.contact.intent in {"cancel", "cancel_confirmed"}:
        assert "cancel" in proposed(decision)[:2]
    else:
        assert "cancel" not in proposed(decision)


@settings(deadline=None, max_examples=60)
@given(some_customers, some_requests, some_histories)
def test_a_decision_reads_back_as_it_was_written(customer: Any, request: Any, history: Any) -> None:
    decision = asked(customer, request, history)
    assert Decision.model_validate_json(decision.model_dump_json()) == decision


@settings(deadline=None, max_examples=30)
@given(some_customers, some_requests, some_histories)
def test_for_who_objects_nothing_learned_changes_the_answer(
    customer: Any, request: Any, history: Any
) -> None:
    objecting = request.model_copy(update={"consents": {"marketing": True, "profiling": False}})
    unlearned = PROVIDER.with_(bundle=None)
    with_models, without = asked(customer, objecting, history), asked(customer, objecting, history, unlearned)
    same = {"versions": without.versions, "degraded": without.degraded}
    assert with_models.model_copy(update=same) == without


# --- modes -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "history", "mode"),
    [
        ("cancel_confirmed", (), "proceed_to_cancel"),
        ("cancel", (an_outcome("spoken", action="cheaper"), an_outcome("declined", action="smaller")), "proceed_to_cancel"),
        ("cancel", (an_outcome("spoken", action="cheaper"), an_outcome("accepted", action="smaller")), "save"),
        ("cancel", (an_outcome("declined"),), "save"),
        ("cancel", (an_event("complaint_opened"),), "fix_first"),
        (None, tuple(an_event("contact", contact_id=f"K-{n}") for n in range(2, 7)), "fix_first"),
        (None, tuple(an_event("contact", contact_id=f"K-{n}") for n in range(2, 6)), "grow"),
        (None, (an_event("outage", days_ago=0, hours_ago=5),), "fix_first"),
        (None, (an_event("promise", due=NOW - timedelta(hours=1)),), "fix_first"),
        (None, (an_event("missed_payment"),), "payment_care"),
        (None, (), "grow"),
    ],
)  # fmt: skip
def test_the_mode_follows_from_what_happened(intent: str | None, history: Any, mode: str) -> None:
    assert asked(a_customer(), consenting(intent=intent), a_history(*history)).mode == mode


def test_repair_comes_first_and_selling_is_blocked() -> None:
    decision = asked(
        a_customer(holding="fiber", instalments=0), consenting(), a_history(an_event("complaint_opened"))
    )
    assert (proposed(decision), vetoed(decision)["sell-tv"]) == (["repair"], "kind_not_in_mode")


def test_who_wishes_to_leave_amid_a_complaint_is_offered_what_mends_it() -> None:
    decision = asked(
        a_customer(holding="fiber"), consenting(intent="cancel"), a_history(an_event("complaint_opened"))
    )
    assert proposed(decision) == ["repair", "cancel", "apology"]


def test_who_confirms_is_not_held_up() -> None:
    decision = asked(a_customer(holding="fiber"), consenting(intent="cancel_confirmed"), History())
    assert proposed(decision) == ["cancel", "arrangement"]


# --- one thing at a time -----------------------------------------------------------------------------------------------------


def test_a_holding_more_changes_the_answer() -> None:
    answers = [
        proposed(asked(a_customer(holding=held, instalments=0), consenting(), History()))
        for held in (("fiber",), ("fiber", "tv"))
    ]
    assert answers == [["sell-tv", "sell-films", "repair"], ["sell-films", "repair"]]


@pytest.mark.parametrize(("months_left", "rule"), [(3, None), (4, "locked")])
def test_a_nearer_term_end_opens_a_switch(months_left: int, rule: str | None) -> None:
    customer = a_customer(holding="mobile-s", months_left=months_left, instalments=0)
    assert vetoed(asked(customer, consenting(), History())).get("switch") == rule


def test_an_instalment_left_stops_a_sale() -> None:
    decision = asked(a_customer(holding="fiber", instalments=1), consenting(), History())
    assert veto_of(decision, "sell-tv").values == {"customer.instalments": 1}


@pytest.mark.parametrize(("authority", "rule"), [(5, None), (4, "authority"), (None, "authority")])
def test_an_agent_gives_no_more_than_he_may(authority: float | None, rule: str | None) -> None:
    contact = a_contact(intent="cancel", motive="price", agent=Agent(agent_id="A", authority=authority))
    decision = asked(a_customer(holding=("fiber", "tv")), a_request(contact=contact), History())
    assert vetoed(decision).get("cheaper") == rule


def test_a_consent_that_was_never_asked_is_none() -> None:
    decision = asked(a_customer(holding="fiber", instalments=0), a_request(), History())
    assert veto_of(decision, "sell-tv").values == {"customer.consents.marketing": None}


# --- what a decision carries ---------------------------------------------------------------------------------------------------


def test_a_decision_knows_whom_when_and_how_long() -> None:
    decision = a_decision(some_knowledge(arbitration={"valid_minutes": 20}), contact_id="K-7")
    assert (decision.decision_id, decision.customer_id, decision.contact_id) == ("p00-1", "C-1", "K-7")
    assert (decision.decided_at, decision.valid_until) == (NOW, NOW + timedelta(minutes=20))
    assert decision.took_ms is None


def test_until_something_is_explored_every_choice_is_certain() -> None:
    decision = a_decision(some_knowledge())
    assert decision.selection == Selection(probability=1.0, explored=False)
    assert decision.experiment == Experiment(policy="champion", holdout=False)


def test_a_decision_carries_the_versions_it_was_made_with() -> None:
    assert a_decision(PROVIDER).versions == PROVIDER.versions


def test_what_the_catalogue_no_longer_sells_is_named() -> None:
    decision = a_decision(PROVIDER, customer=a_customer(holding=["pager", "fiber"]))
    assert decision.degraded[-1] == "unknown:pager"


def test_what_could_not_be_loaded_is_named_before_what_was_missing() -> None:
    decision = decide(
        a_request(),
        a_customer(),
        History(),
        PROVIDER.with_(bundle=None),
        now=NOW,
        decision_id="p00-1",
        degraded=("store",),
    )
    assert decision.degraded == ("store", "bundle")


def test_a_proposal_carries_what_accepting_it_means() -> None:
    action = an_offer(
        "p",
        commitment={"months": 12, "resets_term": True},
        do={"link": "/mijn/abonnement"},
        disclosures=["d"],
        reasons=["c"],
    )
    knowledge = some_knowledge(
        action,
        disclosures=[{"id": "d", "text": both("Twaalf maanden")}],
        reasons=[{"code": "c", "text": both("Omdat")}],
    )
    (proposal,) = a_decision(knowledge).proposals
    assert (proposal.rank, proposal.title, proposal.say) == (1, "p", "Zeg het.")
    assert proposal.commitment == Commitment(months=12, resets_term=True)
    assert (proposal.do, proposal.disclosures) == (Do(link="/mijn/abonnement"), ("Twaalf maanden",))
    assert [reason.text for reason in proposal.why] == ["Omdat"]


def test_proposals_are_ranked_from_one() -> None:
    decision = a_decision(some_knowledge(*[a_process(name) for name in "abc"]))
    assert [proposal.rank for proposal in decision.proposals] == [1, 2, 3]


def test_vetoes_stand_in_the_order_of_the_catalogue() -> None:
    actions = [
        an_offer("c", cost=500),
        a_save("b"),
        an_offer("a", channels=["chat"]),
        an_offer("d", sells=["tv"]),
    ]
    rules = [a_rule("history.contacts_7d > 9", **{"for": {"actions": ["d"]}})]
    decision = a_decision(some_knowledge(*actions, rules=rules))
    assert [(veto.action_id, veto.tier) for veto in vetoes_of(decision)] == [
        ("c", "arbitration"),
        ("b", "fit"),
        ("a", "fit"),
        ("d", "suitability"),
    ]


def test_low_and_high_are_not_known_yet() -> None:
    (proposal,) = a_decision(some_knowledge(an_offer())).proposals
    assert proposal.value is not None
    assert (proposal.value.low, proposal.value.high) == (None, None)


def test_a_customer_nobody_knows_gets_an_answer() -> None:
    decision = a_decision(some_knowledge(catalogue=a_catalogue(a_process("p"))))
    assert proposed(decision) == ["p"]
