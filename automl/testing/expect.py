"""What a prediction must look like, said in one sentence where it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.plugin import ModelFamily, Task


def shaped(family: ModelFamily, task: Task, prediction: NDArray[Any], n_rows: int) -> None:
    """Expect float64 predictions (n_rows, n_outputs)."""
    name, wanted = family.name, (n_rows, task.n_outputs)
    assert isinstance(prediction, np.ndarray), f"{name}: predictions must be an array, but are {type(prediction)}"
    assert prediction.shape == wanted, f"{name}: predictions must be {wanted}, but are {prediction.shape}"
    assert prediction.dtype == np.float64, f"{name}: predictions must be float64, but are {prediction.dtype}"


def finite(family: ModelFamily, prediction: NDArray[Any]) -> None:
    """Expect neither NaN nor infinity."""
    wrong = int((~np.isfinite(prediction)).any(axis=-1).sum())
    assert not wrong, f"{family.name}: the predictions of {wrong} of {len(prediction)} rows are not finite"


def probable(family: ModelFamily, prediction: NDArray[Any]) -> None:
    """Expect probabilities: not negative, and one in sum."""
    assert prediction.min(initial=0) >= 0, f"{family.name}: a probability is {prediction.min()}"
    totals = prediction.sum(axis=1)
    assert np.allclose(totals, 1, atol=1e-6), (
        f"{family.name}: the probabilities of a row must sum to one, but some sum to {totals.min()} or {totals.max()}"
    )


def usable(family: ModelFamily, task: Task, prediction: NDArray[Any], n_rows: int) -> None:
    """Expect all of the above."""
    shaped(family, task, prediction, n_rows)
    finite(family, prediction)
    if task.is_classification:
        probable(family, prediction)


def same(family: ModelFamily, first: NDArray[Any], second: NDArray[Any], what: str) -> None:
    """Expect equal predictions, up to rounding; `what` is what must not have changed them."""
    message = f"{family.name}: {what} changed the predictions"
    assert first.shape == second.shape, f"{message} from {first.shape} to {second.shape}"
    scale = max(1.0, float(np.nanmax(np.abs(first), initial=0)))
    np.testing.assert_allclose(second, first, rtol=1e-6, atol=1e-6 * scale, err_msg=message)
