"""Extremely randomised trees."""

from __future__ import annotations

from typing import Any

from automl.plugin import Params, Profile, Task, learned_portfolio
from automl_classical.forest import ForestFamily, entry


class ExtraTrees(ForestFamily):
    """Extremely randomised trees (Geurts 2006); their thresholds are drawn, not searched."""

    name = "extra_trees"
    bootstrap = False
    cost_factor = 1.0e-8

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """All or half of the columns, since random thresholds need more of them than a random forest."""
        if task.is_classification:
            entries = [entry(0.5, 2, 1), entry("sqrt", 2, 1), entry(1.0, 2, 3), entry(0.75, 8, 2, "codes")]
        else:
            entries = [entry(1.0, 2, 1), entry(0.75, 8, 1, "codes"), entry(1.0, 2, 4), entry("sqrt", 2, 1)]
        return learned_portfolio(self, entries, task, profile)

    def forest(self, task: Task) -> Any:
        """Return scikit-learn's class for this task."""
        from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

        return ExtraTreesClassifier if task.is_classification else ExtraTreesRegressor
