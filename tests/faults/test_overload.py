"""Bar 6: three times as much as can be done. What can be done is done, the rest is refused at once, and then all is as before.

At full length service and store have one core together and the load has the others, which are never idle: in the flood and where it is measured what they can
do. That is done before it and after it, and the mean is what the flood is judged by: a machine is not as quick in one minute as in the next.
"""

from __future__ import annotations

import json
import select
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.keyring import KeyFile, create_key
from models.catalogue import load_catalogue
from tests.api.running import KEY, a_customer
from tests.faults.cores import never_idle
from tests.faults.flood import Flood, Sent, flood, share
from tests.faults.lengths import FULL, at_length, times
from tests.faults.load import Asked, a_decision, capacity
from tests.faults.processes import waited_for
from tests.faults.rig import Service, Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.figures import Figures

MOST = 16
CUSTOMERS = times(1_000, 50_000)
EXAMPLE = Path(__file__).parents[2] / "examples" / "telecom"
BOT, BOT_KEY = create_key(("decisions:create",), "bot", "bot")
KEYS = KeyFile(keys=(KEY, BOT_KEY)).model_dump_json()
A_BOTS = {"authorization": f"Bearer {BOT}"}
ANSWERED = (200, 503)
READ_WITHIN = 0.005
"""Seconds. An answer that may have lain there for longer, as the load itself had no core, tells nothing of the service."""
DESKTOP = "https://desktop.example"


class Call:
    """A request on a connection of its own, sent and perhaps never answered."""

    def __init__(self, port: int, asked: Asked) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.over = False
        self.send(asked)

    def send(self, asked: Asked) -> None:
        self.over = False
        self.socket.sendall(asked.packed())

    @property
    def answered(self) -> bool:
        return bool(select.select([self.socket], [], [], 0)[0])

    def answer(self) -> tuple[int, str, bytes]:
        """Status, head and body of the next answer."""
        with self.socket.makefile("rb") as file:
            head = b"".join(iter(file.readline, b"\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r")[0])
            self.over = True
            return int(head[9:12]), head, file.read(length)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("held")).started() as server:
        yield server


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory, held: Valkey) -> Iterator[Service]:
    """A service that may do little at once, is never late, and waits long for its store: paused, it holds whatever is begun."""
    with Service(
        tmp_path_factory.mktemp("narrow"),
        held.url,
        BEHOUD_KEYS=KEYS,
        BEHOUD_CONCURRENT=str(MOST),
        BEHOUD_TOO_LATE_MS="60000",
        BEHOUD_REDIS_TIMEOUT_MS="10000",
        BEHOUD_PATIENCE_SECONDS="0.5",
        BEHOUD_FRAME_ANCESTORS=DESKTOP,
    ).started() as found:
        yield found


@pytest.fixture
def full(narrow: Service, held: Valkey) -> Iterator[list[Call]]:
    """As many calls as may be under way, and as many that were refused."""
    held.pause()
    calls = [Call(narrow.port, a_decision(number)) for number in range(2 * MOST)]
    waited_for(lambda: sum(call.answered for call in calls) == MOST)
    yield calls
    held.resume()
    waited_for(lambda: all(call.over or call.answered for call in calls))
    for call in calls:
        call.socket.close()


def test_who_is_one_too_many_is_refused_and_told_when_to_come_back(full: list[Call]) -> None:
    refused = next(call for call in full if call.answered)
    status, head, body = refused.answer()
    assert status == 503
    assert "retry-after: 1\r\n" in head
    assert "content-type: application/problem+json\r\n" in head
    problem = json.loads(body)
    assert (problem["type"], problem["status"]) == ("urn:behoud:problem:overloaded", 503)


def test_a_page_that_may_read_an_answer_may_read_that_it_was_refused(
    full: list[Call], narrow: Service
) -> None:
    shared = f"\r\naccess-control-allow-origin: {DESKTOP}\r\n"
    for origin, may in ((DESKTOP, True), ("https://elsewhere.example", False)):
        asked = a_decision(400)
        asked.headers["origin"] = origin
        with ExitStack() as stack:
            call = Call(narrow.port, asked)
            stack.callback(call.socket.close)
            status, head, body = call.answer()
            assert (status, shared in head, json.loads(body)["status"]) == (503, may, 503)
    asking = {"origin": DESKTOP, "access-control-request-method": "POST"}
    assert narrow.ask("OPTIONS", "/v1/decisions", headers=asking)[0] == 204


