"""TabM: many networks in one that share all weights but a sign for each input, and their heads.

Source: "TabM: advancing tabular deep learning with parameter-efficient ensembling" (Gorishniy, Kotelnikov, Babenko
2024, arXiv 2410.24210), the variant TabM-mini. Each member is judged alone, and probabilities are averaged. Deviations:
the embedding of numbers is periodic, as in RealMLP, not piecewise linear; a schedule that ends at zero takes the place
of early stopping; fewer and smaller members, for processors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.plugin import KEEP, Param, Params, Profile, Suggest, Task, learned_portfolio, real, whole
from automl_torch.tabular import LABEL_METRICS, TabularNetworkFamily

if TYPE_CHECKING:
    from automl_torch.recipe import Recipe

EPOCHS: list[Param] = [64, 32, 16]
WIDTHS: list[Param] = [128, 256, 384, 512]
MEMBERS: list[Param] = [8, 16, 32]


class TabM(TabularNetworkFamily):
    """TabM-mini, all folds of a trial trained as one batched program."""

    name = "tabm"
    batch_sizes = ((3_000, 64), (10_000, 128), (50_000, 256), (200_000, 512))

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Fast waves and few members; more and smaller members; a deeper network with more dropout."""
        entries = [
            _entry(2, 256, 8, 0.05, 6e-3, 1.0),
            _entry(2, 128, 16, 0.2, 4e-3, 0.3),
            _entry(3, 256, 8, 0.3, 3e-3, 1.0),
        ]
        entries = learned_portfolio(self, entries, task, profile)
        return [self.affordable(entry, EPOCHS, task, profile) for entry in entries]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample a space around the paper's."""
        return {
            "depth": trial.suggest_int("depth", 1, 4),
            "width": trial.suggest_categorical("width", WIDTHS),
            "members": trial.suggest_categorical("members", MEMBERS),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
            "learning_rate": trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-5, 1e-1, log=True),
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
            rate_schedule="flat_cosine",
            decay=real(params, "weight_decay"),
            decay_schedule="constant",
            dropout=real(params, "dropout"),
            dropout_schedule="constant",
            betas=(0.9, 0.999),
        )
        return Recipe(
            depth=whole(params, "depth"),
            width=whole(params, "width"),
            activation="relu",
            course=course,
            batch_size=self.batch_size(n_rows),
            frequency=real(params, "frequency"),
            n_members=self.members(params),
            rescaled=False,
            ntk=False,
            blended=False,
            scale_rate=1.0,
            bias_rate=1.0,
            embedding_rate=1.0,
            hits=hits,
        )


def _entry(depth: int, width: int, members: int, dropout: float, rate: float, frequency: float) -> Params:
    return {
        "depth": depth,
        "width": width,
        "members": members,
        "dropout": dropout,
        "learning_rate": rate,
        "weight_decay": 3e-4,
        "frequency": frequency,
        "epochs": EPOCHS[0],
        "keep": 1.0,
    }
