"""A fitted tabular network as data: it predicts, and is a safetensors file and a storable beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import ArtifactError, load, save, storable
from automl_torch.architecture import Architecture
from automl_torch.curve import Curve
from automl_torch.forward import scores
from automl_torch.layout import Layout
from automl_torch.outcome import Outcome

_HEAD = "network.npz"
_WEIGHTS = "weights.safetensors"


@storable("torch.tabular")
@dataclass(frozen=True)
class Head:
    """What the weights do not say; `network` and `curve` are None where there was nothing to learn."""

    layout: Layout
    outcome: Outcome
    network: Architecture | None
    curve: Curve | None

    def __post_init__(self) -> None:
        if not (isinstance(self.layout, Layout) and isinstance(self.outcome, Outcome)):
            raise TypeError("a network's file must hold a layout and an outcome")
        if not (isinstance(self.network, Architecture | None) and isinstance(self.curve, Curve | None)):
            raise TypeError("a network's file must hold an architecture and a learning curve")
        if self.network is not None:
            layout, network = self.layout, self.network
            found = (network.n_numbers, network.n_indicators, network.n_embedded, network.n_codes, network.n_scores)
            wanted = sizes(layout, self.outcome)
            if found != wanted:
                raise ValueError(f"the network's sizes {found} do not fit its columns and labels, {wanted}")


@dataclass(frozen=True)
class Fitted:
    """A head and arrays by name, float32, empty where there was nothing to learn."""

    head: Head
    weights: Mapping[str, NDArray[np.float32]]

    def predict(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return (n_rows, n_outputs) float64 for encoded rows (n_rows, n_features) float32."""
        head = self.head
        if head.network is None or not len(matrix):
            return np.tile(head.outcome.prior.astype(np.float64), (len(matrix), 1))
        dense, codes = head.layout.dense(matrix), head.layout.codes(matrix)
        return head.outcome.predictions(scores(head.network, self.weights, dense, codes))

    def save(self, folder: Path) -> None:
        """Write both files; a model that learned nothing has no weights."""
        save(self.head, folder / _HEAD)
        if self.weights:
            from safetensors.numpy import save_file

            save_file(dict(self.weights), folder / _WEIGHTS)


@dataclass(frozen=True)
class Taught:
    """A network right after its training.

    `stopped` (n_score, n_outputs) float64 predicts its score part, each row by the epoch that is best for other rows;
    None where no score part decided about epochs.
    """

    fitted: Fitted
    stopped: NDArray[np.float64] | None


def sizes(layout: Layout, outcome: Outcome) -> tuple[int, int, int, int, int]:
    """Return the numbers, indicators, embedded columns, codes and scores that a network must have."""
    return (
        len(layout.numbers),
        layout.indicators.shape[1],
        len(layout.embedded),
        layout.n_codes,
        outcome.n_scores,
    )


def load_fitted(folder: Path) -> Fitted:
    """Read back a network; raise `ArtifactError` where a file is missing, damaged or of another network."""
    head = load(folder / _HEAD, Head)
    if head.network is None:
        return Fitted(head, {})
    path = folder / _WEIGHTS
    weights = _read(path)
    try:
        head.network.check(weights)
    except ValueError as error:
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
    return Fitted(head, weights)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing from the model folder; save the model again") from None
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: the file is damaged ({error}); use an intact copy of the model") from error
