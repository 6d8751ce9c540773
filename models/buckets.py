"""Which share of all customers one belongs to: a number from his id and a salt, the same in every process and version of Python.

    bucket = first 53 bits of BLAKE2b-64(salt, newline, customer id; UTF-8) / 2^53

Two salts give numbers that have nothing to do with each other; whoever is below `share` at a salt is among that share of everybody.
BLAKE2b is RFC 7693. No id holds a newline, so two pairs never hash the same text.
"""

from __future__ import annotations

import hashlib
from typing import Final

_STEPS: Final = 2.0**53
"""How many numbers from 0 to 1 a float tells apart evenly."""


def bucket(salt: str, customer_id: str) -> float:
    """In [0, 1), uniform over ids."""
    digest = hashlib.blake2b(f"{salt}\n{customer_id}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / _STEPS
