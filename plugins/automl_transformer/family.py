"""Transformers: an encoder for each text column, and one for the table's other columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from automl.plugin import (
    TABULAR,
    Encoding,
    FamilyDeclined,
    Param,
    Params,
    Part,
    Profile,
    Role,
    Suggest,
    Task,
    learned_portfolio,
    real,
    whole,
    width,
)
from automl_torch.nets.family import NetFamily

if TYPE_CHECKING:
    from automl_torch.nets.branch import Branch
    from automl_torch.nets.regime import Regime

EPOCHS: list[Param] = [60, 40, 24, 14, 8, 4]
_MOST_COLUMNS = 100  # each is a token, and attention costs the square of their number


class Transformer(NetFamily):
    """FT-Transformer for the columns of a table, and an encoder trained from scratch for each column of texts."""

    name = "transformer"
    inputs: ClassVar[frozenset[Role]] = TABULAR
    reads: ClassVar[frozenset[Role]] = TABULAR
    most_rows: ClassVar[int] = 50_000
    libraries: ClassVar[tuple[str, ...]] = ("torch", "safetensors", "tokenizers")

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline wide tables too."""
        super().accepts(task, profile)
        if (columns := width(profile, texts=False)) > _MOST_COLUMNS:
            raise FamilyDeclined(f"needs at most {_MOST_COLUMNS} encoded columns, but there are about {columns:,}")

    def held_back(self, task: Task, profile: Profile) -> str | None:
        """Wait to be named where there is no text: on tables alone it costs minutes and is beaten by trees and mlp.

        FT-Transformer is dominated on TabArena (Erickson et al. 2025), and takes 65 s for 420 rows in 8 folds here.
        """
        return None if profile.count(Role.TEXT) else "costs more than it brings on a table without texts"

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """A small encoder, and a deeper one with more dropout."""
        texts = profile.count(Role.TEXT) > 0
        base: dict[str, Param] = {
            "width": 64,
            "depth": 2,
            "inner_dropout": 0.1,
            "learning_rate": 1e-3,
            "weight_decay": 0.03,
            "dropout": 0.3 if texts else 0.1,
            "batch_size": 64,
            "epochs": EPOCHS[3] if texts else EPOCHS[1],
        }
        other: dict[str, Param] = {**base, "width": 96, "depth": 3, "inner_dropout": 0.25, "learning_rate": 5e-4}
        entries = learned_portfolio(self, [base, other], task, profile)
        return [self.affordable(entry, EPOCHS, task, profile) for entry in entries]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the encoder and its training."""
        return {
            "width": trial.suggest_categorical("width", [32, 64, 96, 128]),
            "depth": trial.suggest_int("depth", 1, 4),
            "inner_dropout": trial.suggest_float("inner_dropout", 0.0, 0.4),
            "learning_rate": trial.suggest_float("learning_rate", 1e-4, 3e-3, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-4, 0.2, log=True),
            "dropout": trial.suggest_float("dropout", 0.0, 0.6),
            "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128, 256]),
            "epochs": trial.suggest_categorical("epochs", EPOCHS),
        }

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Robustly scaled numbers without gaps, codes of categories, and texts as they are."""
        return Encoding("robust", missing="impute", categorical="codes", text="raw")

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate from the products of the layers, forth and back, on one core."""
        size, depth = whole(params, "width"), whole(params, "depth")
        tokens = 1 + width(profile, texts=False) + 30 * profile.count(Role.TEXT)
        each = depth * tokens * (8 * size**2 + 2 * size * tokens)
        return 0.3 + whole(params, "epochs") * profile.fit_rows * (each * _PRODUCT + 3e-5)

    def branches(self, params: Params, task: Task, train: Part, seed: int) -> Sequence[Branch]:
        """Learn an encoder for each column of texts, and one for the matrix."""
        from automl_torch.nets.cells import raw_columns
        from automl_transformer.tables import Table
        from automl_transformer.texts import learn_texts

        size, lost = whole(params, "width"), real(params, "inner_dropout")
        shape = size, whole(params, "depth"), size // 16
        features = train.features
        found: list[Branch] = [learn_texts(features, name, shape, lost) for name in raw_columns(features)[Role.TEXT]]
        if features.names:
            sizes = tuple(int(n) for n in features.cardinalities)
            found.append(
                Table(
                    columns=features.names,
                    width=size,
                    cardinalities=sizes,
                    depth=shape[1],
                    heads=shape[2],
                    dropout=lost,
                )
            )
        return found

    def regime(self, params: Params, task: Task) -> Regime:
        """A short warm-up and a cosine."""
        from automl_torch.nets.fitting import regime_of

        return regime_of(params, task, schedule="warm_cosine")

    def dropout(self, params: Params) -> float:
        """Return the dropout before the last layer."""
        return real(params, "dropout")

    def register(self) -> None:
        """Import the modules of the branches."""
        import automl_transformer.tables
        import automl_transformer.texts  # noqa: F401 - registers its classes


_PRODUCT = 1.5e-10  # seconds for a product, forth and back, in float32
