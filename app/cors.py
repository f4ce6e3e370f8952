"""Pages of other origins, which a browser lets in only where the setting `origins` names them (CORS)."""

from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.problems import REQUEST_ID, problem_response

ORIGIN = b"origin"
_MAX_AGE = 3_600  # seconds for which a browser need not ask again whether it may


class Cors(CORSMiddleware):
    """The framework's CORS, without cookies, which the service has none of; its refusal is a problem document."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        request_id = REQUEST_ID.decode("ascii")
        exposed = ("retry-after", request_id)
        super().__init__(app, origins, ("GET", "POST"), (request_id,), expose_headers=exposed, max_age=_MAX_AGE)

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser is told before it sends a page's request."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        origin = request_headers["origin"][:80]
        detail = f"A page of {origin!r} may not send this. Pages of the origins in DIGITS_ORIGINS may GET and POST."
        return problem_response("bad-request", detail)
