"""`run`: the whole job, from tables to a registered bundle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import none_or_more, var

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "run", help="check, split, fit, judge, write the bundle, log and register it"
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of holdings and customers, Parquet or CSV",
    )
    parser.add_argument(
        "--catalogue", type=Path, metavar="F", help="without it every product found is ranked"
    )
    parser.add_argument("--policy", type=Path, metavar="F", help="without it facts are typed from the table")
    parser.add_argument(
        "--out", type=Path, metavar="BUNDLE", help="folder to write (default: below var, named by version)"
    )
    parser.add_argument("--method", metavar="M", help="serve this one instead of the winner")
    parser.add_argument(
        "--promote", action="store_true", help="let it be the champion, if it passes the gate"
    )
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="DIR",
        help="archived journal: refuse to promote what would have earned less than was logged",
    )
    parser.add_argument("--seed", type=none_or_more, default=0, metavar="S")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.job import Order, run  # noqa: PLC0415
    from training.tracking import registry  # noqa: PLC0415

    asked = ("data", "catalogue", "policy", "out", "method", "promote", "journal", "seed")
    order = Order(var=var(), **{name: getattr(options, name) for name in asked})
    run(order, lambda: registry(os.environ, var()), lambda line: print(line, flush=True))
