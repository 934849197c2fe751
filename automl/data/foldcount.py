"""How many folds a run can afford."""

from __future__ import annotations

import math
from dataclasses import dataclass

from automl.errors import OptionError

# FLAML takes 5 folds if rows × columns / 0.9 < 1e7 × (budget / 3600 s) and rows < 100,000, else a holdout; AutoGluon
# takes 8 folds whatever they cost. Here one fit costs rows × √columns × outputs units (boosted trees read a sample of
# the columns, and grow a tree for each label), calibrated on LightGBM with tuned defaults on two cores.
UNITS_PER_SECOND = 50_000.0
TEXTS_PER_SECOND = 2_000.0  # a linear model counts their words and pieces of words, on one core
IMAGES_PER_SECOND = 150.0  # a small convolutional network from scratch sees each of 32x32 pixels ten times, on one core
SEQUENCES_PER_SECOND = 300.0  # thousands of kernels look at some hundred steps, or a small network goes through them
# A network from scratch gains more from epochs than from folds: on 8,000 images of CIFAR-10, 300 s on two cores gave a
# log loss of .71 with 3 folds of 10 epochs, and of .61 with a holdout and up to 40.
_IMAGES_SHARE = 1 / 4  # of the time limit that the folds of images may take once where the rows are few
SHARE_OF_RUN = 1 / 8  # of the time limit that cross-validating one typical model may take
SECONDS_WITHOUT_LIMIT = 3600.0

FOLD_COUNTS = (8, 5, 3)
FORWARD_FOLDS = 5
REPEAT_BELOW = 300  # rows; the score of so few depends on the luck of one split
REPEATS = 2

# A holdout wastes data that a small table cannot spare, so small tables have folds at any cost.
THREE_FOLDS_BELOW = 10_000
FIVE_FOLDS_BELOW = 2_500
HOLDOUT_SHARE = 0.1
HOLDOUT_MIN = 1_000
HOLDOUT_MAX = 50_000


@dataclass(frozen=True)
class FoldOptions:
    """What a user says about folds; None decides by the size of the table and the `seconds` of the run.

    `folds` 1 is a holdout. `repeats` deals the rows anew that many times. `texts` and `images` are how many columns
    hold such, `sequences` whether some hold sequences: all take long to learn from.
    """

    seconds: float | None = None
    folds: int | None = None
    repeats: int | None = None
    texts: int = 0
    images: int = 0
    sequences: bool = False

    def __post_init__(self) -> None:
        if self.folds is not None and self.folds < 1:
            raise OptionError(f"folds must be at least 1, but got {self.folds}; leave it out to have it chosen")
        if self.repeats is not None and self.repeats < 1:
            raise OptionError(f"repeats must be at least 1, but got {self.repeats}; leave it out to have it chosen")


def fold_counts(n_rows: int, n_columns: int, n_outputs: int, options: FoldOptions) -> tuple[int, int, str]:
    """Decide (folds, repeats, reason); one fold means a holdout."""
    seconds = SECONDS_WITHOUT_LIMIT if options.seconds is None else options.seconds
    outputs = n_outputs if n_outputs > 2 else 1  # one model serves two labels
    cells = options.texts / TEXTS_PER_SECOND + options.images / IMAGES_PER_SECOND
    cells += options.sequences / SEQUENCES_PER_SECOND
    fit = n_rows * (math.sqrt(max(n_columns, 1)) * outputs / UNITS_PER_SECOND + cells)
    allowed = seconds * SHARE_OF_RUN
    if options.folds is not None:
        folds, reason = options.folds, "set by request"
    else:
        folds = next((k for k in FOLD_COUNTS if k * fit <= allowed), 1)
        reason = f"a fit takes about {fit:.2g} s and a model may take {allowed:.2g} s of the run"
        least = 5 if n_rows < FIVE_FOLDS_BELOW else 3 if n_rows < THREE_FOLDS_BELOW else 1
        if options.images and least * fit > seconds * _IMAGES_SHARE:
            least = 1
        if folds < least == 5:
            folds, reason = 5, f"{n_rows} rows are too few for larger folds"
        elif folds < least == 3:
            folds, reason = 3, f"{n_rows} rows are too few for a holdout"
    if options.repeats is not None:
        return folds, options.repeats, reason
    repeat = folds > 1 and n_rows < REPEAT_BELOW and REPEATS * folds * fit <= allowed
    return folds, REPEATS if repeat else 1, reason + (f"; repeated because {n_rows} rows are few" if repeat else "")


def holdout_share(n_rows: int) -> float:
    """Share of the rows that a holdout scores: a tenth, at least 1,000 and at most 50,000 rows, never above a fifth."""
    rows = min(max(HOLDOUT_SHARE * n_rows, HOLDOUT_MIN), HOLDOUT_MAX)
    return min(rows / n_rows, 1 / 5)
