"""What is to be learned: the kind of task, its target and its labels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from automl.errors import OptionError
from automl.storage import storable

Label = str | int | float | bool


@storable("task_kind")
class TaskKind(StrEnum):
    """The three kinds of task."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"

    @classmethod
    def of(cls, name: str | None) -> TaskKind | None:
        """Return the kind that a user named, None where they named none; raise `OptionError` for an unknown one."""
        if name is None:
            return None
        try:
            return cls(name)
        except ValueError:
            raise OptionError(f"task '{name}' is unknown: choose binary, multiclass or regression") from None


CLASSIFICATION = frozenset({TaskKind.BINARY, TaskKind.MULTICLASS})
REGRESSION = frozenset({TaskKind.REGRESSION})
ALL_TASKS = CLASSIFICATION | REGRESSION


@storable("task")
@dataclass(frozen=True)
class Task:
    """A target column, what kind of prediction it asks for, and the name of the metric that judges it.

    Inside the engine a target is an array `y` of shape (n_rows,): int64 positions in `labels` for
    classification, float64 values for regression. Predictions are float64 arrays of shape
    (n_rows, n_outputs): one probability for each label (two columns for a binary task), or one value.
    """

    kind: TaskKind
    target: str
    labels: tuple[Label, ...] = ()
    metric: str = ""
    reason: str = ""

    @property
    def is_classification(self) -> bool:
        """Whether predictions are probabilities of labels."""
        return self.kind is not TaskKind.REGRESSION

    @property
    def n_outputs(self) -> int:
        """Columns of a prediction: the number of labels, or 1 for regression."""
        return len(self.labels) if self.is_classification else 1
