"""How a cluster is addressed, who holds which of its slots, and when a server has replicas."""

from __future__ import annotations

from api.keys import confirming
from api.replication import GRACE_SECONDS, Replication
from api.slots import by_slot, is_cluster, node_url, ranges_of, redirected, seeds_of


def test_an_address_names_some_of_the_nodes_and_how_to_log_in_at_all() -> None:
    url = "rediss+cluster://me:s%40cret@one:7000,two,[::1]:7001/?ssl_cert_reqs=none"
    assert is_cluster(url)
    assert not is_cluster("redis://one:7000/0")
    assert seeds_of(url) == ["one:7000", "two:6379", "[::1]:7001"]
    assert node_url(url, "three:7002") == "rediss://me:s%40cret@three:7002?ssl_cert_reqs=none"
    assert node_url("redis+cluster://one", "one:6379") == "redis://one:6379"


def test_a_node_that_does_not_know_its_name_is_where_it_was_asked() -> None:
    told = [
        [5000, 16383, [b"10.0.0.2", 7000, b"id", []], [b"10.0.0.3", 7000, b"id", []]],
        [0, 4999, [b"", 7000, b"id", []]],
        [5, 6, [b"::1", 7001, b"id", []]],
    ]
    assert ranges_of(told, "[fe80::1]:7000") == (
        (0, 4999, "[fe80::1]:7000"),
        (5, 6, "[::1]:7001"),
        (5000, 16383, "10.0.0.2:7000"),
    )
    assert ranges_of(told[1:2], "here:9")[0][2] == "here:7000"


def test_a_slot_is_held_by_one_node_or_by_none() -> None:
    owners = by_slot(((0, 9, "b:1"),))
    assert (owners[9], owners[10], len(owners)) == ("b:1", "", 16384)


def test_a_redirection_names_a_slot_and_a_node() -> None:
    assert redirected("MOVED 866 127.0.0.1:7000") == (866, "127.0.0.1:7000")


def test_what_is_written_last_lies_in_the_slot_of_what_was_written() -> None:
    assert confirming("{p07}:history:C-1") == "{p07}:confirmed"
    assert confirming("behoud:waiting") == "{behoud:waiting}:confirmed"


def test_a_master_that_loses_its_replicas_is_taken_to_have_them_for_a_while() -> None:
    now = 0.0
    known = Replication(clock=lambda: now)
    known.told(0)
    assert known.replicas == 0, "it never had any"
    known.told(1)
    assert known.replicas == 1
    known.told(0)
    now += GRACE_SECONDS / 2
    known.told(1)
    now += GRACE_SECONDS
    known.told(0)
    assert known.replicas == 1, "they were back between"
    now += GRACE_SECONDS + 0.1
    known.told(0)
    assert known.replicas == 0
