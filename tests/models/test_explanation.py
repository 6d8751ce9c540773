"""A reason the agent can read, a sentence the customer can hear, and texts that can always be said."""

from __future__ import annotations

from typing import Any

import pytest

from api.languages import spoken
from models.documents import DocumentError
from models.explanation import say
from models.response import Decision, Proposal, Reason
from models.texts import parse_text
from tests.builders import (
    a_bundle,
    a_bundle_benefit,
    a_catalogue,
    a_churn_model,
    a_contact,
    a_customer,
    a_decision,
    a_history,
    a_mode,
    a_process,
    a_request,
    a_rule,
    a_save,
    an_action,
    an_event,
    an_offer,
    both,
    some_knowledge,
    veto_of,
    vetoes_of,
)

FACTS = {"used": {"type": "number"}, "plan": {"type": "number"}}


def texts(say: Any, title: str = "T") -> dict[str, Any]:
    return {lang: {"title": title, "say": say} for lang in ("nl", "en")}


def first(
    *actions: Any, customer: Any = None, catalogue: Any = None, request: Any = None, **given: Any
) -> Proposal:
    contact = {key: given.pop(key) for key in ("language", "subject", "intent") if key in given}
    knowledge = some_knowledge(*actions, catalogue=catalogue, **{"facts": FACTS, **given})
    decision = a_decision(
        knowledge, customer=customer or a_customer(holding="fiber"), request=request, **contact
    )
    return decision.proposals[0]


def problems_of(*actions: Any, **given: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(*actions, **{"facts": FACTS, **given})
    return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


# --- what the customer hears ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"used": 3.1, "plan": 20}, "3,1 van 20 GB"),
        ({"used": 3.1}, "3,1 GB"),
        ({"plan": 20}, "Past bij u"),
        ({}, "Past bij u"),
    ],
)
def test_the_first_sentence_whose_facts_are_all_known_is_said(facts: dict[str, float], said: str) -> None:
    action = a_process("p", say=["{used} van {plan} GB", "{used} GB", "Past bij u"])
    assert first(action, customer=a_customer(**facts)).say == said


def test_what_happened_may_be_said() -> None:
    assert first(a_process("p", say=["Al {contacts_30d} keer", "x"])).say == "Al 1 keer"


def test_what_the_contact_is_about_may_be_said() -> None:
    assert first(a_process("p", say=["Over {subject}", "x"]), subject="wifi").say == "Over wifi"


def test_the_customer_hears_his_language_and_the_agent_reads_his_own() -> None:
    action = a_process(
        "p", texts={"nl": {"title": "Titel", "say": "Zin"}, "en": {"title": "Title", "say": "Line"}}
    )
    request = a_request(contact=a_contact(language="en"), language="nl")
    proposal = first(action, request=request)
    assert (proposal.title, proposal.say) == ("Titel", "Line")


@pytest.mark.parametrize("language", [None, "fr"])
def test_without_texts_in_a_language_the_policys_first_is_used(language: str | None) -> None:
    action = a_process("p", texts={"nl": {"title": "T", "say": "Zin"}, "en": {"title": "T", "say": "Line"}})
    assert first(action, language=language).say == "Zin"


# --- prices before and after ---------------------------------------------------------------------------------------------


def test_a_sale_says_what_the_bill_becomes() -> None:
    action = an_offer(sells=["tv"], say="{sells}: van {price_before:euro} naar {price_after:euro}")
    assert first(action).say == "tv: van € 40 naar € 55"


def test_a_discount_says_what_it_takes_off_and_for_how_long() -> None:
    action = an_offer(
        sells=["tv"],
        discount={"amount": 2.5, "months": 6},
        say="{discount:euro} eraf, {discount_months} maanden: {price_change:euro} erbij",
    )
    assert first(action).say == "€ 2,50 eraf, 6 maanden: € 12,50 erbij"


def test_a_swap_names_what_is_given_up_and_what_it_saves() -> None:
    action = a_save(
        "smaller", sells=["mobile-s"], replaces=["mobile-l"], leaves_after=0,
        say="{sells} in plaats van {replaces}: {price_change:euro} minder",
    )  # fmt: skip
    assert first(action, customer=a_customer(holding=("fiber", "mobile-l")), intent="cancel").say == (
        "mobile-s in plaats van mobile-l: € 15 minder"
    )


