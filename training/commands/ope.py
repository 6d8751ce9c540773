"""`ope`: what a proposed policy would have earned in the contacts of the journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import bundle_of, count, day, none_or_more, var

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "ope", help="what a proposed policy would have earned in the contacts of the journal"
    )
    parser.add_argument(
        "--journal", type=Path, required=True, metavar="DIR", help="the folder `archive --out` was given"
    )
    parser.add_argument("--policy", type=Path, metavar="F", help="proposed (default: as it was logged)")
    parser.add_argument("--catalogue", type=Path, metavar="F", help="proposed (default: as it was logged)")
    parser.add_argument(
        "--bundle", metavar="B", help="proposed: a folder or models:/… (default: as it was logged)"
    )
    parser.add_argument(
        "--shelf",
        type=Path,
        metavar="DIR",
        help="where the service keeps what decided (default: shelf below var)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="the folder of tables: then the margin after the contact is the reward",
    )
    parser.add_argument("--since", type=day, metavar="DATE", help="the first day contacts count")
    parser.add_argument("--until", type=day, metavar="DATE", help="the last day contacts count")
    parser.add_argument("--last", type=count, metavar="N", help="the latest so many of these contacts")
    parser.add_argument(
        "--window",
        type=count,
        default=90,
        metavar="DAYS",
        help="after a contact, in which it earns (default 90)",
    )
    parser.add_argument(
        "--turns", choices=("first", "all"), default="first", help="of a contact (default first)"
    )
    parser.add_argument(
        "--explore",
        type=float,
        metavar="RATE",
        help="at which what is proposed explores (default: as it was then)",
    )
    parser.add_argument("--clip", type=float, metavar="W", help="weights above count as much as this")
    parser.add_argument("--seed", type=none_or_more, default=0, metavar="S")
    parser.add_argument("--out", type=Path, metavar="F", help="JSON (default: ope.json below var)")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from models.catalogue import load_catalogue  # noqa: PLC0415
    from training.experiment.making import write_answer  # noqa: PLC0415
    from training.law import read_policy  # noqa: PLC0415
    from training.ope.contacts import Which  # noqa: PLC0415
    from training.ope.judging import Asked, as_json, judge  # noqa: PLC0415
    from training.ope.kept import Proposed  # noqa: PLC0415
    from training.ope.page import page  # noqa: PLC0415

    proposed = Proposed(
        catalogue=load_catalogue(options.catalogue.read_bytes(), str(options.catalogue))
        if options.catalogue
        else None,
        policy=read_policy(options.policy) if options.policy else None,
        bundle=bundle_of(options.bundle) if options.bundle else None,
    )
    asked = Asked(
        journal=options.journal,
        shelf=options.shelf or var() / "shelf",
        proposed=proposed,
        data=options.data,
        which=Which(options.since, options.until, options.last),
        window=options.window,
        turns=options.turns == "all",
        explore=options.explore,
        clip=options.clip,
        seed=options.seed,
    )
    judged = judge(asked, lambda line: print(line, flush=True))
    out = options.out or var() / "ope.json"
    write_answer(as_json(judged), out)
    print(f"{page(judged)}\n{out}: the same and more, as JSON")
