"""`import`: the canonical tables of a public data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("import", help="make the canonical tables of a public data set")
    parser.add_argument("name", choices=("telco", "insurance"))
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="the set's file, or the folder it lies in"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    if options.name == "telco":
        from training.datasets.telco import import_telco as imported  # noqa: PLC0415
    else:
        from training.datasets.insurance import import_insurance as imported  # noqa: PLC0415
    print(imported(options.source, options.out))