def test_a_bundle_benefit_gained_lowers_the_bill() -> None:
    catalogue = a_catalogue(
        an_offer(say="{price_after:euro}"), bundles=[a_bundle_benefit("internet", "television", discount=2)]
    )
    assert first(catalogue=catalogue).say == "€ 53"


def losing(say: Any) -> Any:
    action = a_save("less", replaces=["tv"], leaves_after=0, say=say, allow_worse_off=True)
    return a_catalogue(action, bundles=[a_bundle_benefit("internet", "television", discount=2)])


WORSE_OFF = [{"id": "worse_off", "text": both("U gaat erop achteruit", "You would be worse off")}]


def test_a_bundle_benefit_lost_is_said() -> None:
    catalogue = losing(["U verliest {bundle_benefit_lost:euro}; {price_after:euro}", "x"])
    proposal = first(
        catalogue=catalogue,
        customer=a_customer(holding=("fiber", "tv")),
        intent="cancel",
        disclosures=WORSE_OFF,
    )
    assert proposal.say == "U verliest € 2; € 40"
    assert proposal.disclosures == ("U gaat erop achteruit",)
    assert proposal.comparison is not None
    assert proposal.comparison.worse_off


def test_a_bundle_benefit_that_is_not_lost_is_not_said() -> None:
    catalogue = losing(["U verliest {bundle_benefit_lost:euro}", "Niets verloren"])
    proposal = first(
        disclosures=WORSE_OFF,
        catalogue=catalogue,
        customer=a_customer(holding=("mobile-l", "tv", *["films"] * 3)),
        intent="cancel",
    )
    assert proposal.say == "Niets verloren"


def test_what_changes_no_holding_changes_no_price() -> None:
    assert first(a_process("p", say="{price_before:euro} {price_after:euro}{sells}")).say == "€ 40 € 40"


# --- reasons and disclosures -----------------------------------------------------------------------------------------------

REASONS = [
    {"code": "low", "when": "customer.used < 5.0", "text": both("Gebruikt {used}", "Uses {used}")},
    {"code": "always", "text": both("Altijd", "Always")},
    {"code": "plan", "text": both("Van {plan}", "Of {plan}")},
    {"code": "dear", "text": both("Kost {discount:euro}", "Costs {discount:euro}")},
    {"code": "more", "text": both("Meer", "More")},
]


def why(codes: list[str], language: str | None = None, **facts: float) -> list[Reason]:
    action = a_process("p", reasons=codes)
    request = a_request(language=language)
    return list(first(action, customer=a_customer(**facts), request=request, reasons=REASONS).why)


def test_a_reason_that_holds_is_given_in_the_agents_language() -> None:
    assert why(["low", "always"], "en", used=3.0) == [
        Reason(code="low", text="Uses 3"),
        Reason(code="always", text="Always"),
    ]


@pytest.mark.parametrize("facts", [{"used": 8.0}, {}])
def test_a_reason_that_does_not_hold_is_not_given(facts: dict[str, float]) -> None:
    assert [reason.code for reason in why(["low", "always"], **facts)] == ["always"]


def test_a_reason_that_cannot_be_said_is_not_given() -> None:
    assert [reason.code for reason in why(["plan", "always"])] == ["always"]


def test_a_reason_may_speak_of_the_action() -> None:
    assert why(["dear"]) == [Reason(code="dear", text="Kost € 0")]


def test_where_no_reason_holds_the_ground_of_the_mode_is_one() -> None:
    modes = [a_mode("m", kinds=["process"], evidence=["low", "more"])]
    (reason,) = first(a_process("p", reasons=["low"]), modes=modes, reasons=REASONS).why
    assert reason == Reason(code="more", text="Meer")


def test_where_no_ground_holds_either_what_the_mode_is_for_is_one() -> None:
    modes = [a_mode("m", kinds=["process"], text=both("Verder helpen", "Help further"))]
    for codes in ([], ["low"]):
        (reason,) = first(a_process("p", reasons=codes), modes=modes, reasons=REASONS).why
        assert reason == Reason(code="m", text="Verder helpen")


def test_three_reasons_are_enough() -> None:
    assert [reason.code for reason in why(["always", "plan", "dear", "more"], plan=20)] == [
        "always",
        "plan",
        "dear",
    ]


