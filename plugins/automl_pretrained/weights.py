"""A checkpoint's weights in memory: one copy a process, whichever models use them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from automl.plugin import ArtifactError, Shelf
from automl_pretrained.libraries import lack
from automl_pretrained.network import Network
from automl_torch.nets.device import device
from automl_torch.nets.weights import read_weights, save_weights


class Base:
    """A network with its weights by name; nobody writes into them."""

    def __init__(self, network: Network, tensors: Mapping[str, Tensor]) -> None:
        self.network, self.tensors = network, dict(tensors)

    def __getstate__(self) -> dict[str, object]:
        """Travel without the module, which would take its weights along a second time."""
        return {"network": self.network, "tensors": self.tensors}

    @cached_property
    def module(self) -> nn.Module:
        """The network as it came, in evaluation mode, on the device that torch can use."""
        module = self.network.build()
        module.load_state_dict(self.tensors, strict=True, assign=True)
        return module.eval().requires_grad_(False).to(device())

    def shelve(self, shelf: Shelf) -> None:
        """Put the weights among the files that models share."""
        shelf.put(self.network.shelved, lambda path: save_weights(self.tensors, path))


def base_from(network: Network, shelf: Shelf) -> Base:
    """Read the weights back; raise `ArtifactError` where they are missing, damaged, or another network's."""
    if why := lack(network.library):
        raise ArtifactError(f"the model {why}")
    path = shelf.get(network.shelved)
    found = path.stat()
    return _read(network, path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4)
def _read(network: Network, path: Path, size: int, changed: int) -> Base:
    """Read a file as it was when it had this size and was changed at this time."""
    base = Base(network, read_weights(path))
    try:
        _ = base.module
    except Exception as error:  # an architecture from a forged file may fail in any way
        raise ArtifactError(
            f"{path}: the weights do not fit their architecture ({error!r:.300}); use an intact copy of the model"
        ) from error
    return base


def exact(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies on the processor, in float32 where they are fractions, none of which shares memory."""
    return {
        name: tensor.detach().to("cpu", torch.float32 if tensor.is_floating_point() else tensor.dtype, copy=True)
        for name, tensor in tensors.items()
    }


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, shapes and values in hexadecimal."""
    total = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        total.update(tensor.numpy().tobytes())
    return total.hexdigest()
