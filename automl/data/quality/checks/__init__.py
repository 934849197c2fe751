"""One check a file; this is the list of them, in the order in which they run: the grave ones first."""

from __future__ import annotations

from automl.data.quality.check import Check
from automl.data.quality.checks import (
    correlated,
    dates,
    drift,
    duplicates,
    hidden,
    leaks,
    missing,
    names,
    numbers,
    outliers,
    spellings,
    target,
    units,
    unusual_rows,
    useless,
)

CHECKS: tuple[Check, ...] = (
    target.CHECK,
    duplicates.CHECK,
    drift.SHARED,
    leaks.CHECK,
    names.CHECK,
    useless.CONSTANT,
    useless.IDENTIFIERS,
    useless.COPIES,
    missing.CHECK,
    numbers.AS_TEXT,
    numbers.MIXED,
    hidden.CHECK,
    units.CHECK,
    spellings.CHECK,
    dates.CHECK,
    outliers.CHECK,
    drift.DRIFT,
    correlated.CHECK,
    unusual_rows.CHECK,
)
