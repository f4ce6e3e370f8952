"""POST /predict without the framework: a small drawing is answered with those that came at the same time.

A task, a scope and four layers of middleware cost half as much as reading the drawing does. Nothing is decided here
that `app.predict` does not decide too, by the same functions, and whatever is not taken goes to the app as always.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

from starlette.responses import Response

from app.accept import accept_of, check_accept
from app.cors import ORIGIN
from app.drawing import CODING, JSON, Picture, Strokes, check_media, media_type, open_drawing
from app.gate import SMALL_BODY
from app.inline import is_small
from app.predict import METHOD, PATH, as_json
from app.problems import REQUEST_ID, Problem, problem_of
from app.quick import Small, is_quick
from app.service import Service
from model.errors import DrawingError
from model.reader import Reading

Pairs = Sequence[tuple[bytes, bytes]]

_METHOD, _URL = METHOD.encode("ascii"), PATH.encode("ascii")
_JSON = (b"content-type", JSON.encode("ascii"))
# Whoever sends one of these asks for more than an answer, or sends more than a drawing.
_MORE = frozenset({REQUEST_ID, CODING, b"expect", b"transfer-encoding", b"upgrade"})
_DIGITS = 9  # of a length that may matter


class Answer(NamedTuple):
    """A whole HTTP response, but for the headers that every one has."""

    status: int
    headers: Pairs
    body: bytes

    @classmethod
    def of(cls, response: Response) -> "Answer":
        """The framework's response as one."""
        return cls(response.status_code, response.raw_headers, bytes(response.body))


class Taken(Small):
    """A request that is answered here."""

    def __init__(self, service: Service, content_type: str, accept: str, small: bool = True) -> None:
        """`small`: whether it may be read here; others are only refused here, where too many wait already."""
        self.given_up = False  # by whoever asked, or by the connection
        self.proceeds = False
        self._service = service
        self._content_type = content_type
        self._accept = accept
        self._small = small
        self._began = perf_counter()
        self._body = b""
        self._say: Callable[[Answer | None], None] = _nobody

    def proceed(self, body: bytes, say: Callable[[Answer | None], None]) -> None:
        """Have its whole body read; `say` is called with the answer, or with None where the app has to find it."""
        self.proceeds, self._body, self._say = True, body, say
        self.gives_way = media_type(self._content_type) != JSON or b'"image"' in body
        try:
            if self._small:
                self._service.rounds.add(self)
            else:
                self._check()
                self._service.gate.check()
                self._say(None)
        except Problem as problem:
            self.fail(problem)

    def wanted(self) -> bool:
        """Whether nobody gave it up."""
        return not self.given_up

    def open(self) -> Strokes | Picture | None:
        """The drawing, or None where it takes a thread to read it."""
        self._check()
        drawing = open_drawing(self._content_type, self._body)
        if is_quick(self._service.trust, drawing):
            return drawing
        self._say(None)
        return None

    def _check(self) -> None:
        check_accept(self._accept)
        check_media(self._content_type)

    def answer(self, reading: Reading) -> None:
        """It is read."""
        said = as_json(reading.as_json())
        self._service.metrics.read(reading.model, reading.verdict)
        self._answer(Answer(200, (_JSON, (b"content-length", b"%d" % len(said))), said))

    def fail(self, error: Exception) -> None:
        """It is not: a problem is an answer, and in all else the app fails in the same way, and knows what to do."""
        if isinstance(error, Problem | DrawingError):
            self._answer(Answer.of(problem_of(error)))
        else:
            self._say(None)

    def _answer(self, answer: Answer) -> None:
        self._service.metrics.answered(PATH, METHOD, str(answer.status), perf_counter() - self._began)
        self._say(answer)


def _nobody(answer: Answer | None) -> None:
    """Whom it is said to before the body is here."""


def take(service: Service, method: bytes, url: bytes, headers: Pairs) -> Taken | None:
    """A request by its head, or None where the app has to answer it."""
    if url != _URL or method != _METHOD:
        return None
    content_type = length = b""
    for name, value in headers:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length":
            length = value
        elif name in _MORE or (name == ORIGIN and service.settings.origins):
            return None
    if not length.isdigit() or len(length) > _DIGITS or int(length) > service.settings.max_bytes:
        return None
    media = content_type.decode("latin-1")
    if not (small := is_small(media, int(length))) and (int(length) > SMALL_BODY or not service.gate.is_full()):
        return None
    return Taken(service, media, accept_of(headers), small)
