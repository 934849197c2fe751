"""Files that many models of a run have in common, such as the weights that they all started from, kept once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from automl.errors import ArtifactError

SHELF = "shared"
"""The folder of a run, and of a saved model, that holds them."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,119}")


class Shelf:
    """A folder of files whose names say their content, by a checksum for instance, so that equal names are equal files.

    `used` are the names that were put on it or taken from it by way of this object.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: tuple[str, ...] = ()

    def put(self, name: str, write: Callable[[Path], None]) -> None:
        """Have a file of this name; `write` is called with the path to write to where there is none yet.

        Several processes may do so at once. Raise `ValueError` for a name that is not lower-case letters, digits, dots,
        dashes and underscores.
        """
        path = self._path(name)
        if path is None:
            raise ValueError(f"the shared file '{name}' needs a name of lower-case letters, digits, dots and dashes")
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{name}.{os.getpid()}.partial")
            try:
                write(partial)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
        self._note(name)

    def get(self, name: str) -> Path:
        """Return the path of a file; raise `ArtifactError` where there is none of this name."""
        path = self._path(name)
        if path is None or path.is_symlink() or not path.is_file():
            raise ArtifactError(f"{self.folder}: the shared file '{name[:130]}' is missing; save the model again")
        self._note(name)
        return path

    def _path(self, name: str) -> Path | None:
        return self.folder / name if _NAME.fullmatch(name) else None

    def _note(self, name: str) -> None:
        if name not in self.used:
            self.used = (*self.used, name)
