"""Numbers with their unit in the cell: 12 kg, 900 g."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from automl.data.numeric import DECIMAL_COMMA, PLAIN, THOUSANDS, number
from automl.data.quality.check import Check
from automl.data.quality.finding import IGNORED, Finding, Fix, Severity
from automl.data.quality.subject import Subject
from automl.data.quality.words import listed
from automl.data.repairs import Units, split_unit
from automl.data.schema import Role

# Multipliers to the first unit of each kind (the international yard and pound of 1959; SI prefixes; JEDEC bytes).
_KINDS: tuple[dict[str, float], ...] = (
    {"kg": 1.0, "g": 1e-3, "mg": 1e-6, "t": 1e3, "lb": 0.45359237, "lbs": 0.45359237, "oz": 0.028349523125},
    {"m": 1.0, "km": 1e3, "cm": 1e-2, "mm": 1e-3, "in": 0.0254, "inch": 0.0254, "inches": 0.0254, "ft": 0.3048,
     "yd": 0.9144, "mi": 1609.344, "mile": 1609.344, "miles": 1609.344},
    {"l": 1.0, "ml": 1e-3, "cl": 1e-2, "dl": 0.1},
    {"s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "min": 60.0, "mins": 60.0,
     "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0,
     "d": 86400.0, "day": 86400.0, "days": 86400.0, "week": 604800.0, "weeks": 604800.0},
    {"b": 1.0, "kb": 1024.0, "mb": 1024.0**2, "gb": 1024.0**3, "tb": 1024.0**4},
    {"day": 1.0, "days": 1.0, "week": 7.0, "weeks": 7.0, "month": 30.4375, "months": 30.4375, "year": 365.25,
     "years": 365.25, "yr": 365.25, "yrs": 365.25},
)  # fmt: skip
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_NEARLY_ALL = 0.9  # of the distinct cells
_FEWEST = 5  # distinct numbers
_ONE_UNIT = 0.98  # an unknown unit must be the only one


def _find(subject: Subject) -> Iterator[Finding]:
    for column in subject.columns(Role.CATEGORICAL, Role.TEXT, Role.DROPPED):
        sketch = subject.sketch(column.name)
        if sketch.kind != "O" or not sketch.hashable or sketch.n_distinct < _FEWEST:
            continue
        parts = [cut for text in sketch.texts if (cut := split_unit(text))]
        if len(parts) < _NEARLY_ALL * len(sketch.texts):
            continue
        units = Counter(unit for _, unit in parts)
        parsing = _parsing([digits for digits, _ in parts])
        if parsing is None or not (factors := _factors(units)):
            continue
        top = next(unit for unit, _ in units.most_common() if unit)
        yield Finding(
            "units",
            Severity.WARNING,
            f"holds numbers with {'their unit' if len(units) == 1 else f'{len(units)} units'} in the cells",
            column.name,
            evidence=(listed(sketch.texts, 3), ", ".join(f"{u or 'no unit'}: {n:,}" for u, n in units.most_common())),
            done=f"taken as {column.role.value}" if column.role is not Role.DROPPED else IGNORED,
            advice=f"read it as a number of {top}",
            fix=Fix("units", Units(tuple((unit, factor / factors[top]) for unit, factor in factors.items()), parsing)),
        )


def _factors(units: Counter[str]) -> dict[str, float] | None:
    """A multiplier for each unit, None where they cannot be told to measure the same."""
    named = {unit: n for unit, n in units.items() if unit}
    if not named or named.keys() & _ORDINALS or units[""] > sum(named.values()):
        return None
    for kind in _KINDS:
        if named.keys() <= kind.keys():
            top = max(named, key=lambda unit: named[unit])
            return {**kind, "": kind[top]}
    unit, n = max(named.items(), key=lambda pair: pair[1])
    if len(unit) < 2 or n < _ONE_UNIT * sum(named.values()):  # 12A and 12B are no amperes and bytes
        return None
    return {unit: 1.0, "": 1.0}


def _parsing(numbers: list[str]) -> str | None:
    for parsing in (PLAIN, THOUSANDS, DECIMAL_COMMA):
        if not any(np.isnan(number(digits, parsing)) for digits in numbers):
            return parsing
    return None


CHECK = Check("units", "Units inside cells", _find, ("units",))
