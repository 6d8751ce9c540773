"""`simulate`: a telecom world, for the demo."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import count, day, none_or_more

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands

EXAMPLE = Path("examples/telecom")
LAST_DAY = date(2026, 10, 31)
"""Of simulated time, when none is asked for: a fixed one, so that the same seed gives the same bytes on any day."""


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "simulate", help="make a telecom world: tables for the job, customers and events for the service"
    )
    parser.add_argument("--customers", type=count, required=True, metavar="N")
    parser.add_argument("--months", type=count, required=True, metavar="M")
    parser.add_argument("--seed", type=none_or_more, default=0, metavar="S")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--until", type=day, default=LAST_DAY, metavar="DATE", help=f"the last day (default {LAST_DAY})"
    )
    parser.add_argument("--catalogue", type=Path, default=EXAMPLE / "catalogue.yaml", metavar="F")
    parser.add_argument("--policy", type=Path, default=EXAMPLE / "policy.yaml", metavar="F")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from models.catalogue import load_catalogue  # noqa: PLC0415
    from training.law import read_policy  # noqa: PLC0415
    from training.simulator.calendar import Calendar  # noqa: PLC0415
    from training.simulator.export import write_world  # noqa: PLC0415
    from training.simulator.world import simulate  # noqa: PLC0415

    catalogue = load_catalogue(options.catalogue.read_bytes(), str(options.catalogue))
    policy = read_policy(options.policy)
    calendar = Calendar(options.months, options.until)
    world = simulate(catalogue, tuple(policy.facts), options.customers, calendar, options.seed)
    for name, rows in write_world(world, calendar, policy, options.seed, options.out).items():
        print(f"{options.out / name}: {rows:,} rows")
