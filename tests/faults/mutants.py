"""Bundles that are broken, or meant to do harm, each by its number. Sealed ones agree with their own manifest: only what they say betrays them."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.manifest import MANIFEST, canonical
from tests.zips import zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Files = dict[str, bytes]
ARRAYS = ("winner.npz", "implicit.npz", "churn.npz")
TEXTS = ("winner.json", "implicit.json", "churn.json", "lockin.json")


@dataclass(frozen=True)
class Harm:
    """What unpickles it leaves `mark` behind."""

    mark: str

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.mark, "w")


@dataclass(frozen=True)
class Mutation:
    """One way to spoil good files. `folder` is where they lie, for what a dictionary of bytes cannot say."""

    files: Mapping[str, bytes]
    rng: np.random.Generator
    mark: Path

    def one_of(self, names: tuple[str, ...]) -> str:
        return str(self.rng.choice(list(names)))

    def sealed(self, changed: Mapping[str, bytes], **manifest: Any) -> Files:
        """With sizes, hashes and checksum as they now are."""
        files = {**self.files, **changed}
        told = json.loads(files[MANIFEST])
        for name, data in changed.items():
            entry = told["files"].setdefault(name, {"arrays": {}})
            entry |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        return {**files, MANIFEST: _checked({**told, **manifest})}

    def arrays(self, file: str) -> dict[str, Any]:
        with np.load(io.BytesIO(self.files[file])) as found:
            return dict(found)

    def told(self) -> Any:
        return json.loads(self.files[MANIFEST])

    # --- what a disk or a network does ------------------------------------------------------------------------------

    def flipped(self) -> Files:
        name = self.one_of(tuple(self.files))
        data = bytearray(self.files[name])
        data[self.rng.integers(len(data))] ^= 1 << int(self.rng.integers(8))
        return {**self.files, name: bytes(data)}

    def truncated(self) -> Files:
        name = self.one_of(tuple(self.files))
        return {**self.files, name: self.files[name][: self.rng.integers(len(self.files[name]))]}

    def lost(self) -> Files:
        gone = self.one_of(tuple(self.files))
        return {name: data for name, data in self.files.items() if name != gone}

    # --- what a broken job writes -------------------------------------------------------------------------------------

    def not_finite(self) -> Files:
        file = self.one_of(ARRAYS)
        arrays = self.arrays(file)
        name = self.one_of(
            tuple(name for name, array in arrays.items() if array.dtype == float and array.size)
        )
        arrays[name] = arrays[name].copy()
        arrays[name].flat[self.rng.integers(arrays[name].size)] = self.rng.choice([np.nan, np.inf, -np.inf])
        return self.sealed({file: _npz(arrays)})

    def nan_in_json(self) -> Files:
        file = self.one_of(("winner.json", "implicit.json"))
        told = json.loads(self.files[file])
        return self.sealed({file: json.dumps({**told, "scale": float("nan")}).encode()})

    def twice_in_json(self) -> Files:
        file = self.one_of(("winner.json", "implicit.json", "churn.json"))
        return self.sealed({file: b'{"products":[],' + self.files[file][1:]})

    def misshapen(self) -> Files:
        file = self.one_of(ARRAYS)
        arrays, told = self.arrays(file), self.told()
        name = self.one_of(tuple(name for name, array in arrays.items() if array.size))
        arrays[name] = np.concatenate([arrays[name], arrays[name]])
        if self.rng.random() < 0.5:  # and the manifest says so too
            told["files"][file]["arrays"][name]["shape"] = list(arrays[name].shape)
        return self.sealed({file: _npz(arrays)}, files=told["files"])

    def swapped_products(self) -> Files:
        told = self.told()
        one, other = self.rng.choice(told["products"], 2, replace=False)
        everywhere = self.rng.random() < 0.7
        files = ("winner.json", "implicit.json", "churn.json") if everywhere else ("winner.json",)
        products = json.loads(_exchanged(canonical(told["products"]), one, other))
        changed = {file: _exchanged(self.files[file], one, other) for file in files}
        return self.sealed(changed, **({"products": products} if everywhere else {}))

    def swapped_facts(self) -> Files:
        file = self.one_of(("winner.json", "implicit.json", "churn.json"))
        facts = sorted(self.told()["fact_kinds"])
        one, other = self.rng.choice(facts, 2, replace=False)
        return self.sealed({file: _exchanged(self.files[file], one, other)})

    def of_another_provider(self) -> Files:
        other = {name: data for name, data in self.files.items() if name != MANIFEST}
        told = self.files[MANIFEST]
        for product in self.told()["products"]:
            other = {
                name: data.replace(f'"{product}"'.encode(), f'"x-{product}"'.encode())
                for name, data in other.items()
            }
            told = told.replace(f'"{product}"'.encode(), f'"x-{product}"'.encode())
        return Mutation({**other, MANIFEST: told}, self.rng, self.mark).sealed(other)

    # --- what somebody does who means harm ------------------------------------------------------------------------------

    def bomb(self) -> Files:
        file = self.one_of(ARRAYS)
        arrays = {name: np.zeros(2_000_000) for name in self.arrays(file)}
        return self.sealed({file: _npz(arrays, zipfile.ZIP_DEFLATED)})

    def outside(self) -> Files:
        name = self.one_of(("../evil.npz", "/tmp/evil.npz", "winner.npz/../../evil.json"))
        told = self.told()
        told["files"][name] = {"arrays": {}, "sha256": "0" * 64, "size": 1}
        return {**self.files, MANIFEST: _checked(told)}

    def member_outside(self) -> Files:
        file = self.one_of(ARRAYS)
        return self.sealed({file: _npz({**self.arrays(file), "../../evil": np.zeros(3)})})

    def pickled_array(self) -> Files:
        file = self.one_of(ARRAYS)
        arrays = self.arrays(file)
        name = self.one_of(tuple(arrays))
        return self.sealed({file: _npz({**arrays, name: np.array([Harm(str(self.mark))], dtype=object)})})

    def pickled_file(self) -> Files:
        return self.sealed({self.one_of(ARRAYS): pickle.dumps(Harm(str(self.mark)))})

    def pickle_beside(self) -> Files:
        return {**self.files, "python_model.pkl": pickle.dumps(Harm(str(self.mark)))}

    def header_that_calls(self) -> Files:
        file = self.one_of(ARRAYS)
        call = f"open({str(self.mark)!r},'w')"
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({call},), }}\n".encode()
        raw = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 8
        return self.sealed({file: zipped({f"{name}.npy": raw for name in self.arrays(file)})})

    def deep(self) -> Files:
        return self.sealed({self.one_of(TEXTS): b"[" * 200_000})


def _checked(told: Mapping[str, Any]) -> bytes:
    content = {key: value for key, value in told.items() if key != "checksum"}
    return canonical({**content, "checksum": hashlib.sha256(canonical(content)).hexdigest()})


def _exchanged(data: bytes, one: str, other: str) -> bytes:
    """Two names in each other's place."""
    marked = data.replace(f'"{one}"'.encode(), b'"\0"').replace(f'"{other}"'.encode(), f'"{one}"'.encode())
    return canonical(json.loads(marked.replace(b'"\0"', f'"{other}"'.encode())))


def _npz(arrays: Mapping[str, Any], compression: int = zipfile.ZIP_STORED) -> bytes:
    members = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=True)
        members[f"{name}.npy"] = buffer.getvalue()
    return zipped(members, compression)


WAYS: tuple[Callable[[Mutation], Files], ...] = (
    *(Mutation.flipped, Mutation.truncated, Mutation.lost),
    *(Mutation.not_finite, Mutation.nan_in_json, Mutation.twice_in_json, Mutation.misshapen),
    *(Mutation.swapped_products, Mutation.swapped_facts, Mutation.of_another_provider),
    *(Mutation.bomb, Mutation.outside, Mutation.member_outside, Mutation.deep),
    *(Mutation.pickled_array, Mutation.pickled_file, Mutation.pickle_beside, Mutation.header_that_calls),
)


def mutant(number: int, files: Mapping[str, bytes], mark: Path) -> tuple[str, Files]:
    """The way it was spoiled, and its files. The same number gives the same."""
    way = WAYS[number % len(WAYS)]
    return way.__name__, way(Mutation(files, np.random.default_rng(number), mark))
