"""The few errors a caller can meet; every message names the thing, the rule, the value and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AutoMLError(Exception):
    """Parent of every error that the engine raises on purpose."""


class DataError(AutoMLError, ValueError):
    """A table, a column or a target cannot be used as it is."""


class OptionError(AutoMLError, ValueError):
    """An option, a name or a value is unknown or out of range."""


class PluginError(AutoMLError):
    """A plugin cannot be loaded or breaks the contract."""


class FamilyDeclined(AutoMLError):
    """A model family cannot learn from this data; the message is the reason."""


class TrialFailed(AutoMLError):
    """One trial produced nothing usable; the run goes on."""


class ArtifactError(AutoMLError):
    """A saved model is missing, damaged, or of a version that cannot be read."""


class RunError(AutoMLError):
    """A run cannot start or ended without a model."""


def unknown(what: str, value: object, known: Iterable[str]) -> OptionError:
    """Build the error for an unknown name, with the nearest known one and the list of all.

    >>> str(unknown("metric", "roc_acu", ["roc_auc", "rmse"]))
    "unknown metric 'roc_acu': did you mean 'roc_auc'? Known: rmse, roc_auc"
    """
    names = sorted(known)
    same = [name for name in names if name.casefold() == str(value).casefold()]
    near = same or difflib.get_close_matches(str(value), names, n=1)
    hint = f" did you mean '{near[0]}'?" if near else ""
    return OptionError(f"unknown {what} '{value}':{hint} Known: {', '.join(names)}")
