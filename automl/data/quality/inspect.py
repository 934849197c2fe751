"""Running the checks on a table, within a time limit."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.quality.check import Check
from automl.data.quality.checks import CHECKS
from automl.data.quality.finding import Finding
from automl.data.quality.report import Report, in_order
from automl.data.quality.subject import OutOfTime, Subject
from automl.data.quality.summary import summarise, tone_words
from automl.data.sampling import sample_rows
from automl.data.schema import Schema
from automl.task import Task

SECONDS = 60.0
ROWS = 50_000  # looked at by a check of its own; checks of distributions learn little from more
CELLS = 20_000_000  # of the whole table, for the checks that read all rows


@dataclass(frozen=True)
class Part:
    """The rows that a model learns from, as `inspect` takes them.

    `origin` (n_rows,) int64 are their positions in the table that the user gave, of which `n_untargeted` more rows
    have no target. `y` (n_rows,) is the encoded target.
    """

    frame: pd.DataFrame
    schema: Schema
    task: Task | None = None
    y: NDArray[np.int64] | NDArray[np.float64] | None = None
    origin: NDArray[np.int64] | None = None
    n_untargeted: int = 0
    test: pd.DataFrame | None = None


@dataclass(frozen=True)
class Effort:
    """How much to look at: seconds (None for no limit), rows in the sample, and cells read in all."""

    seconds: float | None = SECONDS
    rows: int = ROWS
    cells: int = CELLS
    seed: int = 0


def inspect(part: Part, effort: Effort, source: str = "") -> Report:
    """Check the rows that a model learns from; the table stays as it is."""
    started = time.monotonic()
    subject = _subject(part, effort, started)
    findings, unfinished = _run(CHECKS, subject)
    return Report(
        source=source,
        target=part.task.target if part.task is not None else "",
        task=part.task.kind.value if part.task is not None else "",
        n_rows=len(part.frame) + part.n_untargeted,
        n_columns=len(part.schema.columns),
        n_looked_at=subject.n_rows,
        seconds=time.monotonic() - started,
        findings=in_order(findings),
        columns=tuple(summarise(subject)),
        unfinished=tuple(unfinished),
        tone=tone_words(part.task),
    )


def find_fixes(part: Part, repairs: Collection[str], effort: Effort) -> list[Finding]:
    """Findings that these repairs deal with, by the checks that offer them."""
    checks = tuple(check for check in CHECKS if set(check.repairs) & set(repairs))
    findings, _ = _run(checks, _subject(part, effort, time.monotonic()))
    return [finding for finding in findings if finding.fix is not None and finding.fix.name in repairs]


def _run(checks: Iterable[Check], subject: Subject) -> tuple[list[Finding], list[str]]:
    """Findings in the order of the checks, and the titles of those that the time did not suffice for."""
    findings: list[Finding] = []
    unfinished = []
    for check in checks:
        try:
            subject.check_time()
            for finding in check.find(subject):
                findings.append(finding)  # noqa: PERF402 - what was found before time ran out stays
        except OutOfTime:
            unfinished.append(check.title)
    return findings, unfinished


def _subject(part: Part, effort: Effort, started: float) -> Subject:
    n_rows = len(part.frame)
    most = max(1000, min(effort.rows, effort.cells // max(1, part.frame.shape[1])))
    rows = sample_rows(n_rows, most, effort.seed)
    frame = part.frame.iloc[rows].reset_index(drop=True) if len(rows) < n_rows else part.frame
    origin = np.arange(n_rows) if part.origin is None else part.origin
    y = part.y if part.y is None or len(rows) == n_rows else part.y[rows]
    whole = part.frame
    if part.frame.size > effort.cells:
        whole, origin, rows = frame, origin[rows], np.arange(len(rows))
    return Subject(
        frame=frame,
        whole=whole,
        rows=rows,
        origin=origin,
        schema=part.schema,
        task=part.task,
        y=y,
        test=part.test,
        n_untargeted=part.n_untargeted,
        deadline=None if effort.seconds is None else started + effort.seconds,
        seed=effort.seed,
    )
