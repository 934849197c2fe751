"""The folder that a model is saved in."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from automl.errors import ArtifactError
from automl.plugin import Features, Model, ModelFamily
from automl.testing import expect
from automl.testing.elsewhere import elsewhere
from automl.testing.fits import contrasting, fitted, hardest, samples
from automl.testing.sample import own

_MOST_BYTES = 20 * 2**20
_PICKLED = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))  # how a pickle of any recent protocol begins
_GZIP = b"\x1f\x8b"
_OBJECTS = b"'descr': '|O'"  # what the header of a NumPy array of objects holds, which are pickled
_DEPTH = 4  # archives in archives


def check_save_and_load(family: ModelFamily) -> None:
    """A model read back from its folder, which may have been moved, in another process, predicts the same."""
    for one in contrasting(family):
        found = fitted(family, one)
        with tempfile.TemporaryDirectory() as parent:
            folder = _save(found.model, Path(parent) / "here")
            moved = folder.rename(Path(parent) / "there")
            prediction = elsewhere(family, _load_and_predict, moved, found.score.features)
        expect.same(family, found.prediction, prediction, "saving and loading in another process")


def check_save_again(family: ModelFamily) -> None:
    """A model that was loaded can be saved, its folder deleted, and what it saved loaded again."""
    for one in samples(family):
        found = fitted(family, one)
        model = found.model
        for _ in range(2):
            with _saved(model) as folder:
                model = family.load(folder)
        expect.same(family, found.prediction, model.predict(own(found.score.features)), "saving what was loaded")


def check_saved_without_code(family: ModelFamily) -> None:
    """The saved files hold no pickle, alone or inside archives: reading one could run anything."""
    for one in contrasting(family):
        with _saved(fitted(family, one).model) as folder:
            for file in _files(folder):
                with file.open("rb") as stream:
                    _refuse_pickle(family, stream, str(file.relative_to(folder)))


def check_saved_size(family: ModelFamily) -> None:
    """A model of 120 rows takes at most 20 MiB on disk: a run keeps hundreds."""
    for one in samples(family):
        with _saved(fitted(family, one).model) as folder:
            size = sum(file.stat().st_size for file in _files(folder))
        assert size <= _MOST_BYTES, f"{family.name}: a model of 120 rows takes {size / 2**20:.0f} MiB on disk"


def check_damage_is_refused(family: ModelFamily) -> None:
    """Loading an empty folder, or one with a file cut short, raises `ArtifactError`."""
    with tempfile.TemporaryDirectory() as empty:
        _assert_refused(family, Path(empty), "an empty folder")
    with _saved(fitted(family, hardest(family)).model) as folder:
        for file in _files(folder):
            whole = file.read_bytes()
            file.write_bytes(whole[: len(whole) // 2])
            _assert_refused(family, folder, f"a folder whose {file.name} was cut short")
            file.write_bytes(whole)


def _assert_refused(family: ModelFamily, folder: Path, what: str) -> None:
    try:
        family.load(folder)
    except ArtifactError:
        return
    except Exception as error:  # a family under test may raise anything
        raise AssertionError(f"{family.name}: loading {what} must raise ArtifactError, but raised {error!r}") from error
    raise AssertionError(f"{family.name}: loading {what} must raise ArtifactError, but returned a model")


def _save(model: Model, folder: Path) -> Path:
    folder.mkdir()
    model.save(folder)
    return folder


@contextmanager
def _saved(model: Model) -> Iterator[Path]:
    """Save a model, and delete the folder at the end."""
    parent = Path(tempfile.mkdtemp())
    try:
        yield _save(model, parent / "model")
    finally:
        shutil.rmtree(parent)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _refuse_pickle(family: ModelFamily, stream: IO[bytes], name: str, depth: int = 0) -> None:
    """Look at the first bytes of a file, and into archives."""
    head = stream.read(256)
    stream.seek(0)
    pickled = head.startswith(_PICKLED) or (head.startswith(b"\x93NUMPY") and _OBJECTS in head)
    assert not pickled, f"{family.name}: {name} holds a pickle: save arrays with automl.plugin.save, or a native format"
    if depth == _DEPTH:
        return
    if head.startswith(_GZIP):
        with gzip.open(stream) as inner:
            _refuse_pickle(family, io.BytesIO(inner.read()), name, depth + 1)
    elif zipfile.is_zipfile(stream):
        with zipfile.ZipFile(stream) as archive:
            for member in archive.namelist():
                content = io.BytesIO(archive.read(member))
                _refuse_pickle(family, content, f"{name}/{member}", depth + 1)


def _load_and_predict(family: ModelFamily, folder: Path, features: Features) -> NDArray[np.float64]:
    return family.load(folder).predict(features)
