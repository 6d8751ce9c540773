"""Which node of a cluster holds which slot, and how its nodes are addressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOTS: Final = 16_384
SCHEMES: Final = {"redis+cluster": "redis", "rediss+cluster": "rediss"}
"""Of a cluster -> of each of its nodes."""
KEY_AT: Final = {"EVALSHA": 3, "XREAD": -2}
"""Where a command has its key, which is the first argument of every other that is sent."""

Range = tuple[int, int, str]
"""First and last slot, and the master that holds them, `host:port`."""


def is_cluster(url: str) -> bool:
    return url.partition("://")[0] in SCHEMES


def seeds_of(url: str) -> list[str]:
    """The nodes an address names, of which any one tells of all: `redis+cluster://user:password@host:port,host:port`."""
    hosts = urlsplit(url).netloc.rpartition("@")[2]
    return [host if _has_port(host) else f"{host}:6379" for host in hosts.split(",") if host]


def _has_port(host: str) -> bool:
    return ":" in host.rpartition("]")[2]


def node_url(url: str, address: str) -> str:
    """The address of one node, with the login and the settings of the cluster's."""
    scheme, netloc, _, query, _ = urlsplit(url)
    login, at, _ = netloc.rpartition("@")
    return urlunsplit((SCHEMES[scheme], f"{login}{at}{address}", "", query, ""))


def ranges_of(told: Sequence[Any], asked: str) -> tuple[Range, ...]:
    """What `CLUSTER SLOTS` says; a node that does not know its own name is where it was asked."""
    found = []
    for first, last, (host, port, *_), *_ in told:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        name = name if name not in ("", "?") else asked.rpartition(":")[0].strip("[]")
        found.append((int(first), int(last), f"[{name}]:{port}" if ":" in name else f"{name}:{port}"))
    return tuple(sorted(found))


def by_slot(ranges: tuple[Range, ...]) -> list[str]:
    """Slot -> the master that holds it; empty where nobody does."""
    owners = [""] * SLOTS
    for first, last, address in ranges:
        owners[first : last + 1] = [address] * (last + 1 - first)
    return owners


def redirected(said: str) -> tuple[int, str]:
    """The slot and the node that `MOVED 866 host:port` names; no host where the node is the one that was asked."""
    _, slot, address = said.split(" ")[:3]
    return int(slot), address
