"""The training loop: steps until the schedule ends or the time does, and the weights of the best epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from automl.plugin import Limits, TrialFailed
from automl_torch.curve import Curve
from automl_torch.nets.average import Average
from automl_torch.nets.device import device, precision
from automl_torch.nets.examples import Examples, Inputs, in_order, shuffled
from automl_torch.nets.kept import Kept
from automl_torch.nets.losses import balance, losses, shares_of_error
from automl_torch.nets.optimisers import Plateau, optimiser_of
from automl_torch.nets.regime import Regime
from automl_torch.pace import Pace
from automl_torch.schedules import SCHEDULES

_LEAST_STEPS = 1  # a poor model in a short run is better than none
_LEAST_BATCHES = 4  # of an epoch, however few the rows
_SCORES = 50  # epochs that are enough to choose from; short epochs are scored less often
SCORE_BATCH = 256


@dataclass(frozen=True)
class Trained:
    """What training leaves beside the network: its learning curve, and weights of other epochs; None without a score
    part."""  # fmt: skip

    curve: Curve
    kept: Kept | None


def train(net: nn.Module, examples: Examples, score: Examples | None, regime: Regime, limits: Limits) -> Trained:
    """Train a network in place and leave it with the weights of its best epoch, the last where there is no score part.

    Uses torch's global generator: whoever calls seeds it. Raise `TrialFailed` where the time is too short or the loss
    is not a finite number.
    """
    where = device()
    net.to(where)
    if regime.balanced and not examples.y.is_floating_point():
        weights = examples.weights * balance(examples.y, int(examples.y.max()) + 1)
        examples = replace(examples, weights=weights / weights.mean())
    run = _Run(net, examples, regime, limits, where)
    fixed = {name for name, parameter in net.named_parameters() if not parameter.requires_grad}
    kept = Kept(torch.empty(0) if score is None else score.y, torch.initial_seed(), fixed)
    part = score if score is None or len(score) == len(kept.rows) else score.some(kept.rows)
    record: list[tuple[float, float, float]] = []
    while not run.pace.finished:
        loss, rate = run.epoch()
        if not math.isfinite(loss):
            break  # diverged, and will not come back
        epoch, found = len(record), math.nan
        due = part is None or epoch % run.every == 0 or run.pace.finished
        if due:
            found = kept.offer(run.scored, epoch, None if part is None else run.score(part))
            run.plateau.offer(found)
        record.append((loss, found, rate))
        if due and regime.patience and epoch - kept.epoch >= regime.patience:
            break
    if not kept.best:
        raise TrialFailed("the network's loss is not a finite number: lower the learning rate")
    net.load_state_dict(kept.best)
    columns = np.array(record, dtype=np.float64).T.copy()
    return Trained(Curve(columns[0], columns[1], columns[2], kept.epoch), None if score is None else kept)


@dataclass
class _Run:
    """What changes from step to step."""

    net: nn.Module
    examples: Examples
    regime: Regime
    limits: Limits
    where: torch.device

    def __post_init__(self) -> None:
        n_rows = len(self.examples)
        self.size = min(self.regime.batch_size, max(1, n_rows // _LEAST_BATCHES))
        self.micro = self.size
        per_epoch = max(1, round(n_rows / self.size))
        epochs = self.regime.epochs_for(per_epoch)
        self.every = -(-epochs // _SCORES)
        self.pace = Pace(epochs * per_epoch, _LEAST_STEPS, self.limits)
        self.plateau = Plateau()
        self.optimiser = optimiser_of(self.net, self.regime)
        self.average = Average(self.net, self.regime.average) if self.regime.average else None

    @property
    def scored(self) -> nn.Module:
        """The network that is scored and kept."""
        return self.net if self.average is None else self.average.net

    def epoch(self) -> tuple[float, float]:
        """Make the steps of one epoch, fewer if time runs out; return the mean loss and the last learning rate."""
        self.net.train()
        total, steps, rate = torch.zeros((), device=self.where), 0, 0.0
        for rows in shuffled(self.examples, self.size):
            rate = self._rate()
            for group in self.optimiser.param_groups:
                group["lr"] = rate * group["factor"]
            total += self._gradient(rows)
            if self.regime.clip:
                nn.utils.clip_grad_norm_(self.net.parameters(), self.regime.clip)
            self.optimiser.step()
            if self.average is not None:
                self.average.update(self.net)
            steps += 1
            self.pace.advance()
            if self.pace.finished:
                break
        return float(total) / steps, rate

    def _rate(self) -> float:
        if self.regime.schedule == "plateau":
            return self.regime.rate * self.plateau.factor * SCHEDULES["warm_up"](self.pace.t)
        return self.regime.rate * SCHEDULES[self.regime.schedule](self.pace.t)

    def _gradient(self, rows: Tensor) -> Tensor:
        """Leave the gradient of the rows' mean loss; where memory runs out, in ever smaller parts of the batch."""
        while True:
            self.optimiser.zero_grad(set_to_none=True)
            try:
                return self._in_parts(rows)
            except RuntimeError as problem:  # torch.OutOfMemoryError on a GPU, a plain one on a processor
                if "memory" not in str(problem).lower() or self.micro < 2:
                    raise
            self.micro //= 2

    def _in_parts(self, rows: Tensor) -> Tensor:
        mean = torch.zeros((), device=self.where)
        for part in torch.split(rows, self.micro):
            batch = self.examples.take(part, self.where)
            with precision(self.where, self.regime.mixed):
                scores = self.net(batch.inputs)
            each = losses(scores, batch.y, self.regime.smoothing)
            loss = (each * batch.weights).sum() / len(rows)
            loss.backward()  # type: ignore[no-untyped-call]
            mean += loss.detach()
        return mean

    def score(self, part: Examples) -> Tensor:
        """Return what each row adds to the error on a score part, (n_rows,)."""
        self.scored.eval()
        with precision(self.where, self.regime.mixed):
            scores = predict(self.scored, part.inputs, len(part), self.where, part.lengths)
        return shares_of_error(scores, part.y, part.weights, self.regime)


def predict(
    net: nn.Module, inputs: Inputs, n_rows: int, where: torch.device, lengths: Tensor | None = None, view: int = 0
) -> Tensor:
    """Return the (n_rows, n_scores) float32 scores of a network in evaluation mode, on the processor."""
    found: list[Tensor] = []
    order = list(in_order(n_rows, SCORE_BATCH, lengths))
    with torch.inference_mode():
        for rows in order:
            batch = tuple(tuple(tensor[rows].to(where) for tensor in tensors) for tensors in inputs)
            found.append(net(batch, view).float().cpu())
    scores = torch.empty(n_rows, found[0].shape[1] if found else 0)
    for rows, values in zip(order, found, strict=True):
        scores[rows] = values
    return scores
