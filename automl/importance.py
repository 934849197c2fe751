"""What each feature of a fitted model is worth, where it came from, and whether it is used."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.data.sampling import sample_rows
from automl.data.schema import Role, Schema
from automl.data.table import Table
from automl.features.encoding import Features
from automl.features.lineage import Origin, origins
from automl.features.roles import restrict
from automl.fitted import FittedModel
from automl.plugin.model import Model

ROWS = 100
"""Rows of the table that features are shuffled among."""
MOST_FEATURES = 30
"""Features of a member that are measured where no time limit says how many: its first ones after a shuffle."""
_BATCH = 4000  # rows predicted at once
_SEED = 0


@dataclass(frozen=True)
class Effort:
    """How much measuring is worth: until `deadline` on `time.monotonic()`'s clock, and so many features of a member.

    None is no limit. Members are measured in the order of their weights.
    """

    deadline: float | None = None
    most: int | None = None

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.deadline is not None and time.monotonic() > self.deadline


@dataclass
class _Row:
    origin: Origin
    kept: float = 0.0
    weight: float = 0.0
    effect: float = 0.0
    measured: bool = False
    why: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def describe_features(fitted: FittedModel, effects: Mapping[str, float] | None = None) -> list[dict[str, Any]]:
    """List every feature that a member was offered, and every column that was dropped, the most important first.

    Each is a dictionary: `feature`, `columns` of the table behind it, `how` it was made of them, `importance` (its
    share of all measured effects, None where it was not measured), `kept` (the weighted share of the models offered it
    that use it), and the `reason` why it was dropped. `effects` are those that `measure_effects` returned.
    """
    effects = effects or {}
    rows: dict[str, _Row] = {}
    for member in fitted.members:
        for _, key in member.models:
            weight = member.weight / len(member.models)
            for origin in origins(fitted.encoders[key]):
                row = rows.setdefault(_shown(origin, fitted.schema), _Row(origin))
                row.weight += weight
                row.kept += 0.0 if origin.why else weight
                if origin.why:
                    row.why[origin.why] += weight
    total = sum(effects.values()) or 1.0
    found: list[dict[str, Any]] = [
        {
            "feature": name,
            "columns": list(row.origin.columns),
            "how": row.origin.how,
            "importance": effects[name] / total if name in effects else None if row.kept else 0.0,
            "kept": row.kept / row.weight if row.weight else 0.0,
            "reason": max(row.why, key=lambda why: row.why[why]) if row.why else "",
        }
        for name, row in rows.items()
    ]
    found.sort(key=lambda entry: (-(entry["importance"] or 0.0), -entry["kept"], entry["feature"]))
    dropped = fitted.schema.of(Role.DROPPED)
    return found + [
        {"feature": c.name, "columns": [c.name], "how": "dropped", "importance": 0.0, "kept": 0.0, "reason": c.reason}
        for c in dropped
    ]


def measure_effects(fitted: FittedModel, table: Table, effort: Effort) -> dict[str, float]:
    """Measure by how much predictions change as a feature is shuffled among some rows, by the feature's name.

    The mean absolute change of probabilities, or of values in standard deviations of the predictions, weighted over the
    members: it is the same measure for every family, and needs no targets (sensitivity of the predictions; compare
    Fisher, Rudin & Dominici 2019, JMLR 20(177), where the loss takes the predictions' place).
    """
    if table.n_rows > ROWS:
        table = table.take(sample_rows(table.n_rows, ROWS, _SEED))
    effects: dict[str, float] = defaultdict(float)
    if table.n_rows < 2:
        return effects
    for member in sorted(fitted.members, key=lambda member: -member.weight):
        if effort.over:
            break
        model, key = member.models[0]
        encoder = fitted.encoders[key]
        features = encoder.transform(restrict(table, member.inputs, fitted.schema))
        known = {origin.name: _shown(origin, fitted.schema) for origin in origins(encoder)}
        found = _effects_in(model, features, effort, fitted.task.is_classification)
        if effort.over and effects:  # a member measured in part would favour the part
            break
        for name, effect in found.items():
            effects[known.get(name, name)] += member.weight * effect
    return dict(effects)


def _effects_in(model: Model, features: Features, effort: Effort, classify: bool) -> dict[str, float]:
    """Effects of one model's features, by their own names; those that there was no time for are left out."""
    base = model.predict(features)
    scale = 1.0 if classify else float(base.std()) or 1.0
    rng = np.random.default_rng(_SEED)
    found: dict[str, float] = {}
    for name in features.raw:
        if effort.over:
            return found
        cells = {**features.raw, name: rng.permutation(features.raw[name])}
        changed = model.predict(Features(features.matrix, features.names, features.cardinalities, cells))
        found[name] = float(np.abs(changed - base).mean()) / scale
    order = rng.permutation(len(features.names))[: effort.most]
    together = max(1, _BATCH // features.n_rows) if not features.raw else 1
    for start in range(0, len(order), together):
        if effort.over:
            break
        columns = order[start : start + together]
        changes = _changes(model, features, columns, base, rng)
        found |= {features.names[i]: change / scale for i, change in zip(columns, changes, strict=True)}
    return found


def _changes(
    model: Model, features: Features, columns: NDArray[np.int64], base: NDArray[np.float64], rng: np.random.Generator
) -> list[float]:
    """Mean absolute change of the prediction as each of these columns is shuffled alone."""
    n_rows = features.n_rows
    stacked = np.tile(features.matrix, (len(columns), 1))
    for i, column in enumerate(columns):
        rows = slice(i * n_rows, (i + 1) * n_rows)
        stacked[rows, column] = rng.permutation(stacked[rows, column])
    predicted = model.predict(Features(stacked, features.names, features.cardinalities, features.raw))
    return [float(np.abs(part - base).mean()) for part in np.split(predicted, len(columns))]


def _shown(origin: Origin, schema: Schema) -> str:
    """Name a feature for people: a level by its text, not by its code."""
    if origin.how != "level" or len(origin.columns) != 1:
        return origin.name
    column, code = origin.columns[0], origin.name.rpartition("=")[2]
    levels = schema[column].levels
    if origin.name == f"{column}={code}" and code.isdecimal() and int(code) < len(levels):
        return f"{column}={levels[int(code)]}"
    return origin.name
