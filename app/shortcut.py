"""POST /predict without the framework: a small drawing is answered as soon as its last byte is here.

A task, a scope and four layers of middleware cost half as much as reading the drawing does. Nothing is decided here
that `app.predict` does not decide too, by the same functions, and whatever is not taken goes to the app as always.
"""

from collections.abc import Sequence
from time import perf_counter
from typing import NamedTuple

from starlette.responses import Response

from app.accept import accept_of, check_accept
from app.asked import Asked
from app.cors import ORIGIN
from app.drawing import CODING, JSON, check_media, open_drawing
from app.inline import is_small
from app.predict import METHOD, PATH, as_json, is_quick, read_quick
from app.problems import REQUEST_ID, Problem, problem_of
from app.service import Service
from model.errors import DrawingError

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


class Taken(NamedTuple):
    """A request that is answered here: what its head says, and when it came."""

    service: Service
    content_type: str
    accept: str
    began: float

    def answer(self, body: bytes) -> Answer | None:
        """The answer to its whole body, or None where it takes a thread to find it. To be called in a turn."""
        service = self.service
        try:
            check_accept(self.accept)
            check_media(self.content_type)
            drawing = open_drawing(self.content_type, body)
            if not is_quick(service, drawing):
                return None
            reading = read_quick(service, drawing, Asked())
        except (Problem, DrawingError) as error:
            return self.problem(error)
        service.metrics.read(reading.model, reading.verdict)
        said = as_json(reading.as_json())
        return self._counted(Answer(200, (_JSON, (b"content-length", b"%d" % len(said))), said))

    def problem(self, error: Problem | DrawingError) -> Answer:
        """The answer where it failed."""
        return self._counted(Answer.of(problem_of(error)))

    def _counted(self, answer: Answer) -> Answer:
        self.service.metrics.answered(PATH, METHOD, str(answer.status), perf_counter() - self.began)
        return answer


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
    return Taken(service, media, accept_of(headers), perf_counter()) if is_small(media, int(length)) else None
