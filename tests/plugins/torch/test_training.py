"""The parts of the training layer that know nothing of tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from automl.plugin import Limits, TrialFailed
from automl_torch.batches import Batches
from automl_torch.best import BestWeights
from automl_torch.judged import Judged
from automl_torch.optimiser import Factors, Optimiser
from automl_torch.training import Course, train


def course(rate: float, epochs: int = 20) -> Course:
    return Course(epochs, rate, "cosine", 0.0, "constant", 0.0, "constant", (0.9, 0.99))


class Bowls:
    """A bowl a fold, whose lowest points are the folds' numbers; the score parts want half of that."""

    n_folds = 3

    def __init__(self, scored: bool = True, lost: bool = False) -> None:
        self.parameters: Mapping[str, Tensor] = {"place": torch.zeros(3, 1, requires_grad=True)}
        self.factors = {"place": Factors()}
        self._scored, self._lost = scored, lost

    def losses(self, rows: Tensor, dropout: float) -> Tensor:
        place = self.parameters["place"][:, 0]
        return (place - torch.arange(3)).square() * (float("nan") if self._lost else 1.0)

    def judge(self) -> Judged | None:
        place = self.parameters["place"].detach()
        return Judged(place[..., None], (place - torch.arange(3)[:, None] / 2).square()) if self._scored else None


def batches(n_rows: list[int], size: int) -> Batches:
    return Batches(n_rows, size, [np.random.default_rng(i) for i in range(len(n_rows))])


def test_every_fold_gets_full_batches_of_its_own_rows() -> None:
    made = batches([100, 90], 32)
    epoch = torch.cat(list(made.epoch()), dim=1).numpy()
    assert made.per_epoch == 3
    assert epoch.shape == (2, 96)
    assert len(np.unique(epoch[0])) == 96
    assert set(epoch[1].tolist()) == set(range(90)), "a shorter fold starts over"


def test_a_batch_is_no_larger_than_the_smallest_fold() -> None:
    assert batches([100, 20], 64).size == 20


def test_each_fold_keeps_its_own_best_epoch() -> None:
    trained = train(Bowls(), batches([8] * 3, 8), course(0.2), Limits())
    np.testing.assert_allclose(trained.weights["place"][:, 0], [0.0, 0.5, 1.0], atol=0.2)
    for curve in trained.curves:
        assert len(curve.score) == len(curve.train) == len(curve.rate) == 20
        assert curve.score[curve.best] == curve.score.min()


def test_without_a_score_part_the_last_epoch_is_kept() -> None:
    trained = train(Bowls(scored=False), batches([8] * 3, 8), course(0.3, 60), Limits())
    np.testing.assert_allclose(trained.weights["place"][:, 0], [0.0, 1.0, 2.0], atol=0.1)
    assert [curve.best for curve in trained.curves] == [59] * 3
    assert np.isnan(trained.curves[0].score).all()


def test_a_loss_that_is_no_number_fails_the_trial() -> None:
    with pytest.raises(TrialFailed, match="lower the learning rate"):
        train(Bowls(lost=True), batches([8] * 3, 8), course(0.2), Limits())


def test_the_last_of_equally_good_epochs_is_kept() -> None:
    parameter = torch.zeros(2, 1)
    best = BestWeights({"x": parameter}, 2)
    for epoch, errors in enumerate(([1.0, 1.0], [1.0, 2.0], [np.nan, 0.5])):
        parameter.fill_(epoch)
        best.offer(np.array(errors), epoch)
    assert best.weights()["x"][:, 0].tolist() == [1.0, 2.0]
    assert best.epochs.tolist() == [1, 2]


def test_factors_multiply_rate_and_decay() -> None:
    parameters = {name: torch.ones(1, requires_grad=True) for name in ("plain", "fast", "decaying")}
    factors = {"plain": Factors(1.0, 0.0), "fast": Factors(3.0, 0.0), "decaying": Factors(1.0, 2.0)}
    optimiser = Optimiser(parameters, factors, (0.9, 0.95))
    torch.stack(list(parameters.values())).sum().backward()
    optimiser.step(0.01, 0.5)
    moved = {name: 1 - float(parameter.detach()) for name, parameter in parameters.items()}
    assert moved["plain"] == pytest.approx(0.01, rel=1e-3)
    assert moved["fast"] == pytest.approx(0.03, rel=1e-3)
    assert moved["decaying"] == pytest.approx(0.01 + 0.01 * 0.5 * 2, rel=1e-3)
    assert all(parameter.grad is None for parameter in parameters.values())
