"""`shadow`: where a challenger agrees with the champion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("shadow", help="where a challenger in the shadow agrees with the champion")
    parser.add_argument(
        "--journal", type=Path, required=True, metavar="DIR", help="what `archive --out` wrote"
    )
    parser.add_argument("--out", type=Path, metavar="F", help="the same as JSON")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.agreement import agreement  # noqa: PLC0415
    from training.agreement_page import as_json, as_text, read_shadows  # noqa: PLC0415

    found = agreement(read_shadows(options.journal))
    print(as_text(found))
    if options.out is not None:
        options.out.write_text(as_json(found), encoding="utf-8")
        print(f"{options.out}: the same as JSON")
