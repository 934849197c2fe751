"""What is peculiar about the target: rare classes, imbalance, many zeros, heavy tails."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import figure, percent

_RARE_SHARE = 0.05
_RARE_ROWS = 20  # with fewer, a fold's score part has one or two of them
_SEVERE = 0.01
_ZEROS = 0.2
_DOMINANT = 0.1  # of a continuous target
_SKEW = 3.0  # (largest - median) over (median - smallest) at the 99th and 1st percentile
_TAIL = 0.25  # share of the sum of squares about the mean that the top 1% of the rows hold; a normal target has 0.13


def _find(subject: Subject) -> Iterator[Finding]:
    task, y = subject.task, subject.y
    if task is None or y is None:
        return
    absent = subject.n_untargeted
    if absent:
        yield Finding(
            "target",
            Severity.WARNING,
            f"{percent(absent / (absent + len(subject.whole)))} of the rows have no target ({absent:,})",
            task.target,
            done="left out",
        )
    yield from _classes(subject) if task.is_classification else _values(subject)


def _classes(subject: Subject) -> Iterator[Finding]:
    assert subject.task is not None
    assert subject.y is not None
    labels = subject.task.labels
    counts = np.bincount(subject.y.astype(np.int64), minlength=len(labels))
    # Of many classes all are rare; one is remarkable if it is rare beside an equal share.
    rare = [
        i for i, n in enumerate(counts.tolist())
        if 0 < n < _RARE_ROWS or (len(labels) < 10 and n < _RARE_SHARE * counts.sum()) or n < 0.1 * counts.mean()
    ]  # fmt: skip
    if rare:
        smallest = int(counts[rare].min())
        severe = smallest < 5 or smallest < _SEVERE * counts.sum()
        shown = sorted(rare, key=lambda i: counts[i])[:5]
        yield Finding(
            "target",
            Severity.WARNING if severe else Severity.NOTE,
            f"{len(rare)} of {len(labels)} classes {'is' if len(rare) == 1 else 'are'} rare",
            subject.task.target,
            evidence=tuple(f"'{labels[i]}': {counts[i]:,} rows ({percent(counts[i] / counts.sum())})" for i in shown),
            done="every fold has its share of each class; the score is one of ranking or probabilities, not accuracy",
            advice="judge by average_precision or f1 if the rare class is what matters",
        )


def _values(subject: Subject) -> Iterator[Finding]:
    assert subject.task is not None
    assert subject.y is not None
    y = np.asarray(subject.y, dtype=np.float64)
    name = subject.task.target
    values, counts = np.unique(y, return_counts=True)
    top = int(counts.argmax())
    share = counts[top] / len(y)
    if values[top] == 0 and share >= _ZEROS and len(values) > 10:
        yield Finding(
            "target",
            Severity.WARNING,
            f"is zero in {percent(share)} of the rows",
            name,
            advice="two questions may be hidden in one: whether there is anything, and how much",
        )
    elif share >= _DOMINANT and len(values) > 100:
        yield Finding(
            "target",
            Severity.NOTE,
            f"is {figure(float(values[top]))} in {percent(share)} of the rows, as if it were capped or filled in",
            name,
            rows=subject.where(y == values[top], 5),
        )
    low, median, high = np.percentile(y, [1, 50, 99])
    squares = np.sort((y - y.mean()) ** 2)[::-1]
    tail = squares[: max(1, len(y) // 100)].sum() / max(squares.sum(), np.finfo(float).tiny)
    skew = (high - median) / (median - low) if median > low else np.inf
    if tail > _TAIL and len(y) >= 100:
        one_sided = max(skew, 1 / skew if skew else np.inf) > _SKEW
        yield Finding(
            "target",
            Severity.WARNING,
            f"has a heavy tail: 1% of the rows hold {percent(float(tail))} of its variance",
            name,
            evidence=(
                f"median {figure(float(median))}, 99th percentile {figure(float(high))}, "
                f"largest {figure(float(y.max()))}, smallest {figure(float(y.min()))}",
            ),
            advice="those rows rule a squared error: consider rmsle or mae"
            if one_sided and y.min() >= 0
            else "those rows rule a squared error: consider mae",
        )


CHECK = Check("target", "The target", _find)
