"""POST /predict: a drawing in any of its three forms, answered. `app.shortcut` is the short way through the same."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from starlette.types import Receive, Scope

from app.accept import accept_of, check_accept
from app.asked import Asked, check_query
from app.body import read_body
from app.drawing import CODING, JSON, check_coding, check_media, open_drawing
from app.inline import is_small
from app.quick import Awaited, is_quick, read
from app.schema import Prediction, predict_body, problems
from app.service import Service
from model.reader import DEFAULT

PATH, METHOD = "/predict", "POST"

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


async def answer(service: Service, scope: Scope, receive: Receive, asked: Asked) -> Response:
    """Read the drawing in a request, and what it shows. Raises `Problem`, `DrawingError` or `UnknownModel`."""
    reader, settings = service.reader, service.settings
    reader.network(asked.model)  # is there one? Before the body is read
    check_accept(accept_of(scope["headers"]))
    headers = dict(scope["headers"])
    content_type, declared = headers.get(b"content-type", b"").decode("latin-1"), headers.get(b"content-length", b"")
    check_media(content_type)
    check_coding(headers.get(CODING, b"").decode("latin-1"))
    with service.bytes.lease() as grow:
        body = await read_body(receive, declared, settings.max_bytes, settings.body_seconds, grow)
        drawing = open_drawing(content_type, body) if is_small(content_type, len(body)) else None
        if drawing is not None and is_quick(service.trust, drawing):
            waiting = Awaited(drawing, asked, receive)
            service.rounds.add(waiting)
            reading = await waiting.reading
        else:
            reading = await service.gate.run(
                lambda: read(reader, drawing or open_drawing(content_type, body), asked), receive
            )
    service.metrics.read(reading.model, reading.verdict)
    return json_response(reading.as_json())


def add_predict(app: FastAPI, service: Service) -> None:
    """Add the route to an app."""
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
        openapi_extra={"requestBody": predict_body(service.settings.max_bytes)},
    )
    async def predict(
        request: Request,
        model: Annotated[str, Query(description="Which network reads it, of those at `/models`.")] = DEFAULT,
        explain: Annotated[bool, Query(description="Whether to add the explanation.")] = False,
        digit: Annotated[
            int | None, Query(ge=0, le=9, description="Whose evidence the explanation holds: the answer's by default.")
        ] = None,
    ) -> Response:
        """Send an image as the body, an image as the part `file` of a form, or JSON with strokes or a data URI."""
        check_query([name for name, _ in request.query_params.multi_items()])
        return await answer(service, request.scope, request.receive, Asked(model, explain, digit))

    app.include_router(router)


def as_json(content: Mapping[str, Any] | list[Any]) -> bytes:
    """JSON without spaces, in ASCII. NaN is a mistake, not an answer."""
    return _ENCODER.encode(content).encode("ascii")


def json_response(content: Mapping[str, Any] | list[Any], headers: Mapping[str, str] | None = None) -> Response:
    """A response that holds JSON."""
    return Response(as_json(content), headers=headers, media_type=JSON)
