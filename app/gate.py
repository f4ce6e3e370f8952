"""The bound on work: so many images at once, so many waiting and for so long, so many bytes held, and no more."""

import asyncio
import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar, cast

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from app.problems import Problem

T = TypeVar("T")

# A body up to here is no more than the HTTP server itself may hold for a connection; what goes beyond it is counted.
SMALL_BODY = 65_536

# Seconds that anyone may wait before work begins. Whoever is drawing notices half a second; whoever sends a photograph,
# which takes that long to read, has waited for its upload too: a small machine under load has 5 s for it.
DRAWING_SECONDS = 0.5
IMAGE_SECONDS = 5.0

# Two threads and the event loop on one core: with 0 the slowest hundredth of /healthz took 30 to 70 ms, with 3 it took
# 20. With 10 images hardly get their turn, and whatever else the machine does gets between a thread and its lock.
NICE = 4

# In one round of the event loop so many drawings are looked at, and no further one once they have taken so long; then
# they are shown to the network, which takes 0.2 ms for each that is not plain, and 1 ms more where it stays in doubt.
# By how long all that took for each of the last, no more are let in than will take so long: beside 80 clients that
# send scribbles, /healthz waits for half as long.
TOGETHER = 8
ROUND_SECONDS = 0.002
WHOLE_ROUND_SECONDS = 0.006

# What one piece of work takes is averaged over about so many of the last, or of the last rounds. No fewer than a round
# holds: a pace that was once misjudged would let in too few to be learnt anew.
_LAST = 8


class Patience:
    """How many may wait for one another and for how long, by how long each of the last took."""

    def __init__(self, what: str, queue: int, seconds: float) -> None:
        """`what`: those who wait, for the answer to one too many. `queue`: how many may wait, for `seconds`."""
        self.seconds = seconds
        self._what = what
        self._queue = queue
        self._each = 0.0

    def is_out(self, waiting: int, at_once: int = 1) -> bool:
        """Whether the queue is full, or would take too long with so many served at once."""
        return waiting >= self._queue or waiting * self._each > self.seconds * at_once

    def check(self, waiting: int, at_once: int = 1) -> None:
        """Raise the problem `busy` where it is."""
        if self.is_out(waiting, at_once):
            raise self.lost()

    def took(self, seconds: float) -> None:
        """Count one more, or a round by what each in it took. Having stood still is no reason to refuse many."""
        self._each += (min(seconds, self.seconds / _LAST) - self._each) / _LAST

    def lost(self) -> Problem:
        """The problem `busy`, for those who have waited as long as they may."""
        return Problem("busy", f"Too many {self._what} are waiting to be read. Try again in a moment.")


