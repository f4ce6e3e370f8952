"""The bound on work: so many images at once, so many waiting, so many bytes held, and no more."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from starlette.requests import ClientDisconnect

from app.problems import Problem

T = TypeVar("T")

# A body up to here is no more than the HTTP server itself may hold for a connection; what goes beyond it is counted.
SMALL_BODY = 65_536


class Gate:
    """Runs what takes long in threads, a bounded number at once and a bounded number waiting.

    Nothing here is touched from another thread than the event loop's, so there are no locks.
    """

    def __init__(self, workers: int, queue: int, note: Callable[[float], object] = lambda waiting: None) -> None:
        """`workers`: threads. `queue`: calls that may wait for one. `note` is told how many do, when that changes."""
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="digits")
        self._free = asyncio.Semaphore(workers)
        self._queue = queue
        self._note = note
        self.waiting = 0

    async def run(self, work: Callable[[], T], gone: Callable[[], Awaitable[bool]] | None = None) -> T:
        """Call `work` in a thread and return what it returns.

        `gone` is asked, after a wait, whether anyone still wants the answer. Raises the problem `busy` at once where
        the queue is full.
        """
        if self._free.locked():
            if self.waiting >= self._queue:
                raise Problem("busy", "Too many images are waiting to be read. Try again in a moment.")
            self._wait(1)
            try:
                await self._free.acquire()
            finally:
                self._wait(-1)
            if gone is not None and await gone():
                self._free.release()
                raise ClientDisconnect
        else:
            await self._free.acquire()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._free.release()

    def _wait(self, more: int) -> None:
        self.waiting += more
        self._note(self.waiting)

    def close(self) -> None:
        """Let the threads go when they have finished what they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Turns:
    """Lets one of those who would hold up the event loop go on in each of its rounds, in the order in which they came.

    Whatever else waits for the loop, a health check say, is then held up by one of them and not by all.
    """

    def __init__(self, queue: int) -> None:
        """`queue`: how many may wait for their turn."""
        self._queue = queue
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Return when it is the caller's turn. Raises the problem `busy` at once where the queue is full."""
        loop = asyncio.get_running_loop()
        if not self._taken:
            self._taken = True
            loop.call_soon(self._next)
            return
        if len(self._waiting) >= self._queue:
            raise Problem("busy", "Too many drawings are waiting to be read. Try again in a moment.")
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # whoever waited may have been cancelled
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._next)
                return
        self._taken = False


class Bytes:
    """Counts the bytes of large bodies that are held at one time, over all requests."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes that may be held together."""
        self._limit = limit
        self._held = 0

    @contextmanager
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
