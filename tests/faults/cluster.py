"""A cluster of Valkey processes on this machine: masters with a replica each, put together as an operator does it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

import redis
from redis.crc import key_slot

from api.slots import SLOTS
from models.domain import PARTITIONS
from tests.faults.processes import free_port, waited_for
from tests.faults.rig import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Member(Valkey):
    """A node of a cluster; `timeout_ms` is how long one that does not answer is waited for."""

    def __init__(self, folder: Path, timeout_ms: int) -> None:
        self.bus = free_port()
        super().__init__(
            folder,
            *("--cluster-enabled", "yes", "--cluster-port", str(self.bus)),
            *("--cluster-node-timeout", str(timeout_ms), "--cluster-require-full-coverage", "no"),
            *("--repl-diskless-sync-delay", "0", "--cluster-allow-replica-migration", "no"),
        )
        self.client: Any = redis.Redis(port=self.port, socket_timeout=10.0)

    def role(self) -> list[Any]:
        told: list[Any] = self.client.execute_command("ROLE")
        return told

    def name(self) -> str:
        told: bytes = self.client.execute_command("CLUSTER", "MYID")
        return told.decode()

    def leads(self) -> bool:
        """Whether it thinks that it is a master."""
        return bool(self.role()[0] == b"master")

    def healthy(self) -> bool:
        """Whether it knows who holds each slot, and is followed or follows."""
        about, role = self.client.cluster("INFO"), self.role()
        whole = about["cluster_state"] == "ok" and about["cluster_slots_ok"] == str(SLOTS)
        return bool(whole and (role[2] if role[0] == b"master" else role[3] == b"connected"))


class ValkeyCluster:
    """Three masters and their replicas, or as many as asked for; each keeps its port and data when it is killed and started again."""

    def __init__(self, folder: Path, masters: int = 3, timeout_ms: int = 1500) -> None:
        self.members = [Member(folder / str(number), timeout_ms) for number in range(2 * masters)]
        self.masters = masters

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{member.port}" for member in self.members)

    @contextmanager
    def started(self) -> Iterator[Self]:
        with ExitStack() as stack:
            for member in self.members:
                stack.callback(member.client.close)
                stack.callback(member.stop)
                member.launch()
            for member in self.members:
                waited_for(member.answers)
            self._join()
            yield self

    def _join(self) -> None:
        first = self.members[0]
        for epoch, member in enumerate(self.members, 1):
            member.client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", epoch)
            first.client.execute_command("CLUSTER", "MEET", "127.0.0.1", member.port, member.bus)
        bounds = [SLOTS * number // self.masters for number in range(self.masters + 1)]
        leading, following = self.members[: self.masters], self.members[self.masters :]
        for member, start, end in zip(leading, bounds, bounds[1:], strict=False):
            member.client.execute_command("CLUSTER", "ADDSLOTSRANGE", start, end - 1)
        for master, replica in zip(leading, following, strict=True):
            name = master.name()
            waited_for(
                lambda of=replica, name=name: name in str(of.client.execute_command("CLUSTER", "NODES"))
            )
            replica.client.execute_command("CLUSTER", "REPLICATE", name)
        self.wait()

    def wait(self) -> None:
        """Until all that run agree, and each master is followed."""
        for member in self.members:
            if member.running:
                waited_for(member.healthy)

    def holder(self, key: str) -> Member:
        """The master that holds a key, as the other nodes see it."""
        slot = key_slot(key.encode())
        for member in self.members:
            if member.running and member.leads():
                ranges = member.client.execute_command("CLUSTER SLOTS")
                if any(row[0] <= slot <= row[1] for row in ranges if row[2][1] == member.port):
                    return member
        raise AssertionError(f"nobody holds {key}")

    def tags_of(self, master: Member) -> set[str]:
        """The partitions it holds."""
        told = master.client.execute_command("CLUSTER SLOTS")
        mine = [(first, last) for first, last, node, *_ in told if node[1] == master.port]
        tags = [f"p{number:02d}" for number in range(PARTITIONS)]
        slots = {tag: key_slot(tag.encode()) for tag in tags}
        return {tag for tag in tags if any(first <= slots[tag] <= last for first, last in mine)}

    def replica_of(self, master: Member) -> Member:
        return next(m for m in self.members if m.running and not m.leads() and m.role()[2] == master.port)

    def everything(self, pattern: str) -> list[str]:
        """The keys of all masters that fit."""
        leading = [member for member in self.members if member.running and member.leads()]
        return sorted(key.decode() for member in leading for key in member.client.scan_iter(pattern, 1000))

    def flush(self) -> None:
        for member in self.members:
            if member.leads():
                member.client.flushall()
