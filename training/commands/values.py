"""What several commands are given, and how it is read."""

from __future__ import annotations

import argparse
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.bundle import Bundle

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  argparse gives it no other name


def var() -> Path:
    return Path(os.environ.get("BEHOUD_VAR") or "var")


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def shares(text: str) -> dict[str, float]:
    """`champion=95,challenger=5`."""
    try:
        found = {name: float(share) for name, _, share in (part.partition("=") for part in text.split(","))}
    except ValueError:
        found = {}
    if not found or not all(0.0 < share < float("inf") for share in found.values()):
        raise argparse.ArgumentTypeError(f"'{text}' tells no shares; write them as champion=95,challenger=5")
    return found


def none_or_more(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return number


def numbers(text: str) -> tuple[int, ...]:
    """`0-19`, `3`, `0-4,9`."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        if not low.isdecimal() or not (high or low).isdecimal():
            raise argparse.ArgumentTypeError(f"'{text}' is no range of numbers; write it as 0-19 or 3,7")
        found += range(int(low), int(high or low) + 1)
    return tuple(dict.fromkeys(found))


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write it as 2026-03-31") from None


def bundle_of(reference: str) -> Bundle:
    from models.bundle import open_bundle  # noqa: PLC0415
    from training.folder import read_folder  # noqa: PLC0415
    from training.tracking import registry  # noqa: PLC0415

    if reference.startswith("models:/"):
        return open_bundle(registry(os.environ, var()).fetch(reference))
    return open_bundle(read_folder(Path(reference)))
