"""What people see in a browser: the page, its files, and the documentation of the interface."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.assets import Asset, Assets
from app.docs import render

STATIC = Path(__file__).parent.parent / "static"
STYLE = Path(__file__).parent / "docs.css"


def add_pages(app: FastAPI, folder: Path = STATIC) -> None:
    """Serve the page at /, the files beside it at /static/, and the documentation at /docs."""
    assets = Assets(folder)
    style = Asset.of(STYLE.name, STYLE.read_bytes())
    documentation: list[Asset] = []  # made when it is first asked for: the app has all its routes by then

    async def entry(request: Request) -> Response:
        return assets.entries[request.url.path.rpartition("/")[2] or "index.html"].response(request)

    async def file(request: Request) -> Response:
        asset, cache = assets.find(request.path_params["path"])
        if asset is None:
            raise HTTPException(404)
        return asset.response(request, cache)

    async def icon(request: Request) -> Response:
        return assets.files["icon.svg"].response(request)

    async def docs(request: Request) -> Response:
        if not documentation:
            documentation.append(Asset.of("docs.html", render(app.openapi()).encode()))
        return documentation[0].response(request)

    async def docs_style(request: Request) -> Response:
        return style.response(request)

    for name in assets.entries:
        app.add_route("/" if name == "index.html" else f"/{name}", entry)
    app.add_route("/static/{path:path}", file)
    app.add_route("/favicon.ico", icon)  # asked for by name, wherever a page names no icon
    app.add_route("/docs", docs)
    app.add_route("/docs.css", docs_style)
