"""How much time a search has left, and how much of it a plugin's answer may take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

PATIENCE_SHARE, PATIENCE_LEAST, PATIENCE_MOST = 0.1, 5.0, 60.0  # of the time left, and seconds, for a plugin's answer


@dataclass
class Clock:
    """The time of one process's part in a search, in seconds of `time.monotonic()`.

    `deadline` is its end, None for none; it may move, as trials show how long the steps after the search will take.
    Where trials are `counted` it can only end the search: what is tried must not depend on the machine's speed.
    """

    deadline: float | None
    counted: bool
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """Seconds until the deadline, negative after it, infinite without one."""
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return self.left <= 0

    @property
    def for_answer(self) -> float:
        """Seconds that a call of a plugin's may take in this process."""
        return min(PATIENCE_MOST, max(PATIENCE_LEAST, PATIENCE_SHARE * self.left))
