"""Arrays in an npz, read without trust: no pickle, no compression, no shape that was not announced, no number that is not finite."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from models.manifest import ArrayEntry, BundleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


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
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _judge_directory(file, members, len(data), entries)
            raw = {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
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
    stream = io.BytesIO(raw)
    try:
        shape, fortran, dtype = _header(stream)
    except ValueError as error:
        raise BundleError(file, f"array '{name}': {error}") from None
    found, expected = (shape, fortran, dtype.name), (entry.shape, False, entry.dtype)
    if found != expected or not dtype.isnative:
        raise BundleError(file, f"array '{name}' is {found}, the manifest says {expected}")
    start = stream.tell()
    if len(raw) - start != int(np.prod(shape, dtype=np.float64)) * dtype.itemsize:
        raise BundleError(file, f"array '{name}' has {len(raw) - start} bytes for shape {shape}")
    array = np.frombuffer(raw, dtype, offset=start).reshape(shape)
    if not np.isfinite(array).all():
        raise BundleError(file, f"array '{name}' has numbers that are not finite")
    return array


def _header(stream: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("is not in version 1.0 of the npy format")
    return np.lib.format.read_array_header_1_0(stream)
