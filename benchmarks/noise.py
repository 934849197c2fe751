"""Random columns added to a table: what a fit makes of them, with selection and without.

    python -m benchmarks.noise --suite PATH/suite.json --budget 60

Each table is split once a seed (80/20) and fitted clean, with random columns added, and with these and
`--selection off`. `kept` is the share of the added columns that the model still reads: the weighted share over its
members. The last lines have labels and columns drawn at random, where no score may differ from chance.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.splits import Entry, load_suite, write_split
from benchmarks.systems.automl_cli import find_executable

TABLES = ("concrete", "credit_g", "abalone")
N_NOISE = 200
CASES = {"clean": (0, "auto"), "noise": (N_NOISE, "auto"), "noise, selection off": (N_NOISE, "off")}


def add_noise(paths: list[Path], n_columns: int) -> None:
    """Add columns of normal noise to files of rows of one table."""
    rng = np.random.default_rng(0)
    for path in paths:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        cells = rng.normal(size=(len(table), n_columns)).round(6)
        noise = pd.DataFrame(cells, columns=[f"noise_{i}" for i in range(n_columns)]).astype(str)
        pd.concat([table, noise], axis=1).to_csv(path, index=False)


def fit(train: Path, test: Path, target: str, folder: Path, options: list[str]) -> dict[str, Any]:
    """Fit by the command line and return what it reports."""
    command = [find_executable(), "fit", str(train), "--target", target, "--test", str(test), "-o", str(folder)]
    done = subprocess.run([*command, *options, "--json", "--quiet"], check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def kept_noise(folder: Path) -> float:
    """Share of the added columns that the members read, weighted."""
    command = [find_executable(), "features", str(folder), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    kept: dict[str, float] = defaultdict(float)
    for row in json.loads(done.stdout):
        for column in row["columns"]:
            if column.startswith("noise_"):
                kept[column] = max(kept[column], row["kept"])
    return float(np.mean(list(kept.values()))) if kept else 0.0


def compare(entry: Entry, seed: int, budget: float) -> None:
    """Fit a table in every case and print a line each."""
    clean = None
    for case, (n_noise, selection) in CASES.items():
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            split = write_split(entry, seed, folder)
            if n_noise:
                add_noise([split.train, split.test], n_noise)
            options = ["--time-limit", f"{budget:g}", "--seed", str(seed), "--selection", selection]
            report = fit(split.train, split.test, entry.target, folder / "run", options)
            clean = report if clean is None else clean
            scores = " | ".join(_beside(report[part], clean[part]) for part in ("test_score", "cv_score"))
            kept = f"{kept_noise(folder / 'run'):.0%}" if n_noise else ""
            print(f"| {entry.name} | {seed} | {case} | {scores} | {kept} |", flush=True)


def _beside(score: float, clean: float) -> str:
    return f"{score:.4f} | " + (f"{100 * (score / clean - 1):+.1f}%" if score != clean else "")


def pure_noise(seed: int, budget: float) -> None:
    """Fit labels that nothing tells."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, n_rows in (("train", 800), ("test", 2000)):
            cells = rng.normal(size=(n_rows, N_NOISE)).round(6)
            table = pd.DataFrame(cells, columns=[f"noise_{i}" for i in range(N_NOISE)])
            table["y"] = rng.choice(["no", "yes"], n_rows)
            table.to_csv(folder / f"{name}.csv", index=False)
        options = ["--time-limit", f"{budget:g}", "--seed", str(seed)]
        report = fit(folder / "train.csv", folder / "test.csv", "y", folder / "run", options)
        print(f"| pure noise | {seed} | | {report['test_score']:.4f} | | {report['cv_score']:.4f} | | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, required=True)
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    arguments = parser.parse_args()
    head = ("table", "seed", "case", "test score", "against clean", "cross-validated", "against clean", "kept")
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    entries = {entry.name: entry for entry in load_suite(arguments.suite)}
    for seed in arguments.seeds:
        for name in arguments.tables:
            compare(entries[name], seed, arguments.budget)
        pure_noise(seed, arguments.budget)


if __name__ == "__main__":
    main()
