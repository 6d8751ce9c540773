"""What a failure of the store means, in one word.

away        nobody answers at its address               slow       no answer in time
loading     it reads its data and will answer soon      busy       a script of somebody else keeps it
readonly    it is a replica, or was made one            full       its memory is full: it is read and takes nothing
misconf     its disk takes nothing: it is read only     down       part of a cluster, or a replica without its master
unconfirmed too few replicas have it                    refused    it dislikes this one call: what lies under that key is broken
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Why = Literal[
    "away",
    "slow",
    "loading",
    "busy",
    "readonly",
    "full",
    "misconf",
    "down",
    "unconfirmed",
    "refused",
]
WHYS: Final[tuple[Why, ...]] = get_args(Why)
AWAY: Final[frozenset[Why]] = frozenset({"away", "slow", "loading", "busy", "down"})
"""The server cannot be used now, for anybody."""

_CODES: Final[dict[str, Why]] = {
    "LOADING": "loading",
    "BUSY": "busy",
    "READONLY": "readonly",
    "OOM": "full",
    "MISCONF": "misconf",
    "MASTERDOWN": "down",
    "CLUSTERDOWN": "down",
    "TRYAGAIN": "down",
    "NOREPLICAS": "unconfirmed",
    "WRONGTYPE": "refused",
    "TOOLARGE": "refused",
    "ERR": "refused",
}
"""The first word of what the server says."""
_NAMES: Final[dict[str, Why]] = {
    "BusyLoadingError": "loading",
    "ReadOnlyError": "readonly",
    "OutOfMemoryError": "full",
    "MasterDownError": "down",
    "ClusterDownError": "down",
    "TryAgainError": "down",
    "UnconfirmedError": "unconfirmed",
}
"""Errors whose first word redis-py takes away."""
_CODE: Final = re.compile(r"(?:^|caused error: \(?['\"]?)([A-Z]+) ")


def why_of(error: BaseException) -> Why:
    """The word for an error of the connection, or for what the server said."""
    for kind in type(error).__mro__:
        if kind.__name__ in _NAMES:
            return _NAMES[kind.__name__]
    if isinstance(error, TimeoutError) or type(error).__name__ == "TimeoutError":
        return "slow"
    if isinstance(error, OSError) or type(error).__name__ == "ConnectionError":
        return "away"
    found = _CODE.search(str(error))
    return _CODES.get(found[1], "away") if found else "away"
