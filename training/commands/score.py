"""`score`: a table of customers, scored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import bundle_of, day

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("score", help="score a table of customers")
    parser.add_argument(
        "--bundle", required=True, metavar="B", help="a bundle's folder, or models:/behoud@champion"
    )
    parser.add_argument("--holdings", type=Path, required=True, metavar="F")
    parser.add_argument(
        "--customers", type=Path, metavar="F", help="facts by month; without it every fact is missing"
    )
    parser.add_argument(
        "--at", type=day, metavar="DATE", help="the day to score at (default: the latest there is)"
    )
    parser.add_argument("--what", choices=("propensity", "churn"), default="propensity")
    parser.add_argument("--out", type=Path, required=True, metavar="F", help="ends in .csv or .parquet")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.score import check_ending, read_people, score, write_scores  # noqa: PLC0415

    check_ending(options.out)
    bundle = bundle_of(options.bundle)
    people = read_people(bundle, options.holdings, options.customers, options.at)
    scores = score(bundle, people, options.what)
    write_scores(scores, options.out)
    print(f"{options.out}: {len(scores):,} rows for {len(people.ids):,} customers, bundle {bundle.version}")
