"""Broken families, one for each check: the good family, and the one thing that is wrong with it."""

from __future__ import annotations

import pickle
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from automl.errors import ArtifactError
from automl.plugin import Role
from tests.testing.good import Good, GoodModel

MUTANTS: dict[str, Good] = {}
"""The family that each check is to catch, by the name of the check."""
BATCH = 128
STIFF = 100.0
LARGE = 500
PADDING = 21 * 2**20


def family(check: str) -> Callable[[type[Good]], type[Good]]:
    """Register a family as the one that this check is to catch."""

    def register(cls: type[Good]) -> type[Good]:
        cls.name = "broken"
        MUTANTS[check] = cls()
        return cls

    return register


def model(check: str) -> Callable[[type[GoodModel]], type[GoodModel]]:
    """Register the good family with this model."""

    def register(cls: type[GoodModel]) -> type[GoodModel]:
        name = f"{cls.__name__}Family"
        made = type(name, (Good,), {"name": "broken", "model": cls, "__module__": __name__})
        setattr(sys.modules[__name__], name, made)  # where pickle looks for it
        MUTANTS[check] = made()
        return cls

    return register


@family("declaration")
class TakesDroppedColumns(Good):
    inputs = Good.inputs | {Role.DROPPED}


@family("accepts_or_declines")
class CrashesInsteadOfDeclining(Good):
    def accepts(self, task, profile):
        if profile.n_outputs > 1000:
            raise ValueError("too many labels")


@family("encoding_wish")
class WantsPictures(Good):
    inputs = Good.inputs - {Role.IMAGE}

    def encoding(self, params, task):
        return replace(super().encoding(params, task), images="raw")


@family("portfolio_in_space")
class PortfolioOutOfRange(Good):
    def portfolio(self, task, profile):
        return [*super().portfolio(task, profile), {"penalty": 1e4, "numeric": "standard"}]


@family("portfolio_builds")
class RefusesItsOwnEntry(Good):
    def portfolio(self, task, profile):
        first, second = super().portfolio(task, profile)
        return [first, {**first, "penalty": 0.5}, second]

    def build(self, params, task, seed):
        if params["penalty"] == 0.5:
            raise KeyError("half")
        return super().build(params, task, seed)


@family("space_is_fixed")
class RangeThatWanders(Good):
    def suggest(self, trial, task, profile):
        numeric = trial.suggest_categorical("numeric", ["standard", "quantile"])
        low = 1e-3 if numeric == "standard" else 1e-2
        return {"penalty": trial.suggest_float("penalty", low, 1e3, log=True), "numeric": numeric}


@family("suggestions_build")
class RefusesTheStiffest(Good):
    def build(self, params, task, seed):
        if params["penalty"] > 400:  # which one of the later suggestions is
            raise ValueError("too stiff")
        return super().build(params, task, seed)


@model("suggestions_fit")
class BreaksWhenStiff(GoodModel):
    def fit(self, train, score, limits):
        if self.params["penalty"] > STIFF:
            raise ZeroDivisionError("too stiff")
        super().fit(train, score, limits)


@family("params_plain")
class NumPyParameters(Good):
    def portfolio(self, task, profile):
        return [{**entry, "steps": 3} for entry in super().portfolio(task, profile)]

    def suggest(self, trial, task, profile):
        return {**super().suggest(trial, task, profile), "steps": np.int64(trial.suggest_int("steps", 1, 9))}


@family("params_unchanged")
class WritesIntoParameters(Good):
    def build(self, params, task, seed):
        made = super().build(dict(params), task, seed)
        params["built"] = True
        return made


@family("cost")
class CostsLessWithMoreRows(Good):
    def cost(self, params, task, profile):
        return 1000 / profile.n_rows


@model("shape")
class PredictsOneBatch(GoodModel):
    def predict(self, features):
        return super().predict(features)[:BATCH]


@model("finite")
class LeavesLaterBatchesEmpty(GoodModel):
    def predict(self, features):
        prediction = super().predict(features)
        prediction[BATCH:] = np.nan
        return prediction


@model("probabilities")
class NormalisesOneBatch(GoodModel):
    def predict(self, features):
        prediction = super().predict(features)
        prediction[BATCH:] *= 0.9
        return prediction


@model("single_row")
class DropsTheLoneRow(GoodModel):
    def predict(self, features):
        prediction = super().predict(features)
        return prediction[:, ::-1] * (1 if self.state.classify else 2) if features.n_rows == 1 else prediction


