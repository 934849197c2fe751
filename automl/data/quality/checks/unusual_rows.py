"""Rows unlike the others: an isolation forest over all columns (Liu, Ting & Zhou 2008)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import count, figure, short
from automl.data.schema import Role

_TREES, _ROWS = 60, 256  # rows a tree; the paper finds that scores have settled by 256 rows and 100 trees
_SCORE = 0.70  # the paper's scores near 1 are anomalies, all below 0.5 are none; 0.7 is rarely reached by chance
_FAR_OUT = 3.0  # interquartile ranges above the upper quartile of all scores
_FEWEST = 50
_FEWEST_COLUMNS = 3
_MOST_COLUMNS = 100
_MOST_RESULT = 0.02  # of the rows; more are a group of their own


def _find(subject: Subject) -> Iterator[Finding]:
    if subject.n_rows < _FEWEST:
        return
    matrix, names = _matrix(subject)
    if matrix.shape[1] < _FEWEST_COLUMNS:
        return
    subject.check_time()
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(
        n_estimators=_TREES, max_samples=min(_ROWS, len(matrix)), random_state=subject.seed, n_jobs=1
    )
    scores = -forest.fit(matrix).score_samples(matrix)
    first, third = np.percentile(scores, [25, 75])
    unusual = np.flatnonzero(scores >= max(_SCORE, third + _FAR_OUT * (third - first)))
    unusual = unusual[np.argsort(-scores[unusual])]
    if not 0 < len(unusual) <= max(1, _MOST_RESULT * len(matrix)):
        return
    yield Finding(
        "unusual_rows",
        Severity.NOTE,
        f"{count(len(unusual), 'row is', 'rows are')} unlike the others in several columns at once",
        evidence=tuple(
            f"row {subject.places(subject.rows[[row]])[0]}: {_why(subject, matrix, names, row)}"
            for row in unusual[:3].tolist()
        ),
        rows=subject.places(subject.rows[unusual]),
        advice="look whether they belong to the table",
    )


def _matrix(subject: Subject) -> tuple[NDArray[np.float64], list[str]]:
    """Numbers with gaps at their median, and categories as the share of rows that have them (rare is far out)."""
    columns, names = [], []
    for column in subject.columns(Role.NUMERIC, Role.BOOLEAN, Role.DATETIME, Role.CATEGORICAL):
        if column.role is Role.CATEGORICAL:
            codes, _ = subject.codes(column.name)
            values = (np.bincount(codes) / len(codes))[codes]
        elif column.role is Role.BOOLEAN:
            codes, _ = subject.codes(column.name)
            values = codes.astype(np.float64)
        else:
            values = subject.numbers(column)
            if np.isnan(values).all():
                continue
            values = np.where(np.isnan(values), np.nanmedian(values), values)
        columns.append(values)
        names.append(column.name)
        if len(names) == _MOST_COLUMNS:
            break
    return np.column_stack(columns) if columns else np.empty((subject.n_rows, 0)), names


def _why(subject: Subject, matrix: NDArray[np.float64], names: list[str], row: int) -> str:
    """The three cells of a row that lie farthest out in the ranks of their columns."""
    centre = np.median(matrix, axis=0)
    spread = np.subtract(*np.percentile(matrix, [95, 5], axis=0))
    distance = np.abs(matrix[row] - centre) / np.where(spread > 0, spread, np.inf)
    cells = []
    for position in np.argsort(-distance)[:3].tolist():
        cell = subject.cells(names[position]).iloc[row]
        text = figure(float(cell)) if isinstance(cell, int | float | np.number) else short(cell)
        cells.append(f"{names[position]} = {text}")
    return ", ".join(cells)


CHECK = Check("unusual_rows", "Unusual rows", _find)
