"""What a search has found: on disk at once, and in memory as far as an ensemble may choose it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl.search.journal import Journal
from automl.search.observer import Observer
from automl.search.records import TrialRecord
from automl.search.shortlist import shortlist

_AGAIN = 3  # trials that an ensemble is likely to hold of those that can be fitted again
_NEAR = 0.2  # of the lowest error: by so much more, a trial rarely has a place in an ensemble


@dataclass(frozen=True)
class Needs:
    """What the steps after a search will take, as far as its trials tell.

    `row_seconds` is what the ensemble takes to predict a row on one core, `refit_seconds` how long all workers take to
    fit its members again.
    """

    row_seconds: float
    refit_seconds: float = 0.0


class Results:
    """`finished` are the complete trials with their out-of-fold predictions (n_rows, n_outputs) float32, as they came.

    `best` is the trial of the lowest error, earlier processes' included. Models of the families `again` may be fitted
    again where they have not learned from all rows.
    """

    def __init__(self, journal: Journal, observer: Observer, again: Collection[str] = ()) -> None:
        self.finished: list[tuple[TrialRecord, NDArray[np.float32]]] = []
        self.best: TrialRecord | None = None
        self._journal, self._observer, self._again = journal, observer, frozenset(again)
        self._best_of: dict[str, TrialRecord] = {}
        self._dropped: set[int] = set()

    @property
    def best_error(self) -> float | None:
        """The lowest error so far, None before there is any."""
        return None if self.best is None else self.best.error

    def needs(self, workers: int) -> Needs | None:
        """Say what is to come after the search, None before any trial has an error.

        The best trials of all families take about as long to predict with as an ensemble does.
        """
        if self.best is None:
            return None
        limit = (self.best.error or 0.0) + _NEAR * abs(self.best.error or 0.0)
        again = [r for r, _ in self.finished if r.family in self._again and r.partial and (r.error or 0.0) <= limit]
        longest = sorted(r.seconds for r in sorted(again, key=lambda r: r.error or 0.0)[:_AGAIN])
        return Needs(
            row_seconds=sum(best.predict_seconds for best in self._best_of.values()),
            refit_seconds=max(sum(longest) / workers, max(longest, default=0.0)),
        )

    def add(self, record: TrialRecord, predictions: NDArray[np.float32] | None) -> None:
        """Keep a trial that has ended; `predictions` are None where it is not complete.

        Raises `OSError` where the run folder cannot be written.
        """
        if predictions is None:
            self._journal.drop_models(record.number)
        # On disk first: what is in the journal is never lost and never run again.
        self._journal.append(record, predictions)
        self._see(record)
        if predictions is not None:
            self.finished.append((record, predictions))
            self._drop_hopeless()

    def restore(self, record: TrialRecord) -> None:
        """Take over a trial of an earlier process, with its predictions where its models are still there."""
        self._see(record)
        if record.state != "complete" or not self._journal.has_models(record):
            return
        try:
            self.finished.append((record, self._journal.predictions(record)))
        except (OSError, ValueError, EOFError) as error:  # the machine lost power before they reached the disk
            self._observer.note(f"trial {record.number} takes no part: its predictions cannot be read ({error})")

    def _see(self, record: TrialRecord) -> None:
        if record.error is None:
            return
        if self.best is None or record.error < (self.best.error or 0.0):
            self.best = record
        best = self._best_of.get(record.family)
        if best is None or record.error < (best.error or 0.0):
            self._best_of[record.family] = record

    def _drop_hopeless(self) -> None:
        """Delete the models that no ensemble can choose any more."""
        records = [record for record, _ in self.finished]
        kept = shortlist([r.error or 0.0 for r in records], [r.family for r in records])
        for position in set(range(len(records))) - set(kept.tolist()) - self._dropped:
            self._journal.drop_models(records[position].number)
            self._dropped.add(position)
