"""The app: `uvicorn app.main:app`, or `python -m app` with the flags that suit it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from app.access import Logged
from app.cors import Cors
from app.headers import Headers
from app.metrics import Measured
from app.operate import add_operation
from app.pages import add_pages
from app.predict import add_predict
from app.problems import CatchAll, handle_problems
from app.schema import add_problem_schema
from app.service import Service
from app.settings import BadSetting, Settings

DESCRIPTION = """Draw a digit; get back which one it is, how sure the program is, and why.

Every error is `application/problem+json` (RFC 9457); its `type` is what programs switch on. Each
operation names those that are its own. Besides, any request may end with `bad-request`, `not-found`,
`method-not-allowed`, `headers-too-large` or `too-slow`, or with `busy` where too many connections are open."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """A new app with networks, bounds and metrics of its own. Raises `BadSetting` where the environment has one."""
    service = Service(settings or Settings.read())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service.started():
            yield

    app = FastAPI(
        title="digits",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,  # `app.operate` serves it, with an ETag
        docs_url=None,  # it loads scripts from another host; `app.docs` takes its place
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=[
            *([Middleware(Logged)] if service.settings.access_log else ()),
            Middleware(Measured, metrics=service.metrics),
            Middleware(Headers),
            *([Middleware(Cors, origins=service.settings.origins)] if service.settings.origins else ()),
            Middleware(CatchAll),
        ],
    )
    app.state.service = service
    app.state.shortcut_to = None if service.settings.access_log else service  # see `app.connection`
    handle_problems(app)
    add_predict(app, service)
    add_operation(app, service)
    add_pages(app)
    add_problem_schema(app)
    return app


try:
    app = create_app()
except BadSetting as error:
    raise SystemExit(f"digits: {error}") from None
