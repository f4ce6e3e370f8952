"""What people see in a browser: the page, its files, and the documentation of the interface."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.docs import render

STATIC = Path(__file__).parent.parent / "static"
STYLE = Path(__file__).parent / "docs.css"

# Files have no version in their names, so a browser asks each time and is told 304.
CACHE = {"Cache-Control": "no-cache"}


class Files(StaticFiles):
    """A folder of files, each revalidated by its ETag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304. Raises `HTTPException` 404 or 405."""
        try:
            response = await super().get_response(path, scope)
        except OSError as error:  # a path too strange for the file system
            raise HTTPException(404) from error
        response.headers.update(CACHE)
        return response


def add_pages(app: FastAPI, folder: Path = STATIC) -> None:
    """Serve the page at /, the files beside it at /static/, and the documentation at /docs."""
    files = Files(directory=folder, check_dir=False)
    app.mount("/static", files, "static")

    async def page(request: Request) -> Response:
        return await files.get_response("index.html", request.scope)

    async def icon(request: Request) -> Response:
        return await files.get_response("icon.svg", request.scope)

    async def docs(request: Request) -> Response:
        return HTMLResponse(render(app.openapi()), headers=CACHE)

    async def style(request: Request) -> Response:
        return FileResponse(STYLE, headers=CACHE)

    app.add_route("/", page)
    app.add_route("/favicon.ico", icon)  # asked for by name, wherever a page names no icon
    app.add_route("/docs", docs)
    app.add_route("/docs.css", style)
