"""One process's part in a run: what it works on, with which plugins, and until when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automl.errors import OptionError
from automl.options import FitOptions
from automl.plugin.backbone import equip
from automl.plugin.family import ModelFamily
from automl.plugin.registry import Registry, discover, select
from automl.runfolder import Stored
from automl.search.records import TrialRecord

IMPORT_SHARE, IMPORT_LEAST = 0.1, 3.0  # of the time limit, and seconds, that plugins may take to be imported
FINISHING = 6.0  # seconds at least for a resumed run that has no model yet


@dataclass(frozen=True)
class Resumed:
    """What an earlier process left, and the time limit that is asked for now.

    `extra` is as for `automl.engine.resume_fit`; `ended` says whether the earlier process reached its result.
    """

    known: Stored
    records: list[TrialRecord]
    extra: str | None
    ended: bool = True

    def seconds(self, limit: float | None) -> float | None:
        """Return the seconds from now until the run shall end, None for no limit.

        `limit` is that of the run so far. Raise `OptionError` where none are left, or `extra` is no number of seconds.
        """
        spent = max((record.elapsed for record in self.records), default=0.0)
        if self.extra is None:
            left = None if limit is None else limit - spent
        else:
            try:
                left = float(self.extra) - (0.0 if self.extra.startswith("+") else spent)
            except ValueError:
                raise OptionError(f"time limit '{self.extra}': must be seconds, or +seconds to add some") from None
        if left is not None and not self.ended:  # killed after the search: what is left to do is its model
            left = max(left, FINISHING)
        if left is not None and left < 1:
            raise OptionError(f"the run has used its time limit ({spent:.0f} s): add some by --time-limit +600")
        return left


@dataclass(frozen=True)
class Session:
    """The table, a path or a data frame; the options; the plugins, and the families of theirs that were asked for.

    `started` is when the clock began, on `time.monotonic()`'s scale; `resumed` is None for a new run.
    """

    source: Any
    options: FitOptions
    registry: Registry
    families: Mapping[str, ModelFamily]
    started: float
    resumed: Resumed | None = None

    @classmethod
    def of(cls, source: Any, options: FitOptions, started: float | None) -> Session:
        """Load the plugins for a run that started then, or now."""
        started = time.monotonic() if started is None else started
        registry = _with_extra(discover(patience=_patience(options.seconds)), options)
        chosen = select(registry, options.families, options.exclude)
        absent = (f"the plugin '{p.name}' is {p.status}: {p.reason}" for p in registry.plugins if p.reason)
        families = equip(registry.families, chosen, map(Path, options.backbones), absent)
        return cls(source, options, registry, families, started)

    @property
    def end(self) -> float | None:
        """When the run shall end, on `time.monotonic()`'s clock; None for no limit."""
        limit = self.options.seconds
        seconds = limit if self.resumed is None else self.resumed.seconds(limit)
        return None if seconds is None else self.started + seconds


def _patience(limit: float | None) -> float | None:
    """Return the seconds that a run may wait for its plugins to be imported."""
    return None if limit is None else max(IMPORT_LEAST, limit * IMPORT_SHARE)


def _with_extra(registry: Registry, options: FitOptions) -> Registry:
    if not options.extra_families:
        return registry
    extra = {family.name: family for family in options.extra_families}
    return replace(registry, families={**registry.families, **extra})
