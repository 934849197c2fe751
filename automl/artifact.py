"""A fitted model read back from its folder, which `automl.saving` wrote: no file of it runs code.

Every file's SHA-256 stands in the manifest, and what does not match is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from automl import storage
from automl.artifact_files import MANIFEST, OUTPUT, listed_file, relative, verify_files
from automl.data.schema import Role, Schema
from automl.errors import ArtifactError, AutoMLError, PluginError
from automl.features.encoder import Encoder
from automl.fitted import FittedModel, Member, Output
from automl.manifest import find_artifact, read_manifest
from automl.plugin.family import ModelFamily
from automl.plugin.model import Model
from automl.plugin.registry import Registry
from automl.search.log_target import load_model
from automl.shelf import SHELF, Shelf
from automl.task import Task


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
