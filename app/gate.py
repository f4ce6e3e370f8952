"""The bound on work: so many images at once, so many waiting, so many bytes held, and no more."""

import asyncio
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
