"""What encoding costs: seconds a fold on tables of the suite, and the memory of a million rows by 20 columns.

    python -m benchmarks.encoding_cost --suite PATH/suite.json

Seconds are those of one thread for one training and one score part of eight folds. Memory is the peak that encoding the
training part adds, as `tracemalloc` sees it, divided by the bytes of the table's own arrays.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from pathlib import Path

import numpy as np

from automl.data.dataset import Dataset
from automl.data.folds import Fold
from automl.data.prepare import DataOptions, prepare
from automl.data.read import read_table
from automl.data.schema import Column, Role, Schema
from automl.data.table import Table
from automl.features.cache import EncoderCache, n_bytes
from automl.features.encoding import Encoding
from automl.plugin.recipes import RECIPES
from automl.task import Task, TaskKind
from benchmarks.splits import load_suite

TABLES = ("diamonds", "adult")
ENCODINGS = {
    **{f"codes, {name}": Encoding(**recipe) for name, recipe in RECIPES.items()},
    "codes, half kept": Encoding(keep=0.5),
    "screened": Encoding(screen=True),
    "onehot, standard": Encoding("standard", "impute", "onehot"),
    "onehot, quantile, all": Encoding("quantile", "impute", "onehot", **RECIPES["all"]),
    "onehot, log, bins": Encoding("log", "impute", "onehot", **RECIPES["bins"]),
    "ordered": Encoding(missing="impute", categorical="ordered"),
    "robust": Encoding("robust", "impute"),
}


def fold_of(n_rows: int) -> Fold:
    """The first of eight folds."""
    rows = np.arange(n_rows)
    return Fold(0, rows[rows % 8 != 0], rows[rows % 8 == 0])


def seconds(dataset: Dataset, encoding: Encoding) -> float:
    """Seconds to encode one fold, by a cache that knows nothing yet."""
    started = time.perf_counter()
    EncoderCache(max_bytes=2**33).encode_fold(dataset, fold_of(dataset.n_rows), encoding)
    return time.perf_counter() - started


def million(n_rows: int) -> Dataset:
    """Numbers, categories of few and of many levels, a date: 20 columns."""
    rng = np.random.default_rng(0)
    numeric = np.where(rng.random((n_rows, 12)) < 0.02, np.nan, rng.normal(size=(n_rows, 12)))
    levels = (3, 5, 10, 20, 50, 200, 1000)
    categorical = np.stack([rng.integers(0, n, n_rows) for n in levels], axis=1).astype(np.int32)
    dates = rng.uniform(1.5e9, 1.7e9, (n_rows, 1))
    names = {
        Role.NUMERIC: tuple(f"x{i}" for i in range(12)),
        Role.CATEGORICAL: tuple(f"c{i}" for i in range(7)),
        Role.DATETIME: ("d",),
    }
    columns = tuple(Column(name, role) for role, of_role in names.items() for name in of_role)
    y = (np.nan_to_num(numeric[:, 0]) + (categorical[:, 0] == 1) + rng.normal(size=n_rows) > 0).astype(np.int64)
    table = Table(n_rows, numeric, categorical, dates, {}, names, levels)
    return Dataset(table, y, Schema(columns), Task(TaskKind.BINARY, "y", ("a", "b"), "roc_auc"))


def memory(dataset: Dataset, encoding: Encoding) -> float:
    """Peak memory of encoding every row over the table's own."""
    tracemalloc.start()
    EncoderCache(max_bytes=2**33).encode_all(dataset, encoding)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / n_bytes(dataset.table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    entries = {entry.name: entry for entry in load_suite(arguments.suite)}
    large = million(arguments.rows)
    datasets = {
        name: prepare(read_table(entries[name].path), DataOptions(target=entries[name].target, test_size=0.0)).dataset
        for name in TABLES
    }
    print(f"| encoding | {' | '.join(f'{name}, s' for name in TABLES)} | {arguments.rows:,} rows, times the table |")
    print("| --- | --- | --- | --- |")
    for name, encoding in ENCODINGS.items():
        spent = " | ".join(f"{seconds(dataset, encoding):.2f}" for dataset in datasets.values())
        print(f"| {name} | {spent} | {memory(large, encoding):.1f} |", flush=True)


if __name__ == "__main__":
    main()
