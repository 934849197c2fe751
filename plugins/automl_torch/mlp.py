"""RealMLP: a multilayer perceptron with the tricks that make it compete with boosted trees.

Source: "Better by default: strong pre-tuned MLPs and boosted trees on tabular data" (Holzmüller, Grinsztajn, Steinwart
2024, arXiv 2407.04491), its tuned defaults and its search space. Deviations: text columns enter as numbers; missing
numbers are imputed with the median; the epoch kept is that of the lowest log loss, unless the metric looks at labels.
The first configuration is the tuned default with waves ten times as fast and half the epochs: in few epochs it was
better on three tables of four than with slow waves. The paper's default comes second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.plugin import KEEP, Param, Params, Profile, Suggest, Task, learned_portfolio, real, text, whole
from automl_torch.tabular import LABEL_METRICS, TabularNetworkFamily

if TYPE_CHECKING:
    from automl_torch.recipe import Recipe

EPOCHS: list[Param] = [256, 128, 64, 32]
WIDTHS: list[Param] = [128, 256, 384, 512]


class MLP(TabularNetworkFamily):
    """RealMLP, all folds of a trial trained as one batched program."""

    name = "mlp"
    batch_sizes = ((3_000, 128), (30_000, 256), (100_000, 512), (200_000, 1024))

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Fast waves; the paper's tuned default; wide with much dropout; deep and smooth."""
        rate = 0.04 if task.is_classification else 0.2
        act = "selu" if task.is_classification else "mish"
        entries = [
            {**_entry(3, 256, act, 0.15, rate, 0.02, 1.0), "epochs": EPOCHS[1]},
            _entry(3, 256, act, 0.15, rate, 0.02, 0.1),
            {**_entry(2, 384, "mish" if act == "selu" else "selu", 0.35, rate, 0.02, 2.0), "epochs": EPOCHS[1]},
            {**_entry(4, 256, act, 0.05, max(0.02, rate / 2), 0.005, 0.3), "epochs": EPOCHS[1]},
        ]
        entries = learned_portfolio(self, entries, task, profile)
        return [self.affordable(entry, EPOCHS, task, profile) for entry in entries]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the space of the paper, with the epochs and the share of the columns kept."""
        return {
            "depth": trial.suggest_int("depth", 2, 4),
            "width": trial.suggest_categorical("width", WIDTHS),
            "activation": trial.suggest_categorical("activation", ["selu", "mish"]),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-3, 5e-2, log=True),
            "frequency": trial.suggest_float("frequency", 0.01, 10.0, log=True),
            "epochs": trial.suggest_categorical("epochs", EPOCHS),
            "keep": trial.suggest_categorical("keep", KEEP),
        }

    def recipe(self, params: Params, task: Task, n_rows: int) -> Recipe:
        """Return the recipe of these parameters."""
        from automl_torch.recipe import Recipe
        from automl_torch.training import Course

        hits = task.metric in LABEL_METRICS
        course = Course(
            epochs=whole(params, "epochs"),
            rate=real(params, "learning_rate"),
            rate_schedule="coslog4",
            decay=real(params, "weight_decay"),
            decay_schedule="flat_cosine",
            dropout=real(params, "dropout"),
            dropout_schedule="flat_cosine",
            betas=(0.9, 0.95),
        )
        return Recipe(
            depth=whole(params, "depth"),
            width=whole(params, "width"),
            activation=text(params, "activation"),
            course=course,
            batch_size=self.batch_size(n_rows),
            frequency=real(params, "frequency"),
            smoothing=0.1 if hits else 0.0,
            hits=hits,
        )


def _entry(
    depth: int, width: int, activation: str, dropout: float, rate: float, decay: float, frequency: float
) -> Params:
    return {
        "depth": depth,
        "width": width,
        "activation": activation,
        "dropout": dropout,
        "learning_rate": rate,
        "weight_decay": decay,
        "frequency": frequency,
        "epochs": EPOCHS[0],
        "keep": 1.0,
    }
