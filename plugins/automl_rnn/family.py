"""Recurrent networks: a layer for each text column, and one for all sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from automl.plugin import Param, Params, Part, Profile, Role, Suggest, Task, learned_portfolio, real, text, whole
from automl_torch.nets.family import NetFamily

if TYPE_CHECKING:
    from automl_rnn.recurrent import Cell
    from automl_torch.nets.branch import Branch
    from automl_torch.nets.regime import Regime

EPOCHS: list[Param] = [40, 24, 14, 8, 5, 3]


class RNN(NetFamily):
    """Bidirectional GRU or LSTM with attention over the steps; see `automl_rnn.recurrent`."""

    name = "rnn"
    inputs: ClassVar[frozenset[Role]] = NetFamily.inputs - {Role.IMAGE}
    reads: ClassVar[frozenset[Role]] = frozenset({Role.TEXT, Role.SEQUENCE})
    most_rows: ClassVar[int] = 50_000

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """A GRU, and a wider LSTM with more dropout."""
        series = profile.count(Role.SEQUENCE) > 0
        base: dict[str, Param] = {
            "cell": "gru",
            "hidden": 64,
            "embedding": 64,
            "learning_rate": 5e-3 if series else 3e-3,
            "weight_decay": 0.01,
            "dropout": 0.2 if series else 0.5,
            "batch_size": 32 if series else 64,
            "epochs": EPOCHS[0] if series else EPOCHS[3],
        }
        other: dict[str, Param] = {**base, "cell": "lstm", "hidden": 96, "dropout": 0.4, "learning_rate": 2e-3}
        entries = learned_portfolio(self, [base, other], task, profile)
        return [self.affordable(entry, EPOCHS, task, profile) for entry in entries]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the cell, the sizes and the training."""
        return {
            "cell": trial.suggest_categorical("cell", ["gru", "lstm"]),
            "hidden": trial.suggest_categorical("hidden", [32, 64, 96]),
            "embedding": trial.suggest_categorical("embedding", [32, 64, 128]),
            "learning_rate": trial.suggest_float("learning_rate", 5e-4, 2e-2, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-4, 0.2, log=True),
            "dropout": trial.suggest_float("dropout", 0.0, 0.7),
            "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128]),
            "epochs": trial.suggest_categorical("epochs", EPOCHS),
        }

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate from what a row of some twenty words, or of 64 steps, costs on one core."""
        hidden = whole(params, "hidden")
        row = _WORDS * profile.count(Role.TEXT) + _STEPS * (profile.count(Role.SEQUENCE) > 0)
        return 0.3 + whole(params, "epochs") * profile.fit_rows * (row * math.pow(hidden / 64, 1.5) + 2e-5)

    def branches(self, params: Params, task: Task, train: Part, seed: int) -> Sequence[Branch]:
        """Learn a branch for each column of texts, and one for all sequences."""
        from automl_rnn.branches import learn_sequences, learn_texts
        from automl_torch.nets.cells import raw_columns

        columns = raw_columns(train.features)
        hidden, embedding = whole(params, "hidden"), whole(params, "embedding")
        cell: Cell = "gru" if text(params, "cell") == "gru" else "lstm"
        found: list[Branch] = [
            learn_texts(train.features, name, hidden, embedding, cell) for name in columns[Role.TEXT]
        ]
        if series := columns[Role.SEQUENCE]:
            found.append(learn_sequences(train.features, series, hidden, cell))
        return found

    def regime(self, params: Params, task: Task) -> Regime:
        """One cycle of the learning rate."""
        from automl_torch.nets.fitting import regime_of

        return regime_of(params, task)

    def dropout(self, params: Params) -> float:
        """Return the dropout before the last layer."""
        return real(params, "dropout")

    def register(self) -> None:
        """Import the module of the branches."""
        import automl_rnn.branches  # noqa: F401 - registers its classes


_WORDS = 6e-4  # seconds for a text and an epoch, with 64 hidden values; guessed from products, as the other
_STEPS = 1.5e-3