def test_bots_and_reads_are_refused_with_agents_and_what_is_told_is_not(
    full: list[Call], narrow: Service, held: Valkey
) -> None:
    asked = a_decision(100)
    assert narrow.ask("POST", asked.path, asked.body)[0] == 503
    assert narrow.ask("POST", asked.path, asked.body, A_BOTS)[0] == 503
    assert narrow.ask("GET", "/v1/policy")[0] == 503
    assert narrow.ask("GET", "/livez")[0] == 200
    event = {"event_id": "e-1", "customer_id": "C-1", "kind": "payment", "at": "2026-11-20T10:00:00Z"}
    told = Call(narrow.port, Asked("/v1/events", json.dumps({"events": [event]}).encode()))
    held.resume()
    assert told.answer()[0] == 200
    told.socket.close()
    assert narrow.figure('behoud_calls_refused_total{kind="reads"}') >= 1
    assert narrow.figure('behoud_calls_refused_total{kind="bots"}') >= 1
    assert narrow.figure('behoud_calls_refused_total{kind="writes"}') == 0


def test_what_was_begun_is_ended_and_a_connection_that_was_refused_may_ask_again(
    full: list[Call], held: Valkey
) -> None:
    begun = [call for call in full if not call.answered]
    refused = [call for call in full if call.answered]
    begun[0].send(a_decision(200))  # before the first is answered: it waits behind it
    held.resume()
    assert [call.answer()[0] for call in begun] == [200] * MOST
    assert begun[0].answer()[0] == 200
    for call in refused:
        assert call.answer()[0] == 503
    refused[0].send(a_decision(201))
    assert refused[0].answer()[0] == 200


@pytest.mark.parametrize(
    "more",
    [{"connection": "close"}, {"expect": "100-continue"}, {"content-length": "70000"}],
    ids=["close", "expect", "large"],
)
def test_a_refused_call_whose_body_is_not_worth_reading_ends_its_connection(
    full: list[Call], narrow: Service, more: dict[str, str]
) -> None:
    asked = a_decision(300)
    asked.headers |= more
    with ExitStack() as stack:
        call = Call(narrow.port, asked)
        stack.callback(call.socket.close)
        status, head, _ = call.answer()
        assert (status, "connection: close" in head) == (503, True)
        assert call.socket.recv(1) == b""


def test_who_sends_too_slowly_is_ended_and_others_are_not(narrow: Service) -> None:
    slow = [b"POST /v1/deci", a_decision(0).packed()[:-1], b"POST /v1/customers/bulk HTTP/1.1\r\n"]
    for begun in slow:
        with socket.create_connection(("127.0.0.1", narrow.port), timeout=30) as line:
            line.sendall(begun)
            assert line.recv(1000).startswith(b"HTTP/1.1 408 ")
            assert line.recv(1000) == b""
    assert narrow.ask("GET", "/livez")[0] == 200


# --- under load ------------------------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path, valkey: Valkey) -> Iterator[Service]:
    """As it is shipped, also where this machine has other things to do. It knows its customers."""
    with Service(tmp_path / "service", valkey.url, EXAMPLE, BEHOUD_TOO_LATE_MS="250").started() as found:
        told_of_customers(found)
        yield found


def told_of_customers(service: Service) -> None:
    products = [product.id for product in load_catalogue((EXAMPLE / "catalogue.yaml").read_bytes()).products]
    lines = [
        json.dumps(
            a_customer(
                f"C-{number}",
                *{products[(number + step) % len(products)] for step in range(3)},
                tenure_months=number % 120,
                months_to_contract_end=number % 13,
                contract="month",
                monthly_bill=60.0,
                household_size=1 + number % 4,
            )
        )
        for number in range(CUSTOMERS)
    ]
    status, said = service.ask(
        "POST",
        "/v1/customers/bulk",
        "\n".join(lines).encode(),
        {"content-type": "application/x-ndjson"},
    )
    assert status == 200, said
    assert b"refused" not in said, said[:500]