@model("row_order")
class LooksAtTheRowBefore(GoodModel):
    def predict(self, features):
        prediction = super().predict(features)
        prediction[6:] = 0.9 * prediction[6:] + 0.1 * prediction[5:-1]
        return prediction


@model("predict_repeats")
class LearnsFromPredicting(GoodModel):
    calls = 0

    def predict(self, features):
        self.calls += 1
        features = replace(features, matrix=features.matrix + (0.1 if self.calls > 4 else 0))
        return super().predict(features)


@model("beats_dummy")
class PredictsTheMean(GoodModel):
    def fit(self, train, score, limits):
        super().fit(train, score, limits)
        if not self.state.classify:
            coef = np.zeros_like(self.state.coef)
            coef[-1] = np.average(train.y, weights=train.weights)
            self.state = replace(self.state, coef=coef)


@model("label_order")
class OrdersLabelsByAppearance(GoodModel):
    def fit(self, train, score, limits):
        super().fit(train, score, limits)
        _, first = np.unique(train.y, return_index=True)
        if self.state.classify and len(first) == self.task.n_outputs:
            self.state = replace(self.state, coef=self.state.coef[:, np.argsort(first)])


@model("seed_reproduces")
class LooksAtTheGlobalGenerator(GoodModel):
    def fit(self, train, score, limits):
        super().fit(train, score, limits)
        noise = np.random.default_rng(np.random.get_state()[1]).uniform(size=self.state.coef.shape)
        self.state = replace(self.state, coef=self.state.coef * (1 + 3e-4 * noise))


@model("weights")
class IgnoresWeights(GoodModel):
    def fit(self, train, score, limits):
        super().fit(replace(train, weights=None), score, limits)


@model("few_rows")
class NeedsTenRows(GoodModel):
    def fit(self, train, score, limits):
        _ = train.y[9]
        super().fit(train, score, limits)


@model("missing_class")
class NeedsEveryLabel(GoodModel):
    def fit(self, train, score, limits):
        if self.task.is_classification and len(np.unique(train.y)) < self.task.n_outputs:
            raise ValueError("a label has no rows")
        super().fit(train, score, limits)


@model("constant_target")
class DividesByTheSpread(GoodModel):
    def fit(self, train, score, limits):
        super().fit(train, score, limits)
        if not self.task.is_classification and np.ptp(train.y) == 0:
            self.state = replace(self.state, coef=self.state.coef * np.nan)


@model("no_score_part")
class NeedsAScorePart(GoodModel):
    def fit(self, train, score, limits):
        assert len(score.y)
        super().fit(train, score, limits)


@model("score_part_lacks_labels")
class ScoresSeveralLabels(GoodModel):
    def fit(self, train, score, limits):
        if score is not None and len(score.y) == 1:
            raise ValueError("nothing to compare")
        super().fit(train, score, limits)


@model("missing_values")
class NeedsANumberInEachRow(GoodModel):
    def predict(self, features):
        numbers = features.matrix[:, features.cardinalities == 0]
        if numbers.shape[1] == 3 and np.isnan(numbers).all(axis=1).any():
            raise ValueError("a row without numbers")
        return super().predict(features)


@model("unseen_categories")
class KnowsAllLevels(GoodModel):
    def predict(self, features):
        known = [i for i, name in enumerate(features.names) if name == "c0" and features.cardinalities[i] == 5]
        if (features.matrix[:, known] == 0).any():
            raise KeyError("a new level")
        return super().predict(features)


@model("extreme_numbers")
class Overflows(GoodModel):
    def predict(self, features):
        prediction = super().predict(features)
        prediction[(np.abs(features.matrix) > 1e4).any(axis=1)] = np.inf
        return prediction


@model("no_columns")
class NeedsAColumn(GoodModel):
    def fit(self, train, score, limits):
        if not train.features.names:
            raise ValueError("no columns")
        super().fit(train, score, limits)


@model("constant_columns")
class ExpectsTheFirstColumn(GoodModel):
    def fit(self, train, score, limits):
        if train.features.names:
            train.features.names.index("x0")  # left out where it is constant
        super().fit(train, score, limits)


@model("more_columns_than_rows")
class NeedsMoreRowsThanColumns(GoodModel):
    def fit(self, train, score, limits):
        if len(train.features.names) > max(30, len(train.y)):
            raise ValueError("too wide")
        super().fit(train, score, limits)


class PointsToItself(GoodModel):
    def save(self, folder):
        super().save(folder)
        (folder / "where.txt").write_text(str(folder))


