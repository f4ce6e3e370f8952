"""What all requests share: the networks, the bounds on work, the metrics."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.gate import Bytes, Gate, Rounds
from app.inline import Trust
from app.memory import give_back_what_is_freed
from app.metrics import Metrics
from app.problems import Problem
from app.quick import Small, read_together
from app.settings import Settings
from model.reader import WEIGHTS, Reader

# Bodies of the largest size that may be held at once, over all requests, before more of them are refused.
LARGE_BODIES = 4

# A drawing to run before anyone asks: the first run of a network takes many times as long as the next. It is in doubt,
# so all that there is to it is run.
_FIRST = [[[0, 0], [9, 8], [2, 9], [8, 1], [0, 4], [9, 4]]]


class Service:
    """One per app. `reader` raises the problem `not-ready` until `started`, and again after."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.gate = Gate(settings.workers, settings.queue, self.metrics.waiting.set)
        self.trust = Trust()
        self.rounds: Rounds[Small] = Rounds(
            lambda jobs: read_together(lambda: self.reader, self.trust, jobs), settings.queue
        )
        self.bytes = Bytes(LARGE_BODIES * settings.max_bytes)
        self._reader: Reader | None = None

    @property
    def reader(self) -> Reader:
        """The networks."""
        if self._reader is None:
            raise Problem("not-ready", "The networks are still being loaded. Try again in a moment.")
        return self._reader

    def load(self) -> None:
        """Load and run every network once. Raises `model.reader.BrokenWeights`."""
        give_back_what_is_freed()
        reader = Reader(self.settings.weights or WEIGHTS, self.settings.threads)
        for name in reader.names:
            reader.read_strokes(_FIRST, name, explain=True)
        self._reader = reader

    def unload(self) -> None:
        """Let the networks go."""
        self._reader = None

    @asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """Load the networks unless they are; let go of them and of the threads at the end.

        The server accepts no connection before this is done, so nothing is blocked by doing it here.
        """
        if self._reader is None:
            self.load()
        try:
            yield
        finally:
            self.unload()
            self.gate.close()
