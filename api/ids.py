"""Decision ids: the customer's partition, then a UUID of version 7, so that they sort by time, and say where they lie and when they were made."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Final

from models.domain import partition

_LAST: Final = 32_503_680_000
"""The year 3000, in seconds: beyond it there are no moments."""
_FORM: Final = re.compile(r"p\d\d-([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def made_at(decision_id: str) -> datetime | None:
    """When a decision with this id was made; None where it is no id of ours."""
    found = _FORM.fullmatch(decision_id)
    seconds = 0.0 if found is None else int(found[1] + found[2], 16) / 1000
    return datetime.fromtimestamp(seconds, UTC) if 0.0 < seconds < _LAST else None


def decision_id(customer_id: str, moment: float) -> str:
    """A new id. `moment` is seconds since 1970."""
    return f"{partition(customer_id)}-{uuid7(int(moment * 1000), secrets.token_bytes(10))}"


def uuid7(milliseconds: int, random: bytes) -> str:
    """RFC 9562: 48 bits of time, the version, 12 random bits, the variant, 62 random bits; `random` is ten bytes."""
    text = f"{milliseconds & 0xFFFF_FFFF_FFFF:012x}{random.hex()}"
    variant = "89ab"[random[2] & 3]
    return f"{text[:8]}-{text[8:12]}-7{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
