"""`python -m training`: the offline job from the command line."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from training.commands import (
    answer,
    archive,
    erase,
    experiment,
    held,
    import_tables,
    insights,
    learn,
    ope,
    report,
    run,
    score,
    shadow,
    simulate,
    worlds,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG_INPUT, FAILED = 2, 1
COMMANDS = (
    import_tables,
    simulate,
    answer,
    run,
    score,
    archive,
    erase,
    learn,
    held,
    report,
    insights,
    worlds,
    experiment,
    ope,
    shadow,
)
"""As --help lists them."""


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
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
