"""`learn`: corrections from outcomes as they come in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("learn", help="learn from outcomes as they come in, until it is ended")
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--once", action="store_true", help="count what is there and end")
    parser.add_argument("--rebuild", action="store_true", help="forget what was counted and count anew")
    parser.add_argument(
        "--archive", type=Path, metavar="DIR", help="with --rebuild: the archived journal comes first"
    )
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.learning.learner import Learning, learn  # noqa: PLC0415

    asked = Learning(options.redis, once=options.once, rebuild=options.rebuild, archive=options.archive)
    with suppress(
        KeyboardInterrupt
    ):  # how a learner is ended at a terminal; what was not written was not counted
        learn(asked, lambda line: print(line, flush=True))
