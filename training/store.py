"""The one file of the job where Redis is spoken: a connection, and what its failure means."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from training.errors import OptionError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 10.0
LEARNED = "behoud:learned"
"""The learned snapshot."""


@contextmanager
def connected(url: str, remedy: str, fault: type[ServiceError] = ServiceError) -> Iterator[Any]:
    """A client of the server; Any, for redis-py types its answers for every setting it has, and ours are bytes.

    Raises:
        ServiceError: of class `fault`; Redis does not answer or refuses. `remedy` says what to do then.
        OptionError: that is no address.
    """
    try:
        client = redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise OptionError(f"--redis: {error}; write redis://host:6379/0 or unix:///path") from None
    try:
        yield client
    except redis.RedisError as error:
        raise fault(f"Redis: {error}; {remedy}") from error
    finally:
        client.close()


def journal(tag: str) -> str:
    """The stream of one partition, by its tag `p07`."""
    return f"{{{tag}}}:journal"
