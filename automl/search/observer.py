"""What a run tells whoever watches it."""

from __future__ import annotations

from automl.metrics import Metric
from automl.search.events import Event
from automl.search.records import TrialRecord


class Observer:
    """Override what is of interest; every method does nothing by default."""

    def phase(self, name: str, detail: str = "") -> None:
        """Take note that a phase began: reading, searching, ensembling, saving, testing, done."""

    def note(self, text: str) -> None:
        """Take a sentence that the user should see."""

    def raised(self, where: str, error: BaseException) -> None:
        """Take an exception, traceback and all, that a plugin or a user's metric raised, which the run outlives."""

    def event(self, event: Event) -> None:
        """Take a decision of the run, with its facts."""

    def judged_by(self, metric: Metric) -> None:
        """Take the metric that judges the run."""

    def limits(self, deadline: float | None, trials: int | None) -> None:
        """Take the end of the run on `time.monotonic()`'s clock, and the number of trials, where they are limited."""

    def trial(self, record: TrialRecord, best: float | None) -> None:
        """Take a finished trial and the best error so far."""


class Observers(Observer):
    """Passes everything to several observers."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def phase(self, name: str, detail: str = "") -> None:
        """Pass on."""
        for observer in self._observers:
            observer.phase(name, detail)

    def note(self, text: str) -> None:
        """Pass on."""
        for observer in self._observers:
            observer.note(text)

    def raised(self, where: str, error: BaseException) -> None:
        """Pass on."""
        for observer in self._observers:
            observer.raised(where, error)

    def event(self, event: Event) -> None:
        """Pass on."""
        for observer in self._observers:
            observer.event(event)

    def judged_by(self, metric: Metric) -> None:
        """Pass on."""
        for observer in self._observers:
            observer.judged_by(metric)

    def limits(self, deadline: float | None, trials: int | None) -> None:
        """Pass on."""
        for observer in self._observers:
            observer.limits(deadline, trials)

    def trial(self, record: TrialRecord, best: float | None) -> None:
        """Pass on."""
        for observer in self._observers:
            observer.trial(record, best)
