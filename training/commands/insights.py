"""`insights`: the figures of the page /insights, as one JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import bundle_of

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "insights", help="figures for managers, which the service shows at /insights"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of tables")
    parser.add_argument(
        "--journal", type=Path, metavar="DIR", help="what `archive` wrote (default: in --data)"
    )
    parser.add_argument(
        "--bundle", required=True, metavar="B", help="a bundle's folder, or models:/behoud@champion"
    )
    parser.add_argument(
        "--catalogue", type=Path, metavar="F", help="names, margins and discounts; euros need it"
    )
    parser.add_argument("--policy", type=Path, metavar="F", help="with --catalogue: which rule stops what")
    parser.add_argument(
        "--experiments", type=Path, metavar="DIR", help="the answers of `experiment` to be shown"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="F", help="the JSON file to write")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.insights.making import Asked, insights, write_insights  # noqa: PLC0415

    names = ("data", "journal", "catalogue", "policy", "experiments")
    asked = Asked(bundle=bundle_of(options.bundle), **{name: getattr(options, name) for name in names})
    found = insights(asked, lambda line: print(line, flush=True))
    size = write_insights(found, options.out)
    told = sum(1 for figure in found.figures if figure.points)
    print(
        f"{options.out}: {size:,} bytes, {told} of {len(found.figures)} figures, {found.decisions:,} decisions"
    )
