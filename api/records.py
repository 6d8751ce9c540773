"""A decision's record as bytes: what it was made from, as it came and as it was stored, and the answer last.

It is put together from the bytes at hand instead of being written anew, so that what is kept is what was used.
"""

from __future__ import annotations

_ANSWER = b',"decision":{'
"""The only place where a key `decision` holds an object: facts and the values of vetoes are never objects."""


def compose(
    request: bytes,
    customer: bytes | None,
    history: bytes,
    degraded_in: bytes,
    sold_out: bytes,
    decision: bytes,
) -> bytes:
    """JSON of `models.journal.DecisionRecord`."""
    return b"".join(
        (
            b'{"request":',
            request,
            b',"customer":',
            customer or b"null",
            b',"history":',
            history,
            b',"degraded_in":',
            degraded_in,
            b',"sold_out":',
            sold_out,
            b',"decision":',
            decision,
            b"}",
        )
    )


def answer_of(record: bytes) -> bytes:
    """The decision of a record, byte for byte as it was answered."""
    return record[record.index(_ANSWER) + len(_ANSWER) - 1 : -1]
