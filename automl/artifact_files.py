"""The files of a model folder: their names, their checksums, and the refusal of what is not as the manifest says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from automl.errors import ArtifactError

MANIFEST, OUTPUT = "manifest.json", "output.npz"
MOST_MANIFEST_BYTES = 256 * 2**20
MOST_BYTES = 16 * 2**30  # of all files together, which takes ten seconds to check
_REMEDY = "use an intact copy of the model"


def read_json(path: Path) -> Any:
    """Read a manifest; raise `ArtifactError` where it is missing, too large, or no JSON."""
    try:
        if not path.is_file() or path.is_symlink():
            raise ArtifactError(f"{path}: the manifest must be a plain file; {_REMEDY}")
        if path.stat().st_size > MOST_MANIFEST_BYTES:
            raise ArtifactError(f"{path}: larger than {MOST_MANIFEST_BYTES} bytes; {_REMEDY}")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, ArtifactError):
            raise
        raise ArtifactError(f"{path}: the manifest cannot be read ({error}); {_REMEDY}") from error


def verify_files(folder: Path, listed: object) -> None:
    """Raise `ArtifactError` unless the folder holds the files listed, each with its SHA-256, and no other."""
    if not isinstance(listed, dict) or not all(isinstance(digest, str) for digest in listed.values()):
        raise ArtifactError(f"{folder / MANIFEST}: it lists no files with their SHA-256; {_REMEDY}")
    for name in listed:
        relative(name)
    try:
        # The folder is looked through before any name is followed, so that no link leads out of it.
        found = set(files_in(folder)) - {MANIFEST}
        if extra := found - set(listed):
            raise ArtifactError(f"{folder}: files that the manifest does not list: {', '.join(sorted(extra)[:5])}")
        if missing := set(listed) - found:
            raise ArtifactError(f"{folder / min(missing)}: listed in the manifest but not there; {_REMEDY}")
        size = 0
        for name, expected in listed.items():
            path = folder / name
            if path.is_symlink() or not path.is_file():
                raise ArtifactError(f"{path}: listed in the manifest but not a plain file; {_REMEDY}")
            size += path.stat().st_size
            if size > MOST_BYTES:
                raise ArtifactError(f"{folder}: its files have more than {MOST_BYTES} bytes; {_REMEDY}")
            if checksum(path) != expected:
                raise ArtifactError(f"{path}: its SHA-256 differs from the manifest's; {_REMEDY}")
    except OSError as error:
        raise ArtifactError(f"{folder}: its files cannot be read ({error}); {_REMEDY}") from error


def listed_file(folder: Path, manifest: Mapping[str, Any], name: object) -> Path:
    """Return the path of a file that the manifest lists."""
    if name not in manifest["files"]:
        raise ArtifactError(f"{folder}: the manifest does not list '{name}'; {_REMEDY}")
    return folder / relative(name)


def relative(name: object) -> PurePosixPath:
    """Check that a name from the manifest stays inside the folder."""
    path = PurePosixPath(str(name))
    if path.is_absolute() or ".." in path.parts or any(mark in str(name) for mark in "\\:\0"):
        raise ArtifactError(f"the manifest names '{name}', which is outside the model folder; do not use this model")
    return path


def files_in(folder: Path) -> Iterable[str]:
    """Yield the names of all files below a folder; links are not followed."""
    for root, folders, names in os.walk(folder):
        linked = [name for name in folders if (Path(root) / name).is_symlink()]
        # A linked folder is not walked into; named as a file, it is one that is no plain file.
        for name in [*names, *linked]:
            yield (Path(root) / name).relative_to(folder).as_posix()


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse(constant: str) -> None:
    raise ValueError(f"the number {constant}")