def test_the_ground_of_a_mode_is_read_from_what_holds() -> None:
    modes = [a_mode("m", evidence=["low", "always"])]
    decision = a_decision(
        some_knowledge(modes=modes, reasons=REASONS, facts=FACTS), customer=a_customer(used=1.0)
    )
    assert decision.evidence == (Reason(code="low", text="Gebruikt 1"), Reason(code="always", text="Altijd"))


def test_a_disclosure_is_said_in_the_customers_language() -> None:
    disclosures = [
        {"id": "term", "text": both("{commitment_months} maanden vast", "{commitment_months} months fixed")}
    ]
    action = an_offer("o", disclosures=["term"], commitment={"months": 12})
    assert first(action, language="en", disclosures=disclosures).disclosures == ("12 months fixed",)


# --- noes --------------------------------------------------------------------------------------------------------------------


def stopped(reason: dict[str, str], language: str | None = None, **facts: float) -> Decision:
    rules = [a_rule("customer.used > 100.0", tier="legal", reason=reason)]
    return a_decision(
        some_knowledge(an_offer("o"), rules=rules, facts=FACTS),
        customer=a_customer(**facts),
        request=a_request(language=language),
    )


def test_a_rule_says_no_with_its_facts() -> None:
    assert veto_of(stopped(both("Gebruikt {used}"), used=3.0), "o").text == "Gebruikt 3"


def test_a_rule_says_the_same_of_all_it_stops() -> None:
    rules = [a_rule("'dsl' in customer.holdings", id="line")]
    knowledge = some_knowledge(an_offer("a"), an_offer("b"), rules=rules)
    vetoes = vetoes_of(a_decision(knowledge, customer=a_customer(holding="fiber")))
    assert [veto.values for veto in vetoes] == [{"customer.holdings": ("fiber",)}] * 2


def test_a_fact_that_is_unknown_is_left_out_of_a_no() -> None:
    assert veto_of(stopped(both("Gebruikt {used} GB"), plan=3.0), "o").text == "Gebruikt … GB"


@pytest.mark.parametrize(("language", "text"), [("en", "May not"), ("nl", "Mag niet"), ("fr", "Mag niet")])
def test_a_no_is_said_in_the_agents_language(language: str, text: str) -> None:
    assert veto_of(stopped(both("Mag niet", "May not"), language), "o").text == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "Does not apply to this customer now"), ("nl", "Nu niet van toepassing op deze klant")],
)
def test_a_condition_says_no_in_the_agents_language(language: str, text: str) -> None:
    knowledge = some_knowledge(an_offer("o", condition="customer.used > 1.0"), facts=FACTS)
    assert veto_of(a_decision(knowledge, request=a_request(language=language)), "o").text == text


# --- short and full ---------------------------------------------------------------------------------------------------------


def in_detail(detail: str, **given: Any) -> Decision:
    knowledge = some_knowledge(
        an_offer("o", sells=["tv"]),
        an_offer("p", sells=["films"]),
        an_offer("q", channels=["chat"]),
        rules=[a_rule("history.contacts_7d > 9", **{"for": {"actions": ["p"]}})],
        bundle=a_bundle(churn=a_churn_model()),
    )
    return a_decision(knowledge, request=a_request(detail=detail), **given)


def test_the_short_answer_is_the_full_one_without_vetoes_terms_sources_and_drivers() -> None:
    full, short = in_detail("full"), in_detail("short")
    assert full.vetoes
    assert full.churn is not None
    left_out = {
        "vetoes": (),
        "churn": full.churn.model_copy(update={"drivers": ()}),
        "proposals": tuple(
            proposal.model_copy(
                update={
                    "value": proposal.value
                    and proposal.value.model_copy(update={"terms": None, "sources": {}})
                }
            )
            for proposal in full.proposals
        ),
    }
    assert short == full.model_copy(update=left_out)


def test_every_action_is_proposed_or_removed_by_a_tier() -> None:
    decision = in_detail("short")
    assert decision.removed == {"fit": 2, "suitability": 1}
    assert len(decision.proposals) + sum(decision.removed.values()) == 4


# --- texts that could not be said --------------------------------------------------------------------------------------------


