"""The insights as the offline job wrote them: looked for while the service runs, checked before they are shown, kept when the next ones cannot be."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from models.insights import Insights

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 5_000_000
log = logging.getLogger("behoud.insights")


@dataclass(frozen=True)
class Computed:
    """`data` as it was written, and what it says; `etag` is known by its bytes, `written` in seconds since 1970."""

    data: bytes
    etag: str
    written: float
    said: Insights


class InsightsFile:
    """`current` is shown; None until there is a file that can be."""

    def __init__(self, path: Path) -> None:
        self.current: Computed | None = None
        self.refused = ""
        self._path = path
        self._seen: tuple[int, int] | None = None

    async def look(self) -> None:
        """Take the file if it is another than at the last look; what cannot be shown is refused with a line in the log, once."""
        try:
            about = self._path.stat()
        except OSError:
            self.refused = ""
            return  # none yet, or not any more: what was read is still true
        seen = (about.st_mtime_ns, about.st_size)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            found = await asyncio.to_thread(read_insights, self._path)
        except (OSError, ValueError) as error:
            self.refused = str(error)
            log.warning("insights refused, the old ones stay", extra={"why": self.refused})
            return
        self.current, self.refused = found, ""
        log.info("insights in use", extra={"until": str(found.said.until), "bytes": len(found.data)})


def read_insights(path: Path) -> Computed:
    """The file, checked whole.

    Raises:
        OSError: it cannot be read. ValueError: too large, or not what the job writes; with the remedy.
    """
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
        written = path.stat().st_mtime
    if len(data) > MOST_BYTES:
        raise ValueError(
            f"{path}: more than {MOST_BYTES:,} bytes; make it again with `python -m training insights`"
        )
    try:
        said = Insights.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise ValueError(
            f"{path}: {where}: {first['msg']}; make it again with `python -m training insights`"
        ) from None
    return Computed(data, f'"{hashlib.sha256(data).hexdigest()[:32]}"', written, said)
