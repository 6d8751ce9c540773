"""`python -m training`: the offline job from the command line."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.bundle import Bundle

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  argparse gives it no other name

# What a command needs is imported where it is called: the whole of it takes seconds, and --help should not.

EXAMPLE = Path("examples/telecom")
LAST_DAY = date(2026, 10, 31)
"""Of simulated time, when none is asked for: a fixed one, so that the same seed gives the same bytes on any day."""
WRONG_INPUT, FAILED = 2, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 2 something in what was given is wrong (all of it is said), 1 a service did not answer."""
    options = _parser().parse_args(arguments)
    from models.bundle import BundleError  # noqa: PLC0415
    from models.documents import DocumentError  # noqa: PLC0415
    from training.errors import OptionError, ServiceError  # noqa: PLC0415
    from training.problems import TableError  # noqa: PLC0415

    try:
        options.command(options)
    except (TableError, DocumentError, BundleError, OptionError) as error:
        _complain(str(error))
        return WRONG_INPUT
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}; name another file or folder")
        return WRONG_INPUT
    except ServiceError as error:
        _complain(str(error))
        return FAILED
    return 0


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m training", description="Tables in, models fitted and judged, a bundle out."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_import(commands)
    _add_simulate(commands)
    _add_run(commands)
    _add_score(commands)
    _add_archive(commands)
    _add_learn(commands)
    _add_report(commands)
    _add_worlds(commands)
    _add_experiment(commands)
    return parser


def _add_import(commands: Commands) -> None:
    parser = commands.add_parser("import", help="make the canonical tables of a public data set")
    parser.add_argument("name", choices=("telco", "insurance"))
    parser.add_argument(
        "source", type=Path, metavar="SOURCE", help="the set's file, or the folder it lies in"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.set_defaults(command=_import)


def _import(options: argparse.Namespace) -> None:
    if options.name == "telco":
        from training.datasets.telco import import_telco as imported  # noqa: PLC0415
    else:
        from training.datasets.insurance import import_insurance as imported  # noqa: PLC0415
    print(imported(options.source, options.out))


def _add_simulate(commands: Commands) -> None:
    parser = commands.add_parser(
        "simulate", help="make a telecom world: tables for the job, customers and events for the service"
    )
    parser.add_argument("--customers", type=_count, required=True, metavar="N")
    parser.add_argument("--months", type=_count, required=True, metavar="M")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--until", type=_day, default=LAST_DAY, metavar="DATE", help=f"the last day (default {LAST_DAY})"
    )
    parser.add_argument("--catalogue", type=Path, default=EXAMPLE / "catalogue.yaml", metavar="F")
    parser.add_argument("--policy", type=Path, default=EXAMPLE / "policy.yaml", metavar="F")
    parser.set_defaults(command=_simulate)


def _simulate(options: argparse.Namespace) -> None:
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


def _add_run(commands: Commands) -> None:
    parser = commands.add_parser(
        "run", help="check, split, fit, judge, write the bundle, log and register it"
    )
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of holdings and customers, Parquet or CSV",
    )
    parser.add_argument(
        "--catalogue", type=Path, metavar="F", help="without it every product found is ranked"
    )
    parser.add_argument("--policy", type=Path, metavar="F", help="without it facts are typed from the table")
    parser.add_argument(
        "--out", type=Path, metavar="BUNDLE", help="folder to write (default: below var, named by version)"
    )
    parser.add_argument("--method", metavar="M", help="serve this one instead of the winner")
    parser.add_argument(
        "--promote", action="store_true", help="let it be the champion, if it passes the gate"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> None:
    from training.job import Order, run  # noqa: PLC0415
    from training.tracking import registry  # noqa: PLC0415

    asked = ("data", "catalogue", "policy", "out", "method", "promote", "seed")
    order = Order(var=_var(), **{name: getattr(options, name) for name in asked})
    run(order, lambda: registry(os.environ, _var()), lambda line: print(line, flush=True))


def _add_score(commands: Commands) -> None:
    parser = commands.add_parser("score", help="score a table of customers")
    parser.add_argument(
        "--bundle", required=True, metavar="B", help="a bundle's folder, or models:/behoud@champion"
    )
    parser.add_argument("--holdings", type=Path, required=True, metavar="F")
    parser.add_argument(
        "--customers", type=Path, metavar="F", help="facts by month; without it every fact is missing"
    )
    parser.add_argument(
        "--at", type=_day, metavar="DATE", help="the day to score at (default: the latest there is)"
    )
    parser.add_argument("--what", choices=("propensity", "churn"), default="propensity")
    parser.add_argument("--out", type=Path, required=True, metavar="F", help="ends in .csv or .parquet")
    parser.set_defaults(command=_score)


def _score(options: argparse.Namespace) -> None:
    from training.score import check_ending, read_people, score, write_scores  # noqa: PLC0415

    check_ending(options.out)
    bundle = _bundle(options.bundle)
    people = read_people(bundle, options.holdings, options.customers, options.at)
    scores = score(bundle, people, options.what)
    write_scores(scores, options.out)
    print(f"{options.out}: {len(scores):,} rows for {len(people.ids):,} customers, bundle {bundle.version}")


def _bundle(reference: str) -> Bundle:
    from models.bundle import open_bundle  # noqa: PLC0415
    from training.folder import read_folder  # noqa: PLC0415
    from training.tracking import registry  # noqa: PLC0415

    if reference.startswith("models:/"):
        return open_bundle(registry(os.environ, _var()).fetch(reference))
    return open_bundle(read_folder(Path(reference)))


def _add_archive(commands: Commands) -> None:
    parser = commands.add_parser("archive", help="move the journal from Redis to Parquet by day")
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--trim", action="store_true", help="take out of Redis what is on disk")
    parser.set_defaults(command=_archive)


def _archive(options: argparse.Namespace) -> None:
    from training.archive import archive  # noqa: PLC0415

    moved = archive(options.redis, options.out, trim=options.trim)
    print(f"{moved.written:,} entries written to {moved.files:,} files, {moved.trimmed:,} trimmed")
    if moved.waiting:
        print(
            f"nothing of {moved.waiting:,} partitions was trimmed: the learner has not counted them; run `python -m training learn`"
        )


def _add_learn(commands: Commands) -> None:
    parser = commands.add_parser("learn", help="learn from outcomes as they come in, until it is ended")
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--once", action="store_true", help="count what is there and end")
    parser.add_argument("--rebuild", action="store_true", help="forget what was counted and count anew")
    parser.add_argument(
        "--archive", type=Path, metavar="DIR", help="with --rebuild: the archived journal comes first"
    )
    parser.set_defaults(command=_learn)


def _learn(options: argparse.Namespace) -> None:
    from training.learning.learner import Learning, learn  # noqa: PLC0415

    asked = Learning(options.redis, once=options.once, rebuild=options.rebuild, archive=options.archive)
    learn(asked, lambda line: print(line, flush=True))


def _add_report(commands: Commands) -> None:
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
        type=_none_or_more,
        default=5,
        metavar="N",
        help="of those who left last month, told of one by one (default 5)",
    )
    parser.add_argument("--without-ids", action="store_true", help="number them instead")
    parser.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> None:
    from training.report.making import make_report  # noqa: PLC0415

    bundle = _bundle(options.bundle)
    names = ("data", "out", "catalogue", "policy", "customers")
    asked = {name: getattr(options, name) for name in names}
    print(make_report(bundle=bundle, with_ids=not options.without_ids, **asked))


