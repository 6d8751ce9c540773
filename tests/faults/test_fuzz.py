"""Bar 7: customers, contacts and catalogues nobody would think of. Each is answered, and no answer is a fault of ours."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models.response import Decision
from tests.api.running import HERE
from tests.faults.lengths import times
from tests.faults.rig import Service, Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.figures import Figures

CATALOGUE = yaml.safe_load((HERE / "catalogue.yaml").read_text())
POLICY = (HERE / "policy.yaml").read_text()
PRODUCTS = [product["id"] for product in CATALOGUE["products"]]
FACTS = list(yaml.safe_load(POLICY)["facts"])
CHANNELS = ("voice", "chat", "whatsapp", "email", "web", "app", "shop", "sms")
KINDS = (
    "contact",
    "complaint_opened",
    "outage",
    "missed_payment",
    "payment",
    "promise",
    "feedback",
    "interest",
)

NOT_OURS = range(200, 500)
STATUSES: Counter[str] = Counter()


def calm(examples: int) -> settings:
    """The same ones each time, as long as they take."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("fuzz")
    with (
        Valkey(folder / "store").started() as server,
        Service(folder / "service", server.url, BEHOUD_CHECK_DECISIONS="5").started() as found,
    ):
        yield found


# --- what is made up -------------------------------------------------------------------------------------------------

numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=30) | st.sampled_from(
    ["", " ", "\x00", "ſ", "é" * 128, "x" * 129, "../..", "{{say}}", "🏳️‍🌈", "\u202e"]
)
dates = st.dates().map(str) | st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | words
junk = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


def mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What belongs there, and now and then anything."""
    return st.one_of(usual, usual, usual, usual, usual, usual, usual, usual, usual, junk)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these fields."""
    return st.fixed_dictionaries({}, optional={name: mostly(values) for name, values in fields.items()})


ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,20}", fullmatch=True) | st.sampled_from(
    ["C-1", "bulk", "a:b"]
)
holdings = st.lists(
    st.fixed_dictionaries(
        {"product_id": mostly(st.sampled_from(PRODUCTS))}, optional={"since": mostly(dates)}
    ),
    max_size=5,
)
facts = st.dictionaries(
    mostly(st.sampled_from(FACTS)).map(str), mostly(st.booleans() | numbers | dates), max_size=6
)
consents = st.dictionaries(
    st.sampled_from(["marketing", "profiling", "x"]), mostly(st.booleans()), max_size=3
)
told_of = some(holdings=holdings, facts=facts, consents=consents)
contacts = some(
    channel=st.sampled_from(CHANNELS),
    direction=st.sampled_from(["inbound", "outbound"]),
    intent=st.sampled_from(["cancel", "cancel_confirmed", "question", "bill"]) | words,
    motive=st.sampled_from(["price", "service"]),
    motive_source=st.sampled_from(["stated", "picked"]),
    subject=words,
    agent=some(agent_id=ids, authority=numbers),
    speaker=st.sampled_from(["agent", "bot"]),
    queue_load=st.floats(0, 10),
    language=st.sampled_from(["nl", "en", "de", "xx"]),
)
asking = some(language=st.sampled_from(["nl", "en"]), detail=st.sampled_from(["short", "full"]))
events = some(
    contact_id=ids,
    subject=words,
    product_id=st.sampled_from(PRODUCTS),
    hours=numbers,
    due=dates,
    score=numbers,
)
addresses = st.sampled_from(
    ["", "?render=1", "?shape=flat", "?shape=flat&render=1", "?shape=%00", "?render=%ff"]
)


@pytest.fixture(autouse=True)
def told(figures: Figures) -> Iterator[None]:
    """How often each route answered what."""
    STATUSES.clear()
    yield
    for name, number in sorted(STATUSES.items()):
        figures.add(f"fuzz.{name}", number, "calls")
    figures.add("fuzz.faults", 0, "answers", "0", holds=True)  # the first would have ended it


