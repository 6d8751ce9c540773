"""The one file of the job where Redis is spoken: a connection, and what its failure means."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry

from training.errors import OptionError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 10.0
AGAIN_SECONDS = 0.25
"""Between two looks at the streams of a cluster."""
FAILURES = (redis.RedisError, redis.exceptions.RedisClusterException)
LEARNED = "behoud:learned"
"""The learned snapshot."""


@contextmanager
def connected(url: str, remedy: str, fault: type[ServiceError] = ServiceError) -> Iterator[Any]:
    """A client of the server, or of the cluster; Any, for redis-py types its answers for every setting it has, and ours are bytes.

    Raises:
        ServiceError: of class `fault`; Redis does not answer or refuses. `remedy` says what to do then.
        OptionError: that is no address.
    """
    try:
        client = _client(url)
    except ValueError as error:
        raise OptionError(
            f"--redis: {error}; write redis://host:6379/0, unix:///path, or redis+cluster://host:6379,host:6379"
        ) from None
    except FAILURES as error:
        raise fault(f"Redis: {error}; {remedy}") from error
    try:
        yield client
    except FAILURES as error:
        raise fault(f"Redis: {error}; {remedy}") from error
    finally:
        client.close()


def _client(url: str) -> Any:
    settings: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    scheme, cluster, _ = url.partition("+cluster://")
    if not cluster:
        return redis.Redis.from_url(url, **settings)
    _, netloc, _, query, _ = urlsplit(url)
    login, at, hosts = netloc.rpartition("@")
    first, *others = hosts.split(",")
    nodes = [urlsplit(f"//{host}") for host in others]
    node_of: Any = ClusterNode  # which redis-py does not type
    return RedisCluster.from_url(
        urlunsplit((scheme, f"{login}{at}{first}", "", query, "")),
        startup_nodes=[node_of(node.hostname, node.port or 6379) for node in nodes],
        require_full_coverage=False,  # what lies on the other nodes is there
        **settings,
    )


def news(
    client: Any, places: Mapping[str, str], most: int, wait_ms: int | None
) -> list[tuple[bytes, list[Any]]]:
    """What streams have after these places, waiting so long for the first of it; at most so many entries of each.

    A server of a cluster waits for streams of one slot only, so there they are looked at again and again.
    """
    if not isinstance(client, RedisCluster):
        return list(client.xread(places, count=most, block=wait_ms) or ())
    until = time.monotonic() + (wait_ms or 0) / 1000
    while True:
        found = _looked(client, places, most)
        if found or time.monotonic() >= until:
            return found
        time.sleep(AGAIN_SECONDS)


def _looked(client: Any, places: Mapping[str, str], most: int) -> list[tuple[bytes, list[Any]]]:
    """Of each node in one round trip, with a plain client: that of the cluster takes five times as long."""
    nodes: dict[Any, list[str]] = {}
    for stream in places:
        nodes.setdefault(client.get_node_from_key(stream), []).append(stream)
    found: list[tuple[bytes, list[Any]]] = []
    for node, streams in nodes.items():
        with client.get_redis_connection(node).pipeline(transaction=False) as pipe:
            for stream in streams:
                pipe.xread({stream: places[stream]}, count=most)
            found += [told for answer in pipe.execute() for told in answer or ()]
    return found


def journal(tag: str) -> str:
    """The stream of one partition, by its tag `p07`."""
    return f"{{{tag}}}:journal"
