"""A fitted model as a folder: `manifest.json`, the encoders, the members' models and what these share, and nothing that
runs code.

The folder is written under another name and renamed when it is whole; every file's SHA-256 stands in the manifest, and
loading refuses what does not match.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from automl import storage
from automl.artifact_files import MANIFEST, checksum, files_in, listed_file, relative, verify_files
from automl.data.schema import Role, Schema
from automl.errors import ArtifactError, AutoMLError, PluginError
from automl.features.encoder import Encoder
from automl.fitted import FittedModel, Member, Output
from automl.manifest import find_artifact, read_manifest, versions, write_manifest
from automl.plugin.family import ModelFamily
from automl.plugin.model import Model
from automl.plugin.registry import Registry
from automl.search.log_target import load_model
from automl.search.records import TrialRecord
from automl.shelf import SHELF, Shelf
from automl.task import Task

OUTPUT = "output.npz"


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
    members = []
    for item in selected:
        models = []
        for model in item.record.models:
            target = f"members/{PurePosixPath(model.folder).relative_to('trials')}"
            shutil.copytree(run / model.folder, partial / target, copy_function=_link)
            if not (partial / model.encoder).exists():
                (partial / model.encoder).parent.mkdir(exist_ok=True)
                _link(run / model.encoder, partial / model.encoder)
            for name in model.shared:
                if not (partial / SHELF / name).exists():
                    (partial / SHELF).mkdir(exist_ok=True)
                    _link(run / SHELF / name, partial / SHELF / name)
            models.append({"folder": target, "encoder": model.encoder})
        members.append(_member_entry(item, models, registry))
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


def load_artifact(path: Path, registry: Registry) -> FittedModel:
    """Load a fitted model; run no code from its files. Raise `ArtifactError` or `PluginError` with the remedy."""
    folder = find_artifact(path)
    manifest = read_manifest(folder)
    verify_files(folder, manifest.get("files"))
    try:
        schema, task = _described(manifest)
        members = tuple(_load_member(folder, manifest, entry, registry) for entry in manifest["members"])
        _check_members(members)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ArtifactError(f"{folder / MANIFEST}: the manifest is damaged ({error}); use an intact copy") from error
    names = sorted({encoder for member in members for _, encoder in member.models})
    encoders = {name: storage.load(listed_file(folder, manifest, name), Encoder) for name in names}
    output = storage.load(listed_file(folder, manifest, OUTPUT), Output)
    fitted = FittedModel(schema, task, members, encoders, output, manifest)
    _try_out(fitted, folder)
    return fitted


def _described(manifest: Mapping[str, Any]) -> tuple[Schema, Task]:
    """Return the schema and the task that the manifest describes."""
    schema, task = storage.unpack(manifest["schema"], {}), storage.unpack(manifest["task"], {})
    if not isinstance(schema, Schema) or not isinstance(task, Task):
        raise TypeError("schema or task is of another kind")
    names = [column.name for column in schema.columns]
    if len(set(names)) < len(names):
        raise ValueError("two columns have the same name")
    if task.is_classification and not len(set(task.labels)) == len(task.labels) >= 2:
        raise ValueError("the labels must be two or more, and differ")
    return schema, task


def _load_member(folder: Path, manifest: Mapping[str, Any], entry: Mapping[str, Any], registry: Registry) -> Member:
    family = _family(entry, registry)
    models = []
    for model in entry["models"]:
        place = folder / relative(model["folder"])
        listed_file(folder, manifest, model["encoder"])
        models.append((_load_model(family, place, Shelf(folder / SHELF)), str(model["encoder"])))
    return Member(
        number=int(entry["number"]),
        family=str(entry["family"]),
        params=dict(entry["params"]),
        weight=float(entry["weight"]),
        cv_score=float(entry["cv_score"]),
        inputs=frozenset(Role(role) for role in entry["inputs"]),
        models=tuple(models),
    )


def _load_model(family: ModelFamily, folder: Path, shelf: Shelf) -> Model:
    try:
        return load_model(family, folder, shelf)
    except AutoMLError:
        raise
    except Exception as error:  # a plugin's reader may fail in any way on a forged file
        raise ArtifactError(f"{folder}: the model cannot be read ({error!r:.300}); use an intact copy") from error


def _check_members(members: Sequence[Member]) -> None:
    if not members or not all(member.models for member in members):
        raise ValueError("the model has no members, or one of them no models")
    if len({member.number for member in members}) < len(members):
        raise ValueError("two members have the same number")
    if not all(0 <= member.weight <= 1 and math.isfinite(member.cv_score) for member in members):
        raise ValueError("the weights must lie in [0, 1] and the scores be finite")


def _try_out(fitted: FittedModel, folder: Path) -> None:
    """Predict a row of missing cells: parts that do not fit together are told here, and not at the first request."""
    import pandas as pd

    row = pd.DataFrame({column.name: pd.Series([None], dtype=object) for column in fitted.schema.used})
    try:
        prediction = fitted.predict_proba(row)
        fitted.decide(prediction)
    except Exception as error:  # the parts of a forged model may disagree in any way
        raise ArtifactError(f"{folder}: its parts do not fit together ({error!r:.300}); use an intact copy") from error
    if prediction.shape != (1, fitted.task.n_outputs) or not all(map(math.isfinite, prediction.ravel().tolist())):
        raise ArtifactError(f"{folder}: it predicts no {fitted.task.n_outputs} finite numbers; use an intact copy")


def _family(entry: Mapping[str, Any], registry: Registry) -> ModelFamily:
    name = str(entry["family"])
    family = registry.families.get(name)
    if family is None:
        plugin = entry.get("plugin") or {}
        raise PluginError(
            f"the model needs the family '{name}', which is not available: install "
            f"{plugin.get('distribution', 'its plugin')} {plugin.get('version', '')}".rstrip()
        )
    return family


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
