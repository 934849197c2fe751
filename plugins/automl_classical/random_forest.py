"""Random forests."""

from __future__ import annotations

from typing import Any

from automl.plugin import Params, Profile, Task, learned_portfolio
from automl_classical.forest import ForestFamily, entry


class RandomForest(ForestFamily):
    """Random forest (Breiman 2001)."""

    name = "random_forest"
    bootstrap = True
    cost_factor = 1.2e-8

    def portfolio(self, task: Task, profile: Profile) -> list[Params]:
        """Square root of the columns for classes, half of them for values, then coarser leaves."""
        if task.is_classification:
            entries = [entry("sqrt", 2, 1), entry(0.5, 2, 3), entry("sqrt", 2, 5, "codes")]
        else:
            entries = [entry(0.5, 2, 1), entry("sqrt", 2, 1), entry(0.75, 2, 5, "codes")]
        return learned_portfolio(self, entries, task, profile)

    def forest(self, task: Task) -> Any:
        """Return scikit-learn's class for this task."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        return RandomForestClassifier if task.is_classification else RandomForestRegressor
