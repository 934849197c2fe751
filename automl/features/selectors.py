"""The selectors that come with the engine, by name."""

from __future__ import annotations

from collections.abc import Mapping

from automl.features.backward import BackwardSelector
from automl.features.information import InformationSelector
from automl.features.selection import BoostingRanker, Selector

SELECTORS: Mapping[str, Selector] = {
    selector.name: selector for selector in (BoostingRanker(), InformationSelector(), BackwardSelector())
}
"""`gain` (embedded, the default), `information` (a filter) and `backward` (a wrapper)."""
