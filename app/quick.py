"""Small drawings, read on the event loop: all that wait for it at one time are shown to the network together."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import TypeVar

from PIL.Image import Image
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.asked import Asked
from app.drawing import Picture, Strokes
from app.gate import Job, has_gone
from app.inline import Trust, is_plain
from app.problems import Problem
from model.decode import decode
from model.errors import DrawingError
from model.image import find_ink
from model.ink import Ink
from model.reader import Reader, Reading, Seen, see
from model.strokes import parse_strokes, rasterise

# Pictures are decoded before the ink is found in any of them, until that will take so long. By as much a round may last
# longer than it should.
INK_SECONDS = 0.001

_PLAIN = Asked()
S = TypeVar("S")
T = TypeVar("T")


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
        self.reading: asyncio.Future[Reading] = asyncio.get_running_loop().create_future()
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
    """Answer them all; those that ask for no more than the answer in one run of the network. Raises nothing.

    One step is taken for several before the next one is: the processor then has its instructions at hand, which saves
    an eighth of the time that pictures take.
    """
    inks: list[tuple[Small, Ink]] = []
    pictures: list[tuple[Small, tuple[Image, float]]] = []  # whose ink is still to be found
    for job in jobs:
        try:
            drawing = job.open()
            if drawing is None:
                continue
            if job.asked != _PLAIN:
                with trust.timed() if isinstance(drawing, Picture) else nullcontext():
                    job.answer(read(reader(), drawing, job.asked))
            elif isinstance(drawing, Strokes):
                inks.append((job, rasterise(parse_strokes(drawing.raw))))
            else:
                pictures.append((job, decode(drawing.data)))
        except Exception as error:  # whoever asked knows what it means
            job.fail(error)
        if len(pictures) * trust.usual > INK_SECONDS:
            inks += _each(pictures, partial(_find_ink, trust))
            pictures = []
    inks += _each(pictures, partial(_find_ink, trust))
    for job, reading in _readings(reader, _each(inks, see)):
        try:
            job.answer(reading)
        except Exception as error:
            job.fail(error)


def _readings(reader: Callable[[], Reader], seen: list[tuple[Small, Seen]]) -> list[tuple[Small, Reading]]:
    """All in one run of the network, unless one of them spoils it: then each for itself, and that one fails."""
    if not seen:
        return []
    try:
        readings = reader().read_seen([drawing for _, drawing in seen])
    except Exception:
        return _each(seen, lambda drawing: reader().read_seen([drawing])[0])
    return [(job, reading) for (job, _), reading in zip(seen, readings, strict=True)]


def _each(jobs: list[tuple[Small, S]], step: Callable[[S], T]) -> list[tuple[Small, T]]:
    """Take one step for each of the jobs: what comes of it, but for those that fail and are told so."""
    done = []
    for job, given in jobs:
        try:
            done.append((job, step(given)))
        except Exception as error:
            job.fail(error)
    return done


def _find_ink(trust: Trust, decoded: tuple[Image, float]) -> Ink:
    with trust.timed():
        return find_ink(*decoded)
