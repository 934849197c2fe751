"""What the workers of other systems share: reading the parts, the least preparation that is fair, writing answers.

Needs pandas and NumPy only, which every environment has.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MOST_LEVELS = 1000  # with more, a column is text, a name or a date, and enters as a number
_NUMERIC_SHARE = 0.95  # blanks and stray words do not make a column of numbers text


@dataclass(frozen=True)
class Answer:
    """Predicted values (n_rows,), or probabilities (n_rows, n_labels) with their labels."""

    values: Any
    labels: Sequence[Any] | None = None

    def write(self, folder: str) -> str:
        """Write the predictions where the harness looks for them and return the path."""
        import numpy as np
        import pandas as pd

        values = np.asarray(self.values)
        if self.labels is None:
            columns: dict[str, Any] = {"prediction": values.reshape(len(values))}
        else:
            columns = {"prediction": np.asarray(self.labels)[values.argmax(axis=1)]}
            columns |= {f"proba_{label}": values[:, i] for i, label in enumerate(self.labels)}
        path = Path(folder) / "pred.csv"
        pd.DataFrame(columns).to_csv(path, index=False)
        return str(path)


def versions(*distributions: str) -> dict[str, str]:
    """Return the versions of Python and of these distributions in this environment."""
    found = {"python": platform.python_version()}
    for name in distributions:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def read(path: str) -> Any:
    """Read a table as text, so that labels stay what they are; empty cells become missing."""
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])


def natural(path: str, target: str | None = None, *, classify: bool = False) -> Any:
    """Read a table as users of these systems do, by pandas' own guesses; the labels of a class stay text."""
    import pandas as pd

    # pandas 3 reads text into a type of its own, which most systems do not know yet.
    text = {target: str} if target is not None and classify else None
    table = pd.read_csv(path, dtype=text)
    words = [name for name in table.columns if pd.api.types.is_string_dtype(table[name])]
    return table.astype(dict.fromkeys(words, object))


def prepared(train: Any, test: Any) -> tuple[Any, Any]:
    """Turn columns of text into numbers, categories or, with very many levels, category codes, by the training rows.

    A column of words that differ in every row is an identifier and is left out, unless nothing else is there.
    """
    import pandas as pd

    X, fresh = pd.DataFrame(index=train.index), pd.DataFrame(index=test.index)
    spare = {name for name in train.columns if _is_identifier(train[name])}
    if len(spare) == train.shape[1]:
        spare = set()
    for position, name in enumerate(train.columns):
        if name in spare:
            continue
        # The names are replaced: LightGBM refuses some characters in them.
        column = f"f{position}"
        numbers = pd.to_numeric(train[name], errors="coerce")
        if numbers.notna().sum() >= _NUMERIC_SHARE * max(train[name].notna().sum(), 1):
            X[column], fresh[column] = numbers, pd.to_numeric(test[name], errors="coerce")
            continue
        kind = pd.CategoricalDtype(sorted(train[name].dropna().unique()))
        known, met = train[name].astype(kind), _as_known(test[name], kind)
        codes = len(kind.categories) > _MOST_LEVELS
        X[column], fresh[column] = (known.cat.codes, met.cat.codes) if codes else (known, met)
    return X, fresh


def _is_identifier(column: Any) -> bool:
    import pandas as pd

    return bool(column.is_unique and pd.to_numeric(column, errors="coerce").isna().all())


def _as_known(column: Any, kind: Any) -> Any:
    """Cast to the training levels; a level not among them becomes missing."""
    return column.where(column.isin(kind.categories)).astype(kind)
