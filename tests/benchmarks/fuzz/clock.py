"""Seconds in which something is done: fuzzing is stopped while others measure, and that time does not count."""

import time

STEP = 2.0  # seconds between two looks at the clock, at the most, that are believed to have been spent on work


class Clock:
    """Runs out after so many seconds of work."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self._last = time.monotonic()

    def running(self) -> bool:
        """Whether there is time left. To be asked often."""
        now = time.monotonic()
        self.left -= min(now - self._last, STEP)
        self._last = now
        return self.left > 0