@family("save_and_load")
class CannotBeMoved(Good):
    model = PointsToItself

    def load(self, folder):
        where = folder / "where.txt"
        if not where.exists() or not Path(where.read_text()).is_dir():
            raise ArtifactError(f"{where}: missing")
        return super().load(Path(where.read_text()))


class SavesOnce(GoodModel):
    loaded = False

    def save(self, folder):
        if self.loaded:
            raise NotImplementedError("only what was fitted can be saved")
        super().save(folder)


@family("save_again")
class LoadsForPredictionOnly(Good):
    model = SavesOnce

    def load(self, folder):
        made = super().load(folder)
        made.loaded = True
        return made


class PicklesToo(GoodModel):
    def save(self, folder):
        super().save(folder)
        (folder / "extra.bin").write_bytes(pickle.dumps({"seed": 7}))


@family("saved_without_code")
class SavesAPickle(Good):
    model = PicklesToo

    def load(self, folder):
        try:
            pickle.loads((folder / "extra.bin").read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise ArtifactError("damaged") from error
        return super().load(folder)


class Pads(GoodModel):
    def save(self, folder):
        super().save(folder)
        (folder / "cache.bin").write_bytes(b"\0" * PADDING)


@family("saved_size")
class SavesItsCache(Good):
    model = Pads

    def load(self, folder):
        cache = folder / "cache.bin"
        if not cache.exists() or cache.stat().st_size != PADDING:
            raise ArtifactError("damaged")
        return super().load(folder)


@family("damage_is_refused")
class TellsDamageAsAKeyError(Good):
    def load(self, folder):
        try:
            return super().load(folder)
        except ArtifactError as error:
            raise KeyError("state") from error


@model("travels")
class HoldsALock(GoodModel):
    def fit(self, train, score, limits):
        super().fit(train, score, limits)
        self.lock = threading.Lock()


@model("inputs_unchanged")
class FillsGapsInPlace(GoodModel):
    def fit(self, train, score, limits):
        np.nan_to_num(train.features.matrix, copy=False)
        super().fit(train, score, limits)


@model("global_state")
class SeedsTheGlobalGenerator(GoodModel):
    def fit(self, train, score, limits):
        random.seed(self.seed)
        super().fit(train, score, limits)


@model("silence")
class TellsItsProgress(GoodModel):
    def fit(self, train, score, limits):
        sys.stdout.write("epoch 1\n")
        super().fit(train, score, limits)


@model("writes_no_files")
class KeepsALog(GoodModel):
    def fit(self, train, score, limits):
        Path("training.log").write_text("epoch 1\n")
        super().fit(train, score, limits)


@family("stateless")
class RemembersTheLastParameters(Good):
    def build(self, params, task, seed):
        self.last = dict(params)
        return super().build(params, task, seed)


@model("past_deadline")
class CrashesWithoutTime(GoodModel):
    def fit(self, train, score, limits):
        if limits.seconds_left <= 0:
            raise RuntimeError("the time is up")
        super().fit(train, score, limits)


@model("deadline")
class GoesOnForLong(GoodModel):
    def fit(self, train, score, limits):
        if len(train.y) > LARGE:
            until = time.process_time() + 1.5
            while time.process_time() < until:
                pass
        super().fit(train, score, limits)


@model("threads")
class TakesThreeThreads(GoodModel):
    def fit(self, train, score, limits):
        if len(train.y) > LARGE:
            threads = [threading.Thread(target=compute, args=(0.15,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        super().fit(train, score, limits)


def compute(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    time.sleep(0.2)  # like a pool's threads, which outlive their work


@family("cross_fit")
class MixesUpRows(Good):
    def cross_fit(self, job):
        fit = super().cross_fit(job)
        return fit if job.out_of_bag else replace(fit, predictions=tuple(one[::-1] for one in fit.predictions))


@family("cross_fit_stops")
class StopsInSilence(Good):
    def cross_fit(self, job):
        return replace(super().cross_fit(job), stopped="")


@family("refit")
class RefitsUnasked(Good):
    refit = True

    def cross_fit(self, job):
        return super().cross_fit(replace(job, refit=True))


@family("build_again")
class LearnsLessAgain(Good):
    def build_again(self, model, params, task, seed):
        return self.build({**params, "penalty": 1e4}, task, seed)


@family("out_of_bag")
class ForgetsItsModels(Good):
    def cross_fit(self, job):
        fit = super().cross_fit(job)
        return replace(fit, models=()) if job.out_of_bag else fit
