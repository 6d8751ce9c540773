"""`worlds`: policies against each other where the truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import count, numbers, var

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("worlds", help="play policies against each other where the truth is known")
    parser.add_argument(
        "--policies",
        nargs="+",
        default=(),
        metavar="P",
        help="beside nothing, random and the oracle (default: all)",
    )
    parser.add_argument(
        "--seeds", type=numbers, default=range(20), metavar="S", help="0-19, or 3,7 (default 0-19)"
    )
    parser.add_argument("--worlds", nargs="+", default=(), metavar="W", help="by name (default: all nine)")
    parser.add_argument("--customers", type=count, default=4000, metavar="N")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="what is done there is not played again (default: worlds below var)",
    )
    parser.add_argument("--jobs", type=count, default=2, metavar="J", help="processes (default 2)")
    parser.add_argument(
        "--fresh", nargs="+", default=(), metavar="P", help="policies to play again all the same"
    )
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.simulator.laboratory.worlds import WORLDS  # noqa: PLC0415
    from training.worlds.comparing import Comparison, compare  # noqa: PLC0415
    from training.worlds.tables import page  # noqa: PLC0415

    out = options.out or var() / "worlds"
    asked = Comparison(
        policies=tuple(options.policies),
        seeds=tuple(options.seeds),
        worlds=tuple(options.worlds or WORLDS),
        customers=options.customers,
        out=out,
        jobs=options.jobs,
        fresh=tuple(options.fresh),
    )
    runs = compare(asked, lambda line: print(line, flush=True))
    print(page(runs))
    print(
        f"{out}: {len(runs):,} runs in worlds.csv and worlds.parquet, this page in worlds.md, nv.png, euros.png"
    )
