"""`python -m training report`: read everything, then write the file whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.errors import OptionError
from training.measured.given import month_name, read_given
from training.report.page import page

if TYPE_CHECKING:
    from pathlib import Path

    from models.bundle import Bundle


def make_report(
    data: Path,
    bundle: Bundle,
    out: Path,
    *,
    catalogue: Path | None = None,
    policy: Path | None = None,
    customers: int = 5,
    with_ids: bool = True,
) -> str:
    """Write the report; what was done, in a sentence. `customers`: so many of those who left last month are told of one by one.

    Raises:
        TableError, DocumentError, OSError, OptionError: as `read_given`. DocumentError: catalogue and policy do not fit each other.
        OptionError: `out` is a folder.
    """
    if out.is_dir():
        raise OptionError(f"--out: '{out}' is a folder; name the file to write")
    given = read_given(data, bundle, catalogue, policy)
    text = page(given, customers, with_ids=with_ids)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.new")
    try:
        fresh.write_bytes(text)
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    return f"{out}: {len(text):,} bytes, to the end of {month_name(given.last)}, bundle {bundle.version}"