def test_a_placeholder_without_a_fact_is_named() -> None:
    problems = problems_of(a_process("p", texts=texts(["{usd} GB", "x"])))
    assert problems[0] == (
        "actions[p].texts.nl.say: placeholder '{usd}' is no declared fact; declare it or correct the name"
    )


def test_a_placeholder_in_a_title_is_named_there() -> None:
    assert problems_of(a_process("p", texts=texts("x", title="{usd}")))[0] == (
        "actions[p].texts.nl.title: placeholder '{usd}' is no declared fact; declare it or correct the name"
    )


def test_the_last_sentence_needs_no_fact() -> None:
    assert problems_of(a_process("p", say=["x", "{used} GB"]))[0] == (
        "actions[p].texts.nl.say: '{used}' may be unknown; end with a sentence that needs no fact"
    )


def test_a_title_needs_no_fact() -> None:
    assert problems_of(a_process("p", texts=texts("x", title="{used} GB")))[0] == (
        "actions[p].texts.nl.title: '{used}' may be unknown; end with a sentence that needs no fact"
    )


def test_a_benefit_that_may_not_be_lost_cannot_stand_last() -> None:
    assert problems_of(a_process("p", say="{bundle_benefit_lost:euro}"))[0] == (
        "actions[p].texts.nl.say: '{bundle_benefit_lost}' may be unknown; end with a sentence that needs no fact"
    )


def test_a_consent_is_no_sentence() -> None:
    assert problems_of(a_process("p", say=["{email}", "x"]), consents={"email": "x"})[0] == (
        "actions[p].texts.nl.say: placeholder '{email}' is no declared fact; declare it or correct the name"
    )


@pytest.mark.parametrize(
    ("field", "remedy"),
    [
        ("reasons", "reason 'x'; add it to the policy's reasons"),
        ("disclosures", "disclosure 'x'; add it to the policy's disclosures"),
        ("motives", "motive 'x'; add it to the policy's leaving.motives"),
    ],
)
def test_what_an_action_names_must_be_in_the_policy(field: str, remedy: str) -> None:
    assert problems_of(a_process("p", **{field: ["x"]})) == [f"actions[p].{field}[0]: unknown {remedy}"]


def test_a_rule_may_name_facts_and_not_the_action() -> None:
    assert problems_of(rules=[a_rule("true", reason=both("{used} {discount}"))])[0] == (
        "rules[r].reason.nl: placeholder '{discount}' is known of an action only where it is proposed; a rule or mode may name facts"
    )


@pytest.mark.parametrize(
    ("section", "row", "key"),
    [
        ("rules", a_rule("true", reason=both("{usd}")), "rules[r].reason"),
        ("reasons", {"code": "c", "text": both("{usd}")}, "reasons[c].text"),
        ("disclosures", {"id": "d", "text": both("{usd}")}, "disclosures[d].text"),
    ],
)
def test_a_text_of_the_policy_names_declared_facts(section: str, row: dict[str, Any], key: str) -> None:
    assert problems_of(**{section: [row]}) == [
        f"{key}.{lang}: placeholder '{{usd}}' is no declared fact; declare it or correct the name"
        for lang in ("nl", "en")
    ]


def test_a_disclosure_can_always_be_said() -> None:
    assert problems_of(disclosures=[{"id": "d", "text": both("{used} GB")}])[0] == (
        "disclosures[d].text.nl: placeholder '{used}' may be unknown, and a disclosure must always be said; use only what the action itself knows"
    )


def test_policy_and_catalogue_share_a_language() -> None:
    catalogue = a_catalogue(a_process("p", texts={"fr": {"title": "T", "say": "S"}}), languages=["fr"])
    with pytest.raises(DocumentError) as caught:
        some_knowledge(catalogue=catalogue)
    assert [problem.message for problem in caught.value.problems] == [
        "none of them is in the catalogue, which has fr"
    ]


def test_what_happened_is_the_ground_for_repair_first() -> None:
    modes = [a_mode("fix_first", when="history.open_complaints > 0", evidence=["open"]), a_mode("rest")]
    reasons = [{"code": "open", "text": both("Klacht staat {complaint_days} dagen open")}]
    decision = a_decision(
        some_knowledge(modes=modes, reasons=reasons),
        history=a_history(an_event("complaint_opened", days_ago=4)),
    )
    assert decision.evidence == (Reason(code="open", text="Klacht staat 4 dagen open"),)


