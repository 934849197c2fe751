"""From the parts of a fold to a fitted network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from automl.plugin import Limits, Params, Part, Task, TrialFailed, real, whole
from automl_torch.nets.branch import Branch, Net, read_all
from automl_torch.nets.examples import Examples
from automl_torch.nets.fitted import Fitted, Head
from automl_torch.nets.regime import Regime
from automl_torch.nets.train import train
from automl_torch.outcome import Outcome, outcome_of, unit_weights
from automl_torch.session import session

LABEL_METRICS = frozenset(
    {"accuracy", "balanced_accuracy", "f1", "f1_macro", "precision", "recall", "mcc", "quadratic_kappa"}
)
"""Metrics that look at decided labels, for which probabilities may be smoothed."""
EVEN_METRICS = frozenset({"balanced_accuracy", "f1_macro"})
"""Metrics for which a rare label counts as much as a frequent one."""


def fit(
    train_part: Part,
    score_part: Part | None,
    task: Task,
    branches: Sequence[Branch],
    regime: Regime,
    dropout: float,
    seed: int,
    limits: Limits,
) -> tuple[Fitted, NDArray[np.float64] | None]:
    """Train a network of these branches; without branches, or with one label only, it is the prior.

    Also return the predictions (n_score, n_outputs) of the score part, each row's by an epoch that it had no say in;
    None where no score part decided about epochs.
    """
    if limits.seconds_left <= 0:
        raise TrialFailed("no time left to train a network")
    outcome = outcome_of(task, train_part)
    if not branches or outcome.constant:
        return Fitted(Head(outcome), None), None
    with session(limits.threads), torch.random.fork_rng():
        torch.manual_seed(seed)
        net = Net(branches, outcome.n_scores, dropout)
        examples = _examples(train_part, branches, outcome)
        score = None if score_part is None or not len(score_part.y) else _examples(score_part, branches, outcome)
        trained = train(net, examples, score, regime, limits)
    fitted = Fitted(Head(outcome, tuple(branches), trained.curve), net.eval().requires_grad_(False))
    honest = None if score is None or trained.kept is None else fitted.out_of_fold(score, trained.kept)
    return fitted, honest


def _examples(part: Part, branches: Sequence[Branch], outcome: Outcome) -> Examples:
    inputs, lengths = read_all(branches, part.features)
    y = outcome.positions(part.y) if len(outcome.classes) else outcome.standardised(part.y)
    return Examples(inputs, torch.from_numpy(y), torch.from_numpy(unit_weights(part).astype(np.float32)), lengths)


def regime_of(params: Params, task: Task, *, mixed: bool = False, schedule: str = "one_cycle") -> Regime:
    """Return the regime that most families use, from the parameters that they have in common."""
    hits = task.metric in LABEL_METRICS
    return Regime(
        epochs=whole(params, "epochs"),
        batch_size=whole(params, "batch_size"),
        rate=real(params, "learning_rate"),
        schedule=schedule,
        decay=real(params, "weight_decay"),
        smoothing=0.1 if hits else 0.0,
        balanced=task.metric in EVEN_METRICS,
        mixed=mixed,
        hits=hits,
    )
