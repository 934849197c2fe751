"""Writing a fitted model as a folder: `manifest.json`, the encoders, the members' models and what these share.

Nothing in it runs code. The folder is written under another name and renamed when it is whole; every file's SHA-256
stands in the manifest, and `automl.artifact` refuses what does not match.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from automl import storage
from automl.artifact_files import OUTPUT, checksum, files_in
from automl.data.schema import Schema
from automl.errors import ArtifactError
from automl.fitted import FittedModel, Output
from automl.manifest import versions, write_manifest
from automl.plugin.registry import Registry
from automl.search.records import TrialRecord
from automl.shelf import SHELF, Shelf
from automl.task import Task


@dataclass(frozen=True)
class Selected:
    """A trial chosen for the ensemble, its weight, and its score in the metric's own unit."""

    record: TrialRecord
    weight: float
    cv_score: float


@dataclass(frozen=True)
class Facts:
    """What the manifest tells about the fit, beside the model itself; `None` scores are unknown.

    `quality` are the findings of the checks as JSON values.
    """

    metric: str
    greater_is_better: bool
    cv_score: float
    seed: int
    n_rows: int
    data_hash: str
    test: Mapping[str, Any] | None = None
    test_score: float | None = None
    quality: Sequence[Mapping[str, Any]] = ()


def save_artifact(
    folder: Path,
    run: Path,
    selected: Sequence[Selected],
    *,
    schema: Schema,
    task: Task,
    output: Output,
    facts: Facts,
    registry: Registry,
) -> None:
    """Gather the selected trials' files from the run folder into a new artifact at `folder`."""
    partial = _start(folder)
    members = [_member_entry(item, _gather(item.record, run, partial), registry) for item in selected]
    storage.save(output, partial / OUTPUT)
    manifest = versions() | {
        "task": storage.pack(task, {}),
        "schema": storage.pack(schema, {}),
        "metric": {"name": facts.metric, "greater_is_better": facts.greater_is_better},
        "cv_score": facts.cv_score,
        "test_score": facts.test_score,
        "seed": facts.seed,
        "data": {"rows": facts.n_rows, "hash": facts.data_hash},
        "test": facts.test,
        "quality": list(facts.quality),
        "members": members,
    }
    _complete(partial, folder, manifest)


def save_fitted(fitted: FittedModel, folder: Path) -> None:
    """Write a fitted model that is in memory, with its task as it is there, as a new artifact at `folder`."""
    if folder.exists() and any(folder.iterdir()):
        raise ArtifactError(f"the folder '{folder}' is not empty: name a new one for the model")
    partial = _start(folder)
    names = {key: f"encoders/{index}.npz" for index, key in enumerate(fitted.encoders)}
    for key, name in names.items():
        (partial / name).parent.mkdir(exist_ok=True)
        storage.save(fitted.encoders[key], partial / name)
    entries = []
    for member, entry in zip(fitted.members, fitted.manifest["members"], strict=True):
        models = []
        for index, (model, key) in enumerate(member.models):
            target = f"members/{member.number:05d}/{index}"
            (partial / target).mkdir(parents=True)
            model.save_beside(partial / target, Shelf(partial / SHELF))
            models.append({"folder": target, "encoder": names[key]})
        entries.append({**entry, "models": models})
    storage.save(fitted.output, partial / OUTPUT)
    _complete(
        partial,
        folder,
        dict(fitted.manifest) | versions() | {"members": entries, "task": storage.pack(fitted.task, {})},
    )


def _gather(record: TrialRecord, run: Path, partial: Path) -> list[dict[str, str]]:
    """Link the models of a trial, their encoders and what they share into the artifact; return their entries."""
    models = []
    for model in record.models:
        target = f"members/{PurePosixPath(model.folder).relative_to('trials')}"
        shutil.copytree(run / model.folder, partial / target, copy_function=_link)
        for name in (model.encoder, *(f"{SHELF}/{shared}" for shared in model.shared)):
            if not (partial / name).exists():
                (partial / name).parent.mkdir(exist_ok=True)
                _link(run / name, partial / name)
        models.append({"folder": target, "encoder": model.encoder})
    return models


def _link(source: Path | str, target: Path | str) -> Path | str:
    """Give a file of the run, which nothing changes any more, a second name; copy it where that cannot be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def _start(folder: Path) -> Path:
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def _complete(partial: Path, folder: Path, manifest: dict[str, Any]) -> None:
    """Add checksums, write the manifest, and give the folder its final name."""
    files = {name: checksum(partial / name) for name in sorted(files_in(partial))}
    write_manifest(partial, manifest | {"files": files})
    previous = folder.with_name(f"{folder.name}.previous")
    shutil.rmtree(previous, ignore_errors=True)
    if folder.exists():  # deleted file by file, it could be seen half gone under its own name
        folder.rename(previous)
    partial.rename(folder)
    shutil.rmtree(previous, ignore_errors=True)


def _member_entry(item: Selected, models: list[dict[str, str]], registry: Registry) -> dict[str, Any]:
    family = registry.families[item.record.family]
    plugin = next((p for p in registry.plugins if item.record.family in p.families), None)
    return {
        "number": item.record.number,
        "family": item.record.family,
        "plugin": None if plugin is None else {"distribution": plugin.distribution, "version": plugin.version},
        "params": dict(item.record.params),
        "weight": item.weight,
        "cv_score": item.cv_score,
        "inputs": sorted(family.inputs),
        "models": models,
    }
