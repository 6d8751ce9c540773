"""Decision ids: the customer's partition, then a UUID of version 7, so that they sort by time and say where they lie."""

from __future__ import annotations

import secrets

from models.domain import partition


def decision_id(customer_id: str, moment: float) -> str:
    """A new id. `moment` is seconds since 1970."""
    return f"{partition(customer_id)}-{uuid7(int(moment * 1000), secrets.token_bytes(10))}"


def uuid7(milliseconds: int, random: bytes) -> str:
    """RFC 9562: 48 bits of time, the version, 12 random bits, the variant, 62 random bits; `random` is ten bytes."""
    text = f"{milliseconds & 0xFFFF_FFFF_FFFF:012x}{random.hex()}"
    variant = "89ab"[random[2] & 3]
    return f"{text[:8]}-{text[8:12]}-7{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
