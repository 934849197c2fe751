"""What the families that start from checkpoints share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from automl.plugin import (
    Backbone,
    Encoding,
    FamilyDeclined,
    ModelFamily,
    OptionError,
    Param,
    Params,
    Profile,
    Role,
    Task,
    whole,
)

if TYPE_CHECKING:
    from automl_pretrained.checkpoint import Checkpoint

_PRODUCT = 4e-11  # seconds for a product, forth only, in float32 on one core
_MOST_ROWS = 200_000
_DETAILS = {Role.TEXT: "tokens", Role.IMAGE: "side"}


def detail_name(role: Role) -> str:
    """Return the parameter that says how closely columns of a role are read."""
    return _DETAILS[role]


class BackedFamily(ModelFamily):
    """A family that starts from at most one checkpoint for each kind of column, and declines without any."""

    inputs: ClassVar[frozenset[Role]] = frozenset(Role) - {Role.DROPPED, Role.SEQUENCE}

    def __init__(self, checkpoints: tuple[Checkpoint, ...] = ()) -> None:
        self.checkpoints = checkpoints
        if not checkpoints:
            self.expected_failures = {"accepts_or_declines": "it takes no table without a --backbone"}  # type: ignore[misc]

    @property
    def details(self) -> dict[str, list[Param]]:
        """How closely the columns of each checkpoint may be read, by the parameter's name, coarsest first."""
        return {detail_name(one.network.role): list(one.network.details) for one in self.checkpoints}

    def with_backbone(self, folder: Path) -> Self | None:
        """Return the family with this checkpoint too; raise `OptionError` where it has one for the same columns."""
        from automl_pretrained.checkpoint import open_checkpoint

        new = open_checkpoint(folder)
        if new is None:
            return None
        for known in self.checkpoints:
            if known.network.role is new.network.role:
                raise OptionError(
                    f"the backbones '{known.folder}' and '{new.folder}' both read columns of {new.network.role}: give "
                    "one for each kind of column"
                )
        return type(self)((*self.checkpoints, new))

    def backbones(self) -> tuple[Backbone, ...]:
        """Return the checkpoints."""
        return tuple(one.backbone for one in self.checkpoints)

    def accepts(self, task: Task, profile: Profile) -> None:
        """Decline without a checkpoint, without a column that it reads, and very large tables."""
        if not self.checkpoints:
            raise FamilyDeclined("starts from weights on disk, and --backbone names none")
        roles = sorted(one.network.role for one in self.checkpoints)
        if not profile.count(*roles):
            raise FamilyDeclined(f"needs a column of {' or '.join(roles)}, and there is none")
        if profile.n_rows > _MOST_ROWS:
            raise FamilyDeclined(f"needs at most {_MOST_ROWS:,} rows, but there are {profile.n_rows:,}")

    def encoding(self, params: Params, task: Task) -> Encoding:
        """Cells that a checkpoint reads as they are; the rest as robustly scaled numbers without gaps."""
        roles = {one.network.role for one in self.checkpoints}
        return Encoding(
            "robust",
            missing="impute",
            categorical="onehot",
            onehot_max=32,
            text="raw" if Role.TEXT in roles else "svd",
            images="raw" if Role.IMAGE in roles else "drop",
        )

    def seconds_to_read(self, params: Params, profile: Profile) -> float:
        """Estimate what running the networks on every row takes one core."""
        cells = sum(
            profile.count(one.network.role) * one.network.products(whole(params, detail_name(one.network.role)))
            for one in self.checkpoints
        )
        return profile.n_rows * cells * _PRODUCT
