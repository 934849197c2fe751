"""How far training has come: a progress that always reaches one before the deadline."""

from __future__ import annotations

import time

from automl.plugin import Limits, TrialFailed

_WARM = 3  # steps before the clock is started: the first allocate memory and are slow
_STEADY = 10  # steps after that, or a tenth of the time, before their mean is trusted
_RESERVE = 0.1  # share of the time that is kept for predicting and for saving


class Pace:
    """Progress `t` in [0, 1] over a planned number of steps.

    Where the steps planned would not end before the deadline, each step moves further, so that a schedule of `t` still
    runs to its end. Where even `least` steps do not fit, `advance` raises `TrialFailed` as soon as that is measured.
    Without a deadline, or with one far enough, `t` is the share of the steps done and time plays no part.
    """

    def __init__(self, planned: int, least: int, limits: Limits) -> None:
        if limits.seconds_left <= 0:
            raise TrialFailed("no time left to train a network")
        self.t = 0.0
        self._planned, self._least, self._limits = planned, min(least, planned), limits
        self._done, self._started, self._reserve = 0, 0.0, 0.0
        if limits.deadline is not None:
            self._reserve = _RESERVE * limits.seconds_left

    @property
    def finished(self) -> bool:
        """Whether every step that there is time for has been made."""
        return self.t >= 1.0

    def advance(self) -> None:
        """Count one step."""
        self._done += 1
        left = self._planned - self._done
        if self._limits.deadline is not None:
            left = min(left, self._affordable(left))
        self.t = 1.0 if left <= 0 else self.t + (1.0 - self.t) / (left + 1)

    def _affordable(self, left: int) -> int:
        """Return how many more steps fit, at most those `left`, by the seconds that those so far took."""
        seconds_left, now = self._limits.seconds_left - self._reserve, time.monotonic()
        if self._done <= _WARM:
            self._started = now
        measured, seconds = self._done - _WARM, now - self._started
        if seconds_left > 0 and (measured < 1 or (measured < _STEADY and seconds < self._reserve)):
            return left
        affordable = max(0, min(left, int(seconds_left * measured / max(1e-9, seconds)))) if measured > 0 else 0
        if self._done + affordable < self._least:
            raise TrialFailed(
                f"a network needs at least {self._least} steps here, but there is time for about "
                f"{self._done + affordable}: allow more time or use fewer rows"
            )
        return affordable
