"""What must hold for everyone the example provider speaks to, not only for those its scenarios tell of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from models.decision import decide
from models.domain import (
    Channel,
    Contact,
    Customer,
    DecisionRequest,
    Event,
    FactValue,
    History,
    Holding,
)
from models.policy import FactSpec
from tests.builders import NOW
from tests.scenarios.test_telecom import KNOWLEDGE

CATALOGUE, POLICY = KNOWLEDGE.catalogue, KNOWLEDGE.policy


def values(spec: FactSpec) -> st.SearchStrategy[FactValue]:
    lowest, highest = spec.minimum or 0.0, spec.maximum or 1000.0
    kinds: dict[str, st.SearchStrategy[FactValue]] = {
        "boolean": st.booleans(),
        "integer": st.integers(int(lowest), int(highest)),
        "number": st.floats(lowest, highest),
        "string": st.sampled_from(spec.values or ("x",)),
        "date": st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    }
    return kinds[spec.type]


FACTS = st.fixed_dictionaries(
    {}, optional={name: values(spec) for name, spec in POLICY.facts.items() if name != "vulnerable"}
)
CONTACTS = st.builds(
    Contact,
    contact_id=st.just("K-1"),
    channel=st.sampled_from(get_args(Channel)),
    direction=st.sampled_from(["inbound", "outbound"]),
    intent=st.sampled_from([None, "cancel", "cancel_confirmed", "moving"]),
    motive=st.sampled_from([None, *POLICY.leaving.motives]),
    subject=st.sampled_from([None, "internet", "bill"]),
)
HAPPENED = st.lists(
    st.sampled_from(["complaint_opened", "outage", "missed_payment", "outage_ended"]), max_size=3
)


@settings(max_examples=150, deadline=None)
@given(
    facts=FACTS,
    held=st.sets(st.sampled_from(sorted(CATALOGUE.product)), max_size=5),
    consents=st.dictionaries(st.sampled_from(sorted(POLICY.consents)), st.booleans()),
    contact=CONTACTS,
    happened=HAPPENED,
    before=st.sampled_from([{}, {"vulnerable": False}]),
)
def test_a_circumstance_that_asks_for_care_only_takes_pressure_away(
    facts: dict[str, FactValue],
    held: set[str],
    consents: dict[str, bool],
    contact: Contact,
    happened: list[Any],
    before: dict[str, FactValue],
) -> None:
    history = History(
        events=tuple(
            Event(event_id=f"E-{n}", customer_id="C-1", kind=kind, at=NOW - timedelta(days=3 - n))
            for n, kind in enumerate(happened)
        )
    )

    def pressed(**known: FactValue) -> set[str]:
        """What is proposed that sells or binds."""
        customer = Customer(
            customer_id="C-1",
            holdings=tuple(Holding(product_id=product) for product in sorted(held)),
            facts={**facts, **known},
            consents=consents,
        )
        request = DecisionRequest(customer_id="C-1", contact=contact)
        decision = decide(request, customer, history, KNOWLEDGE, now=NOW, decision_id="p00-1")
        actions = [CATALOGUE.action[proposal.action_id] for proposal in decision.proposals]
        return {
            action.id
            for action in actions
            if action.purpose == "marketing"
            or (action.kind in {"offer", "save"} and action.commitment.months > 0)
        }

    assert pressed(vulnerable=True) <= pressed(**before)


def test_whatever_a_process_repairs_or_serves_has_an_owner() -> None:
    nobody = {
        action.id
        for action in CATALOGUE.actions
        if action.kind == "service" and action.do is not None and action.do.process and not action.do.owner
    }
    assert nobody == set()
