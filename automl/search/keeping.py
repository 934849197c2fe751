"""Models and encoders of a run on disk, for the ensemble and for whoever comes back to the run."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from automl.data.folds import ALL_ROWS
from automl.features.encoder import Encoder
from automl.features.encoding import Encoding
from automl.plugin.crossfit import FoldModel
from automl.search.journal import trial_folder
from automl.search.records import SavedModel, Trial
from automl.shelf import SHELF, Shelf
from automl.storage import save


def keep_model(run: Path, trial: Trial, item: FoldModel, encoder: Encoder) -> SavedModel:
    """Write a model of a trial into the run folder, and its encoder where no other model has done so."""
    name = f"{trial_folder(trial.number)}/{_fold(item.fold)}"
    folder = run / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shelf = Shelf(run / SHELF)
    item.model.save_beside(folder, shelf)
    file = encoder_file(encoder, item.encoding, item.fold)
    _keep_encoder(encoder, run / file)
    return SavedModel(name, file, item.fold, shelf.used)


def encoder_file(encoder: Encoder, encoding: Encoding, fold: int) -> str:
    """Name an encoder's file, relative to the run folder; the same wish on the same fold shares one file.

    The features' names are part of the key, since families of other roles see other columns, and where the time for
    rankings is spent in one process and not in another, one keeps every column and the other does not.
    """
    wish = repr((encoding, sorted(encoder.inputs.items()), encoder.names))
    key = hashlib.sha256(wish.encode()).hexdigest()[:12]
    return f"encoders/{key}-{_fold(fold)}.npz"


def _fold(index: int) -> str:
    return "all" if index == ALL_ROWS else str(index)


def _keep_encoder(encoder: Encoder, path: Path) -> None:
    if path.exists():
        return
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f"{path.stem}.{os.getpid()}.partial.npz")
    save(encoder, partial)
    partial.replace(path)  # workers may write the same encoder at once; each rename is whole
