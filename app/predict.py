"""POST /predict: a drawing in any of its three forms, answered."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.accept import check_accept
from app.body import read_body
from app.drawing import JSON, Strokes, check_media, open_drawing
from app.inline import is_plain, is_small
from app.problems import Problem, problem_of
from app.schema import PREDICT_BODY, Prediction, problems
from app.service import Service
from model.errors import DrawingError, UnknownModel
from model.reader import DEFAULT, Reader, Reading

PATH = "/predict"

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


async def answer(
    service: Service,
    scope: Scope,
    receive: Receive,
    model: str = DEFAULT,
    explain: bool = False,
    digit: int | None = None,
) -> Response:
    """Read the drawing in a request, and what it shows. Raises `Problem`, `DrawingError` or `UnknownModel`."""
    reader = service.reader
    if model not in reader.names:
        raise UnknownModel(f"There is no model {model[:40]!r}. Ask for one of: {', '.join(reader.names)}.")
    accept, content_type, declared = None, "", b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == b"content-length":
            declared = value
        elif name == b"accept":
            accept = value.decode("latin-1")
    check_accept(accept)
    check_media(content_type)
    settings = service.settings
    with service.bytes.lease() as grow:
        body = await read_body(receive, declared, settings.max_bytes, settings.body_seconds, grow)
        reading = None
        if is_small(content_type, body):
            await service.turns.take(receive)
            drawing = open_drawing(content_type, body)
            if isinstance(drawing, Strokes):
                reading = reader.read_strokes(drawing.raw, model, explain, digit)
            elif service.trust.given() and is_plain(drawing.data):
                with service.trust.timed():
                    reading = reader.read_image(drawing.data, model, explain, digit)
        if reading is None:
            work = partial(_read, reader, content_type, body, model, explain, digit)
            reading = await service.gate.run(work, receive)
    service.metrics.read(reading.model, reading.verdict)
    return json_response(reading.as_json())


class Direct:
    """ASGI middleware: answers POST /predict where there is no query, and passes on everything else.

    The framework's routing and its parsing of parameters cost 0.06 ms, half as much as all else around a drawing.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if (
            scope["type"] != "http"
            or scope["path"] != PATH
            or scope["method"] != "POST"
            or scope["query_string"]
            or scope["root_path"]
        ):
            await self.app(scope, receive, send)
            return
        try:
            response = await answer(self.service, scope, receive)
        except (Problem, DrawingError, UnknownModel) as error:
            response = problem_of(error)
        await response(scope, receive, send)


def add_predict(app: FastAPI, service: Service) -> None:
    """Add the route to an app: for requests with a query, and for the documentation."""
    router = APIRouter()

    @router.post(
        PATH,
        summary="Read a drawing",
        tags=["drawings"],
        responses={
            200: {"model": Prediction, "description": "What the drawing shows."},
            **problems(
                *("blank", "bad-strokes", "not-an-image", "bad-json", "bad-form", "bad-query"),
                *("unknown-model", "not-acceptable", "too-slow", "too-many-pixels", "too-large", "unsupported-media"),
                *("busy", "not-ready", "internal"),
            ),
        },
        openapi_extra={"requestBody": PREDICT_BODY},
    )
    async def predict(
        request: Request,
        model: Annotated[str, Query(description="Which network reads it: `digitnet` or `blog`.")] = DEFAULT,
        explain: Annotated[bool, Query(description="Whether to add the explanation.")] = False,
        digit: Annotated[
            int | None, Query(ge=0, le=9, description="Whose evidence the explanation holds: the answer's by default.")
        ] = None,
    ) -> Response:
        """Send an image as the body, an image as the part `file` of a form, or JSON with strokes or a data URI."""
        return await answer(service, request.scope, request.receive, model, explain, digit)

    app.include_router(router)


def _read(reader: Reader, content_type: str, body: bytes, model: str, explain: bool, digit: int | None) -> Reading:
    drawing = open_drawing(content_type, body)
    if isinstance(drawing, Strokes):
        return reader.read_strokes(drawing.raw, model, explain, digit)
    return reader.read_image(drawing.data, model, explain, digit)


def json_response(content: Mapping[str, Any] | list[Any], headers: Mapping[str, str] | None = None) -> Response:
    """JSON without spaces. NaN is a mistake, not an answer."""
    return Response(_ENCODER.encode(content), headers=headers, media_type=JSON)
