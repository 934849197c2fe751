"""Fine-tuning: pretrained networks trained further, with the columns beside them, within the time there is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from automl.plugin import (
    Param,
    Params,
    Part,
    Profile,
    Role,
    Shelf,
    Suggest,
    Task,
    learned_portfolio,
    real,
    whole,
)
from automl_pretrained.backed import BackedFamily, detail_name
from automl_torch.nets.family import NetFamily, NetModel

if TYPE_CHECKING:
    from automl_torch.nets.branch import Branch
    from automl_torch.nets.regime import Regime

EPOCHS: list[Param] = [8, 5, 3, 2, 1]
_TOP = 0.34  # the share of the layers that the quicker entry trains
_BACKWARD = 2.0  # products of a step back for one forth


class Finetuned(BackedFamily, NetFamily):
    """Pretrained networks with a new last layer, their last layers or all of them trained.

    The learning rate warms up and then falls; it is lower for the pretrained layers, and the lower the deeper they lie
    (after Howard and Ruder 2018, arXiv 1801.06146). Weights that are not trained are saved once for all folds.
    """

    name = "finetuned"
    reads: ClassVar[frozenset[Role]] = frozenset({Role.TEXT, Role.IMAGE})

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """The last third of the layers, then all of them."""
        base: dict[str, Param] = {
            "share": _TOP,
            "learning_rate": 2e-3,
            "backbone_rate": 0.03,
            "layer_decay": 0.8,
            "weight_decay": 0.01,
            "dropout": 0.1,
            "batch_size": 32,
            "epochs": EPOCHS[1],
            **{name: details[len(details) // 2] for name, details in self.details.items()},
        }
        whole_network = {**base, "share": 1.0, "backbone_rate": 0.02, "layer_decay": 0.9}
        entries = learned_portfolio(self, [base, whole_network], task, profile)
        return [self._in_time(entry, task, profile) for entry in entries]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample how much is trained, and how; learning rates are the last layer's, and the backbone's part of it."""
        params: dict[str, Param] = {
            "share": trial.suggest_categorical("share", [_TOP, 0.67, 1.0]),
            "learning_rate": trial.suggest_float("learning_rate", 2e-4, 1e-2, log=True),
            "backbone_rate": trial.suggest_float("backbone_rate", 3e-3, 0.2, log=True),
            "layer_decay": trial.suggest_float("layer_decay", 0.6, 1.0),
            "weight_decay": trial.suggest_float("weight_decay", 1e-4, 0.2, log=True),
            "dropout": trial.suggest_float("dropout", 0.0, 0.5),
            "batch_size": trial.suggest_categorical("batch_size", [8, 16, 32, 64]),
            "epochs": trial.suggest_categorical("epochs", EPOCHS),
        }
        for name, details in self.details.items():
            params[name] = trial.suggest_categorical(name, details)
        return params

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate steps forth, and back through the layers that are trained."""
        steps = whole(params, "epochs") * (1 + _BACKWARD * real(params, "share"))
        return 1.0 + steps * (self.seconds_to_read(params, profile) + 2e-5 * profile.fit_rows)

    def build(self, params: Params, task: Task, seed: int) -> NetModel:
        """Return an unfitted model."""
        return FinetunedModel(self, params, task, seed)

    def load(self, folder: Path) -> NetModel:
        """Read back a model whose weights lie in its own folder."""
        return self.load_beside(folder, Shelf(folder))

    def load_beside(self, folder: Path, shelf: Shelf) -> NetModel:
        """Read back a model, and the weights that it shares with others."""
        from automl_pretrained.branches import load_tuned

        return FinetunedModel.of(load_tuned(folder, shelf))

    def branches(self, params: Params, task: Task, train: Part, seed: int) -> Sequence[Branch]:
        """Start a branch for each column that a checkpoint reads."""
        from automl_pretrained.branches import Plan, start
        from automl_torch.nets.cells import raw_columns

        columns = raw_columns(train.features)
        return [
            start(
                one.base(),
                column,
                train.features.raw[column],
                Plan(
                    whole(params, detail_name(one.network.role)),
                    real(params, "share"),
                    real(params, "backbone_rate"),
                    real(params, "layer_decay"),
                ),
            )
            for one in self.checkpoints
            for column in columns[one.network.role]
        ]

    def regime(self, params: Params, task: Task) -> Regime:
        """A short warm-up and a cosine; bfloat16 where the device has units for it."""
        from automl_torch.nets.fitting import regime_of

        return regime_of(params, task, mixed=True, schedule="warm_cosine")

    def dropout(self, params: Params) -> float:
        """Return the dropout before the last layer."""
        return real(params, "dropout")

    def register(self) -> None:
        """Import the module of the branches."""
        import automl_pretrained.branches  # noqa: F401 - registers its classes

    def _in_time(self, entry: Params, task: Task, profile: Profile) -> Params:
        """Read more coarsely, then train for less, where the folds would take more than their share of the run."""
        found = self.affordable(entry, EPOCHS, task, profile)
        if found["epochs"] == entry["epochs"]:
            return found
        coarse = {name: details[0] for name, details in self.details.items()}
        return self.affordable({**entry, **coarse}, EPOCHS, task, profile)


class FinetunedModel(NetModel):
    """A fine-tuned network behind the contract of a model."""

    def save(self, folder: Path) -> None:
        """Write everything into the folder."""
        self.save_beside(folder, Shelf(folder))

    def save_beside(self, folder: Path, shelf: Shelf) -> None:
        """Write what was trained, and put the other weights where other models find them too."""
        from automl_pretrained.branches import save_tuned

        save_tuned(self.fitted, folder, shelf)
