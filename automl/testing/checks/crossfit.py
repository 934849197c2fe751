"""`cross_fit`: the folds of one trial, fitted one by one or together."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from automl.features.encoder import Encoder
from automl.features.fitting import fit_transform
from automl.plugin import ALL_ROWS, CrossFit, CrossFitJob, Encoding, Features, Fold, Limits, ModelFamily, Part
from automl.shelf import SHELF, Shelf
from automl.testing import expect
from automl.testing.fits import Same, contrasting, default, fitted, hardest
from automl.testing.sample import SEED, Sample

_FOLDS = 3
_WORSE, _NOISE = 1.5, 0.05  # what a loss may grow by, as a factor and beyond


def check_cross_fit(family: ModelFamily) -> None:
    """There is a usable prediction for the score rows of every fold, made by the model of that fold."""
    for one in contrasting(family):
        folds = _folds(one)
        fit = _usual(family, one)
        assert isinstance(fit, CrossFit), f"{family.name}: cross_fit must return a CrossFit, but returned {type(fit)}"
        assert len(fit.predictions) == len(folds), f"{family.name}: {len(fit.predictions)} of {len(folds)} folds"
        for fold, prediction in zip(folds, fit.predictions, strict=True):
            expect.usable(family, one.task, prediction, len(fold.score))
        for item in fit.models:
            if item.fold != ALL_ROWS:
                features = _encode(one, folds[item.fold], item.encoding)[1].features
                own = item.model.predict_score(features)
                expect.same(family, fit.predictions[item.fold], own, "the fold's own model")


def check_cross_fit_stops(family: ModelFamily) -> None:
    """Where a trial is not worth going on with, `stopped` says why, and says nothing where all folds were fitted."""
    one = hardest(family)
    for fit in (_usual(family, one), family.cross_fit(_job(family, one, go_on=lambda *_: False))):
        complete = len(fit.predictions) == _FOLDS
        assert complete == (not fit.stopped), (
            f"{family.name}: predicted {len(fit.predictions)} of {_FOLDS} folds, and stopped is '{fit.stopped}'"
        )


def check_refit(family: ModelFamily) -> None:
    """Prediction has its models: one of all rows where the family refits and is told to, else one of each fold."""
    one = hardest(family)
    fits = {True: _usual(family, one), False: family.cross_fit(_job(family, one, refit=False))}
    for refit, fit in fits.items():
        folds = [item.fold for item in fit.models]
        if family.refit:
            wanted = [ALL_ROWS] if refit else []
            assert folds == wanted, f"{family.name}: with refit={refit} the models must be {wanted}, but are {folds}"
        else:
            every = [*range(_FOLDS)]
            assert sorted(folds) == every, f"{family.name}: the models must be of folds {every}, but are of {folds}"


def check_out_of_bag(family: ModelFamily) -> None:
    """Where one fit may stand in for folds, it gives usable predictions of all of them, and models to predict with."""
    for one in contrasting(family):
        fit = family.cross_fit(_job(family, one, out_of_bag=True))
        for fold, prediction in zip(_folds(one), fit.predictions, strict=True):
            expect.usable(family, one.task, prediction, len(fold.score))
        assert fit.models, f"{family.name}: cross_fit left no model to predict with"


def _usual(family: ModelFamily, one: Sample) -> CrossFit:
    """Cross-fit the default, once for all checks that look at it."""
    return _cross_fit_once(Same(family), one)


@lru_cache(maxsize=8)
def _cross_fit_once(key: Same, one: Sample) -> CrossFit:
    return key.family.cross_fit(_job(key.family, one))


def check_build_again(family: ModelFamily) -> None:
    """What is built again from a saved model learns without a score part, and about as well."""
    if family.refit:
        return
    for one in contrasting(family):
        found = fitted(family, one)
        with tempfile.TemporaryDirectory() as folder:
            shelf = Shelf(Path(folder) / SHELF)
            found.model.save_beside(Path(folder), shelf)
            judged = family.load_beside(Path(folder), shelf)
            again = family.build_again(judged, default(family, one), one.task, SEED)
        if again is None:
            return
        again.fit(found.train, None, Limits())
        prediction = again.predict(found.score.features)
        expect.usable(family, one.task, prediction, len(found.score.y))
        theirs, ours = (_loss(one, found.score, predicted) for predicted in (found.prediction, prediction))
        assert ours <= _WORSE * theirs + _NOISE, (
            f"{family.name}: the model has a loss of {theirs:.3g}, and built again one of {ours:.3g}: it must learn "
            "for as long"
        )


def _loss(one: Sample, part: Part, prediction: NDArray[np.float64]) -> float:
    """Return the mean of the logarithmic losses, or of the squared errors in units of the target's variance."""
    if one.task.is_classification:
        return float(-np.log(np.maximum(prediction[np.arange(len(part.y)), part.y], 1e-3)).mean())
    return float(((prediction[:, 0] - part.y) ** 2).mean() / part.y.var())


def _folds(one: Sample) -> tuple[Fold, ...]:
    """Every third row is scored: the first fold's rows, then the next ones."""
    turn = np.arange(len(one.y)) % _FOLDS
    return tuple(Fold(i, np.flatnonzero(turn != i), np.flatnonzero(turn == i)) for i in range(_FOLDS))


def _go_on(position: int, prediction: NDArray[np.float64]) -> bool:
    return True


def _job(
    family: ModelFamily,
    one: Sample,
    go_on: Callable[[int, NDArray[np.float64]], bool] = _go_on,
    refit: bool = True,
    out_of_bag: bool = False,
) -> CrossFitJob:
    return CrossFitJob(
        task=one.task,
        params=default(family, one),
        seed=SEED,
        folds=_folds(one),
        n_rows=len(one.y),
        limits=Limits(),
        encode=lambda fold, encoding: _encode(one, fold, encoding),
        encode_all=lambda encoding: Part(_fit(one, np.arange(len(one.y)), encoding)[1], one.y),
        go_on=go_on,
        out_of_bag=out_of_bag,
        refit=refit,
    )


def _fit(one: Sample, rows: NDArray[np.int64], encoding: Encoding) -> tuple[Encoder, Features]:
    return fit_transform(encoding, one.table.take(rows), one.y[rows], one.task, None, SEED)


def _encode(one: Sample, fold: Fold, encoding: Encoding) -> tuple[Part, Part]:
    encoder, train = _fit(one, fold.train, encoding)
    return Part(train, one.y[fold.train]), Part(encoder.transform(one.table.take(fold.score)), one.y[fold.score])
