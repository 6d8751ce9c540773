"""`report`: one page of what is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import bundle_of, none_or_more

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("report", help="what is known of customers, buying and staying, as a page")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="the folder of tables and journal"
    )
    parser.add_argument(
        "--bundle", required=True, metavar="B", help="a bundle's folder, or models:/behoud@champion"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="F", help="the HTML file to write")
    parser.add_argument(
        "--catalogue", type=Path, metavar="F", help="names and prices; without it nothing is in euros"
    )
    parser.add_argument(
        "--policy", type=Path, metavar="F", help="types of facts, horizon, intents that voice a wish to leave"
    )
    parser.add_argument(
        "--customers",
        type=none_or_more,
        default=5,
        metavar="N",
        help="of those who left last month, told of one by one (default 5)",
    )
    parser.add_argument("--without-ids", action="store_true", help="number them instead")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.report.making import make_report  # noqa: PLC0415

    bundle = bundle_of(options.bundle)
    names = ("data", "out", "catalogue", "policy", "customers")
    asked = {name: getattr(options, name) for name in names}
    print(make_report(bundle=bundle, with_ids=not options.without_ids, **asked))
