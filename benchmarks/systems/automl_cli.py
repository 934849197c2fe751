"""The engine, through its command line and nothing else."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.systems.base import ROOT, Job, Outcome, RunFailedError, patience, timed_command


class AutomlCli:
    """`automl fit` and `automl predict`, each a process timed from outside.

    `options` are further words for `automl fit`, for variants of the engine beside each other.
    """

    budgeted = True

    def __init__(self, python: str = sys.executable, name: str = "automl", options: Sequence[str] = ()) -> None:
        self.python = python
        self.name = name
        self.options = tuple(options)

    def run(self, job: Job) -> Outcome:
        """Fit within the budget, then predict the test rows in a fresh process."""
        folder = Path(job.folder)
        run, predictions = folder / "run", folder / "pred.csv"
        executable = find_executable(self.python)
        fit = [
            executable, "fit", job.train, "--target", job.target, "--test", job.test, "--task", job.task,
            "--metric", job.metric, "--time-limit", f"{job.budget:g}", "--seed", str(job.seed), "-o", str(run),
            "--json", "--quiet", *self.options, *_images(job),
        ]  # fmt: skip
        fitted = timed_command(fit, folder, patience(job.budget))
        predict = [executable, "predict", str(run), job.features, "-o", str(predictions), *_images(job)]
        predicted = timed_command(predict, folder, patience(job.budget))
        speed = [
            self.python, "-m", "benchmarks.prediction", str(run), job.features, "--json", "--singles", "20",
            "--batches", "0",
        ]  # fmt: skip
        warm = json.loads(timed_command(speed, folder, patience(job.budget), {"PYTHONPATH": str(ROOT)}).output)
        return Outcome(
            str(predictions), fitted.seconds, predicted.seconds, members_of(fitted.output), versions_of(run),
            warm["single_seconds"], warm["bytes"], fitted.usage.peak_mib, fitted.usage.cpu_seconds,
        )  # fmt: skip


def _images(job: Job) -> list[str]:
    """Let images lie anywhere: the suite writes their paths in full, since the parts are written elsewhere."""
    return ["--images", Path(job.train).anchor] if job.modality == "image" else []


def members_of(output: str) -> int | None:
    """Return the number of ensemble members from what `fit --json` printed, None where it does not say."""
    try:
        report: Any = json.loads(output)
    except json.JSONDecodeError:
        return None
    if not isinstance(report, dict):
        return None
    ensemble = report.get("ensemble")
    members = report.get("members", ensemble.get("members") if isinstance(ensemble, dict) else None)
    if isinstance(members, list | dict):
        return len(members)
    return members if isinstance(members, int) else None


def versions_of(run: Path) -> dict[str, str]:
    """Return the versions that the saved model of a run was made with, by its own account."""
    manifest = json.loads((run / "model" / "manifest.json").read_text(encoding="utf-8"))
    return {"python": manifest["python"], "automl-engine": manifest["engine"], **manifest["libraries"]}


def find_executable(python: str = sys.executable) -> str:
    """Return the path of the command `automl` that belongs to an interpreter."""
    beside = Path(python).parent / "automl"
    found = str(beside) if beside.exists() else shutil.which("automl")
    if found is None:
        raise RunFailedError("no command 'automl' beside this Python or on the path: install the project first")
    return found
