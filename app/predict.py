"""POST /predict: a drawing in any of its three forms, answered."""

import json
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.routing import APIRoute

from app.accept import check_accept
from app.body import read_body
from app.drawing import JSON, Picture, Strokes, check_media, media_type, open_drawing
from app.schema import PREDICT_BODY, Prediction, problems
from app.service import Service
from model.errors import UnknownModel
from model.reader import DEFAULT, Reader, Reading

# Strokes in a body of up to so many bytes are read on the event loop: a drawing of 20 points takes 0.4 ms, the worst
# that fits 2 ms, and a thread would add 0.1 ms to each.
INLINE_BYTES = 4_096

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


class Direct(APIRoute):
    """A route whose endpoint is called with its defaults where there is no query: most of FastAPI's 0.1 ms is saved."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler for requests with a query; the endpoint itself for the others."""
        with_query = super().get_route_handler()

        async def handler(request: Request) -> Response:
            if request.scope["query_string"]:
                return await with_query(request)
            response: Response = await self.endpoint(request)
            return response

        return handler


def add_predict(app: FastAPI, service: Service) -> None:
    """Add the route to an app."""
    router = APIRouter(route_class=Direct)

    @router.post(
        "/predict",
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
        reader = service.reader
        if model not in reader.names:
            raise UnknownModel(f"There is no model {model[:40]!r}. Ask for one of: {', '.join(reader.names)}.")
        check_accept(request.headers.get("accept"))
        content_type = request.headers.get("content-type", "")
        check_media(content_type)
        settings = service.settings
        with service.bytes.lease() as grow:
            body = await read_body(request, settings.max_bytes, settings.body_seconds, grow)
            drawing: Strokes | Picture | None = None
            if len(body) <= INLINE_BYTES and media_type(content_type) == JSON:
                drawing = open_drawing(content_type, body)
            if isinstance(drawing, Strokes):
                await service.turns.take()
                reading = reader.read_strokes(drawing.raw, model, explain, digit)
            else:
                work = partial(_read, reader, content_type, body, model, explain, digit)
                reading = await service.gate.run(work, request.is_disconnected)
        service.metrics.readings.labels(reading.model, reading.verdict).inc()
        return json_response(reading.as_json())

    app.include_router(router)


def _read(reader: Reader, content_type: str, body: bytes, model: str, explain: bool, digit: int | None) -> Reading:
    drawing = open_drawing(content_type, body)
    if isinstance(drawing, Strokes):
        return reader.read_strokes(drawing.raw, model, explain, digit)
    return reader.read_image(drawing.data, model, explain, digit)


def json_response(content: Mapping[str, Any] | list[Any], headers: Mapping[str, str] | None = None) -> Response:
    """JSON without spaces. NaN is a mistake, not an answer."""
    return Response(_ENCODER.encode(content), headers=headers, media_type=JSON)
