"""A real Valkey for the whole run, empty at the start of each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis

from api.embedded import Server, find_binary, start
from api.settings import Settings
from tests.api.running import HERE, KEYS, Running, running


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start(tmp_path_factory.mktemp("valkey"), find_binary())
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
