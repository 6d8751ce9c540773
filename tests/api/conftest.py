"""A real Valkey for the whole run, empty at the start of each test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory

import pytest
import redis

from api.embedded import Server, find_binary, start
from api.settings import Settings
from tests.api.running import HERE, KEYS, Running, running

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def valkey() -> Iterator[Server]:
    """Its disk is memory where the machine has a folder for that: it writes before it answers, and a disk takes milliseconds."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and disk_usage(MEMORY).free > 2**30
    with TemporaryDirectory(prefix="behoud-", dir=MEMORY if roomy else None) as folder:
        server = start(Path(folder), find_binary())
        yield server
        server.stop()


@pytest.fixture
def store(valkey: Server) -> Iterator[redis.Redis]:
    """The server, emptied, to look at and to break."""
    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def settings(valkey: Server, store: redis.Redis, tmp_path: Path) -> Settings:
    return Settings(knowledge=HERE, var=tmp_path, redis_url=valkey.url, redis_timeout=20.0, keys=KEYS)


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Running]:
    async with running(settings) as found:
        yield found


@pytest.fixture(scope="session")
def manual() -> str:
    """What operators read."""
    return (HERE.parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")
