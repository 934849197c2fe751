"""What a frozen network makes of cells: computed once a process for all folds, in time or not at all."""

from __future__ import annotations

import math
import time
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from automl.plugin import Limits, TrialFailed
from automl_pretrained.network import batches
from automl_pretrained.weights import Base
from automl_torch.session import session

Vectors = NDArray[np.float32]

_BATCH, _TOKENS = 32, 4096  # rows, and tokens where rows have any; more no longer makes a processor faster
_CHUNK = 256  # cells that are made tensors at once
_KEPT_BYTES = 2**30  # 200,000 rows of 1024 values fit
_RESERVE = 0.1  # share of the time that is kept for what comes after


class _Known:
    """Vectors by what was read, the oldest forgotten first."""

    def __init__(self) -> None:
        self._vectors: OrderedDict[bytes, Vectors] = OrderedDict()
        self._bytes = 0

    def get(self, key: bytes) -> Vectors | None:
        return self._vectors.get(key)

    def add(self, key: bytes, vector: Vectors) -> None:
        if key in self._vectors:
            return
        self._vectors[key] = vector
        self._bytes += vector.nbytes + 200  # of the key and the entry
        while self._bytes > _KEPT_BYTES:
            self._bytes -= self._vectors.popitem(last=False)[1].nbytes + 200


_KNOWN = _Known()
# What was made of the columns that are in use; a column is forgotten with its array.
_OF_COLUMN: dict[tuple[int, str, int], tuple[weakref.ref[Any], Vectors]] = {}


def vectors_of(base: Base, cells: NDArray[np.object_], detail: int, limits: Limits) -> Vectors:
    """Return (n_rows, width) float32, NaN for missing cells; what was computed before in this process is not again.

    Cells of all folds are known by their content. They are read in an order that depends on nothing else, so that the
    same cells give the same values to the last bit. Raise `TrialFailed` as soon as the time left is too short; what was
    computed until then is kept.
    """
    found = np.full((len(cells), base.network.width), np.nan, dtype=np.float32)
    missing: dict[bytes, list[int]] = {}
    for row, cell in enumerate(cells):
        if cell is None:
            continue
        key = _key(base, cell, detail)
        known = _KNOWN.get(key)
        if known is None:
            missing.setdefault(key, []).append(row)
        else:
            found[row] = known
    new = sorted(missing)
    for start, some in _computed(base, [cells[missing[key][0]] for key in new], detail, limits):
        for key, vector in zip(new[start:], some, strict=False):
            found[missing[key]] = vector
            _KNOWN.add(key, vector.copy())
    return found


def vectors_at_once(base: Base, cells: NDArray[np.object_], detail: int) -> Vectors:
    """Return the same for a prediction: kept as long as the caller keeps this column, for models that share it."""
    key = id(cells), base.network.digest, detail
    known = _OF_COLUMN.get(key)
    if known is not None and known[0]() is cells:
        return known[1]
    found = np.full((len(cells), base.network.width), np.nan, dtype=np.float32)
    rows = np.flatnonzero([cell is not None for cell in cells])
    for start, some in _computed(base, [cells[row] for row in rows], detail, None):
        found[rows[start : start + len(some)]] = some
    _OF_COLUMN[key] = weakref.ref(cells, lambda _: _OF_COLUMN.pop(key, None)), found
    return found


class _Clock:
    """Stops the reading of `total` cells where the time will not do; without limits it never does."""

    def __init__(self, total: int, limits: Limits | None) -> None:
        if limits is not None and total and limits.seconds_left <= 0:
            raise TrialFailed("no time left to read with pretrained weights")
        self._total, self._done, self._started = total, 0, time.monotonic()
        self.threads = None if limits is None else limits.threads
        self._until = math.inf if limits is None else (1 - _RESERVE) * limits.seconds_left

    def count(self, cells: int) -> None:
        """Take note of cells that were read; raise `TrialFailed` where the others will not be in time."""
        self._done += cells
        spent = time.monotonic() - self._started
        needed = spent / self._done * self._total
        # The first batch pays for what is set up once, and estimates are rough: only a clear lack of time counts.
        late = spent > self._until or (self._done > _BATCH and needed > 3 * self._until)
        if late and self._done < self._total:
            raise TrialFailed(
                f"reading {self._total:,} cells with pretrained weights takes about {needed:.0f} s, and there is time "
                f"for {self._until:.0f}: allow more time, or use fewer rows or a smaller backbone"
            )


def _computed(base: Base, cells: Sequence[Any], detail: int, limits: Limits | None) -> Iterator[tuple[int, Vectors]]:
    """Yield the position of the first of some cells, and what the network makes of them."""
    clock = _Clock(len(cells), limits)
    for start in range(0, len(cells), _CHUNK):
        yield start, _run(base, cells[start : start + _CHUNK], detail, clock)


def _run(base: Base, cells: Sequence[Any], detail: int, clock: _Clock) -> Vectors:
    """Run the network on cells that are in memory as tensors together."""
    network, module = base.network, base.module
    where = next(module.parameters()).device
    found = np.empty((len(cells), network.width), dtype=np.float32)
    tensors = network.read(cells, detail)
    with torch.inference_mode(), nullcontext() if clock.threads is None else session(clock.threads):
        for rows in batches(len(cells), network.lengths(tensors), _BATCH, _TOKENS):
            batch = [tensor[rows].to(where) for tensor in tensors]
            found[rows.numpy()] = network.forward(module, batch, detail).float().cpu().numpy()
            clock.count(len(rows))
    return found


def _key(base: Base, cell: Any, detail: int) -> bytes:
    """Return what tells this cell from others, for this network at this detail."""
    if isinstance(cell, str):
        what = b"t" + cell.encode("utf-8", "surrogatepass")
    else:
        what = repr(cell.shape).encode() + cell.tobytes()
    return blake2b(what, digest_size=16, key=bytes.fromhex(base.network.digest)[:32], salt=_salt(detail)).digest()


def _salt(detail: int) -> bytes:
    return detail.to_bytes(4, "little")
