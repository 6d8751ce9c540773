"""Who may begin when there is too much to do: reads go first, then bots, then agents; what is told is taken to the last."""

from __future__ import annotations

import pytest

from api.admission import BURST, LEAST, Admission
from api.security import View

MOST, LATE = 100, 0.004
VIEWS: dict[str, View] = {"agents": "agent", "bots": "bot", "site": "customer"}
BEHIND = [
    (b"GET", b"/v1/decisions/p07-1", "agents"),
    (b"POST", b"/v1/decisions", "bots"),
    (b"POST", b"/v1/decisions?render=1", "agents"),
    (b"POST", b"/v1/outcomes", "bots"),
]
"""In the order in which they are refused."""


def an_admission() -> Admission:
    return Admission(MOST, LATE, VIEWS.get)


def with_key(key: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"behoud"), (b"authorization", f"Bearer bh_{key}_secret".encode())]


def late(admission: Admission, by: float, seconds: float, under_way: int = MOST) -> None:
    """Looks in a row, each so late."""
    for look in range(int(seconds / 0.005) + 1):
        admission.beat(look * 0.005, by, under_way)


def test_while_the_loop_is_in_time_as_many_as_ever_may_begin() -> None:
    admission = an_admission()
    late(admission, LATE, 60.0)
    assert (admission.limit, admission.strained) == (MOST, False)


def test_a_burst_refuses_nobody_and_what_lasts_longer_does() -> None:
    admission = an_admission()
    late(admission, 10 * LATE, BURST - 0.01)
    assert not admission.strained
    late(admission, 10 * LATE, BURST)
    assert admission.strained


def test_a_late_look_now_and_then_refuses_nobody() -> None:
    admission = an_admission()
    for look in range(1000):
        admission.beat(look * 0.005, 10 * LATE if look % 5 else 0.0, MOST)
    assert not admission.strained


@pytest.mark.parametrize(("by", "left"), [(LATE * 1.25, 80.0), (LATE * 1.6, 62.5), (LATE * 50, 50.0)])
def test_as_much_may_be_under_way_as_is_worked_off_in_time_and_never_less_than_half_at_once(
    by: float, left: float
) -> None:
    admission = an_admission()
    admission.beat(0.0, by, MOST)
    admission.beat(BURST, by, MOST)
    assert admission.limit == pytest.approx(left)


def test_however_late_it_is_some_may_begin() -> None:
    admission = an_admission()
    late(admission, 1.0, 10.0)
    assert admission.limit == LEAST
    assert admission.refuses(LEAST - 1, b"POST", b"/v1/decisions", with_key("agents")) is None


def test_few_calls_that_take_long_are_no_overload() -> None:
    admission = an_admission()
    late(admission, 1.0, 10.0, under_way=LEAST)
    assert not admission.strained


def test_what_was_taken_comes_back_one_a_look() -> None:
    admission = an_admission()
    late(admission, 1.0, 10.0)
    late(admission, 0.0, 0.2)
    assert admission.limit == LEAST + 41
    late(admission, 0.0, 1.0)
    assert (admission.limit, admission.strained) == (MOST, False)


def test_reads_are_refused_first_then_bots_then_agents_and_what_is_told_last() -> None:
    admission = an_admission()
    for place, (method, path, key) in enumerate(BEHIND):
        kind = ("reads", "bots", "agents", "writes")[place]
        room = (50, 75, 100, 125)[place]
        assert admission.refuses(room - 1, method, path, with_key(key)) is None
        assert admission.refuses(room, method, path, with_key(key)) == kind


@pytest.mark.parametrize("path", [b"/livez", b"/readyz?verbose", b"/metrics", b"/v1/admin/rollback"])
def test_how_it_does_may_always_be_asked(path: bytes) -> None:
    assert an_admission().refuses(10_000, b"GET", path, []) is None


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
    refused = an_admission().refuses(1000, b"POST", b"/v1/decisions", [(b"authorization", sent)])
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
    assert an_admission().refuses(1000, method, path, []) == kind
