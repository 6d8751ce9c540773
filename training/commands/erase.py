"""`erase`: customers out of the archived journal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands

EVERY = 200
"""Files between two words on how far it is."""


def add(commands: Commands) -> None:
    parser = commands.add_parser("erase", help="take customers out of the archived journal")
    parser.add_argument("--archive", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--customer", action="append", default=[], metavar="ID", help="may be given several times"
    )
    parser.add_argument("--customers", type=Path, metavar="FILE", help="one id a line")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.erase import erase  # noqa: PLC0415

    done = erase(options.archive, {*options.customer, *_listed(options.customers)}, _progress)
    print(f"{done.rows:,} entries of {done.customers:,} customers erased in {done.files:,} files")


def _listed(file: Path | None) -> list[str]:
    """Raises OptionError where the file is no text."""
    from training.errors import OptionError  # noqa: PLC0415

    if file is None:
        return []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise OptionError(f"--customers: '{file}' is no text in UTF-8; write one id a line") from None
    return [line.strip() for line in lines if line.strip()]


def _progress(what: str, number: int, of: int) -> None:
    if number % EVERY == 0 or number == of:
        print(f"{what}: {number:,} of {of:,} files", file=sys.stderr)
