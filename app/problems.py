"""Everything that can go wrong with a request, and what the client is told (RFC 9457).

    the drawing    blank               422  there is no ink
                   bad-strokes         422  not lists of points, or too many
                   not-an-image        422  no picture, or a damaged one
                   too-many-pixels     413  a picture too large to decode
                   too-large           413  a body with too many bytes
                   unsupported-media   415  neither an image that is read, nor JSON, nor a form, or compressed
    the request    bad-json            422  not JSON, neither strokes nor an image in it, or an option
                   bad-form            422  not a form, no part named `file` in it, or an option
                   bad-query           422  a query parameter that there is not, given twice, or of a value not taken
                   bad-request         400  anything else that the server cannot make sense of
                   unknown-model       404  no network of that name
                   not-found           404  nothing at that path
                   method-not-allowed  405  not with that method; `Allow` says which
                   not-acceptable      406  `Accept` leaves no room for JSON
                   too-slow            408  the headers or the body took too long to arrive
                   headers-too-large   431  too many headers, or too many bytes of them
    the service    busy                503  too much waits already; `Retry-After` says when to come back
                   not-ready           503  the networks are still being loaded
                   internal            500  a mistake of ours

The first column is the problem's `type`, a relative URI: programs switch on it. The errors of `model.errors` carry it
as their `kind`.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.errors import DrawingError, UnknownModel

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1
REQUEST_ID = b"x-request-id"

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "blank": (422, "The drawing is blank"),
    "bad-strokes": (422, "The strokes cannot be read"),
    "not-an-image": (422, "The bytes are not a whole image"),
    "too-many-pixels": (413, "The image has too many pixels"),
    "too-large": (413, "The request body is too large"),
    "unsupported-media": (415, "This kind of content is not read"),
    "bad-json": (422, "The JSON cannot be read"),
    "bad-form": (422, "The form cannot be read"),
    "bad-query": (422, "A query parameter cannot be read"),
    "bad-request": (400, "The request cannot be understood"),
    "unknown-model": (404, "There is no model of that name"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This method is not allowed here"),
    "not-acceptable": (406, "Answers are JSON"),
    "too-slow": (408, "The request took too long to arrive"),
    "headers-too-large": (431, "The request headers are too large"),
    "busy": (503, "The service is busy"),
    "not-ready": (503, "The service is starting"),
    "internal": (500, "Something went wrong inside the service"),
}

logger = logging.getLogger("digits")


class Problem(Exception):
    """A request that ends with the problem `kind`; `detail` says what to do about it."""

    def __init__(self, kind: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.headers = headers


def problem_response(kind: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that failed. `kind` is a key of `PROBLEMS`."""
    status, title = PROBLEMS[kind]
    headers = dict(headers or {})
    if status == 503:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    body = json.dumps({"type": kind, "title": title, "status": status, "detail": detail})
    return Response(body, status, headers, MEDIA_TYPE)


def problem_of(error: Problem | DrawingError | UnknownModel) -> Response:
    """The answer to an error of ours."""
    headers = error.headers if isinstance(error, Problem) else None
    return problem_response(error.kind, str(error.args[0]), headers)


async def _answer(request: Request, error: Exception) -> Response:
    """The answer to an error that the app knows about."""
    if isinstance(error, Problem | DrawingError | UnknownModel):
        return problem_of(error)
    if isinstance(error, RequestValidationError):
        details = (f"{'.'.join(map(str, each['loc'][1:]))}: {_wrong(each)}" for each in error.errors())
        return problem_response("bad-query", f"{'; '.join(details)}. See /docs for what each takes.")
    if isinstance(error, HTTPException):
        return _framework(request, error)
    raise error


def _wrong(error: Mapping[str, Any]) -> str:
    """What is wrong with a query parameter. What it takes is said more plainly than pydantic would."""
    return "send `true` or `false`" if error["type"] == "bool_parsing" else str(error["msg"])


def _framework(request: Request, error: HTTPException) -> Response:
    """What the framework refuses by itself: mostly unknown paths and methods."""
    if error.status_code == 405:
        return _method_not_allowed(request, error)
    if error.status_code in (401, 403, 404):  # a file that may not be read is not there, as far as anyone is told
        return problem_response("not-found", f"There is nothing at {request.url.path}. See /docs for what there is.")
    if error.status_code >= 500:
        return problem_response("internal", "Something went wrong inside the service. Try again later.")
    return problem_response("bad-request", f"{error.detail}. See /docs for what can be asked.")


def _method_not_allowed(request: Request, error: HTTPException) -> Response:
    methods = set((error.headers or {}).get("Allow", "").replace(" ", "").split(",")) | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")  # see `app.headers`
    allow = ", ".join(sorted(methods - {""}))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allow})
    detail = f"{request.method} does nothing at {request.url.path}. Use {allow}."
    return problem_response("method-not-allowed", detail, {"Allow": allow})


def _named(scope: Scope) -> str:
    """The id of the request, for the log, where it has one."""
    return "".join(f" (request {value.decode('latin-1')})" for name, value in scope["headers"] if name == REQUEST_ID)


def handle_problems(app: FastAPI) -> None:
    """Make every error that the app knows about a problem."""
    for kind in (Problem, DrawingError, UnknownModel, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)


class CatchAll:
    """ASGI middleware: what nobody expected is logged and becomes the problem `internal`.

    Starlette's own handler sits outside of all middleware, where neither security headers nor metrics see its answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app within; answer in its place where it fails before it answers."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is left to be told
        except Exception:
            if started or scope["type"] != "http":
                raise
            logger.exception("%s %s failed%s", scope["method"], scope["path"], _named(scope))
            response = problem_response("internal", "This is a mistake of ours, not of yours; it has been logged.")
            await response(scope, receive, send)
