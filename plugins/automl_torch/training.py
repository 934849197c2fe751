"""The training loop of every neural family: all folds of a trial as one batched program.

A network holds its parameters with the folds as leading dimension. The sum over folds of each fold's loss is what is
differentiated, so a fold's gradient does not depend on which other folds are trained beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from automl.plugin import Limits, TrialFailed
from automl_torch.batches import Batches
from automl_torch.best import BestWeights
from automl_torch.curve import Curve
from automl_torch.judged import Judged, StoppedFolds
from automl_torch.optimiser import Factors, Optimiser
from automl_torch.pace import Pace
from automl_torch.schedules import SCHEDULES

_LEAST_EPOCHS, _LEAST_STEPS = 3, 150  # a schedule squeezed into fewer leaves a network that is worse than none
_ENOUGH_EPOCHS = 10  # of a table so small that they have fewer steps


@dataclass(frozen=True)
class Course:
    """How long and how strongly to train; each schedule is a name in `SCHEDULES`."""

    epochs: int
    rate: float
    rate_schedule: str
    decay: float
    decay_schedule: str
    dropout: float
    dropout_schedule: str
    betas: tuple[float, float]


class Network(Protocol):
    """What the loop trains. Every parameter is a (n_folds, ...) float32 leaf."""

    @property
    def n_folds(self) -> int:
        """How many folds are trained together."""
        ...

    @property
    def parameters(self) -> Mapping[str, Tensor]:
        """The parameters by name."""
        ...

    @property
    def factors(self) -> Mapping[str, Factors]:
        """Factors of learning rate and weight decay by the parameter's name."""
        ...

    def losses(self, rows: Tensor, dropout: float) -> Tensor:
        """Return the (n_folds,) mean losses on rows (n_folds, batch_size) int64."""
        ...

    def judge(self) -> Judged | None:
        """Predict the score parts and judge the predictions; None where there are none."""
        ...


@dataclass(frozen=True)
class Trained:
    """Weights by name, (n_folds, ...) float32, of each fold's best epoch, and each fold's learning curve."""

    weights: dict[str, NDArray[np.float32]]
    curves: list[Curve]


def train(
    network: Network, batches: Batches, course: Course, limits: Limits, stopped: StoppedFolds | None = None
) -> Trained:
    """Train until the schedules end; keep each fold's best epoch, or the last where there is no score part.

    What the network predicts for the score parts is shown to `stopped` after every epoch.
    Raise `TrialFailed` where the time is too short or a loss is never a finite number.
    """
    optimiser = Optimiser(network.parameters, network.factors, course.betas)
    best = BestWeights(network.parameters, network.n_folds)
    least = max(_LEAST_EPOCHS * batches.per_epoch, min(_LEAST_STEPS, _ENOUGH_EPOCHS * batches.per_epoch))
    pace = Pace(course.epochs * batches.per_epoch, least, limits)
    record: list[tuple[NDArray[np.float64], NDArray[np.float64], float]] = []
    while not pace.finished:
        losses, rate = _epoch(network, batches, course, optimiser, pace)
        if not np.isfinite(losses).all():
            break  # diverged, and will not come back
        errors = _errors(network, stopped)
        record.append((losses, errors, rate))
        best.offer(np.zeros(network.n_folds) if np.isnan(errors).all() else errors, len(record) - 1)
    if not record or (best.epochs < 0).any():
        raise TrialFailed("the network's loss is not a finite number: lower the learning rate")
    return Trained(best.weights(), _curves(record, best.epochs))


def _epoch(
    network: Network, batches: Batches, course: Course, optimiser: Optimiser, pace: Pace
) -> tuple[NDArray[np.float64], float]:
    """Make the steps of one epoch, fewer if time runs out; return mean losses (n_folds,) and the last rate."""
    total, steps, rate = torch.zeros(network.n_folds), 0, 0.0
    for rows in batches.epoch():
        t = pace.t
        rate = course.rate * SCHEDULES[course.rate_schedule](t)
        losses = network.losses(rows, course.dropout * SCHEDULES[course.dropout_schedule](t))
        losses.sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step(rate, course.decay * SCHEDULES[course.decay_schedule](t))
        total += losses.detach()
        steps += 1
        pace.advance()
        if pace.finished:
            break
    return (total / steps).double().numpy(), rate


def _errors(network: Network, stopped: StoppedFolds | None) -> NDArray[np.float64]:
    with torch.inference_mode():
        judged = network.judge()
    if judged is None:
        return np.full(network.n_folds, np.nan)
    if stopped is not None:
        stopped.show(judged)
    return judged.errors


def _curves(
    record: list[tuple[NDArray[np.float64], NDArray[np.float64], float]], best: NDArray[np.int64]
) -> list[Curve]:
    losses, errors = np.stack([row[0] for row in record]), np.stack([row[1] for row in record])
    rates = np.array([row[2] for row in record])
    return [Curve(losses[:, i].copy(), errors[:, i].copy(), rates, int(epoch)) for i, epoch in enumerate(best)]
