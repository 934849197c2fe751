"""A residual network for small images.

After the ResNet-9 of David Page ("How to train your ResNet", 2018) and K. He et al. 2016 (arXiv 1512.03385): a stem,
stages that halve the side and double the channels, two of them with a residual block, and a global maximum. Widths and
the number of stages follow the size of the images.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from automl.plugin import Features, Part, storable
from automl_cnn.symmetry import harmless_mirrors
from automl_torch.nets.branch import Branch

_SMALLEST = 6  # pixels a side that are still halved
_LARGE = 64  # pixels a side above which the stem halves them
_ROWS = 2000  # looked at for mean and spread


@dataclass(frozen=True)
class Look:
    """What the parameters say about images: the longer side in pixels, channels of the stem, and augmentation in
    [0, 1]: 1 shifts by up to an eighth of the side and cuts out squares of a quarter of it.
    """  # fmt: skip

    side: int
    stem: int
    augment: float


@storable("cnn.images")
@dataclass(frozen=True, eq=False, kw_only=True)
class Images(Branch):
    """A column of images of `height` and `width_px` pixels with `channels` (1 or 3), whose `mean` and `scale`
    (channels,) float32 are those of training. `mirrors` and `turns`: whether left-right and upside-down mirrors mean
    the same. `stem` and `augment` as in `Look`.
    """  # fmt: skip

    height: int
    width_px: int
    channels: int
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    mirrors: bool
    turns: bool
    stem: int
    augment: float

    @property
    def views(self) -> int:
        """Two where a mirrored image is as good as the image."""
        return 2 if self.mirrors else 1

    def read(self, features: Features) -> tuple[Tensor, ...]:
        """Return (n_rows, channels, height, width) uint8, and (n_rows,) float32: 0 where there is no image."""
        cells = features.raw[self.columns[0]]
        shape = (self.height, self.width_px)
        pixels = torch.zeros((len(cells), self.channels, *shape), dtype=torch.uint8)
        rows = [row for row, cell in enumerate(cells) if cell is not None]
        for chunk in range(0, len(rows), 256):
            some = rows[chunk : chunk + 256]
            stacked = torch.from_numpy(np.stack([cells[row] for row in some])).permute(0, 3, 1, 2)
            if stacked.shape[2:] != shape:
                stacked = functional.interpolate(stacked.float(), shape, mode="area").round().to(torch.uint8)
            pixels[some] = stacked
        present = torch.zeros(len(cells))
        present[rows] = 1.0
        return pixels, present

    def module(self) -> nn.Module:
        """Return the network."""
        return _ResNet(self)


def learn_images(train: Part, column: str, look: Look, classify: bool) -> Images:
    """Learn size, mean, spread and symmetries from training rows; at least one of them has an image."""
    cells = train.features.raw[column]
    height, width, channels = next(cell.shape for cell in cells if cell is not None)
    shrink = min(1.0, look.side / max(height, width))
    shape = max(1, round(height * shrink)), max(1, round(width * shrink))
    blank = Images(
        columns=(column,),
        width=8 * look.stem,
        height=shape[0],
        width_px=shape[1],
        channels=channels,
        mean=np.zeros(channels, np.float32),
        scale=np.ones(channels, np.float32),
        mirrors=False,
        turns=False,
        stem=look.stem,
        augment=look.augment,
    )
    pixels, present = blank.read(train.features)
    known = present > 0
    sample = pixels[known][:: max(1, len(pixels) // _ROWS)].float() / 255
    mean, scale = sample.mean(dim=(0, 2, 3)), sample.std(dim=(0, 2, 3)).clamp(min=1e-3)
    mirrors, turns = harmless_mirrors(pixels[known], train.y[known.numpy()], classify)
    return replace(blank, mean=mean.numpy(), scale=scale.numpy(), mirrors=mirrors, turns=turns)


class _ResNet(nn.Module):
    def __init__(self, images: Images) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self._images = images
        self.register_buffer("mean", torch.from_numpy(images.mean)[None, :, None, None], persistent=False)
        self.register_buffer("scale", torch.from_numpy(images.scale)[None, :, None, None], persistent=False)
        side, stem = min(images.height, images.width_px), images.stem
        first = 2 if side > _LARGE else 1
        layers: list[nn.Module] = [_block(images.channels, stem, stride=first)]
        side //= first
        for channels, residual in ((2, True), (4, False), (8, True)):
            layers.append(_block(stem * channels // 2, stem * channels, pool=side >= _SMALLEST))
            side = side // 2 if side >= _SMALLEST else side
            if residual:
                layers.append(_Residual(stem * channels))
        self.layers = nn.Sequential(*layers)

    def forward(self, pixels: Tensor, present: Tensor, view: int = 0) -> Tensor:
        """Return (n_rows, width) float32."""
        x = (pixels.float() / 255 - self.mean) / self.scale * present[:, None, None, None]
        if self.training:
            x = augment(x, self._images)
        if view == 1:
            x = x.flip(3)
        found: Tensor = self.layers(x.contiguous(memory_format=torch.channels_last)).amax(dim=(2, 3)).float()
        return found


def augment(x: Tensor, images: Images) -> Tensor:
    """Mirror, shift and cut images (n_rows, channels, height, width), each row in its own way."""
    n_rows, _, height, width = x.shape
    reach = max(1, round(images.augment * min(height, width) / 8)) if images.augment and min(height, width) > 2 else 0
    down = torch.arange(height)[None, :] + torch.randint(0, 2 * reach + 1, (n_rows, 1))
    right = torch.arange(width)[None, :] + torch.randint(0, 2 * reach + 1, (n_rows, 1))
    right = torch.where((torch.rand(n_rows, 1) < 0.5) & images.mirrors, right.flip(1), right)
    down = torch.where((torch.rand(n_rows, 1) < 0.5) & images.turns, down.flip(1), down)
    if reach:
        x = functional.pad(
            x, (reach, reach, reach, reach), mode="reflect" if min(height, width) > reach else "replicate"
        )
    rows = torch.arange(n_rows)[:, None, None]
    down, right = down.to(x.device), right.to(x.device)
    moved = x[rows.to(x.device), :, down[:, :, None], right[:, None, :]]  # (n_rows, height, width, channels)
    hole = round(images.augment * min(height, width) / 4)
    if hole > 1:
        away = [(torch.arange(size)[None, :] - torch.randint(0, size, (n_rows, 1))).abs() for size in (height, width)]
        inside = (away[0] < hole / 2)[:, :, None] & (away[1] < hole / 2)[:, None, :]
        moved = moved.masked_fill(inside[..., None].to(x.device), 0.0)
    return moved.permute(0, 3, 1, 2)


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(_block(channels, channels), _block(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.blocks(x)
        return found


def _block(inputs: int, outputs: int, *, stride: int = 1, pool: bool = False) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)]
    if pool:
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.BatchNorm2d(outputs), nn.GELU())
