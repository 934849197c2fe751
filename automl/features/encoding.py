"""An encoding: how a family wishes to see the columns, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl.errors import OptionError
from automl.storage import storable


@storable("encoding")
@dataclass(frozen=True)
class Encoding:
    """A frozen, hashable wish. Families that wish for the same share the work, so prefer few distinct values.

    - `numeric`: `raw` as they are; `standard` zero mean and unit variance; `log` the same, but skewed columns as
      logarithms first; `quantile` mapped to a normal distribution by ranks; `robust` minus median over IQR, then
      smoothly clipped to about ±3 (x/√(1+(x/3)²)). Infinite numbers count as missing. Date parts, text statistics and
      derived numbers are treated alike. Except for `raw`, columns that are constant in training are left out.
    - `missing`: `keep` NaN in numbers; `impute` the training median and add an indicator column where
      training had gaps (one for columns whose gaps are in the same rows).
    - `categorical`: `codes` integers 0…n_levels-1 with 0 = missing, unseen or rare (see
      `Features.cardinalities`); `onehot` a 0/1 column a level, or one column of -1/+1 where training has two
      levels and nothing else; `ordered` levels replaced by their rank of training frequency (1 the rarest, 0
      missing, unseen or rare; divided by the highest rank unless `numeric` is `raw`); `target` smoothed
      training means of the target, as standard deviations from its mean (one column for two labels or a
      number, else one for each of the 10 most frequent labels; out-of-fold inside the training rows); `drop`.
    - `onehot_max`: with `onehot`, columns with more known levels than this become `target` columns instead.
    - `min_count`: levels with fewer training rows than this count as rare.
    - `dates`: `parts` calendar parts, days since the newest and differences between columns; `cyclic` the same and
      sine and cosine of the times of day, week and year; `drop`.
    - `text`: `svd` truncated SVD of TF-IDF with `text_dims` columns and a few text statistics; `raw` passes
      cells through in `Features.raw`; `drop`. `images` and `sequences`: `raw` or `drop`.
    - `text_terms`: with `svd`, the terms are words and pairs of words, or characters (`auto`: what suits the
      column), or each in columns of their own (`both`).

    Columns made of others, each then treated like the table's own (0 or False: none):

    - `entities`: short texts and code-like categories taken apart: prefix, last word, most common word, shape.
    - `hash_above`: columns with more levels than this, and than 256, have their levels hashed to 256.
    - `bins`: every number also as one of so many ranges, a category.
    - `crosses`: so many pairs of categories, those that tell most beyond their two columns, as target means.
    - `frequency`: training rows of each category.
    - `groups`: so many pairs of a number and a category: the group's mean, and the distance from it.
    - `arithmetic`: so many sums, differences, products and ratios of numbers, those with the highest gain.
    - `target_means`: target means (see `categorical`) of all categories, beside what `categorical` makes of them.
    - `encoders`: names of plugins' encoders whose columns are added, comma-separated.
    - `screen`: columns of the table that are no better than chance are left out first.
    - `keep`: share of the ranked columns kept, in (0, 1]; 1.0 keeps all and ranks nothing.
    - `selector`: the name of what ranks them, see `automl.features.selectors`.
    """

    numeric: Literal["raw", "standard", "log", "quantile", "robust"] = "raw"
    missing: Literal["keep", "impute"] = "keep"
    categorical: Literal["codes", "onehot", "ordered", "target", "drop"] = "codes"
    onehot_max: int = 64
    min_count: int = 1
    dates: Literal["parts", "cyclic", "drop"] = "parts"
    text: Literal["svd", "raw", "drop"] = "svd"
    text_dims: int = 32
    images: Literal["raw", "drop"] = "drop"
    sequences: Literal["raw", "drop"] = "drop"
    text_terms: Literal["auto", "both"] = "auto"
    entities: bool = False
    hash_above: int = 0
    bins: int = 0
    crosses: int = 0
    frequency: bool = False
    groups: int = 0
    arithmetic: int = 0
    target_means: bool = False
    encoders: str = ""
    screen: bool = False
    keep: float = 1.0
    selector: str = "gain"

    def __post_init__(self) -> None:
        if not 0.0 < self.keep <= 1.0:
            raise OptionError(f"keep is a share of columns in (0, 1], but got keep={self.keep}")

    @property
    def uses_target(self) -> bool:
        """Whether encoding training rows may look at their targets: no out-of-bag scores from one fit then.

        `onehot` does so only where a column has more than `onehot_max` levels, which the encoding alone cannot know, so
        the answer is then True to be safe.
        """
        return self.chooses or self.target_means or self.categorical in {"target", "onehot"}

    @property
    def chooses(self) -> bool:
        """Whether it chooses columns, or pairs of them, by the target."""
        return self.keep < 1.0 or self.screen or bool(self.crosses or self.groups or self.arithmetic or self.encoders)


UNDERIVED: Mapping[str, Any] = {
    "entities": False,
    "bins": 0,
    "crosses": 0,
    "frequency": False,
    "groups": 0,
    "arithmetic": 0,
    "target_means": False,
    "encoders": "",
}
"""What makes no columns of others."""


@dataclass(frozen=True)
class Features:
    """What a family is given.

    - `matrix`: (n_rows, n_features) float32, C-contiguous; category codes are whole numbers in it.
    - `names`: n_features unique names.
    - `cardinalities`: (n_features,) int64; 0 for a number, otherwise the number of codes (values are
      0…cardinality-1, 0 = missing, unseen or rare).
    - `raw`: text, image and sequence columns by name, object arrays (n_rows,), where the encoding asked for
      them.
    """

    matrix: NDArray[np.float32]
    names: tuple[str, ...]
    cardinalities: NDArray[np.int64]
    raw: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.matrix)

    def take(self, rows: NDArray[np.int64]) -> Features:
        """Return the rows at these positions, in this order."""
        raw = {name: cells[rows] for name, cells in self.raw.items()}
        return Features(np.ascontiguousarray(self.matrix[rows]), self.names, self.cardinalities, raw)

    @property
    def categorical(self) -> list[int]:
        """Positions of the columns that hold category codes."""
        return [int(i) for i in np.flatnonzero(self.cardinalities)]
