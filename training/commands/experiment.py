"""`experiment`: what a comparison of arms has shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.values import count, day, shares, var

if TYPE_CHECKING:
    import argparse

    from training.commands.values import Commands


def add(commands: Commands) -> None:
    parser = commands.add_parser("experiment", help="what an experiment has shown, or how large it must be")
    parser.add_argument("name", metavar="NAME", help="'policy', 'holdout', or as the flags name it")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder of tables")
    parser.add_argument(
        "--journal", type=Path, metavar="DIR", help="what `archive` wrote (default: in --data)"
    )
    parser.add_argument("--catalogue", type=Path, metavar="F", help="margins and discounts; euros need it")
    parser.add_argument(
        "--primary", default="margin", metavar="M", help="the measure that decides (default margin)"
    )
    parser.add_argument(
        "--control", metavar="ARM", help="the arm to compare with (default: control, champion, …)"
    )
    parser.add_argument(
        "--shares",
        type=shares,
        default={},
        metavar="S",
        help="as planned, such as champion=95,challenger=5 (default equal)",
    )
    parser.add_argument(
        "--since",
        type=day,
        metavar="DATE",
        help="the first day assignments count; who was in it before is left out",
    )
    parser.add_argument("--until", type=day, metavar="DATE", help="as of the end of this day")
    parser.add_argument(
        "--window", type=count, default=90, metavar="DAYS", help="in which outcomes count (default 90)"
    )
    parser.add_argument(
        "--planned",
        type=count,
        default=5000,
        metavar="N",
        help="customers at which 'any look' is tightest; chosen once (default 5000)",
    )
    parser.add_argument(
        "--by-agent", action="store_true", help="customers of one agent stand or fall together"
    )
    parser.add_argument(
        "--plan",
        type=float,
        metavar="EFFECT",
        help="before the start: how many customers this difference needs",
    )
    parser.add_argument(
        "--out", type=Path, metavar="F", help="JSON (default: experiments/NAME.json below var)"
    )
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> None:
    from training.experiment.making import Question, experiment, write_answer  # noqa: PLC0415

    names = (
        "name",
        "data",
        "journal",
        "catalogue",
        "primary",
        "control",
        "shares",
        "since",
        "until",
        "window",
        "planned",
        "by_agent",
    )
    asked = {name: getattr(options, name) for name in names}
    text, answer = experiment(Question(**asked, effect=options.plan))
    out = options.out or var() / "experiments" / f"{options.name}.json"
    write_answer(answer, out)
    print(f"{text}\n{out}: the same and more, as JSON")
