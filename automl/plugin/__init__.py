"""The public door for plugin authors: everything a family needs, from one import."""

from typing import TYPE_CHECKING

from automl.data.dataset import Profile
from automl.data.folds import ALL_ROWS, Fold, FoldPlan
from automl.data.schema import Role
from automl.data.table import MISSING, UNSEEN, Table
from automl.errors import ArtifactError, FamilyDeclined, OptionError, TrialFailed
from automl.features.derived import Derivation, FeatureEncoder, Made, widen
from automl.features.encoding import Encoding, Features
from automl.features.selection import Ranking, Selector
from automl.features.target import Target
from automl.metrics import Metric
from automl.plugin.backbone import Backbone
from automl.plugin.boosted import BoostedHead, check_positions
from automl.plugin.booster import BoostedModel
from automl.plugin.boosting import (
    FASTEST,
    MAX_ROUNDS,
    NEVER_FINITE,
    Pace,
    Patience,
    boost,
    boost_again,
    patience_for,
    rate_in_run,
    rate_in_time,
    rates_in_run,
)
from automl.plugin.contract import API_VERSION, RENAMED, forwarding
from automl.plugin.crossfit import CrossFit, CrossFitJob, FoldModel, fit_folds, from_out_of_bag
from automl.plugin.family import TABULAR, ModelFamily, Suggest
from automl.plugin.hookspecs import hookimpl
from automl.plugin.learned import learned_portfolio
from automl.plugin.model import Limits, Model, Param, Params, Part
from automl.plugin.params import KEEP, real, text, whole, width
from automl.plugin.recipes import FEATURES, recipe_entry, recipe_width, suggest_recipe, with_recipe
from automl.plugin.sklearn import SklearnFamily
from automl.plugin.stopping import ScorePieces, StoppedModel, StoppedPredictions, checkpoints
from automl.plugin.targets import linked, of_labels, prior, spread
from automl.shelf import Shelf
from automl.storage import load, save, storable
from automl.task import ALL_TASKS, CLASSIFICATION, REGRESSION, Task, TaskKind

__all__ = [
    "ALL_ROWS",
    "ALL_TASKS",
    "API_VERSION",
    "CLASSIFICATION",
    "FASTEST",
    "FEATURES",
    "KEEP",
    "MAX_ROUNDS",
    "MISSING",
    "NEVER_FINITE",
    "REGRESSION",
    "TABULAR",
    "UNSEEN",
    "ArtifactError",
    "Backbone",
    "BoostedHead",
    "BoostedModel",
    "CrossFit",
    "CrossFitJob",
    "Derivation",
    "Encoding",
    "FamilyDeclined",
    "FeatureEncoder",
    "Features",
    "Fold",
    "FoldModel",
    "FoldPlan",
    "Limits",
    "Made",
    "Metric",
    "Model",
    "ModelFamily",
    "OptionError",
    "Pace",
    "Param",
    "Params",
    "Part",
    "Patience",
    "Profile",
    "Ranking",
    "Role",
    "ScorePieces",
    "Selector",
    "Shelf",
    "SklearnFamily",
    "StoppedModel",
    "StoppedPredictions",
    "Suggest",
    "Table",
    "Target",
    "Task",
    "TaskKind",
    "TrialFailed",
    "boost",
    "boost_again",
    "check_positions",
    "checkpoints",
    "fit_folds",
    "from_out_of_bag",
    "hookimpl",
    "learned_portfolio",
    "linked",
    "load",
    "of_labels",
    "patience_for",
    "prior",
    "rate_in_run",
    "rate_in_time",
    "rates_in_run",
    "real",
    "recipe_entry",
    "recipe_width",
    "save",
    "spread",
    "storable",
    "suggest_recipe",
    "text",
    "whole",
    "widen",
    "width",
    "with_recipe",
]

if not TYPE_CHECKING:  # a type checker would take it to mean that any name is here
    __getattr__ = forwarding(__name__, RENAMED)
