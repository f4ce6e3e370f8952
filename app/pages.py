"""What people see in a browser: the page, its files, and the documentation of the interface."""

import re
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.assets import Asset, Assets
from app.docs import render

STATIC = Path(__file__).parent.parent / "static"
STYLE = Path(__file__).parent / "docs.css"

# Who shows a link's preview takes whole addresses only, and fetches what they name: nothing but a host may be in one.
HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
MAX_ORIGINS = 16


def add_pages(app: FastAPI, folder: Path = STATIC) -> None:
    """Serve the page at /, the files beside it at /static/, and the documentation at /docs."""
    assets = Assets(folder)
    style = Asset.of(STYLE.name, STYLE.read_bytes())

    @lru_cache(MAX_ORIGINS)
    def page(origin: str) -> Asset:
        return assets.entries["index.html"].changed(b'content="static/', f'content="{origin}/static/'.encode())

    @lru_cache(MAX_ORIGINS)
    def documentation(origin: str) -> Asset:  # made when it is asked for: the app has all its routes by then
        return Asset.of("docs.html", render(app.openapi(), origin).encode())

    async def index(request: Request) -> Response:
        return page(_origin(request)).response(request)

    async def entry(request: Request) -> Response:
        return assets.entries[request.url.path.rpartition("/")[2]].response(request)

    async def file(request: Request) -> Response:
        asset, cache = assets.find(request.path_params["path"])
        if asset is None:
            raise HTTPException(404)
        return asset.response(request, cache)

    async def icon(request: Request) -> Response:
        return assets.files["icon.svg"].response(request)

    async def docs(request: Request) -> Response:
        return documentation(_origin(request, "http://localhost:8000")).response(request)

    async def docs_style(request: Request) -> Response:
        return style.response(request)

    for name in assets.entries:
        app.add_route(*("/", index) if name == "index.html" else (f"/{name}", entry))
    app.add_route("/static/{path:path}", file)
    app.add_route("/favicon.ico", icon)  # asked for by name, wherever a page names no icon
    app.add_route("/docs", docs)
    app.add_route("/docs.css", docs_style)


def _origin(request: Request, unknown: str = ".") -> str:
    """Where the browser believes that the page is, like https://digits.example; without a good `Host`, `unknown`."""
    host = request.headers.get("host", "")
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme).partition(",")[0]
    if not HOST.fullmatch(host) or scheme not in ("http", "https"):
        return unknown
    return f"{scheme}://{host}{request.scope.get('root_path', '')}"
