"""Flags that name what there is not: a service gives the usual instead and says so, `check` finds them beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.bundles import RegistryAwayError
from models.beside import MOST
from models.documents import Problem
from models.domain import USUAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.bundles import BundleSource
    from api.flag_file import FlagFile
    from models.policy import Policy


def in_vain(rules: FlagFile, policies: Mapping[str, Policy], source: str) -> Iterator[Problem]:
    """Policies that there are not, and a rate for a policy that does not say how to explore. `policies` by name, the usual one among them."""
    for name in rules.policies:
        if name not in policies:
            known = ", ".join(policies)
            yield _named(
                source,
                "policy",
                f"there is no policies/{name}.yaml (there are: {known}); write it, or correct",
            )
    explore = rules.flags.get("explore")
    if explore is None or explore.state != "ENABLED" or not any(explore.variants.values()):
        return
    for name in (USUAL, *rules.policies):
        if name in policies and policies[name].arbitration.explore is None:
            where = "policy.yaml" if name == USUAL else f"policies/{name}.yaml"
            yield _named(
                source,
                "explore",
                f"{where} does not say how to explore, so nobody will; add arbitration.explore there",
            )


def aliases_in_vain(rules: FlagFile, bundles: BundleSource | None, source: str) -> Iterator[Problem]:
    """Aliases of no bundle. Where none is configured nobody can tell, and that is printed."""
    if len(rules.aliases) > MOST:
        yield _named(
            source, "bundle", f"{len(rules.aliases)} bundles; at most {MOST} stand beside the usual one"
        )
    if bundles is None:
        if rules.aliases:
            told = ", ".join(rules.aliases)
            print(f"note: BEHOUD_BUNDLE is not set, so nobody looked for the bundles that flags name: {told}")
        return
    for alias in rules.aliases:
        try:
            bundles.beside(alias).token()
        except (RegistryAwayError, OSError) as error:
            yield _named(source, "bundle", f"there is no bundle '{alias}' ({error}); publish it, or correct")


def _named(source: str, flag: str, message: str) -> Problem:
    return Problem(source, 0, f"flags.{flag}.variants", message)
