"""Who may begin when there is too much to do: reads go first, then bots, then agents; what is told is taken to the last."""

from __future__ import annotations

import math

import pytest

from api.admission import FEW, Admission
from api.security import View

MOST, TOO_LATE = 100, 0.2
VIEWS: dict[str, View] = {"agents": "agent", "bots": "bot", "site": "customer"}
BEHIND = [
    (b"GET", b"/v1/decisions/p07-1", "agents"),
    (b"POST", b"/v1/decisions", "bots"),
    (b"POST", b"/v1/decisions?render=1", "agents"),
    (b"POST", b"/v1/outcomes", "bots"),
]
"""In the order in which they are refused."""
ORDER = ("reads", "bots", "agents", "writes")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def an_admission(clock: Clock | None = None) -> Admission:
    return Admission(MOST, TOO_LATE, VIEWS.get, clock or Clock())


def a_strained(clock: Clock) -> Admission:
    admission = an_admission(clock)
    admission.stands_since(clock.now - TOO_LATE)
    return admission


def with_key(key: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"behoud"), (b"authorization", f"Bearer bh_{key}_secret".encode())]


def ask(admission: Admission, waiting: int, kind: str = "agents", under_way: int = 0) -> str | None:
    """One more call of an agent, or of another kind."""
    method, path, key = BEHIND[ORDER.index(kind)]
    return admission.refuses(under_way, waiting, method, path, with_key(key))


def test_a_queue_that_empties_now_and_then_is_a_burst_and_refuses_nobody() -> None:
    clock = Clock()
    admission = an_admission(clock)
    admission.stands_since(clock.now)
    clock.now += TOO_LATE - 0.01
    assert ask(admission, MOST - 1) is None
    admission.stands_since(math.inf)
    clock.now += 60
    assert (admission.strained, admission.limit) == (False, MOST)


def test_where_a_queue_does_not_empty_only_a_few_may_wait() -> None:
    admission = a_strained(Clock())
    assert (admission.strained, admission.limit) == (True, FEW)
    assert ask(admission, FEW - 1) is None
    assert ask(admission, FEW) == "agents"


def test_it_lasts_until_for_as_long_nobody_had_to_be_refused() -> None:
    clock = Clock()
    admission = a_strained(clock)
    ask(admission, FEW)
    admission.stands_since(math.inf)
    clock.now += TOO_LATE - 0.01
    assert ask(admission, FEW) == "agents"
    clock.now += TOO_LATE - 0.01
    assert admission.strained
    clock.now += 0.02
    assert not admission.strained
    assert ask(admission, FEW) is None


def test_calls_that_wait_for_a_slow_store_are_no_queue() -> None:
    admission = an_admission()
    assert ask(admission, 0, under_way=MOST - 1) is None
    assert not admission.strained


def test_there_is_a_most_that_may_ever_be_under_way_which_is_no_strain() -> None:
    admission = an_admission()
    assert ask(admission, 10, under_way=MOST - 10) == "agents"
    assert not admission.strained


@pytest.mark.parametrize(
    ("admission", "most"), [(an_admission(), MOST), (a_strained(Clock()), FEW)], ids=["usual", "strained"]
)
def test_reads_are_refused_first_then_bots_then_agents_and_what_is_told_last(
    admission: Admission, most: int
) -> None:
    for kind, share in zip(ORDER, (0.5, 0.75, 1.0, 1.25), strict=True):
        room = int(most * share)
        assert ask(admission, room - 1, kind) is None
        assert ask(admission, room, kind) == kind


def test_nobody_is_asked_what_he_wants_where_nobody_can_be_refused() -> None:
    admission = an_admission()
    assert not admission.asks(MOST // 2 - FEW // 2, FEW // 2 - 1)
    assert admission.asks(0, FEW // 2)
    assert admission.asks(MOST // 2, 0)


def test_a_browser_may_always_ask_what_it_may_ask() -> None:
    assert an_admission().refuses(10_000, 0, b"OPTIONS", b"/v1/decisions", []) is None


@pytest.mark.parametrize("path", [b"/livez", b"/readyz?verbose", b"/metrics", b"/v1/admin/rollback"])
def test_how_it_does_may_always_be_asked(path: bytes) -> None:
    assert an_admission().refuses(10_000, 0, b"GET", path, []) is None


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"Bearer bh_agents_x", "agents"),
        (b"Bearer bt_signed.by.us", "agents"),
        (b"Bearer bh_bots_x", "bots"),
        (b"Bearer bh_site_x", "bots"),
        (b"Bearer bh_nobody_x", "bots"),
        (b"", "bots"),
        (b"\xff", "bots"),
    ],
)
def test_who_asks_for_a_decision_is_told_by_his_key(sent: bytes, kind: str) -> None:
    refused = an_admission().refuses(1000, 0, b"POST", b"/v1/decisions", [(b"authorization", sent)])
    assert refused == kind


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        (b"POST", b"/v1/events", "writes"),
        (b"PUT", b"/v1/customers/C-1", "writes"),
        (b"POST", b"/v1/customers/bulk", "writes"),
        (b"POST", b"/v1/outcomes/from/whatsapp", "writes"),
        (b"GET", b"/v1/customers/C-1", "reads"),
        (b"POST", b"/v1/policy/check", "reads"),
        (b"POST", b"/v1/decisions/p07-1/replay", "reads"),
        (b"GET", b"/desk", "reads"),
    ],
)
def test_what_is_told_is_taken_longer_than_what_is_asked(method: bytes, path: bytes, kind: str) -> None:
    assert an_admission().refuses(1000, 0, method, path, []) == kind
