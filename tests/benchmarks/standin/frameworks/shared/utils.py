"""What integrations measure with."""

import time


class Timer:
    duration = 0.0

    def __enter__(self) -> "Timer":
        self.started = time.monotonic()
        return self

    def __exit__(self, *exception: object) -> None:
        self.duration = time.monotonic() - self.started
