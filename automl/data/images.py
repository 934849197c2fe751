"""Cells that name image files: found, decoded, turned upright, and scaled to one size for the column."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from automl.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

Pixels = NDArray[np.uint8]

SIDES = (224, 160, 128, 96, 64, 48, 32)
MOST_BYTES = 2**29
"""A column is kept decoded; the largest of these sides that keeps it below this many bytes is used."""
MOST_PIXELS = 100_000_000
"""A file with more is a mistake, or made to use up the memory."""
REMEDY = "pip install 'automl-engine[images]'"

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # not those that start other programs (EPS)
_LOOKED_AT = 100  # files whose headers decide about the size
_THREADS = 4
_PARSING = re.compile(r"(grey|rgb) ([1-9][0-9]{0,3})x([1-9][0-9]{0,3})")


@dataclass(frozen=True)
class ImageSize:
    """What the images of a column are made to: `height` and `width` in pixels, and 1 (grey) or 3 (RGB) channels."""

    height: int
    width: int
    channels: int

    @property
    def parsing(self) -> str:
        """The size as text, for a schema: `rgb 32x48` is 32 high and 48 wide."""
        return f"{'grey' if self.channels == 1 else 'rgb'} {self.height}x{self.width}"

    @classmethod
    def of(cls, parsing: str) -> ImageSize:
        """Read back `parsing`."""
        found = _PARSING.fullmatch(parsing)
        if found is None:
            raise DataError(f"'{parsing}' is no size of images, such as 'rgb 32x32'; infer the schema again")
        return cls(int(found[2]), int(found[3]), 1 if found[1] == "grey" else 3)


class Places:
    """Finds the files that cells name. With a folder they must lie inside it; links are followed once a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._root = None if folder is None else os.path.normpath(folder.absolute())
        self._real: dict[str, str] = {}

    def of(self, cell: str) -> Path:
        """Return the file; raise `DataError` where it is not inside the folder."""
        if self._root is None:
            return Path(cell.strip())
        root, path = self._root, os.path.normpath(os.path.join(self._root, cell.strip()))
        inside = "\0" not in cell and os.path.commonpath([root, path]) == root
        # A link inside the folder may lead out of it all the same.
        if not inside or os.path.commonpath([self._resolved(root), self._followed(path)]) != self._resolved(root):
            raise DataError(
                f"the image path '{cell.strip()[:80]}' leads out of the folder {self._root}, and only files inside it "
                "are read; move the images there, or name their folder (--images)"
            )
        return Path(path)

    def _resolved(self, folder: str) -> str:
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        return self._real[folder]

    def _followed(self, path: str) -> str:
        """Return where a file really is."""
        if os.path.islink(path):
            return os.path.realpath(path)
        return os.path.join(self._resolved(os.path.dirname(path)), os.path.basename(path))


