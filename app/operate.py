"""What the people who run the service ask it: is it alive, is it ready, what does it serve, how much."""

import hashlib

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from app.accept import accept_of, check_accept
from app.assets import is_known
from app.predict import json_response
from app.schema import Card, Status, problems
from app.service import Service

# What is true now may not be a second later.
NOW = {"Cache-Control": "no-store"}


def add_operation(app: FastAPI, service: Service) -> None:
    """Add the routes to an app."""

    @app.get(
        "/models",
        summary="The networks",
        tags=["drawings"],
        responses={200: {"model": list[Card]}, **problems("not-acceptable", "not-ready", "internal")},
    )
    async def models(request: Request) -> Response:
        """Every network that can be asked, the default first: accuracy, size, and where it comes from."""
        check_accept(accept_of(request.scope["headers"]))
        return revalidated(request, json_response(service.reader.cards()))

    @app.get("/healthz", summary="Alive", tags=["operation"], responses={200: {"model": Status}})
    async def healthz() -> Response:
        """Answers as long as the process does, however busy it is."""
        return json_response({"status": "alive"}, NOW)

    @app.get(
        "/readyz",
        summary="Ready",
        tags=["operation"],
        responses={200: {"model": Status}, **problems("not-ready")},
    )
    async def readyz() -> Response:
        """503 until every network has been loaded and run once."""
        _ = service.reader
        return json_response({"status": "ready"}, NOW)

    @app.get(
        "/metrics",
        summary="Metrics",
        tags=["operation"],
        response_class=PlainTextResponse,  # for the document only, as all of these
        responses={200: {"description": "Prometheus' text format."}},
    )
    async def metrics() -> Response:
        """Requests, latencies, verdicts and waiting images, for Prometheus."""
        return Response(service.metrics.exposition(), headers=NOW, media_type=CONTENT_TYPE_LATEST)

    async def openapi(request: Request) -> Response:
        return revalidated(request, json_response(app.openapi()))

    app.add_route("/openapi.json", openapi)


def revalidated(request: Request, response: Response) -> Response:
    """The response with an ETag, or 304 where the client has it already."""
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response
