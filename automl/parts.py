"""The parts that a fit can do without, so that what each of them earns can be measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from automl.errors import unknown

PARTS: Mapping[str, str] = {
    "portfolio": "each family starts from its default alone",
    "allocator": "the next family is drawn at random, from the first trial on",
    "studies": "one study proposes for all families, and chooses the family too",
    "selection": "every column is kept, as with --selection off",
    "features": "no features are made of other columns",
    "log_target": "models of a skewed target learn the target itself, never its logarithm",
    "ensemble": "the model is the best trial alone",
    "large_ensembles": "an ensemble has 5 members at most",
    "calibration": "probabilities stay as the ensemble blends them",
    "refit": "members that were judged on rows held out are not fitted again on all rows",
    "copies": "what copies of a row said in training is left to the models",
    "early_stopping": "every trial is fitted on all folds",
}
"""What is left out under each name, and what a fit does instead."""


def known_parts(names: Iterable[str]) -> None:
    """Raise `OptionError` for a name that is no part's."""
    for name in names:
        if name not in PARTS:
            raise unknown("part", name, PARTS)
