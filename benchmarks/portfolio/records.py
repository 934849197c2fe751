"""What was measured: a JSON line for each configuration and table, with its predictions in a file beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl.errors import OptionError
from automl.plugin import Params
from benchmarks.results import append_line, read_lines

Key = tuple[str, int, float, str]
State = Literal["complete", "failed", "declined"]
TRUTH = "truth.npz"
_LEAST = 1e-15  # below which a probability makes no difference to any metric


@dataclass(frozen=True)
class Record:
    """One configuration on one table.

    `config` are the parameters for any table, of the name `key`, and `params` what they are on this one; `written` is
    their position among the entries that the family's code has for this table, None where they are not among them.
    `budget` is the time limit in seconds of the run that they were fitted as a part of. `rows` are those learned from.
    `error` is the metric over the out-of-fold predictions, lower is better, `test_error` that over the test part.
    `seconds` are those of one core for `fits` fits that could be divided among workers; `cost` is what the family
    estimated, `predict_seconds` a row's with all models. `predictions` names the file, relative to the results'
    folder of predictions; it is that of another record where two configurations are the same on this table.
    """

    table: str
    kind: str
    metric: str
    seed: int
    budget: float
    rows: int
    family: str
    key: str
    origin: str
    config: Params
    state: State
    params: Params = field(default_factory=dict)
    written: int | None = None
    error: float | None = None
    test_error: float | None = None
    seconds: float = 0.0
    fits: int = 1
    cost: float = 0.0
    predict_seconds: float = 0.0
    memory: int = 0
    reason: str = ""
    predictions: str = ""
    engine: str = ""
    started: str = ""
    machine: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def work(self) -> Key:
        """What makes a record the same piece of work as another."""
        return self.table, self.seed, self.budget, self.key


def append(record: Record, path: Path) -> None:
    """Add a line and see it onto the disk."""
    append_line(asdict(record), path)


def load(path: Path) -> list[Record]:
    """Read all whole lines; the last record of a piece of work replaces those before."""
    return list({record.work: record for record in read_lines(path, Record)}.values())


def predictions_folder(path: Path) -> Path:
    """Return the folder of predictions that belongs to a file of results."""
    return path.with_suffix(".predictions")


def table_folder(table: str, seed: int, budget: float) -> str:
    """Name the folder of a table's predictions."""
    return f"{table}-{seed}-{budget:g}"


def compact(prediction: NDArray[Any]) -> NDArray[Any]:
    """Return predictions (n_rows, n_outputs) as they are stored: one float32 a row for values and for two labels.

    Of more labels the logarithms, as float16: their precision is 0.05% of the loss, whatever the probability.
    """
    if prediction.shape[1] <= 2:
        return prediction[:, -1].astype(np.float32)
    return np.asarray(np.log(np.maximum(prediction, _LEAST)), dtype=np.float16)


def expand(stored: NDArray[Any], n_outputs: int) -> NDArray[np.float64]:
    """Turn what `compact` returned back into predictions (n_rows, n_outputs) that sum to one where there are labels."""
    whole = stored.astype(np.float64)
    if n_outputs == 1:
        return whole[:, None]
    if n_outputs == 2:
        return np.column_stack([1 - whole, whole])
    probabilities = np.exp(whole)
    return np.asarray(probabilities / probabilities.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Truth:
    """What a table's predictions are about: targets (n_scored,) of the scored rows and (n_test,) of the test part."""

    y: NDArray[Any]
    test_y: NDArray[Any]
    n_outputs: int

    def write(self, folder: Path) -> None:
        """Write it into a table's folder of predictions; raise `OptionError` where those are about other rows."""
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / TRUTH).exists():
            known = Truth.read(folder)
            if not (np.array_equal(self.y, known.y) and np.array_equal(self.test_y, known.test_y)):
                raise OptionError(f"{folder}: what was measured is about other rows than these: name new results")
            return
        np.savez_compressed(folder / TRUTH, y=self.y, test_y=self.test_y, n_outputs=np.array(self.n_outputs))

    @classmethod
    def read(cls, folder: Path) -> Truth:
        """Read what `write` wrote."""
        with np.load(folder / TRUTH, allow_pickle=False) as file:
            return cls(file["y"], file["test_y"], int(file["n_outputs"]))


def write_predictions(path: Path, oof: NDArray[Any], test: NDArray[Any]) -> None:
    """Write out-of-fold predictions of the scored rows and those of the test part, (n, n_outputs) each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.partial.npz")
    np.savez_compressed(partial, oof=compact(oof), test=compact(test))
    partial.replace(path)


def read_predictions(path: Path, n_outputs: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read what `write_predictions` wrote, (n_scored, n_outputs) and (n_test, n_outputs)."""
    with np.load(path, allow_pickle=False) as file:
        return expand(file["oof"], n_outputs), expand(file["test"], n_outputs)