class Gate:
    """Runs what takes long in threads, a bounded number at once and a bounded number waiting for a bounded time.

    Nothing here is touched from another thread than the event loop's, so there are no locks.
    """

    def __init__(
        self,
        workers: int,
        queue: int,
        note: Callable[[float], object] = lambda waiting: None,
        seconds: float = IMAGE_SECONDS,
    ) -> None:
        """`workers`: threads. `queue`: calls that may wait for one, `seconds`: for how long.

        `note` is told how many wait, when that changes.
        """
        self._threads = ThreadPoolExecutor(workers, "digits", _give_way)
        self._free = asyncio.Semaphore(workers)
        self._workers = workers
        self._patience = Patience("images", queue, seconds)
        self._note = note
        self.waiting = 0

    def check(self) -> None:
        """Raise the problem `busy` where one more would not be taken."""
        if self.is_full():
            raise self._patience.lost()

    def is_full(self) -> bool:
        """Whether one more would not be taken."""
        return self._free.locked() and self._patience.is_out(self.waiting, self._workers)

    async def run(self, work: Callable[[], T], receive: Receive | None = None) -> T:
        """Call `work` in a thread and return what it returns.

        `receive` tells, after a wait, whether anyone still wants the answer; raises `ClientDisconnect` where nobody
        does. Raises the problem `busy`: at once where the queue is full or would take too long, else in time.
        """
        self.check()
        waited = self._free.locked()
        await (self._wait() if waited else self._free.acquire())
        try:
            if waited and receive is not None and has_gone(receive):
                raise ClientDisconnect
            began = monotonic()
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
            finally:
                self._patience.took(monotonic() - began)
        finally:
            self._free.release()

    async def _wait(self) -> None:
        self._count(1)
        try:
            async with asyncio.timeout(self._patience.seconds):
                await self._free.acquire()
        except TimeoutError:
            raise self._patience.lost() from None
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        self.waiting += more
        self._note(self.waiting)

    def close(self) -> None:
        """Let the threads go when they have finished what they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Job(Protocol):
    """What `Rounds` work on."""

    @property
    def gives_way(self) -> bool:
        """Whether half of the queue is kept free of it, for those that do not."""

    def wanted(self) -> bool:
        """Whether anyone still waits for it; asked right before it would be worked on."""

    def fail(self, error: Exception) -> None:
        """To be told why it is not done. Raises nothing."""


J = TypeVar("J", bound=Job)


class Rounds(Generic[J]):
    """Works, on the event loop, for all who wait for it together, so many and so long in each round of the loop.

    Whatever else waits for the loop, a health check say, is held up by these and not by all. They are worked on
    together because the processor then goes through the same code again and again: a drawing among others takes two
    thirds of what it takes alone.
    """

    def __init__(self, work: Callable[[Iterator[J]], None], queue: int, seconds: float = DRAWING_SECONDS) -> None:
        """`work`: is handed those of a round, in the order of their coming, and raises nothing.

        `queue`: how many may wait behind the first one, `seconds`: for how long.
        """
        self._work = work
        self._patience = Patience("drawings", queue, seconds)
        self._waiting: deque[tuple[J, float]] = deque()  # and since when
        self._coming = False  # whether a round is
        self._last = 0.0  # when the round before began, and how many it worked on, where it left some
        self._done = 0
        self._ended = 0.0  # when it ended
        self._each = 0.0  # how long the work on one of the last took

    def add(self, job: J) -> None:
        """Have it worked on in the next round, or a later one.

        Raises the problem `busy` at once where the queue is full or would take too long; later the job is told so.
        """
        waiting = len(self._waiting) - 1
        self._patience.check(2 * waiting if job.gives_way else waiting)
        self._waiting.append((job, monotonic()))
        if not self._coming:
            self._plan()

    def _plan(self) -> None:
        self._coming = True
        asyncio.get_running_loop().call_soon(self._round)

    def _round(self) -> None:
        began = monotonic()
        if self._done:  # what else the loop does between two rounds holds them up, too
            self._patience.took((began - self._last) / self._done)
        self._last, self._done = began, 0
        try:
            self._work(self._jobs())
        finally:
            self._ended = monotonic()
            if self._done:
                took = (self._ended - began) / self._done
                self._each += (min(took, WHOLE_ROUND_SECONDS) - self._each) / _LAST  # a halt is soon forgotten
            if self._waiting:
                self._plan()
            else:
                if self._done:
                    self._patience.took((self._ended - began) / self._done)
                self._coming, self._done = False, 0

    def _jobs(self) -> Iterator[J]:
        while self._waiting and self._done < TOGETHER:
            now = monotonic()
            will_take = (self._done + 1) * self._each
            if self._done and (now - self._last > ROUND_SECONDS or will_take > WHOLE_ROUND_SECONDS):
                break
            job, since = self._waiting.popleft()
            try:
                wanted = job.wanted()
            except Exception as error:  # it must not take the others with it
                job.fail(error)
                continue
            # The pace was misjudged, or the machine has other things to do. But where all has stood still since it
            # came, it has waited for nobody, and is not one too many.
            if wanted and now - since > self._patience.seconds and since < self._ended:
                job.fail(self._patience.lost())
            elif wanted:
                self._done += 1
                yield job


def _give_way() -> None:
    """Let the event loop have the core where it wants it: on Linux each thread has a priority of its own."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def has_gone(receive: Receive) -> bool:
    """Whether the client has closed its connection, once the whole body has been read.

    `receive` is begun and not awaited: it answers at once where there is something to be said, and else is dropped.
    """
    said = cast(Coroutine[Any, Any, Message], receive())
    try:
        said.send(None)
    except StopIteration as answer:
        return bool(answer.value["type"] == "http.disconnect")
    said.close()
    return False


class Bytes:
    """Counts the bytes of large bodies that are held at one time, over all requests."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes that may be held together."""
        self._limit = limit
        self._held = 0

    @contextlib.contextmanager
    def lease(self) -> Iterator[Callable[[int], None]]:
        """Yields a function to call with a body's size so far; what was counted is given back at the end.

        That function raises the problem `busy` where the limit is reached.
        """
        counted = 0

        def grow(size: int) -> None:
            nonlocal counted
            if size <= SMALL_BODY:
                return
            if self._held + size - counted > self._limit:
                raise Problem("busy", "Too many large images are being sent. Try again in a moment.")
            self._held += size - counted
            counted = size

        try:
            yield grow
        finally:
            self._held -= counted
