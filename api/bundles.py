"""Where bundles come from: a folder, or an alias of a registered model. MLflow is spoken here and nowhere else in `api`.

MLflow only fetches files and reads aliases: nothing it could load as code or pickle is ever loaded. All of this waits on disks
and networks, so it runs in threads.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models.bundle import MANIFEST, BundleError
from models.documents import version_of
from models.manifest import MAX_MANIFEST, OPTIONAL, REQUIRED, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES = 500_000_000
"""Of a whole bundle, unless the settings say otherwise."""
NAMES = frozenset({MANIFEST, *REQUIRED, *(name for part in OPTIONAL for name in part)})
"""Everything a bundle may hold."""

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""A live service tells nobody what it runs, draws no progress bars, and starts without a registry that is away."""


class RegistryAwayError(Exception):
    """The registry does not answer, or does not know the alias."""


class BundleSource(Protocol):
    """`token` changes when there is another bundle; `files` fetches it; `beside` is where the one with another alias comes from."""

    def token(self) -> str: ...

    def files(self) -> dict[str, bytes]: ...

    def beside(self, alias: str) -> BundleSource: ...


class Folder:
    """A bundle as `training run` writes it; those beside it lie in folders called `folder@alias`."""

    def __init__(self, path: Path, most: int = MAX_BYTES) -> None:
        self._path, self._most = path, most

    def token(self) -> str:
        """What the manifest says, and the sizes and times of the files: what was spoiled in its place is looked at again."""
        told = [_read(self._path / MANIFEST, MAX_MANIFEST)]
        for path in sorted(self._path.iterdir()):
            found = path.lstat()
            told.append(f"\n{path.name} {found.st_size} {found.st_mtime_ns}".encode())
        return version_of(b"".join(told))

    def files(self) -> dict[str, bytes]:
        return read_folder(self._path, self._most)

    def beside(self, alias: str) -> Folder:
        return Folder(self._path.with_name(f"{self._path.name}@{alias}"), self._most)


class Registry:
    """The version of a registered model an alias points to."""

    def __init__(self, address: str, tracking_uri: str, most: int = MAX_BYTES) -> None:
        self._address, self._most = address, most
        self._name, _, self._alias = address.removeprefix("models:/").partition("@")
        self._uri = tracking_uri

    def token(self) -> str:
        """The number of the version.

        Raises:
            RegistryAwayError: no answer, or no such alias.
        """
        with self._speaking():
            return str(self._found().version)

    def files(self) -> dict[str, bytes]:
        """Download what the alias points to now.

        Raises:
            RegistryAwayError: no answer, or the artifacts are gone.
            BundleError: there is no manifest among the artifacts, or what is there is no bundle by its names and sizes.
        """
        with self._speaking(), tempfile.TemporaryDirectory(prefix="behoud-") as place:
            from mlflow.artifacts import (  # noqa: PLC0415  two seconds a folder need not wait
                download_artifacts,
                list_artifacts,
            )

            source = self._found().source
            self._judge(list_artifacts(artifact_uri=source, tracking_uri=self._uri))
            folder = download_artifacts(artifact_uri=source, dst_path=place, tracking_uri=self._uri)
            return read_folder(Path(folder), self._most)

    def _judge(self, listed: Sequence[Any]) -> None:
        """Names and sizes, before anything is fetched."""
        for item in listed:
            name = item.path.rpartition("/")[2]  # the path begins with the artifact's own name
            if item.is_dir or name not in NAMES:
                raise BundleError(name, "is no file of a bundle; remove it")
        total = sum(item.file_size or 0 for item in listed)
        if total > self._most:
            raise BundleError(self._address, f"{total} bytes; a bundle may have {self._most}")

    def beside(self, alias: str) -> Registry:
        return Registry(f"models:/{self._name}@{alias}", self._uri, self._most)

    def _found(self) -> Any:
        from mlflow import MlflowClient  # noqa: PLC0415  as above

        client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
        return client.get_model_version_by_alias(self._name, self._alias)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Whatever goes wrong on the way to MLflow is one kind of error with the address in it."""
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        from mlflow.exceptions import MlflowException  # noqa: PLC0415  as above
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  as above

        try:
            yield
        except (MlflowException, SQLAlchemyError, OSError) as error:
            first = str(error).partition("\n")[0]
            said = f"{self._address} at {self._uri}: {first}"
            raise RegistryAwayError(re.sub(r"//[^/@\s]*@", "//", said)) from error  # no password is told


def source_of(address: str, tracking_uri: str, most: int = MAX_BYTES) -> BundleSource | None:
    """The source an address means: `models:/name@alias`, a folder, or none when there is no address."""
    if not address:
        return None
    if address.startswith("models:/"):
        return Registry(address, tracking_uri, most)
    return Folder(Path(address), most)


def read_folder(folder: Path, most: int = MAX_BYTES) -> dict[str, bytes]:
    """The files of a bundle's folder: the manifest says which and how long they are, before a byte of them is read.

    Raises:
        BundleError: no manifest, one that does not hold, other files than it names, or more than `most` bytes.
    """
    if not (folder / MANIFEST).exists():
        raise BundleError(
            MANIFEST, f"there is none in '{folder}'; write one with 'python -m training run --out'"
        )
    data = _read(folder / MANIFEST, MAX_MANIFEST)
    entries = read_manifest(data).files
    announced = len(data) + sum(entry.size for entry in entries.values())
    if announced > most:
        raise BundleError(MANIFEST, f"announces {announced} bytes; a bundle may have {most}")
    for path in folder.iterdir():
        if path.name not in (MANIFEST, *entries):
            raise BundleError(path.name, "is not in the manifest; remove it")
    return {MANIFEST: data, **{name: _read(folder / name, entry.size) for name, entry in entries.items()}}


def _read(path: Path, most: int) -> bytes:
    """A file and nothing else, which leads nowhere and is no longer than announced. Raises OSError where there is none."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise BundleError(path.name, "is a link, and no file") from None
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise BundleError(path.name, "is no file")
        data = file.read(most + 1)
    if len(data) > most:
        raise BundleError(path.name, f"has more than {most} bytes")
    return data
