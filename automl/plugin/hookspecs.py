"""The hooks that a plugin may implement; the entry-point group is `automl`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pluggy

from automl.features.derived import FeatureEncoder
from automl.features.selection import Selector
from automl.metrics import Metric
from automl.plugin.family import ModelFamily

hookspec = pluggy.HookspecMarker("automl")
hookimpl = pluggy.HookimplMarker("automl")


@hookspec
def automl_families() -> list[ModelFamily]:
    """Model families that the plugin brings, one instance each."""
    return []


@hookspec
def automl_encoders() -> list[FeatureEncoder]:
    """Encoders that the plugin brings, one instance each; each adds its columns to every encoding of a matrix.

    What an encoder has fitted is saved with the model: a frozen dataclass that `automl.plugin.storable` registers.
    """
    return []


@hookspec
def automl_selectors() -> list[Selector]:
    """Selectors that the plugin brings, one instance each, usable by name in `--selection`."""
    return []


@hookspec
def automl_metrics() -> list[Metric]:
    """Metrics that the plugin brings, usable by name in `--metric`."""
    return []


@hookspec
def automl_trial_finished(record: Mapping[str, Any]) -> None:
    """Called in the coordinator after each trial.

    :param record: the trial's journal line: `number`, `family`, `params`, `state` (`complete`, `stopped` or `failed`),
        `error` (the metric turned so that lower is better), `seconds`, `reason`.
    """


@hookspec
def automl_commands(app: Any) -> None:
    """Add commands to the command line.

    :param app: the `typer.Typer` application behind `automl`.
    """
