"""Checkpoints on disk that families start from, as the user named them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from automl.data.dataset import Profile
from automl.data.schema import Role
from automl.errors import OptionError

if TYPE_CHECKING:
    from automl.plugin.family import ModelFamily


@dataclass(frozen=True)
class Backbone:
    """A checkpoint: its folder, the role of the columns that it reads, and the name of its architecture."""

    folder: Path
    role: Role
    architecture: str


def equip(
    known: Mapping[str, ModelFamily], chosen: Mapping[str, ModelFamily], folders: Iterable[Path], absent: Iterable[str]
) -> dict[str, ModelFamily]:
    """Give each checkpoint to the chosen families that read it, and return all of those chosen.

    `known` are all families; `absent` says of what is not available why. Raise `OptionError` for a folder that no
    family reads, or none of those chosen.
    """
    equipped = dict(chosen)
    for folder in folders:
        if not folder.is_dir():
            raise OptionError(
                f"the backbone '{folder}' must be a folder that holds a checkpoint, and there is no such folder: name "
                "one on this disk, since nothing is downloaded"
            )
        takers = {name: family.with_backbone(folder) for name, family in {**known, **equipped}.items()}
        reading = {name: family for name, family in takers.items() if family is not None}
        if not reading:
            told = (
                f"the backbone '{folder}' is no checkpoint that a model family starts from: name a folder with the "
                "configuration of a known architecture in config.json and its weights in model.safetensors"
            )
            raise OptionError("; ".join([told, *absent]))
        equipped |= {name: family for name, family in reading.items() if name in chosen}
        if not set(reading) & set(chosen):
            raise OptionError(
                f"the backbone '{folder}' is for {' and '.join(reading)}, of which none takes part: name one of them "
                "in --families, or leave the backbone out"
            )
    return equipped


def check_needed(families: Iterable[ModelFamily], profile: Profile) -> None:
    """Raise `OptionError` where a family was given a checkpoint for a kind of column that the table has not."""
    for family in families:
        for backbone in family.backbones():
            if not profile.count(backbone.role):
                raise OptionError(
                    f"the backbone '{backbone.folder}' ({backbone.architecture}) reads columns of {backbone.role}, and "
                    f"the table has none: leave it out, or name such a column by --role COLUMN={backbone.role}"
                )
