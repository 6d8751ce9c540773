"""Decision ids: the customer's partition, then a UUID of version 7, so that they sort by time and say where they lie."""

from __future__ import annotations

import secrets
import uuid

from models.domain import partition


def decision_id(customer_id: str, moment: float) -> str:
    """A new id. `moment` is seconds since 1970."""
    return f"{partition(customer_id)}-{uuid7(int(moment * 1000), secrets.randbits(74))}"


def uuid7(milliseconds: int, random: int) -> uuid.UUID:
    """RFC 9562: 48 bits of time, version, 74 random bits with the variant between them."""
    high = (milliseconds & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | random >> 62
    low = 0b10 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=high << 64 | low)
