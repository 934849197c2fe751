"""Weights as a safetensors file, which holds arrays and nothing that runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from automl.plugin import ArtifactError


def save_weights(weights: Mapping[str, Tensor], path: Path) -> None:
    """Write tensors by name."""
    from safetensors.torch import save_file

    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}, path)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read them back; raise `ArtifactError` where the file is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again") from None
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
