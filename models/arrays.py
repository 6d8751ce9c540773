"""Arrays in an npz, read without trust: no pickle, no compression, no shape that was not announced, no number that is not finite."""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from models.manifest import ArrayEntry, BundleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

MAGIC = b"\x93NUMPY\x01\x00"
HEADER = re.compile(
    rb"\{'descr': '(?P<descr>[<>|=][a-zA-Z][0-9]{0,4})', 'fortran_order': (?P<order>True|False), "
    rb"'shape': \((?P<shape>(?:[0-9]{1,10}(?:, |,)?){0,64})\), \} *\n"
)
DESCRIPTION = {"float64": "<f8", "bool": "|b1"}
"""How the npy format calls a type: little-endian on every machine."""
MEMBER = b"PK\x01\x02"
"""What each line of an archive's directory begins with."""
UNREADABLE = (
    *(zipfile.BadZipFile, struct.error, EOFError, NotImplementedError, RuntimeError, OSError),
    *(ValueError, ArithmeticError),
)
"""What a broken archive raises while it is read."""
CHANCE = 100
"""How often these four bytes may stand among the numbers."""


def write_npz(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[bytes, dict[str, ArrayEntry]]:
    """The bytes and what is in them; the same arrays give the same bytes. Numbers that are not finite are a ValueError."""
    buffer = io.BytesIO()
    plain = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    for name, array in plain.items():
        if not np.isfinite(array).all():
            raise ValueError(f"array '{name}' has numbers that are not finite")
    np.savez(buffer, allow_pickle=False, **plain)
    entries = {
        name: ArrayEntry.model_validate({"shape": array.shape, "dtype": array.dtype.name})
        for name, array in plain.items()
    }
    return buffer.getvalue(), entries


def read_npz(file: str, data: bytes, entries: Mapping[str, ArrayEntry]) -> dict[str, npt.NDArray[Any]]:
    """The announced arrays, read-only.

    The directory of the archive is judged before anything is unpacked: members must be stored as they are, so the
    archive cannot inflate to more than its own size.

    Raises:
        BundleError: anything that differs from what the manifest announced.
    """
    if data.count(MEMBER) > len(entries) + CHANCE:
        raise BundleError(file, f"its directory is longer than the {len(entries)} arrays of the manifest")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _judge_directory(file, members, len(data), entries)
            raw = {member.filename: archive.read(member) for member in members}
    except BundleError:
        raise
    except UNREADABLE as error:
        raise BundleError(file, f"not a readable npz: {error}") from None
    return {name: _array(file, name, raw[f"{name}.npy"], entry) for name, entry in entries.items()}


def _judge_directory(
    file: str, members: list[zipfile.ZipInfo], size: int, entries: Mapping[str, ArrayEntry]
) -> None:
    names = sorted(member.filename for member in members)
    if names != sorted(f"{name}.npy" for name in entries):
        raise BundleError(file, f"holds {names}, not the arrays of the manifest")
    inflated = sum(member.file_size for member in members)
    if inflated > size or any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise BundleError(file, f"{size} bytes would inflate to {inflated}; arrays are stored as they are")


def _array(file: str, name: str, raw: bytes, entry: ArrayEntry) -> npt.NDArray[Any]:
    start, found = _header(file, name, raw)
    expected = (entry.shape, False, DESCRIPTION[entry.dtype])
    if found != expected:
        raise BundleError(file, f"array '{name}' is {found}, the manifest says {expected}")
    dtype = np.dtype(expected[2])
    if len(raw) - start != math.prod(entry.shape) * dtype.itemsize:
        raise BundleError(file, f"array '{name}' has {len(raw) - start} bytes for shape {entry.shape}")
    if entry.dtype == "bool" and raw[start:].strip(b"\0\1"):
        raise BundleError(file, f"array '{name}' has other bytes than 0 and 1")
    try:
        array = np.frombuffer(raw, dtype, offset=start).reshape(entry.shape)
    except ValueError as error:  # nothing, in more dimensions than there is room for
        raise BundleError(file, f"array '{name}': {error}") from None
    if not np.isfinite(array).all():
        raise BundleError(file, f"array '{name}' has numbers that are not finite")
    return array


def _header(file: str, name: str, raw: bytes) -> tuple[int, tuple[tuple[int, ...], bool, str]]:
    """Where the numbers begin, and shape, order and type. Only what `write_npz` writes is understood: no text is evaluated."""
    start = len(MAGIC) + 2 + int.from_bytes(raw[len(MAGIC) : len(MAGIC) + 2], "little")
    said = HEADER.fullmatch(raw[len(MAGIC) + 2 : start])
    if not raw.startswith(MAGIC) or said is None:
        raise BundleError(file, f"array '{name}' does not begin as an array in version 1.0 of the npy format")
    shape = tuple(int(size) for size in said["shape"].replace(b",", b" ").split())
    return start, (shape, said["order"] == b"True", said["descr"].decode("ascii"))
