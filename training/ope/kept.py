"""The knowledge that decides a logged contact again: what is proposed, and else what decided then, from the service's shelf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from models.adoption import check_facts
from models.bundle import BundleError, open_bundle
from models.catalogue import load_catalogue
from models.documents import DocumentError, version_of
from models.domain import Flags
from models.in_force import load_lawful
from models.knowledge import build_knowledge, flags_bytes
from models.learned import Learned, load_learned
from training.errors import OptionError
from training.knowledge import shipped_words

if TYPE_CHECKING:
    from pathlib import Path

    from models.bundle import Bundle
    from models.catalogue import Catalogue
    from models.knowledge import Knowledge
    from models.policy import Policy
    from models.response import Versions

CATALOGUE, POLICY, LEARNED, FLAGS = "catalogue.yaml", "policy.yaml", "learned.json", "flags.json"
USUAL = Flags()


@dataclass(frozen=True)
class Proposed:
    """What is judged; None is as it was logged. A proposed bundle decides without corrections, as on its first day."""

    catalogue: Catalogue | None = None
    policy: Policy | None = None
    bundle: Bundle | None = None


class Kept:
    """What decided, by the hash of its bytes in the folder `shelf` of the service, put together with what is proposed."""

    def __init__(self, shelf: Path, proposed: Proposed) -> None:
        """Nothing is read before it is needed."""
        self._shelf = shelf
        self._proposed = proposed
        self._written: dict[tuple[str, str], Knowledge] = {}
        self._bundles: dict[str, Bundle] = {}
        self._catalogues: dict[str, Catalogue | None] = {}
        self._last: tuple[Versions, Knowledge] | None = None

    def of(self, versions: Versions) -> Knowledge:
        """The knowledge to decide again what was decided with these versions. Nobody is held out by it.

        Raises:
            OptionError: something that decided then is not on the shelf, and nothing is proposed in its place.
            DocumentError: catalogue and policy do not fit each other. BundleError: what the bundle learned is not what the policy declares.
        """
        if self._last is None or self._last[0] != versions:
            self._last = versions, self._made(versions)
        return self._last[1]

    def catalogue(self, version: str) -> Catalogue | None:
        """The catalogue of then; None where it is not kept."""
        if version not in self._catalogues:
            data = self._files(version).get(CATALOGUE, b"")
            known = version_of(data) == version
            self._catalogues[version] = load_catalogue(data, version) if known else None
        return self._catalogues[version]

    def _made(self, versions: Versions) -> Knowledge:
        base, flags = self._compiled(versions), self._flags(versions.flags)
        if self._proposed.bundle is not None:
            check_facts(self._proposed.bundle, base.policy)
            return base.with_(bundle=self._proposed.bundle, learned=Learned(), flags=flags)
        bundle = None if versions.bundle is None else self._bundle(versions.bundle)
        if bundle is not None:
            check_facts(bundle, base.policy)
        learned = Learned() if versions.learned is None else self._learned(versions.learned)
        return base.with_(bundle=bundle, learned=learned, flags=flags)

    def _compiled(self, versions: Versions) -> Knowledge:
        """Once for each pair of documents: that is what takes time."""
        catalogue, policy = self._proposed.catalogue, self._proposed.policy
        key = (
            versions.catalogue if catalogue is None else catalogue.version,
            versions.policy if policy is None else policy.version,
        )
        if key not in self._written:
            catalogue = catalogue or self.catalogue(versions.catalogue)
            if catalogue is None:
                raise self._lost("catalogue", versions.catalogue)
            policy = policy or self._policy(versions.policy)
            everybody = policy.experiments.model_copy(update={"holdout": None})
            unheld = policy.model_copy(update={"experiments": everybody})
            self._written[key] = build_knowledge(catalogue, unheld, wordbooks=shipped_words())
        return self._written[key]

    def _policy(self, version: str) -> Policy:
        files = self._files(version)
        try:
            policy = load_lawful(
                files.get(POLICY, b""), version, _named(files, "law."), _named(files, "languages.")
            )
        except DocumentError:
            policy = None
        if policy is None or policy.version != version:
            raise self._lost("policy", version)
        return policy

    def _bundle(self, version: str) -> Bundle:
        if version not in self._bundles:
            try:
                bundle = open_bundle(self._files(version))
            except BundleError:
                bundle = None
            if bundle is None or bundle.version != version:
                raise self._lost("bundle", version)
            self._bundles[version] = bundle
        return self._bundles[version]

    def _learned(self, version: str) -> Learned:
        data = self._files(version).get(LEARNED, b"")
        try:
            learned = load_learned(data)
        except ValidationError:
            learned = None
        if learned is None or version_of(data) != version:
            raise self._lost("bundle", version, "corrections")
        return learned

    def _flags(self, version: str) -> Flags:
        """As they were for this customer; those of whom no rule speaks need no shelf."""
        if version == version_of(flags_bytes(USUAL)):
            return USUAL
        data = self._files(version).get(FLAGS, b"")
        if version_of(data) != version:
            raise OptionError(
                f"--shelf: the flags {version} that decided then cannot be read from '{self._shelf}'; name the service's shelf"
            )
        return Flags.model_validate_json(data)

    def _files(self, version: str) -> dict[str, bytes]:
        """As the service lays them down; none where it did not."""
        place = self._shelf / version.replace(":", "-").replace("/", "-")
        return {path.name: path.read_bytes() for path in sorted(place.iterdir())} if place.is_dir() else {}

    def _lost(self, option: str, version: str, what: str | None = None) -> OptionError:
        return OptionError(
            f"--{option}: the {what or option} {version} that decided then cannot be read from '{self._shelf}'; "
            f"name the service's shelf with --shelf, or propose one with --{option}"
        )


def _named(files: dict[str, bytes], start: str) -> dict[str, bytes]:
    """The law packs, or the language files, kept with a policy."""
    return {
        name.removeprefix(start).removesuffix(".yaml"): data
        for name, data in files.items()
        if name.startswith(start)
    }
