"""The run's memory: one JSON line a finished trial, flushed to disk, and its out-of-fold predictions beside it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.search.records import TrialRecord


class Journal:
    """Appends trial records to `journal.jsonl` in the run folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "journal.jsonl"

    def append(self, record: TrialRecord, predictions: NDArray[np.float32] | None) -> None:
        """Write predictions (n_rows, n_outputs), then the line, so that a line never names what is missing.

        Raises `OSError` where the disk is full.
        """
        if predictions is not None:
            folder = self._folder / trial_folder(record.number)
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / "predictions.npy").open("wb") as file:
                np.save(file, predictions, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record.to_json()) + "\n")
            lines.flush()
            os.fsync(lines.fileno())

    def drop_models(self, number: int) -> None:
        """Delete a trial's models, which nothing needs any more; its predictions stay."""
        for folder in (self._folder / trial_folder(number)).glob("*/"):
            shutil.rmtree(folder, ignore_errors=True)

    def has_models(self, record: TrialRecord) -> bool:
        """Whether a trial's models are still there, so that an ensemble may choose it."""
        return all((self._folder / model.folder).is_dir() for model in record.models)

    def records(self) -> list[TrialRecord]:
        """Read every whole line, in the order in which the trials ended."""
        return read_records(self._folder)

    def predictions(self, record: TrialRecord) -> NDArray[np.float32]:
        """Read a trial's out-of-fold predictions, (n_rows, n_outputs) float32, NaN where a row is never scored.

        Raises `OSError`, `ValueError` or `EOFError` where the file is missing or damaged.
        """
        path = self._folder / trial_folder(record.number) / "predictions.npy"
        array: NDArray[np.float32] = np.load(path, allow_pickle=False)
        return array


def trial_folder(number: int) -> str:
    """Name a trial's folder, relative to the run folder."""
    return f"trials/{number:05d}"


def read_records(folder: Path) -> list[TrialRecord]:
    """Read every whole line of a run folder's journal, empty where there is none; what a crash tore is left out."""
    path = folder / "journal.jsonl"
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            records.append(TrialRecord.from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            continue
    return records
