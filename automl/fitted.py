"""A fitted ensemble in memory: rows in, predictions out, nothing changed by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.calibration import Calibration
from automl.copies import Copies
from automl.data.apply import to_table
from automl.data.fingerprint import row_hashes
from automl.data.schema import Role, Schema
from automl.data.table import Table
from automl.decision import Decision
from automl.errors import AutoMLError, PluginError
from automl.features.encoder import Encoder
from automl.features.encoding import Features
from automl.features.roles import restrict
from automl.plugin.model import Model, Params
from automl.storage import storable
from automl.task import Task

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


@storable("output")
@dataclass(frozen=True)
class Output:
    """What happens to blended predictions: calibration, then what copies said (each None: nothing); then the decision
    for a label."""

    calibration: Calibration | None
    decision: Decision
    copies: Copies | None = None

    def apply(self, blended: Array, table: Table) -> Array:
        """Return the final prediction (n_rows, n_outputs) float64 of a table's rows."""
        if self.calibration is not None:
            blended = self.calibration.apply(blended)
        return blended if self.copies is None else self.copies.apply(row_hashes(table), blended)


@dataclass(frozen=True)
class Member:
    """One trial's share in the ensemble: its models, each with the key of its encoder; they are averaged."""

    number: int
    family: str
    params: Params
    weight: float
    cv_score: float
    inputs: frozenset[Role]
    models: tuple[tuple[Model, str], ...]


@dataclass(frozen=True)
class FittedModel:
    """Predicts from a data frame that has the schema's columns, in any order."""

    schema: Schema
    task: Task
    members: tuple[Member, ...]
    encoders: Mapping[str, Encoder]
    output: Output
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> NDArray[Any]:
        """The labels in the order of the probability columns, (n_labels,), in the target's own type."""
        labels = self.task.labels
        if all(isinstance(label, str) for label in labels):
            return np.array(labels, dtype=object)
        return np.array(labels)

    def predict_proba(self, frame: pd.DataFrame, folder: Path | None = None) -> Array:
        """Return calibrated probabilities (n_rows, n_labels) float64; values (n_rows, 1) for regression.

        Image paths start from `folder` and must stay inside it; None is the current folder, without that rule.
        """
        return self.predict_table(to_table(frame, self.schema, folder=folder))

    def predict(self, frame: pd.DataFrame, folder: Path | None = None) -> NDArray[Any]:
        """Return labels in the target's own type, or float64 values, (n_rows,)."""
        return self.decide(self.predict_proba(frame, folder))

    def decide(self, prediction: Array) -> NDArray[Any]:
        """Turn probabilities (n_rows, n_labels) into labels (n_rows,); values are passed through."""
        if not self.task.is_classification:
            return prediction[:, 0]
        chosen: NDArray[Any] = self.labels[self.output.decision.labels(prediction)]
        return chosen

    def predict_frame(self, frame: pd.DataFrame, folder: Path | None = None) -> pd.DataFrame:
        """Return a column `prediction` and, for classification, `proba_<label>` for every label, in row order."""
        import pandas as pd

        prediction = self.predict_proba(frame, folder)
        columns: dict[str, Any] = {"prediction": self.decide(prediction)}
        if self.task.is_classification:
            columns |= {f"proba_{label}": prediction[:, i] for i, label in enumerate(self.task.labels)}
        return pd.DataFrame(columns)

    def predict_table(self, table: Table) -> Array:
        """Blend the members' predictions, (n_rows, n_outputs) float64."""
        return self.blend(self.predict_members(table), table)

    def blend(self, by_member: Mapping[int, Array], table: Table) -> Array:
        """Combine the members' predictions of a table, each (n_rows, n_outputs), into the final one."""
        total: Array = np.asarray(sum(member.weight * by_member[member.number] for member in self.members))
        return self.output.apply(total, table)

    def predict_members(self, table: Table) -> dict[int, Array]:
        """Return each member's own prediction by trial number, (n_rows, n_outputs) float64."""
        views = _Views(table, self.schema, self.encoders)
        return {member.number: predict_member(member, views) for member in self.members}


class _Views:
    """One table as the members' encoders see it; models that share an encoder share its work."""

    def __init__(self, table: Table, schema: Schema, encoders: Mapping[str, Encoder]) -> None:
        self._table, self._schema, self._encoders = table, schema, encoders
        self._tables: dict[frozenset[Role], Table] = {}
        self._features: dict[str, Features] = {}

    def features(self, key: str, inputs: frozenset[Role]) -> Features:
        if key not in self._features:
            if inputs not in self._tables:
                self._tables[inputs] = restrict(self._table, inputs, self._schema)
            self._features[key] = self._encoders[key].transform(self._tables[inputs])
        return self._features[key]


def predict_member(member: Member, views: _Views) -> Array:
    """Average the member's models, (n_rows, n_outputs) float64; raise `PluginError` where one of them fails."""
    try:
        predictions = [model.predict(views.features(key, member.inputs)) for model, key in member.models]
    except AutoMLError:
        raise
    except Exception as error:  # plugins' models are other people's code
        raise PluginError(
            f"a model of the family '{member.family}' cannot predict these rows ({error!r:.300}): use an intact copy "
            "of the model, or report it to the family's author"
        ) from error
    return np.asarray(sum(predictions)) / len(predictions)
