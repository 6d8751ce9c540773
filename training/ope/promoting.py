"""What the journal says of a bundle that is to be champion: whoever earns less than what was logged is refused, and logs that cannot tell refuse nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.bundle import BundleError
from models.documents import DocumentError
from training.errors import OptionError
from training.ope.judging import judge
from training.ope.page import verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from training.ope.judging import Asked


def not_worse(asked: Asked, say: Callable[[str], None]) -> tuple[bool, str]:
    """Whether it may pass, and why in a sentence.

    Raises:
        TableError, OSError: as in what is read.
    """
    try:
        judged = judge(asked, say)
    except (OptionError, DocumentError, BundleError) as error:
        return True, f"Gate: the journal refuses nobody, for it cannot be judged by: {error}"
    found = judged.found.found
    if found is None:
        return True, f"Gate: the journal refuses nobody, for it cannot tell: {verdict(judged)}"
    seen = (
        f" It has learned from {judged.taught:,} of the {judged.found.weights.contacts:,} contacts."
        if judged.taught
        else ""
    )
    return found.gain.high >= 0.0, f"Gate: {verdict(judged)}{seen}"