# --- the mode ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "mode_text", "reopens_when"),
    [("nl", "Eerst oplossen", "Tot 0 klachten, nu … en … punten"), ("en", "Repair first", "Until 0, now 1")],
)
def test_a_mode_says_what_it_is_and_what_reopens_it(language: str, mode_text: str, reopens_when: str) -> None:
    reopens = both(
        "Tot 0 klachten, nu {open_complaints} en {last_score} punten", "Until 0, now {open_complaints}"
    )
    modes = [a_mode("fix", text=both("Eerst oplossen", "Repair first"), reopens=reopens)]
    history = a_history(an_event("complaint_opened"))
    decision = a_decision(some_knowledge(modes=modes), history=history, request=a_request(language=language))
    assert (decision.mode_text, decision.reopens_when) == (mode_text, reopens_when)


def test_a_mode_that_needs_nothing_to_end_says_nothing_of_it() -> None:
    assert a_decision(some_knowledge(modes=[a_mode("m")])).reopens_when is None


def test_what_reopens_a_mode_names_declared_facts() -> None:
    with pytest.raises(DocumentError) as caught:
        some_knowledge(modes=[a_mode("m", reopens=both("{karma}"))])
    assert {problem.key for problem in caught.value.problems} == {
        "modes[m].reopens[0].text.nl",
        "modes[m].reopens[0].text.en",
    }


WAITS = [
    {"when": "history.open_complaints > 0", "text": both("Eerst de klacht ({open_complaints}).")},
    {"when": "history.overdue_promises > 0", "text": both("Eerst de belofte.")},
    {"when": "history.contacts_30d > 1", "text": both("Eerst rust.")},
    {"when": "customer.used > 3.0", "text": both("Eerst minder.")},
]


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (["complaint_opened"], "Eerst de klacht (1)."),
        (["complaint_opened", "contact"], "Eerst de klacht (1). Eerst rust."),
        (["contact"], "Eerst rust."),
        ([], None),
    ],
)
def test_of_what_reopens_a_mode_only_what_keeps_it_closed_is_said(
    happened: list[str], said: str | None
) -> None:
    knowledge = some_knowledge(modes=[a_mode("fix", reopens=WAITS)], facts=FACTS)
    events = a_history(*[an_event(kind) for kind in happened])
    decision = a_decision(knowledge, history=events)
    assert decision.reopens_when == said
    assert decision.degraded == ("bundle", "missing:customer.used")


def test_when_a_sentence_on_reopening_is_said_is_checked_as_every_condition_is() -> None:
    rows = [WAITS[0], {"when": "history.karma > 0", "text": both("Eerst karma.")}]
    with pytest.raises(DocumentError) as caught:
        some_knowledge(modes=[a_mode("m", reopens=rows)])
    assert [problem.key for problem in caught.value.problems] == ["modes[m].reopens[1].when"]


# --- what a button says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spoken", "label"), [("en", "Alone"), ("nl", "Alleen")])
@pytest.mark.parametrize("agent", ["nl", "en"])
def test_the_answers_to_a_question_are_in_the_language_the_customer_reads(
    agent: str, spoken: str, label: str
) -> None:
    answers = [
        {"value": 1, "share": 0.5, "label": both("Alleen", "Alone")},
        {"value": 2, "share": 0.5, "label": both("Samen", "Together")},
    ]
    asks = {"fact": "size", "answers": answers}
    knowledge = some_knowledge(an_action("ask", "question", asks=asks), facts={"size": {"type": "integer"}})
    objects = a_customer().model_copy(update={"consents": {"profiling": False}})  # asked whatever it is worth
    request = a_request(contact=a_contact(language=spoken), language=agent)
    (proposal,) = a_decision(knowledge, customer=objects, request=request).proposals
    assert proposal.question is not None
    assert proposal.question.answers[0].label == label


# --- of several sentences ------------------------------------------------------------------------------------------------------


def test_of_several_sentences_the_first_that_can_be_filled_is_said_and_else_nothing() -> None:
    sentences = tuple(parse_text(text, spoken()["en"]) for text in ("{used} used", "{plan} on the plan"))
    assert say(sentences, {"used": 1, "plan": 2}) == "1 used"
    assert say(sentences, {"plan": 2}) == "2 on the plan"
    assert say(sentences, {}) == ""
