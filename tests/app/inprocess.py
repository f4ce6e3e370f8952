"""An app without a server around it, for what a server would only blur."""

from dataclasses import replace
from typing import Any

import httpx
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings


def app_with(**changes: Any) -> FastAPI:
    """An app with these settings and the environment's others."""
    return create_app(replace(Settings.read(), **changes))


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """A client that calls the app; whoever needs the networks enters `app.router.lifespan_context(app)` first."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app")
