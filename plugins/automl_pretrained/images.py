"""Checkpoints of the timm library as readers of images: the pooled features before the classifier."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from automl.plugin import OptionError, Role, storable
from automl_pretrained.network import Network

SIDES = (64, 96, 128, 160, 224)
"""Pixels a side that images are brought to where the architecture takes any."""
WEIGHTS = "model.safetensors"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_POSITIONS = 180  # times that a weight is used in an image of 224 pixels: 155 in ResNet-50, 196 in ViT-B/16
_USUAL_SIDE = 224
# Arguments that would load a file, or change what the network returns.
_LEFT_OUT = frozenset(
    {
        "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path", "cache_dir", "scriptable",
        "exportable", "no_jit", "features_only", "num_classes", "device", "dtype", "pretrained_model_args",
    }
)  # fmt: skip


@storable("pretrained.images")
@dataclass(frozen=True, kw_only=True)
class ImageNetwork(Network):
    """A network for RGB images in [0, 1], less their `mean` and over their `scale` (3 channels)."""

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.mean) != 3 or len(self.scale) != 3 or min(self.scale) <= 0:
            raise ValueError("images need a mean and a scale of three channels")

    @property
    def library(self) -> str:
        """It is built by timm."""
        return "timm"

    @property
    def role(self) -> Role:
        """It reads columns of images."""
        return Role.IMAGE

    def build(self) -> nn.Module:
        """Return the network that the library has under this name."""
        return _create(json.loads(self.config))

    def read(self, cells: Sequence[Any], detail: int) -> tuple[Tensor, ...]:
        """Return (n_rows, 3, height, width) uint8; a missing image is black."""
        shape = next((cell.shape for cell in cells if cell is not None), (1, 1, 3))
        pixels = np.zeros((len(cells), *shape), dtype=np.uint8)
        for row, cell in enumerate(cells):
            if cell is not None:
                pixels[row] = cell
        found = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        return (found.expand(-1, 3, -1, -1) if found.shape[1] == 1 else found,)

    def forward(self, module: nn.Module, tensors: Sequence[Tensor], detail: int) -> Tensor:
        """Return the pooled features of images that are brought to `detail` pixels a side."""
        pixels = tensors[0].float() / 255
        if pixels.shape[2:] != (detail, detail):
            pixels = functional.interpolate(pixels, (detail, detail), mode="bilinear", antialias=True)
        mean, scale = (pixels.new_tensor(values)[:, None, None] for values in (self.mean, self.scale))
        found: Tensor = module((pixels - mean) / scale)
        return found.float()

    def products(self, detail: int) -> float:
        """So many products for each weight as are usual."""
        return self.size * _POSITIONS * (detail / _USUAL_SIDE) ** 2


def open_images(folder: Path, config: Mapping[str, Any]) -> tuple[ImageNetwork, dict[str, Tensor]]:
    """Read a checkpoint's folder; raise `OptionError` where its architecture is unknown, or weights are missing."""
    from automl_pretrained.weights import digest, exact
    from automl_torch.nets.weights import read_weights

    name = str(config["architecture"])
    _check_known(folder, name)
    given = config.get("model_args")
    arguments = cleaned(given if isinstance(given, dict) else {})
    architecture = {"architecture": name, "model_args": arguments}
    module = _create(architecture)
    own, found = module.state_dict(), read_weights(folder / WEIGHTS)
    # Counters of batches are in no file of older versions, and nothing depends on them.
    lacking = [name for name in own if name not in found and not name.endswith("num_batches_tracked")]
    if lacking:
        raise OptionError(
            f"the backbone '{folder}' lacks {len(lacking)} of the weights of its architecture {name}, {lacking[0]} "
            "among them: give a whole checkpoint"
        )
    module.load_state_dict({key: found.get(key, tensor) for key, tensor in own.items()})
    tensors = exact(module.state_dict())
    known = {**getattr(module, "pretrained_cfg", {}), **_described(config)}
    channels, height, width = (int(size) for size in known.get("input_size", (3, 224, 224)))
    if channels != 3 or height != width:
        raise OptionError(
            f"the backbone '{folder}' reads images of {channels} channels and {height}x{width} pixels, and only three "
            "channels and squares are supported: give another checkpoint"
        )
    size = arguments.get("img_size") or height
    side = int(size[0] if isinstance(size, list) else size)
    sides = (side,) if known.get("fixed_input_size") else (*(one for one in SIDES if one < side), side)
    network = ImageNetwork(
        config=json.dumps(architecture, sort_keys=True),
        digest=digest(tensors),
        size=sum(tensor.numel() for tensor in tensors.values()),
        width=1,
        details=sides,
        mean=tuple(float(value) for value in known.get("mean", (0.485, 0.456, 0.406))),
        scale=tuple(float(value) for value in known.get("std", (0.229, 0.224, 0.225))),
    )
    return _measured(network, module.eval()), tensors


def cleaned(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out arguments that would load a file, or change what the network returns."""
    return {name: value for name, value in arguments.items() if name not in _LEFT_OUT and not name.startswith("_")}


def _measured(network: ImageNetwork, module: nn.Module) -> ImageNetwork:
    """Try the network on a black image of each size, and note how many values it gives; leave out sizes that fail."""
    black, width, sides = torch.zeros(1, 3, 8, 8, dtype=torch.uint8), 0, []
    for side in network.details:
        try:
            with torch.inference_mode():
                found = network.forward(module, (black,), side)
        except (RuntimeError, AssertionError, ValueError):  # smaller than what its strides or windows need
            if side == network.details[-1]:
                raise
            continue
        if found.ndim != 2 or not bool(torch.isfinite(found).all()):
            raise ValueError(f"it gives {tuple(found.shape)} values for an image, or none that are finite")
        width = int(found.shape[1])
        sides.append(side)
    return replace(network, width=width, details=tuple(sides))


def _create(architecture: Mapping[str, Any]) -> nn.Module:
    import timm

    name = str(architecture["architecture"])
    if not _NAME.fullmatch(name):  # a name may also be a place to download from
        raise ValueError(f"'{name[:80]}' is no name of an architecture")
    with torch.random.fork_rng(devices=[]):
        made: nn.Module = timm.create_model(
            name, pretrained=False, num_classes=0, **cleaned(architecture.get("model_args", {}))
        )
    return made


def _check_known(folder: Path, name: str) -> None:
    import timm

    if not _NAME.fullmatch(name) or not timm.is_model(name):
        raise OptionError(
            f"the backbone '{folder}' has the architecture '{name[:80]}', which this version of timm does not know: "
            "upgrade timm, or give another checkpoint"
        )


def _described(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a configuration says about the images; in older ones it is not apart from the rest."""
    found = config.get("pretrained_cfg", config)
    described = dict(found) if isinstance(found, dict) else {}
    arguments = config.get("model_args")
    if isinstance(arguments, dict) and arguments.get("dynamic_img_size"):
        described["fixed_input_size"] = False
    names = ("input_size", "mean", "std", "fixed_input_size")
    return {name: described[name] for name in names if described.get(name) is not None}
