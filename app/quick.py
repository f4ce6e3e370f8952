"""Small drawings, read on the event loop: all that wait for it at one time are shown to the network together."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import nullcontext

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.asked import Asked
from app.drawing import Picture, Strokes
from app.gate import Job, has_gone
from app.inline import Trust, is_plain
from app.problems import Problem
from model.errors import DrawingError
from model.ink import Pixels
from model.reader import Reader, Reading, see_image, see_strokes

_PLAIN = Asked()


def read(reader: Reader, drawing: Strokes | Picture, asked: Asked) -> Reading:
    """What a drawing shows. Raises `DrawingError` or `UnknownModel`."""
    if isinstance(drawing, Strokes):
        return reader.read_strokes(drawing.raw, asked.model, asked.explain, asked.digit)
    return reader.read_image(drawing.data, asked.model, asked.explain, asked.digit)


def is_quick(trust: Trust, drawing: Strokes | Picture) -> bool:
    """Whether a drawing in a small body is read on the event loop."""
    return isinstance(drawing, Strokes) or (trust.given() and is_plain(drawing.data))


class Small(Job):
    """A drawing that is, or may be, read on the event loop."""

    asked = _PLAIN
    gives_way = False  # as pictures do, which take several times as long, or nobody could draw while many are sent

    @abstractmethod
    def wanted(self) -> bool:
        """Whether anyone still waits for it."""

    @abstractmethod
    def fail(self, error: Exception) -> None:
        """To be told why it is not read. Raises nothing."""

    @abstractmethod
    def open(self) -> Strokes | Picture | None:
        """The drawing, or None where it turned out to be none for the event loop. May raise."""

    @abstractmethod
    def answer(self, reading: Reading) -> None:
        """To be told what it shows. May raise, and is then told that it failed."""


class Awaited(Small):
    """One whose reading somebody awaits."""

    def __init__(self, drawing: Strokes | Picture, asked: Asked, receive: Receive) -> None:
        """`receive` tells whether the client is still there; `reading` raises `ClientDisconnect` where it is not."""
        self.asked = asked
        self.gives_way = isinstance(drawing, Picture)
        self.reading = asyncio.get_running_loop().create_future()
        self._drawing = drawing
        self._receive = receive

    def wanted(self) -> bool:
        """Whether somebody still awaits it, and the client is still there."""
        if not self.reading.done() and has_gone(self._receive):
            self.reading.set_exception(ClientDisconnect())
        return not self.reading.done()

    def open(self) -> Strokes | Picture:
        """The drawing, which was looked into already."""
        return self._drawing

    def answer(self, reading: Reading) -> None:
        """Done."""
        self.reading.set_result(reading)

    def fail(self, error: Exception) -> None:
        """Failed."""
        # Where it was raised would keep all of its round alive until the garbage is collected.
        expected = isinstance(error, Problem | DrawingError)
        self.reading.set_exception(error.with_traceback(None) if expected else error)


def read_together(reader: Callable[[], Reader], trust: Trust, jobs: Iterator[Small]) -> None:
    """Answer them all; those that ask for no more than the answer in one run of the network. Raises nothing."""
    seen: list[tuple[Small, Pixels]] = []
    for job in jobs:
        try:
            drawing = job.open()
            if drawing is None:
                continue
            with trust.timed() if isinstance(drawing, Picture) else nullcontext():
                if job.asked != _PLAIN:
                    job.answer(read(reader(), drawing, job.asked))
                elif isinstance(drawing, Strokes):
                    seen.append((job, see_strokes(drawing.raw)))
                else:
                    seen.append((job, see_image(drawing.data)))
        except Exception as error:  # whoever asked knows what it means
            job.fail(error)
    if not seen:
        return
    try:
        readings = reader().read_seen([pixels for _, pixels in seen])
    except Exception as error:
        for job, _ in seen:
            job.fail(error)
        return
    for (job, _), reading in zip(seen, readings, strict=True):
        try:
            job.answer(reading)
        except Exception as error:
            job.fail(error)