def a_call(number: int, part: int) -> Asked:
    """The parts of the test begin with other customers."""
    contact = {
        "contact_id": f"k{part}-{number}",
        "channel": ("voice", "chat")[number % 2],
        "intent": ("question", "cancel", "bill")[number % 3],
    }
    return a_decision(number + part * CUSTOMERS // 7, CUSTOMERS, contact=contact)


@pytest.mark.usefixtures("apart")
def test_three_times_capacity(service: Service, figures: Figures) -> None:
    seconds, after = at_length(2.0, 60.0), at_length(1.0, 15.0)
    with never_idle():
        capacity(service.port, at_length(0.2, 2.0), lambda n: a_call(n, 0))  # warm
        peak = can_do(service, seed=1)

        def rate(moment: float) -> float:
            return 3.0 * peak if moment < seconds else 0.5 * peak

        found = flood(service.port, seconds + after, rate, lambda n: a_call(n, 3).packed())
        could = can_do(service, seed=5)
    assert {one.status for one in found.sent} <= set(ANSWERED)
    assert all(one.waits for one in found.sent if one.status == 503)
    assert any(one.status == 200 for one in found.sent)
    waited_for(lambda: service.figure("behoud_calls_limit") == 512.0)
    assert service.ask("POST", "/v1/decisions", a_call(0, 4).body)[0] == 200
    figures.add("overload.peak_before", peak, "decisions/s")
    told(found, (peak + could) / 2, seconds, after, figures)


def can_do(service: Service, seed: int) -> float:
    """Decisions a second, the most that is seen: of callers who wait for their answers, and of a little more than that."""
    seconds = at_length(0.3, 10.0)
    closed = capacity(service.port, seconds, lambda n: a_call(n, seed))
    just = flood(service.port, seconds, lambda _: 1.2 * closed, lambda n: a_call(n, seed + 1).packed())
    return max(closed, just.done(200, 0.0, seconds))


def told(found: Flood, peak: float, seconds: float, after: float, figures: Figures) -> None:
    goodput = found.done(200, 0.0, seconds) / peak
    during = found.between(0.0, seconds)
    refused = [one for one in during if one.status == 503]
    answered = [one for one in during if one.status == 200]
    read = [one for one in refused if one.unheard <= READ_WITHIN]
    quick = share(read, 0.99) * 1000
    again = normal_after(found, seconds, after)
    figures.add("overload.peak", peak, "decisions/s")
    figures.add("overload.offered", len(during) / seconds / peak, "x peak")
    figures.add("overload.goodput", goodput, "of peak", ">= 0.9", goodput >= 0.9 if FULL else None)
    figures.add("overload.refused_p50", share(read, 0.5) * 1000, "ms")
    figures.add("overload.refused_p99", quick, "ms", "<= 20", quick <= 20 if FULL else None)
    figures.add("overload.refused_read_late", 1.0 - len(read) / max(1, len(refused)), "of refusals")
    figures.add("overload.answered_p99", share(answered, 0.99) * 1000, "ms")
    figures.add("overload.normal_after", again, "s", "<= 10", again <= 10 if FULL else None)
    figures.add("overload.late_after", latest(found.between(seconds, seconds + after)) * 1000, "ms")
    figures.add("overload.unsent", found.unsent, "requests")
    figures.add("overload.load_late_p99", late_p99(during) * 1000, "ms")


def late_p99(found: list[Sent]) -> float:
    """How late the load itself was, seconds."""
    late = sorted(one.sent - one.due for one in found)
    return late[int(len(late) * 0.99)]


def latest(found: list[Sent]) -> float:
    """The longest for which the load stood still, seconds: so did the service, where it was the machine, and a queue then."""
    return max((one.sent - one.due for one in found), default=0.0)


def normal_after(found: Flood, end: float, seconds: float) -> float:
    """Seconds from the end of the flood after which nobody was refused any more."""
    refused = [one.due - found.sent[0].due for one in found.between(end, end + seconds) if one.status != 200]
    return max(refused, default=end) - end
