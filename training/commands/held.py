"""`held`: what later months made of accepted saves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("held", help="what later months made of accepted saves")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="the folder of tables and journal"
    )
    parser.add_argument("--out", type=Path, metavar="F", help="a CSV or Parquet file to write them to")
    parser.add_argument(
        "--redis", metavar="URL", help="tell the journal, and with it the learner, what is final"
    )
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.errors import OptionError  # noqa: PLC0415
    from training.fit.spoken import read_talks  # noqa: PLC0415
    from training.held import STATES, held_saves, tell, told_already  # noqa: PLC0415
    from training.prompted import journal_parts  # noqa: PLC0415
    from training.score import check_ending, write_scores  # noqa: PLC0415
    from training.tables import read_tables  # noqa: PLC0415

    if options.out is not None:
        check_ending(options.out)
    tables, parts = read_tables(options.data), journal_parts(options.data)
    if tables.customers is None:
        raise OptionError(f"--data: '{options.data}' has no table of customers, which tells who left")
    saves = held_saves(read_talks(parts), tables.customers, tables.other_causes)
    for state in STATES:
        print(f"{state}: {int((saves['state'] == state).sum()):,}")
    if options.out is not None:
        write_scores(saves, options.out)
    if options.redis is not None:
        print(f"{tell(options.redis, saves, told_already(parts)):,} told to the journal")