def _add_worlds(commands: Commands) -> None:
    parser = commands.add_parser("worlds", help="play policies against each other where the truth is known")
    parser.add_argument(
        "--policies",
        nargs="+",
        default=(),
        metavar="P",
        help="beside nothing, random and the oracle (default: all)",
    )
    parser.add_argument(
        "--seeds", type=_numbers, default=range(20), metavar="S", help="0-19, or 3,7 (default 0-19)"
    )
    parser.add_argument("--worlds", nargs="+", default=(), metavar="W", help="by name (default: all nine)")
    parser.add_argument("--customers", type=_count, default=4000, metavar="N")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="what is done there is not played again (default: worlds below var)",
    )
    parser.add_argument("--jobs", type=_count, default=2, metavar="J", help="processes (default 2)")
    parser.add_argument(
        "--fresh", nargs="+", default=(), metavar="P", help="policies to play again all the same"
    )
    parser.set_defaults(command=_worlds)


def _worlds(options: argparse.Namespace) -> None:
    from training.simulator.laboratory.worlds import WORLDS  # noqa: PLC0415
    from training.worlds.comparing import Comparison, compare  # noqa: PLC0415
    from training.worlds.tables import page  # noqa: PLC0415

    out = options.out or _var() / "worlds"
    asked = Comparison(
        policies=tuple(options.policies),
        seeds=tuple(options.seeds),
        worlds=tuple(options.worlds or WORLDS),
        customers=options.customers,
        out=out,
        jobs=options.jobs,
        fresh=tuple(options.fresh),
    )
    runs = compare(asked, lambda line: print(line, flush=True))
    print(page(runs))
    print(
        f"{out}: {len(runs):,} runs in worlds.csv and worlds.parquet, this page in worlds.md, nv.png, euros.png"
    )


def _add_experiment(commands: Commands) -> None:
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
        type=_shares,
        default={},
        metavar="S",
        help="as planned, such as champion=95,challenger=5 (default equal)",
    )
    parser.add_argument("--since", type=_day, metavar="DATE", help="the first day assignments count")
    parser.add_argument("--until", type=_day, metavar="DATE", help="as of the end of this day")
    parser.add_argument(
        "--window", type=_count, default=90, metavar="DAYS", help="in which outcomes count (default 90)"
    )
    parser.add_argument(
        "--planned",
        type=_count,
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
    parser.set_defaults(command=_experiment)


def _experiment(options: argparse.Namespace) -> None:
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
    out = options.out or _var() / "experiments" / f"{options.name}.json"
    write_answer(answer, out)
    print(f"{text}\n{out}: the same and more, as JSON")


def _var() -> Path:
    return Path(os.environ.get("BEHOUD_VAR") or "var")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def _shares(text: str) -> dict[str, float]:
    """`champion=95,challenger=5`."""
    try:
        shares = {name: float(share) for name, _, share in (part.partition("=") for part in text.split(","))}
    except ValueError:
        shares = {}
    if not shares or not all(0.0 < share < float("inf") for share in shares.values()):
        raise argparse.ArgumentTypeError(f"'{text}' tells no shares; write them as champion=95,challenger=5")
    return shares


def _none_or_more(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return number


def _numbers(text: str) -> tuple[int, ...]:
    """`0-19`, `3`, `0-4,9`."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        if not low.isdecimal() or not (high or low).isdecimal():
            raise argparse.ArgumentTypeError(f"'{text}' is no range of numbers; write it as 0-19 or 3,7")
        found += range(int(low), int(high or low) + 1)
    return tuple(dict.fromkeys(found))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write it as 2026-03-31") from None


if __name__ == "__main__":
    sys.exit(main())
