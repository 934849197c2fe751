"""Classical model families: boosting, forests, linear models, neighbours, kernels, naive Bayes; texts and sequences."""

from automl.plugin import ModelFamily, hookimpl
from automl_classical.boosting import LightGBM, LightGBMExtraTrees
from automl_classical.decision_tree import DecisionTree
from automl_classical.extra_trees import ExtraTrees
from automl_classical.knn import Neighbours
from automl_classical.linear import Linear
from automl_classical.naive_bayes import NaiveBayes
from automl_classical.nb_linear import NBLinear
from automl_classical.random_forest import RandomForest
from automl_classical.rocket import Rocket
from automl_classical.svm import SupportVectors


@hookimpl
def automl_families() -> list[ModelFamily]:
    """Return the families of this plugin."""
    return [
        LightGBM(),
        LightGBMExtraTrees(),
        RandomForest(),
        ExtraTrees(),
        DecisionTree(),
        Linear(),
        Neighbours(),
        SupportVectors(),
        NaiveBayes(),
        NBLinear(),
        Rocket(),
    ]