def sent(service: Service, method: str, path: str, body: Any) -> tuple[int, bytes]:
    """Status and body; whoever hangs is given up by the rig, which is a failure."""
    status, answer = service.ask(method, path, json.dumps(body).encode())
    assert status in NOT_OURS, (status, path, body, answer)
    STATUSES[f"{path.partition('?')[0].split('/')[2]}.{status}"] += 1
    return status, answer


@calm(times(120, 4000))
@given(
    name=ids,
    customer=told_of,
    contact=contacts,
    said=told_of,
    asked=asking,
    event=events,
    kind=st.sampled_from(KINDS),
    address=addresses,
)
def test_a_customer_and_a_contact_of_any_kind_are_answered(
    service: Service,
    name: str,
    customer: dict[str, Any],
    contact: dict[str, Any],
    said: dict[str, Any],
    asked: dict[str, Any],
    event: dict[str, Any],
    kind: str,
    address: str,
) -> None:
    sent(service, "PUT", f"/v1/customers/{name}", {"customer_id": name, **customer})
    happened = {"event_id": f"{name}-{kind}", "customer_id": name, "kind": kind, "at": "2026-11-20T10:00:00Z"}
    sent(service, "POST", "/v1/events", {"events": [{**happened, **event}]})
    question = {
        "customer_id": name,
        "contact": {"contact_id": name, "channel": "chat", **contact},
        **said,
        **asked,
    }
    status, answer = sent(service, "POST", f"/v1/decisions{address}", question)
    if status == 200 and not address:
        made = Decision.model_validate_json(answer)
        first = made.proposals[0].action_id if made.proposals else "none"
        outcome = {
            "outcome_id": name,
            "decision_id": made.decision_id,
            "action_id": first,
            "kind": "spoken",
            "at": "2026-11-21T12:01:00Z",
        }
        sent(service, "POST", "/v1/outcomes", {"outcomes": [outcome]})
        sent(service, "GET", f"/v1/decisions/{made.decision_id}?detail=full", None)


# --- catalogues ------------------------------------------------------------------------------------------------------

expressions = st.sampled_from(
    [
        "true",
        "customer.nobody > 1",
        "1 / 0 > 0",
        "(" * 500,
        "size(history) > 0",
        "'a' + 1",
        "now",
        "matches('(a+)+$', 'a')",
        "customer.age > 10 &&",
    ]
)
odd = (
    junk
    | expressions
    | st.lists(expressions, max_size=2)
    | st.sampled_from([10**400, -1, 0, "2026-13-01", "nl", "mobile"])
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Everywhere in a document."""
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, child in steps:
        yield (*path, step)
        yield from places(child, (*path, step))


PLACES = list(places(CATALOGUE))


def changed(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with something else there; with `...` nothing."""
    if not path:
        return value
    step, *rest = path
    steps = list(node.items() if isinstance(node, dict) else enumerate(node))
    made = [(key, changed(child, tuple(rest), value) if key == step else child) for key, child in steps]
    made = [(key, child) for key, child in made if child is not ...]
    return dict(made) if isinstance(node, dict) else [child for _, child in made]


@calm(times(40, 2000))
@given(place=st.sampled_from(PLACES), value=odd | st.just(...))
def test_a_catalogue_of_any_kind_is_taken_or_refused(
    service: Service, place: tuple[Any, ...], value: Any
) -> None:
    text = yaml.safe_dump(changed(CATALOGUE, place, value), allow_unicode=True)
    status, answer = sent(service, "POST", "/v1/policy/check", {"catalogue": text, "policy": POLICY})
    assert status in (200, 422)
    assert status == 200 or json.loads(answer)["errors"], (text, answer)


@calm(times(20, 1000))
@given(catalogue=st.text(max_size=200), policy=st.text(max_size=200))
def test_what_is_no_document_is_refused(service: Service, catalogue: str, policy: str) -> None:
    sent(service, "POST", "/v1/policy/check", {"catalogue": catalogue, "policy": policy})
