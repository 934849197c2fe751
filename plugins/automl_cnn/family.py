"""Convolutional networks: one branch for each image, text column, and one for all sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from automl.plugin import Param, Params, Part, Profile, Role, Suggest, Task, learned_portfolio, real, whole
from automl_torch.nets.family import SHARE, NetFamily

if TYPE_CHECKING:
    from automl_torch.nets.branch import Branch
    from automl_torch.nets.regime import Regime

IMAGE_EPOCHS: list[Param] = [60, 40, 28, 20, 14, 10, 7, 5, 3]
SEQUENCE_EPOCHS: list[Param] = [150, 80, 50, 30, 15]
TEXT_EPOCHS: list[Param] = [16, 10, 6, 4]


class CNN(NetFamily):
    """A residual network for images, Kim's for texts, an Inception-style one for sequences; see the modules of each."""

    name = "cnn"
    reads: ClassVar[frozenset[Role]] = frozenset({Role.IMAGE, Role.TEXT, Role.SEQUENCE})

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """A small network; for images one that trains longer on harder ones; a wider one; a quick one.

        Where nothing but networks can read the table, those after the first may take most of the run.
        """
        base = _default(profile)
        longer = [{**base, "augment": 1.0, "dropout": 0.2}] if profile.count(Role.IMAGE) else []
        written = [base, *longer, {**base, **_wider(profile)}, {**base, **_quicker(profile)}]
        first, *others = learned_portfolio(self, written, task, profile)
        others_read = profile.count(*set(Role) - {Role.IMAGE, Role.DROPPED}) > 0
        share = SHARE if others_read else _ALONE
        epochs = _epochs(profile)
        return [
            self.affordable(first, epochs, task, profile),
            *(self.affordable(entry, epochs, task, profile, share) for entry in others),
        ]

    def suggest(self, trial: Suggest, task: Task, profile: Profile) -> Params:
        """Sample the parts of the space that the table's columns need."""
        params: dict[str, Param] = {
            "learning_rate": trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-4, 0.2, log=True),
            "dropout": trial.suggest_float("dropout", 0.0, 0.7),
            "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128]),
            "epochs": trial.suggest_categorical("epochs", _epochs(profile)),
        }
        if profile.count(Role.IMAGE):
            params["side"] = trial.suggest_categorical("side", [32, 48, 64, 96])
            params["stem"] = trial.suggest_categorical("stem", [8, 16, 24, 32])
            params["augment"] = trial.suggest_float("augment", 0.0, 1.0)
        if profile.count(Role.TEXT):
            params["filters"] = trial.suggest_categorical("filters", [32, 64, 100])
            params["embedding"] = trial.suggest_categorical("embedding", [32, 64, 128])
        if profile.count(Role.SEQUENCE):
            params["depth"] = trial.suggest_int("depth", 2, 6)
            params["kernels"] = trial.suggest_categorical("kernels", [8, 16, 32])
        return params

    def cost(self, params: Params, task: Task, profile: Profile) -> float:
        """Estimate from what a row costs in each branch, forth and back, on one core."""
        row = 2e-5
        if images := profile.count(Role.IMAGE):
            row += images * _IMAGE * (whole(params, "side") / 32) ** 2 * (whole(params, "stem") / 16) ** 1.3
        if texts := profile.count(Role.TEXT):
            row += texts * _TEXT * whole(params, "filters") * whole(params, "embedding") / 4096
        if profile.count(Role.SEQUENCE):
            row += _SEQUENCE * whole(params, "depth") * (whole(params, "kernels") / 16) ** 1.5
        return 0.3 + whole(params, "epochs") * profile.fit_rows * row

    def branches(self, params: Params, task: Task, train: Part, seed: int) -> Sequence[Branch]:
        """Learn a branch for each column of images or texts, and one for all sequences."""
        from automl_cnn.images import Look, learn_images
        from automl_cnn.sequences import learn_sequences
        from automl_cnn.texts import learn_texts
        from automl_torch.nets.cells import raw_columns

        columns = raw_columns(train.features)
        found: list[Branch] = []
        if images := columns[Role.IMAGE]:
            look = Look(whole(params, "side"), whole(params, "stem"), real(params, "augment"))
            found += [learn_images(train, name, look, task.is_classification) for name in images]
        found += [
            learn_texts(train.features, name, whole(params, "filters"), whole(params, "embedding"))
            for name in columns[Role.TEXT]
        ]
        if series := columns[Role.SEQUENCE]:
            found.append(learn_sequences(train.features, series, whole(params, "depth"), whole(params, "kernels")))
        return found

    def regime(self, params: Params, task: Task) -> Regime:
        """One cycle of the learning rate; bfloat16 where the device has units for it."""
        from automl_torch.nets.fitting import regime_of

        return regime_of(params, task, mixed=True)

    def dropout(self, params: Params) -> float:
        """Return the dropout before the last layer."""
        return real(params, "dropout")

    def register(self) -> None:
        """Import the modules of the branches."""
        import automl_cnn.images
        import automl_cnn.sequences
        import automl_cnn.texts  # noqa: F401 - registers its classes


def _epochs(profile: Profile) -> list[Param]:
    if profile.count(Role.IMAGE):
        return IMAGE_EPOCHS
    return SEQUENCE_EPOCHS if profile.count(Role.SEQUENCE) else TEXT_EPOCHS


def _default(profile: Profile) -> dict[str, Param]:
    images = profile.count(Role.IMAGE) > 0
    params: dict[str, Param] = {
        "learning_rate": 4e-3 if images else 2e-3,
        "weight_decay": 0.05 if images else 0.01,
        "dropout": 0.1 if images else 0.5 if profile.count(Role.TEXT) else 0.2,
        "batch_size": 64 if images or profile.count(Role.TEXT) else 32,
        "epochs": _epochs(profile)[1],
    }
    if images:
        params |= {"side": 32, "stem": 16, "augment": 0.75}
    if profile.count(Role.TEXT):
        params |= {"filters": 64, "embedding": 64}
    if profile.count(Role.SEQUENCE):
        params |= {"depth": 3, "kernels": 16}
    return params


def _wider(profile: Profile) -> dict[str, Param]:
    changes: dict[str, Param] = {"dropout": 0.3 if profile.count(Role.IMAGE) else 0.6}
    if profile.count(Role.IMAGE):
        changes |= {"stem": 24, "augment": 1.0}
    if profile.count(Role.TEXT):
        changes |= {"filters": 100, "embedding": 128, "learning_rate": 1e-3}
    if profile.count(Role.SEQUENCE):
        changes |= {"depth": 6}
    return changes


def _quicker(profile: Profile) -> dict[str, Param]:
    changes: dict[str, Param] = {"learning_rate": 6e-3, "batch_size": 64}
    if profile.count(Role.IMAGE):
        changes |= {"augment": 0.25}
    if profile.count(Role.TEXT):
        changes |= {"embedding": 32}
    if profile.count(Role.SEQUENCE):
        changes |= {"depth": 2, "kernels": 32}
    return changes


_ALONE = 0.8  # of a run's seconds, for what follows the first network where no other family reads the table
_IMAGE = 8e-4  # seconds for an image of 32x32 pixels and a stem of 16, with AMX; measured, as the others
_TEXT = 3e-4  # for a text of twenty words
_SEQUENCE = 5e-4  # for a module and a sequence of 150 steps
