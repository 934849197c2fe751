"""A checkpoint's folder, opened: which library's it is, and whether it can be used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from automl.plugin import ArtifactError, Backbone, OptionError, TrialFailed
from automl_pretrained.libraries import lack
from automl_pretrained.network import Network
from automl_pretrained.weights import Base

CONFIG = "config.json"
_MOST_CONFIG = 2**24  # bytes


@dataclass(frozen=True)
class Checkpoint:
    """A folder and the network in it; what travels to the processes that train. Its weights are read where needed."""

    folder: Path
    network: Network

    @property
    def backbone(self) -> Backbone:
        """What the engine is told."""
        config = json.loads(self.network.config)
        return Backbone(self.folder, self.network.role, str(config.get("architecture") or config.get("model_type")))

    def base(self) -> Base:
        """Return the network with its weights; raise `TrialFailed` where the folder is not what it was."""
        try:
            base = opened(self.folder)
        except OptionError as error:
            raise TrialFailed(str(error)) from error
        if base is None or base.network.digest != self.network.digest:
            raise TrialFailed(f"the backbone '{self.folder}' changed during the run: leave it as it is until the end")
        return base


def open_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the checkpoint in a folder, None where there is none of either library.

    Raise `OptionError` where there is one that cannot be used.
    """
    base = opened(folder.absolute())
    return None if base is None else Checkpoint(folder.absolute(), base.network)


@lru_cache(maxsize=3)
def opened(folder: Path) -> Base | None:
    """Read a checkpoint; once a process, since it may take seconds."""
    config = _config(folder)
    if config is None:
        return None
    if why := lack("timm" if "architecture" in config else "transformers"):
        raise OptionError(f"the backbone '{folder}' {why}")
    if not any(folder.glob("model*.safetensors")):
        raise OptionError(
            f"the backbone '{folder}' holds no model.safetensors: other formats can run code when they are read, so "
            "save it in that one (safe_serialization=True)"
        )
    try:
        with torch.random.fork_rng(devices=[]):
            if "architecture" in config:
                from automl_pretrained.images import open_images

                return Base(*open_images(folder, config))
            from automl_pretrained.texts import open_texts

            return Base(*open_texts(folder, config))
    except OptionError:
        raise
    except ArtifactError as error:  # of the file with the weights
        raise OptionError(f"the backbone '{folder}' cannot be read: {error}") from error
    except Exception as error:  # a checkpoint is a foreign file, read by a foreign library
        raise OptionError(
            f"the backbone '{folder}' cannot be used ({type(error).__name__}: {str(error)[:300]}): give an intact "
            "checkpoint of transformers or timm"
        ) from error


def _config(folder: Path) -> dict[str, Any] | None:
    """Return the configuration of a checkpoint that one of the libraries wrote."""
    path = folder / CONFIG
    try:
        if path.stat().st_size > _MOST_CONFIG:
            return None
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(config, dict):
        return None
    told = config.get("architecture", config.get("model_type"))
    return config if isinstance(told, str) else None
