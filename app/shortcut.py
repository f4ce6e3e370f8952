"""POST /predict without the framework: a small drawing is answered as soon as its last byte is here.

A task, a scope and four layers of middleware cost half as much as reading the drawing does. Nothing is decided here
that `app.predict` does not decide too, by the same functions, and whatever is not taken goes to the app as always.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

from app.accept import check_accept
from app.drawing import JSON, check_media, open_drawing
from app.inline import is_small
from app.predict import METHOD, PATH, Asked, as_json, is_quick, read_quick
from app.problems import REQUEST_ID, Problem, problem_of
from app.service import Service
from model.errors import DrawingError

Pairs = Sequence[tuple[bytes, bytes]]

_METHOD, _URL = METHOD.encode("ascii"), PATH.encode("ascii")
_JSON = (b"content-type", JSON.encode("ascii"))
# Whoever sends one of these asks for more than an answer.
_MORE = frozenset({REQUEST_ID, b"expect", b"transfer-encoding", b"upgrade"})
_DIGITS = 9  # of a length that may matter


class Head(NamedTuple):
    """What the head of a request says that is taken, and when it came."""

    content_type: str
    accept: str
    began: float


class Answer(NamedTuple):
    """A whole HTTP response, but for the headers that every one has."""

    status: int
    headers: Pairs
    body: bytes


class Shortcut:
    """Reads small drawings on the event loop, each in a turn of `turns`."""

    def __init__(self, service: Service) -> None:
        self.turns = service.turns
        self._service = service

    def head(self, method: bytes, url: bytes, headers: Pairs) -> Head | None:
        """What matters of a request's head, or None where the app has to answer it."""
        if url != _URL or method != _METHOD:
            return None
        content_type = accept = length = b""
        for name, value in headers:
            if name == b"content-type":
                content_type = value
            elif name == b"content-length":
                length = value
            elif name == b"accept":
                accept = b"%b, %b" % (accept, value) if accept else value
            elif name in _MORE:
                return None
        if not length.isdigit() or len(length) > _DIGITS or int(length) > self._service.settings.max_bytes:
            return None
        media = content_type.decode("latin-1")
        return Head(media, accept.decode("latin-1"), perf_counter()) if is_small(media, int(length)) else None

    def answer(self, head: Head, body: bytes) -> Answer | None:
        """The answer to a whole body, or None where it takes a thread to find it."""
        service = self._service
        try:
            check_accept(head.accept)
            check_media(head.content_type)
            drawing = open_drawing(head.content_type, body)
            if not is_quick(service, drawing):
                return None
            reading = read_quick(service, drawing, Asked())
        except (Problem, DrawingError) as error:
            return self.problem(head, error)
        service.metrics.read(reading.model, reading.verdict)
        said = as_json(reading.as_json())
        return self._answered(head, Answer(200, (_JSON, (b"content-length", b"%d" % len(said))), said))

    def problem(self, head: Head, error: Problem | DrawingError) -> Answer:
        """The answer to a request that failed."""
        response = problem_of(error)
        return self._answered(head, Answer(response.status_code, response.raw_headers, bytes(response.body)))

    def _answered(self, head: Head, answer: Answer) -> Answer:
        self._service.metrics.answered(PATH, METHOD, str(answer.status), perf_counter() - head.began)
        return answer
