"""What the people who run the service ask it: is it alive, is it ready, what does it serve, how much."""

from typing import Any

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.predict import json_response
from app.schema import Card, Status, problems
from app.service import Service


def add_operation(app: FastAPI, service: Service) -> None:
    """Add the routes to an app."""

    @app.get(
        "/models",
        summary="The networks",
        tags=["drawings"],
        responses={200: {"model": list[Card]}, **problems("not-ready", "internal")},
    )
    async def models() -> Response:
        """Every network that can be asked, the default first: accuracy, size, and where it comes from."""
        return json_response(service.reader.cards())

    @app.get("/healthz", summary="Alive", tags=["operation"], responses={200: {"model": Status}})
    async def healthz() -> Response:
        """Answers as long as the process does, however busy it is."""
        return json_response({"status": "alive"})

    @app.get(
        "/readyz",
        summary="Ready",
        tags=["operation"],
        responses={200: {"model": Status}, **problems("not-ready")},
    )
    async def readyz() -> Response:
        """503 until every network has been loaded and run once."""
        _ = service.reader
        return json_response({"status": "ready"})

    metrics_200: dict[str, Any] = {"description": "Prometheus' text format.", "content": {"text/plain": {}}}

    @app.get("/metrics", summary="Metrics", tags=["operation"], responses={200: metrics_200})
    async def metrics() -> Response:
        """Requests, latencies, verdicts and waiting images, for Prometheus."""
        return Response(service.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