def choose_image_parsing(cells: Sequence[str], n_rows: int, folder: Path | None) -> tuple[str, str]:
    """Decide from some cells which size and colour a column of `n_rows` images is kept in.

    Return the parsing, and "" as the reason; or "" and why no image can be read. Images are never enlarged: the size is
    the median of their heights and widths, or less where all of them would need too many bytes.
    """
    if find_spec("PIL") is None:
        return "", f"names image files, and reading them needs Pillow, which is not installed: {REMEDY}"
    step = max(1, len(cells) // _LOOKED_AT)
    places = Places(folder)
    looked_at = [places.of(cell) for cell in cells[::step][:_LOOKED_AT]]
    sizes, why = [], ""
    with _quiet():
        for path in looked_at:
            try:
                sizes.append(_size_of(path))
            except _Unreadable as error:
                why = why or f"names image files, but '{path}' {error}"
    if not sizes:
        return "", why or "names image files, but has no cell"
    height, width = (float(np.median([size[axis] for size in sizes])) for axis in (0, 1))
    channels = max(size[2] for size in sizes)
    fitting = (side for side in SIDES if n_rows * channels * side**2 <= MOST_BYTES)
    scale = min(1.0, next(fitting, SIDES[-1]) / max(height, width))
    return ImageSize(max(1, round(height * scale)), max(1, round(width * scale)), channels).parsing, ""


def to_images(cells: NDArray[np.object_], parsing: str, folder: Path | None) -> NDArray[np.object_]:
    """Read a column of paths, (n_rows,) object: uint8 arrays (height, width, channels), or None.

    Missing cells and files that cannot be read give None. Raise `DataError` where cells name files and none of them
    can be read, or one leads out of the folder.
    """
    size = ImageSize.of(parsing)
    out = np.full(len(cells), None, dtype=object)
    rows = [row for row, cell in enumerate(cells) if cell is not None]
    places = Places(folder)
    paths = [places.of(cells[row]) for row in rows]
    with _quiet(), ThreadPoolExecutor(_THREADS) as pool:
        for row, image in zip(rows, pool.map(partial(_read_or_none, size=size), paths), strict=True):
            out[row] = image
    if rows and all(out[row] is None for row in rows):
        raise DataError(
            f"none of {len(rows)} image files can be read; the first, '{paths[0]}', {why_unreadable(paths[0], size)}; "
            "paths start from the table's folder, or from the one that --images names"
        )
    return out


def why_unreadable(path: Path, size: ImageSize) -> str:
    """Say what is wrong with a file, as the rest of a sentence that begins with its name; "" if it can be read."""
    with _quiet():
        try:
            _read(path, size)
        except _Unreadable as error:
            return str(error)
    return ""


class _Unreadable(Exception):
    """One file cannot be read; the message completes a sentence that begins with its name."""


def _size_of(path: Path) -> tuple[int, int, int]:
    """Return height and width as they are once turned upright, and the number of channels."""
    with _opened(path) as image:
        width, height = image.size
        turned = image.getexif().get(0x0112, 1) in {5, 6, 7, 8}  # the tag of the orientation
        grey = image.mode in {"1", "L", "I", "I;16", "F"}
        return (width, height, 1 if grey else 3) if turned else (height, width, 1 if grey else 3)


def _read_or_none(path: Path, size: ImageSize) -> Pixels | None:
    try:
        return _read(path, size)
    except _Unreadable:
        return None


def _read(path: Path, size: ImageSize) -> Pixels:
    from PIL import Image, ImageOps

    with _opened(path) as image:
        longest = max(size.height, size.width)
        image.draft(None, (2 * longest, 2 * longest))  # lets JPEG decode at a fraction of the size
        upright = _plain(ImageOps.exif_transpose(image), size.channels)
        if upright.size != (size.width, size.height):
            upright = upright.resize((size.width, size.height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        return np.ascontiguousarray(np.asarray(upright, dtype=np.uint8).reshape(size.height, size.width, size.channels))


def _plain(image: Any, channels: int) -> Any:
    """Return an image in 8 bits a channel, on white where it is transparent."""
    from PIL import Image

    if image.mode in {"I", "I;16", "F"}:  # 16 bits, or more in theory
        values = np.asarray(image, dtype=np.float64)
        image = Image.fromarray(np.clip(values / 257 if values.max(initial=0) > 255 else values, 0, 255).astype("u1"))
    elif image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("L" if channels == 1 else "RGB")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open an image file; whatever goes wrong until it is closed is an `_Unreadable`."""
    from PIL import Image

    if path.exists() and not path.is_file():
        raise _Unreadable("is no plain file")  # opening a pipe would wait for ever
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _Unreadable(f"has {image.width}x{image.height} pixels, more than {MOST_PIXELS:,}")
            yield image
    except _Unreadable:
        raise
    except FileNotFoundError:
        raise _Unreadable("does not exist") from None
    except Exception as error:  # a damaged or planted file may fail in any way while it is parsed
        raise _Unreadable(f"cannot be read ({type(error).__name__}: {error})") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's warnings about damaged metadata and large files from the user: what matters is counted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
