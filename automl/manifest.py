"""The manifest of a model folder: what it says of the format and the versions it was made with, written and read."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.artifact_files import MANIFEST, read_json
from automl.errors import ArtifactError
from automl.storage import write_whole
from automl.version import VERSION

FORMAT = 1  # every format from 1 on can be read; a newer engine adds fields with defaults, or a step that converts
MODEL = "model"
"""The folder of a run that holds its model."""
LIBRARIES = ("numpy", "pandas", "scikit-learn", "lightgbm", "optuna", "torch", "transformers", "timm")


def find_artifact(path: Path) -> Path:
    """Return the artifact folder that a path means: itself, or that of a run.

    Raise `ArtifactError` where neither is one.
    """
    for candidate in (path, path / MODEL):
        if (candidate / MANIFEST).is_file():
            return candidate
    if not path.exists():
        raise ArtifactError(f"no model at '{path}': the folder does not exist; give a run folder or a model folder")
    raise ArtifactError(f"no model at '{path}': it holds no {MANIFEST}; give a run folder or a model folder")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of an artifact folder; raise `ArtifactError` where it is damaged or of a newer format."""
    path = folder / MANIFEST
    manifest = read_json(path)
    if not isinstance(manifest, dict):
        raise ArtifactError(f"{path}: it holds no JSON object; use an intact copy of the model")
    version = manifest.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ArtifactError(f"{path}: format {str(version)[:40]!r} is no version number; use an intact copy")
    if version > FORMAT:
        raise ArtifactError(
            f"{path}: written in format {version} by automl-engine {manifest.get('engine')}, this one reads up to "
            f"{FORMAT}; upgrade automl-engine"
        )
    return dict(manifest)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest whole; raise `ValueError` for a number that is not finite."""
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=1, allow_nan=False))


def update_manifest(folder: Path, changes: Mapping[str, Any]) -> None:
    """Change top-level entries of a saved manifest, in one step."""
    write_manifest(folder, {**read_manifest(folder), **changes})


def versions() -> dict[str, Any]:
    """Return the entries that say when, in which format and by which versions a model is written."""
    return {
        "format": FORMAT,
        "engine": VERSION,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "libraries": _library_versions(),
    }


def _library_versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
