"""Measurements that never were: values that are wrong by what a test asks for, in as many seconds as it asks for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from automl.metrics import metric_named
from automl.plugin import TaskKind
from benchmarks.portfolio.evidence import Measurement, Part, TableEvidence
from benchmarks.portfolio.judge import Judge

N_ROWS = 400


def part(errors: Mapping[str, float], seconds: Mapping[str, float] | None = None, seed: int = 0) -> Part:
    """Measurements of `family:entry` keys with these root mean squared errors; entry 0, 1, … are those of the code.

    The errors of different configurations are independent, so that blends are better than their members. An infinite
    error is a failure; a trial takes a second where `seconds` does not say.
    """
    rng = np.random.default_rng(seed)
    y, test_y = rng.normal(scale=10, size=(2, N_ROWS))
    metric = metric_named("rmse")
    measurements = {}
    for key, error in errors.items():
        family, _, entry = key.partition(":")
        facts = test_facts = None
        if np.isfinite(error):
            noise = rng.normal(size=(2, N_ROWS))
            noise /= np.sqrt((noise**2).mean(axis=1, keepdims=True))
            facts, test_facts = y + error * noise[0], test_y + error * noise[1]
        took = (seconds or {}).get(key, 1.0)
        place = int(entry) if entry.isdigit() else None
        measurements[key] = Measurement(key, family, took, 8, error, facts, test_facts, place)
    return Part(Judge(metric, y, 1), Judge(metric, test_y, 1), measurements)


def table(name: str, errors: Mapping[str, float], seconds: Mapping[str, float] | None = None) -> TableEvidence:
    """A small table for regression with measurements at 60 s."""
    own = part(errors, seconds, seed=sum(map(ord, name)))
    return TableEvidence(f"{name}:0", name, TaskKind.REGRESSION, 1000, {60.0: own})
