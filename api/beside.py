"""What decides for whom flags say otherwise: other policies and bundles beside the usual ones, put together when they are first asked for.

Policies are compiled with the documents and bundles opened where they are looked for; what is left is done in a thread, once for each
combination of flags. There are few of them, or else somebody deals a flag of its own to every customer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from api.documents import FLAGS
from models.adoption import fits_policy
from models.beside import MOST
from models.domain import USUAL
from models.knowledge import flags_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.shelf import Shelf
    from models.bundle import Bundle
    from models.domain import Flags
    from models.knowledge import Knowledge
    from models.policy import Policy

log = logging.getLogger("behoud.flags")

COMBINATIONS = 64
"""Different flags that customers may have between two changes of the documents."""


class Beside:
    """`policies` by name, without bundle; `bundles` by alias. `wanted`: the aliases that flags name, whether there is such a bundle or not."""

    def __init__(self, shelf: Shelf) -> None:
        self.policies: Mapping[str, Knowledge] = {}
        self.bundles: dict[str, Bundle] = {}
        self.wanted: set[str] = set()
        self._shelf = shelf
        self._seen: set[Flags] = set()
        self._made: dict[Flags, asyncio.Task[Knowledge | None]] = {}
        self._of: Knowledge | None = None

    def use(self, policies: Mapping[str, Knowledge], wanted: Iterable[str], usual: Policy) -> None:
        """From now on these policies, and the bundles with these aliases beside those there are, as far as they fit."""
        self.policies = policies
        self.wanted = set(list(dict.fromkeys((*wanted, *self.bundles)))[:MOST])
        fitting = {alias: bundle for alias, bundle in self.bundles.items() if fits_policy(bundle, usual)}
        self.bundles = {alias: bundle for alias, bundle in fitting.items() if alias in self.wanted}
        self._seen = set()
        self._of = None

    def take(self, alias: str, bundle: Bundle) -> None:
        """From the next request on."""
        self.bundles[alias] = bundle
        self._of = None

    def fits(self, name: str, flags: Mapping[str, Any], current: Knowledge) -> bool:
        """Whether there is what this one of the flags names. A bundle that is not there is looked for from now on."""
        value = flags[name]
        if name == "policy":
            return value == USUAL or value in self.policies
        if name == "bundle":
            if value != USUAL and value not in self.wanted and len(self.wanted) < MOST:
                self.wanted.add(value)
            return value == USUAL or value in self.bundles
        if name == "explore" and value:
            decides = self.policies.get(flags["policy"], current)
            return decides.policy.arbitration.explore is not None
        return True

    async def of(self, flags: Flags, current: Knowledge) -> Knowledge | None:
        """`current` with these flags instead; None when it cannot be had."""
        if flags == current.flags:
            return current
        if self._of is not current:
            self._of, self._made = current, {}
        made = self._made.get(flags)
        if made is None:
            if flags not in self._seen and len(self._seen) >= COMBINATIONS:
                log.error("flags not used, there are too many", extra={"most": COMBINATIONS})
                return None
            self._seen.add(flags)
            made = asyncio.create_task(asyncio.to_thread(self._put_together, flags, current))
            self._made[flags] = made
        # Whoever asked first may go away; the others wait for the same.
        return made.result() if made.done() else await asyncio.shield(made)

    def versions(self) -> dict[str, str | None]:
        """Of the bundles that flags name, by alias; None while there is no such bundle."""
        found = {alias: bundle.version for alias, bundle in self.bundles.items()}
        return {alias: found.get(alias) for alias in sorted(self.wanted)}

    def known(self) -> list[Knowledge]:
        """What was put together, and what it was made of."""
        done = [task.result() for task in self._made.values() if task.done()]
        return [*[knowledge for knowledge in done if knowledge is not None], *self.policies.values()]

    def _put_together(self, flags: Flags, current: Knowledge) -> Knowledge | None:
        """Kept, so that its decisions can be made again; None when it cannot be."""
        try:
            base = current if flags.policy == USUAL else self.policies[flags.policy]
            bundle = current.bundle if flags.bundle == USUAL else self.bundles[flags.bundle]
            fresh = base.with_(bundle=bundle, learned=current.learned, flags=flags)
            self._shelf.keep(fresh.versions.flags, {FLAGS: flags_bytes(flags)})
        except (
            OSError,
            KeyError,
        ) as error:  # a disk that does not take it, or documents that changed meanwhile
            log.error("flags not used", extra={"why": str(error)})  # noqa: TRY400  the reason is the message
            return None
        return fresh
