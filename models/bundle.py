"""What was learned offline, as files that verify themselves: a manifest, one JSON and one npz a model.

Nothing is used before it is checked: the manifest, the names, sizes and SHA-256 of the files, what an archive would inflate to,
shapes, types, finite numbers, and canary inputs whose answers must come out again. No pickle is ever loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from models.accepting import Acceptances
from models.arrays import read_npz, write_npz
from models.canaries import canaries_of, sing
from models.churn import ChurnModel
from models.documents import version_of
from models.lockin import LockIn
from models.manifest import MANIFEST, BundleError, FileEntry, Manifest, canonical, check_json, read_manifest
from models.pacing import Pacing
from models.propensity import PropensityModel
from models.saving import Saving
from models.waking import Waking

if TYPE_CHECKING:
    from datetime import date

    from models.domain import Noun
    from models.sections.facts import FactType

__all__ = ["MANIFEST", "Bundle", "BundleError", "Origin", "Parts", "open_bundle", "pack_bundle"]

Made = TypeVar("Made")


@dataclass(frozen=True)
class Bundle:
    """What the service learned from. `version` is the SHA-256 of the manifest, and with it of every byte; `until` the last day the tables told of."""

    version: str
    products: tuple[str, ...]
    fact_kinds: Mapping[str, FactType]
    dated: bool
    winner: PropensityModel
    implicit: PropensityModel
    churn: ChurnModel | None = None
    lockin: LockIn = field(default_factory=LockIn)
    metrics: Mapping[str, float] = field(default_factory=dict)
    verdicts: tuple[str, ...] = ()
    saving: Saving | None = None
    acceptance: Acceptances | None = None
    waking: Waking | None = None
    pacing: Pacing | None = None
    until: date | None = None

    @property
    def causes(self) -> tuple[ChurnModel, ...]:
        """The models of being lost for another cause than a wish to leave."""
        return () if self.churn is None else tuple(self.churn.causes.values())


@dataclass(frozen=True)
class Origin:
    """What a bundle was made of: the version of the tables, that of the code, the seed, and the last day the tables tell of."""

    data: str
    code: str
    seed: int
    until: date | None = None


@dataclass(frozen=True)
class Parts:
    """The parts of a bundle. `fact_kinds`: fact -> type, as training read them."""

    winner: PropensityModel
    implicit: PropensityModel
    churn: ChurnModel | None
    lockin: LockIn
    fact_kinds: Mapping[str, FactType]
    metrics: Mapping[str, float]
    verdicts: tuple[str, ...]
    saving: Saving | None = None
    acceptance: Acceptances | None = None
    waking: Waking | None = None
    pacing: Pacing | None = None


class _Part(NamedTuple):
    """How a part that is one JSON file is written and read."""

    write: Callable[[Any], Any]
    read: Callable[[bytes], Any]


def _plain(noun: Noun) -> Any:
    return noun.model_dump(mode="json")


_OPTIONAL: Final[Mapping[str, _Part]] = {
    "saving": _Part(Saving.to_json, lambda data: Saving.from_json(json.loads(data))),
    "acceptance": _Part(_plain, Acceptances.model_validate_json),
    "waking": _Part(_plain, Waking.model_validate_json),
    "pacing": _Part(_plain, Pacing.model_validate_json),
}


def pack_bundle(parts: Parts, origin: Origin) -> dict[str, bytes]:
    """Name -> bytes. The same parts give the same bytes. The result has been opened once, so it opens.

    Raises:
        BundleError: parts that do not belong together.
        ValueError: numbers that are not finite.
    """
    models = {"winner": parts.winner, "implicit": parts.implicit, "churn": parts.churn}
    files = {"lockin.json": canonical(parts.lockin.to_json())}
    for name, part in _OPTIONAL.items():
        if (learned := getattr(parts, name)) is not None:
            files[f"{name}.json"] = canonical(part.write(learned))
    entries = {}
    for name, model in models.items():
        if model is not None:
            meta, arrays = model.to_parts()
            files[f"{name}.json"] = canonical(meta)
            files[f"{name}.npz"], entries[f"{name}.npz"] = write_npz(arrays)
    manifest = Manifest(
        files={
            name: FileEntry(sha256=_sha256(data), size=len(data), arrays=entries.get(name, {}))
            for name, data in files.items()
        },
        products=parts.winner.products,
        fact_kinds=dict(parts.fact_kinds),
        dated=parts.winner.any_purchase is not None,
        data=origin.data,
        code=origin.code,
        seed=origin.seed,
        until=origin.until,
        metrics=dict(parts.metrics),
        verdicts=parts.verdicts,
        canaries=canaries_of(parts),
    )
    packed = {MANIFEST: manifest.to_bytes(), **files}
    open_bundle(packed)
    return packed


def open_bundle(files: Mapping[str, bytes]) -> Bundle:
    """Verify everything, then make the models.

    Raises:
        BundleError: naming the file and what is wrong with it.
    """
    if MANIFEST not in files:
        raise BundleError(MANIFEST, "missing; a bundle is a folder with a manifest")
    manifest = read_manifest(files[MANIFEST])
    _verify_files(files, manifest)
    winner = _model("winner", PropensityModel, files, manifest)
    implicit = _model("implicit", PropensityModel, files, manifest)
    churn = _model("churn", ChurnModel, files, manifest) if "churn.npz" in manifest.files else None
    lockin = _made("lockin.json", lambda: LockIn.from_json(json.loads(files["lockin.json"])))
    optional = {
        name: _made(f"{name}.json", partial(part.read, files[f"{name}.json"]))
        for name, part in _OPTIONAL.items()
        if f"{name}.json" in manifest.files
    }
    facts, metrics, verdicts = manifest.fact_kinds, manifest.metrics, manifest.verdicts
    parts = Parts(winner, implicit, churn, lockin, facts, metrics, verdicts, **optional)
    _verify_models(parts, manifest)
    return Bundle(
        version=version_of(files[MANIFEST]),
        products=manifest.products,
        dated=manifest.dated,
        until=manifest.until,
        **vars(parts),
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _verify_files(files: Mapping[str, bytes], manifest: Manifest) -> None:
    expected = {MANIFEST, *manifest.files}
    for name in sorted(expected ^ set(files)):
        raise BundleError(name, "missing" if name in expected else "is not in the manifest; remove it")
    for name, entry in manifest.files.items():
        if len(files[name]) != entry.size:
            raise BundleError(name, f"has {len(files[name])} bytes, the manifest says {entry.size}")
        if _sha256(files[name]) != entry.sha256:
            raise BundleError(name, "its SHA-256 is not the one in the manifest")
        if name.endswith(".json"):
            check_json(name, files[name])


def _model(name: str, kind: type[Made], files: Mapping[str, bytes], manifest: Manifest) -> Made:
    arrays = read_npz(f"{name}.npz", files[f"{name}.npz"], manifest.files[f"{name}.npz"].arrays)
    make: Callable[[Any, Any], Made] = kind.from_parts  # type: ignore[attr-defined]  # both kinds have it
    return _made(f"{name}.json", lambda: make(json.loads(files[f"{name}.json"]), arrays))


def _made(file: str, make: Callable[[], Made]) -> Made:
    """What `make` makes of a verified file; parts that do not fit are the file's fault."""
    try:
        return make()
    except BundleError:
        raise
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
        raise BundleError(file, f"{type(error).__name__}: {error}") from None


def _verify_models(parts: Parts, manifest: Manifest) -> None:
    for name, model in (("winner", parts.winner), ("implicit", parts.implicit), ("churn", parts.churn)):
        if model is not None and model.products != manifest.products:
            raise BundleError(f"{name}.json", "its products are not those of the manifest, in their order")
    for name, model in (("winner", parts.winner), ("implicit", parts.implicit)):
        if not (model.base > 0.0).all():
            raise BundleError(f"{name}.npz", "array 'base' must be above 0")
        if (model.any_purchase is not None) != manifest.dated:
            raise BundleError(
                f"{name}.json", f"the manifest says dated = {manifest.dated}, the model does not"
            )
    unknown = {row.product_id for row in parts.lockin.effects} - set(manifest.products)
    if unknown:
        raise BundleError("lockin.json", f"unknown product '{min(unknown)}'")
    for position, canary in enumerate(manifest.canaries):
        _made(MANIFEST, partial(sing, parts, canary, position))
