"""`answer`: a journal for a simulated provider."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import bundle_of, count, none_or_more

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "answer", help="answer made-up contacts of a simulated provider, for a journal to look at"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="what `simulate` wrote")
    parser.add_argument(
        "--bundle", required=True, metavar="B", help="a bundle's folder, or models:/behoud@champion"
    )
    parser.add_argument("--catalogue", type=Path, required=True, metavar="F")
    parser.add_argument("--policy", type=Path, required=True, metavar="F")
    parser.add_argument("--contacts", type=count, default=4000, metavar="N", help="about so many")
    parser.add_argument("--seed", type=none_or_more, default=0, metavar="S")
    parser.add_argument(
        "--explore",
        type=float,
        default=0.0,
        metavar="E",
        help="the share of contacts that explored (default 0)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the journal lies below it")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.simulator.answered import answer  # noqa: PLC0415

    written = answer(
        options.data,
        bundle_of(options.bundle),
        (options.catalogue, options.policy),
        options.out,
        many=options.contacts,
        seed=options.seed,
        explore=options.explore,
        say=lambda line: print(line, flush=True),
    )
    print(f"{options.out}: {written:,} entries")
