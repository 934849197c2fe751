"""Rows that are the same in every column, and rows that differ in the target alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from automl.data.quality.check import Check
from automl.data.quality.finding import Finding, Fix, Severity
from automl.data.quality.rowhash import hash_rows
from automl.data.quality.subject import Subject
from automl.data.quality.words import count, percent

_MANY = 0.05
_CONFLICTS = 0.01


def _find(subject: Subject) -> Iterator[Finding]:
    used = [column.name for column in subject.schema.used]
    if not used:
        return
    inputs = hash_rows(subject.whole[used])
    subject.check_time()
    if subject.task is None:
        yield from _copies(subject, inputs, inputs)
        return
    target = hash_rows(subject.whole[[subject.task.target]])
    whole = inputs * np.uint64(0x9E3779B97F4A7C15) + target
    yield from _copies(subject, whole, inputs)
    if subject.task.is_classification:
        yield from _conflicts(subject, inputs, target)


def _copies(subject: Subject, whole: NDArray[np.uint64], inputs: NDArray[np.uint64]) -> Iterator[Finding]:
    repeated = pd.Series(whole).duplicated().to_numpy()
    n = int(repeated.sum())
    if not n:
        return
    share = n / len(whole)
    bound = int(pd.Series(inputs).duplicated(keep=False).sum())
    yield Finding(
        "duplicates",
        Severity.WARNING if share > _MANY else Severity.NOTE,
        f"{count(n, 'row repeats', 'rows repeat')} an earlier one in every column that counts ({percent(share)})",
        rows=subject.places(np.flatnonzero(repeated)),
        evidence=(f"{bound:,} rows share their inputs with another",),
        done=""
        if subject.task is None
        else "copies are kept in the same fold, so that none is scored by a model that learned its twin",
        advice="if they are slips rather than real repetitions, drop all but one",
        fix=Fix("duplicates", drop_rows=tuple(np.flatnonzero(repeated).tolist())),
    )


def _conflicts(subject: Subject, inputs: NDArray[np.uint64], target: NDArray[np.uint64]) -> Iterator[Finding]:
    pairs = pd.DataFrame({"row": inputs, "label": target}).value_counts().reset_index()
    # Pairs come by frequency, so the first label of a row is its commonest.
    pairs = pairs.sort_values("count", ascending=False, kind="stable")
    most = pairs.drop_duplicates("row").set_index("row")["label"]
    odd = most.reindex(inputs).to_numpy() != target
    n = int(odd.sum())
    if n:
        share = n / len(inputs)
        yield Finding(
            "duplicates",
            Severity.WARNING if share > _CONFLICTS else Severity.NOTE,
            f"{count(n, 'row')} {'has' if n == 1 else 'have'} the same inputs as others and another label than most "
            f"of these ({percent(share)})",
            rows=subject.places(np.flatnonzero(odd)),
            advice="no model can be right about all of them: look whether labels are wrong or a column is lacking",
        )


CHECK = Check("duplicates", "Duplicate rows", _find, ("duplicates",))
