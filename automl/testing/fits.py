"""Fitting a family on a sample; the usual fit is made once and shared by the checks of a family."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from automl.plugin import FamilyDeclined, Limits, Model, ModelFamily, Params, Part, Role, TaskKind
from automl.testing.sample import RAW, ROWS, SEED, Sample, make, own, sample


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model fitted with the family's default, its parts, and what it predicted first for the score part."""

    model: Model
    train: Part
    score: Part
    prediction: NDArray[np.float64]


class Same:
    """A key that compares by identity, for families that cannot be hashed."""

    def __init__(self, family: ModelFamily) -> None:
        self.family = family

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.family is self.family

    def __hash__(self) -> int:
        return id(self.family)


def samples(family: ModelFamily) -> list[Sample]:
    """Return the usual sample of each of the family's tasks."""
    return [sample(kind, family.inputs, beside(family, kind)) for kind in TaskKind if kind in family.tasks]


def other(family: ModelFamily, kind: TaskKind, n_rows: int = ROWS, numbers: int = 3, noise: float = 0.3) -> Sample:
    """Return a sample of another size or noise with the columns that the family learns from."""
    return make(kind, family.inputs, n_rows, numbers, noise, beside(family, kind))


def beside(family: ModelFamily, kind: TaskKind) -> Role | None:
    """Return what the family needs beside numbers and categories: it declines tables without, and takes those with."""
    for role in (None, *(role for role in RAW if role in family.inputs)):
        one = sample(kind, family.inputs, role)
        with suppress(FamilyDeclined):
            family.accepts(one.task, one.profile)
            return role
    return None


def contrasting(family: ModelFamily) -> list[Sample]:
    """Return the samples of at most two tasks that differ most: the most labels, and regression."""
    found = samples(family)
    return [found[-1]] if len(found) == 1 else found[-2:]


def hardest(family: ModelFamily) -> Sample:
    """Return the sample with the most labels, or of regression where the family does nothing else."""
    return max(samples(family), key=lambda one: one.task.n_outputs)


def default(family: ModelFamily, one: Sample) -> Params:
    """Return the first entry of the portfolio."""
    return dict(family.portfolio(one.task, one.profile)[0])


def fit(family: ModelFamily, one: Sample, train: Part, score: Part | None, limits: Limits | None = None) -> Model:
    """Fit the default on these parts."""
    model = family.build(default(family, one), one.task, SEED)
    model.fit(train, score, limits or Limits())
    return model


def parts(family: ModelFamily, one: Sample, train: NDArray[np.int64] | None = None) -> tuple[Part, Part]:
    """Encode a sample as the default wishes; see `Sample.parts`."""
    return one.parts(family.encoding(default(family, one), one.task), train)


def fitted(family: ModelFamily, one: Sample) -> Fitted:
    """Return the usual fit, with copies of its arrays and of its model.

    The copy of the model is shallow, which any class allows; a check that spoils it spoils no other check.
    """
    once = _fit_once(Same(family), one)
    train, score = (replace(part, features=own(part.features)) for part in (once.train, once.score))
    return Fitted(copy.copy(once.model), train, score, once.prediction.copy())


@lru_cache(maxsize=8)
def _fit_once(key: Same, one: Sample) -> Fitted:
    train, score = parts(key.family, one)
    model = fit(key.family, one, train, score)
    return Fitted(model, train, score, model.predict(own(score.features)))
