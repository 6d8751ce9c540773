"""`archive`: the journal from Redis to Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("archive", help="move the journal from Redis to Parquet by day")
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--trim", action="store_true", help="take out of Redis what is on disk")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.archive import archive  # noqa: PLC0415

    moved = archive(options.redis, options.out, trim=options.trim)
    print(f"{moved.written:,} entries written to {moved.files:,} files, {moved.trimmed:,} trimmed")
    if moved.waiting:
        print(
            f"nothing of {moved.waiting:,} partitions was trimmed: the learner has not counted them; run `python -m training learn`"
        )
