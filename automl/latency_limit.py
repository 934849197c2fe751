"""Saving a model that answers in time: what is measured on the finished model decides what is left out of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from automl.combining import Choice, Combiner
from automl.errors import AutoMLError
from automl.fitted import FittedModel, Member
from automl.latency import ROWS, Sample, member_seconds, row_seconds
from automl.search.events import Slimmed
from automl.search.observer import Observer
from automl.slimming import Cost, Slim, best_within, reductions

DEFAULT_LATENCY = 0.02
"""Seconds that a single row may take, if nobody says otherwise and it costs little."""
LITTLE = 0.01  # share of the error
_ATTEMPTS = 4  # estimates corrected by measurements
_ROWS = 8  # that each of them takes
_MARGIN = 0.95  # of the limit, since another measurement will differ a little
_SHARES = (1.0, 0.7, 0.0)  # of the limit, one after the other; 0 is the fastest there is
_OTHERS = 3  # trials outside the ensemble that are tried, where no part of it is fast enough


@dataclass(frozen=True)
class LatencyLimit:
    """The `seconds` that a single row may take. A `strict` limit is held whatever the score loses by it."""

    seconds: float
    strict: bool = False


@dataclass(frozen=True)
class Saved:
    """A model on disk, what it was made of, and the median seconds of a row, warm; None where it was not measured."""

    choice: Choice
    fitted: FittedModel
    seconds: float | None = None

    @property
    def least(self) -> float:
        """The seconds of a row, infinite where they are not known."""
        return math.inf if self.seconds is None else self.seconds

    def within(self, limit: LatencyLimit) -> bool:
        """Whether a row is known to take no longer than the limit."""
        return self.least <= limit.seconds


@dataclass(frozen=True)
class Slimmer:
    """Saves a model with so little in it that it answers in time.

    `save` writes a choice under the model's name and loads it again. The last save should end by `until`, on
    `time.monotonic()`'s clock; None leaves time.
    """

    combiner: Combiner
    sample: Sample
    save: Callable[[Choice], FittedModel]
    observer: Observer
    until: float | None = None

    def saved(self, choice: Choice, limit: LatencyLimit | None) -> Saved:
        """Save a model, and again with less in it where a row takes longer than the limit.

        Only a strict limit is worth more time than there is.
        """
        started = time.monotonic()
        whole = self._measured(choice)
        if limit is None or whole.seconds is None or whole.seconds <= limit.seconds:
            return whole
        took = time.monotonic() - started
        if not limit.strict and self._late(2 * took):
            self.observer.note(f"A row takes {_ms(whole.seconds)}; no time is left to make it {_ms(limit.seconds)}.")
            return whole
        result = self._slimmed(whole, self._reductions(whole, whole.seconds), limit, took)
        if limit.strict and not result.within(limit):
            result = self._others(whole, result, limit)
        self._tell(whole.seconds, result, limit)
        return result

    def _slimmed(self, whole: Saved, slims: Sequence[Slim], limit: LatencyLimit, took: float) -> Saved:
        """Save the best reduction that holds the limit, and a smaller one where the saved model turns out slower."""
        if not limit.strict:
            most = slims[0].error + LITTLE * abs(slims[0].error)
            slims = [slim for slim in slims if slim.error <= most]
        result = whole
        for share in _SHARES:
            slim = self._within(whole.fitted, slims, share * limit.seconds)
            choice = self.combiner.with_weights(whole.choice, slim.weights, slim.models)
            if result is not whole and not limit.strict and self._late(took):
                break
            if _size(choice) < _size(result.choice):
                result = self._measured(choice)
            if result.within(limit):
                break
        return result

    def _late(self, seconds: float) -> bool:
        return self.until is not None and time.monotonic() + seconds > self.until

    def _measured(self, choice: Choice) -> Saved:
        fitted = self.save(choice)
        return Saved(choice, fitted, self._seconds(fitted, ROWS))

    def _seconds(self, fitted: FittedModel, rows: int) -> float | None:
        try:
            return row_seconds(fitted, self.sample, rows)
        except AutoMLError as error:  # a plugin's model, asked for rows of its own table; the test will tell more
            self.observer.note(f"How long a row takes could not be measured: {error}")
            return None

    def _within(self, fitted: FittedModel, slims: Sequence[Slim], seconds: float) -> Slim:
        """Find the best reduction that takes so long, trying each in memory until a measurement agrees."""
        target, best = seconds, slims[0]
        for _ in range(_ATTEMPTS):
            slim = best_within(slims, target)
            if slim is best:
                break
            best = slim
            taken = self._seconds(self._reduced(fitted, slim), _ROWS)
            if taken is None or taken <= seconds * _MARGIN:
                break
            target = min(target, slim.seconds) * _MARGIN * seconds / taken
        return best

    def _reductions(self, whole: Saved, before: float) -> list[Slim]:
        alone = member_seconds(whole.fitted, self.sample)
        # Members that share encoders cost less together than one by one.
        scale = min(1.0, before / max(sum(alone.values()), 1e-9))
        position = self.combiner.positions()
        cost = Cost(
            base=max(0.0, before - scale * sum(alone.values())),
            seconds={position[number]: scale * seconds for number, seconds in alone.items()},
            models={position[member.number]: len(member.models) for member in whole.fitted.members},
        )
        return reductions(self.combiner.library, whole.choice.ensemble.weights, cost)

    def _reduced(self, fitted: FittedModel, slim: Slim) -> FittedModel:
        position = self.combiner.positions()
        weights = {member.number: float(slim.weights[position[member.number]]) for member in fitted.members}
        members: Sequence[Member] = [
            replace(member, weight=weights[member.number], models=member.models[: slim.models])
            for member in fitted.members
            if weights[member.number] > 0
        ]
        return replace(fitted, members=tuple(members))

    def _others(self, whole: Saved, fastest: Saved, limit: LatencyLimit) -> Saved:
        """Try single models of trials outside the ensemble; the fastest of all is what is saved last."""
        latest = fastest
        for position in self.combiner.cheapest(_OTHERS):
            latest = self._measured(self.combiner.alone(whole.choice, position))
            if latest.least < fastest.least:
                fastest = latest
            if fastest.within(limit):
                break
        return fastest if fastest is latest else replace(fastest, fitted=self.save(fastest.choice))

    def _tell(self, before: float, result: Saved, limit: LatencyLimit) -> None:
        after = result.seconds
        if after is None:
            return
        members, models = len(result.choice.members), _size(result.choice)
        self.observer.event(Slimmed(limit.seconds, before, after, members, models))
        kept = f"{_count(members, 'member')} ({_count(models, 'model')} in all)"
        text = f"A row took {_ms(before)} of the {_ms(limit.seconds)} it may take: with {kept} it takes {_ms(after)}."
        if after > limit.seconds and limit.strict:
            text = f"No model predicts a row within {_ms(limit.seconds)}: the fastest, saved here, takes {_ms(after)}."
        elif after > limit.seconds:
            text = (
                f"A row takes {_ms(after)}; to leave out more would cost over {LITTLE:.0%} of the error. "
                "A latency limit would be held all the same."
            )
        self.observer.note(text)


def _size(choice: Choice) -> int:
    return sum(len(member.record.models) for member in choice.members)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"
