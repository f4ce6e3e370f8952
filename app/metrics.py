"""What the service counts about itself, for Prometheus."""

import os
from functools import cache
from pathlib import Path
from time import perf_counter

from prometheus_client import (
    GC_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Labels are bounded whatever clients send: a path or method that is not in these is counted as "other".
ROUTES = frozenset(
    {"/", "/predict", "/models", "/healthz", "/readyz", "/metrics", "/docs", "/docs.css", "/openapi.json"}
    | {"/manifest.webmanifest", "/sw.js", "/favicon.ico"}
)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
# Seconds. A drawing takes 0.3 ms, a picture 1, a photograph 50 to 500.
BUCKETS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The metrics of one app, in a registry of their own, so that a process can hold several apps.

    Several processes on one port add theirs up in the folder PROMETHEUS_MULTIPROC_DIR, which `app.__main__` makes:
    whichever is asked answers for all. What is one process's own, its memory say, is then left out.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(GC_COLLECTOR)
        self.requests = Counter(
            "digits_requests", "Requests answered.", ("route", "method", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "digits_request_seconds",
            "Seconds from the head of a request to the end of its answer.",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.readings = Counter(
            "digits_readings", "Drawings read, by verdict.", ("model", "verdict"), registry=self.registry
        )
        self.waiting = Gauge(
            "digits_waiting", "Images that wait for a worker.", registry=self.registry, multiprocess_mode="livesum"
        )

        # Finding a child by its labels costs more than counting: the few that there are, are kept.
        self._of_request = cache(self.requests.labels)
        self._of_route = cache(self.seconds.labels)
        self._of_reading = cache(self.readings.labels)

    def read(self, model: str, verdict: str) -> None:
        """Count a drawing that was read."""
        self._of_reading(model, verdict).inc()

    def answered(self, path: str, method: str, status: str, seconds: float) -> None:
        """Count a request, whatever became of it, and how long it took."""
        route = _route(path)
        self._of_request(route, method if method in METHODS else "other", status).inc()
        self._of_route(route).observe(seconds)

    def exposition(self) -> bytes:
        """Everything counted so far, in Prometheus' text format."""
        registry, folder = self.registry, os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if folder:
            _forget_the_dead(Path(folder))
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types here
        return generate_latest(registry)


class Measured:
    """ASGI middleware: counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app within and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = perf_counter()
        status = "gone"  # the client, before it was answered

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            self.metrics.answered(scope["path"], scope["method"], status, perf_counter() - start)


def _forget_the_dead(folder: Path) -> None:
    """What waited in a process that was killed waits no more."""
    for file in folder.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process)  # type: ignore[no-untyped-call]  # the library has no types here


def _route(path: str) -> str:
    if path in ROUTES:
        return path
    return "/static" if path.startswith("/static/") else "other"
