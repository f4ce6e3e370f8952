"""Pages of other origins, which a browser lets in only where the setting `origins` names them (CORS)."""

from collections.abc import Iterable

from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.problems import REQUEST_ID, problem_response

ORIGIN = b"origin"
_MAX_AGE = 3_600  # seconds for which a browser need not ask again whether it may
METHODS = ("GET", "POST")
# Besides those that every page may send, Content-Type among them: the request's id, and what programs that trace a
# page add to all that it fetches (W3C Trace Context). Nobody reads the latter, but a page that traces is not kept out.
HEADERS = (REQUEST_ID.decode("ascii"), "traceparent", "tracestate")
_EXPOSED = ("retry-after", REQUEST_ID.decode("ascii"))


class Cors(CORSMiddleware):
    """The framework's CORS, without cookies, which the service has none of; its refusal is a problem document."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        super().__init__(app, origins, METHODS, HEADERS, expose_headers=_EXPOSED, max_age=_MAX_AGE)

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser is told before it sends a page's request."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        kept = {name: value for name, value in response.headers.items() if name.startswith(("access-control-", "vary"))}
        return problem_response("bad-request", self._refusal(request_headers), kept)

    def _refusal(self, headers: Headers) -> str:
        origin = headers["origin"]
        if not self.is_allowed_origin(origin):
            return f"A page of {origin[:80]!r} may not ask. Pages of the origins in DIGITS_ORIGINS may."
        method = headers["access-control-request-method"]
        if method not in METHODS:
            return f"A page of another origin may not send {method[:80]!r}. It may send {' and '.join(METHODS)}."
        asked = headers.get("access-control-request-headers")
        names = [] if asked is None else [name.strip().lower() for name in asked.split(",")]
        refused = ", ".join(name for name in names if name not in self.allow_headers)
        if refused:
            allowed = ", ".join(("content-type", *HEADERS))
            return f"A page of another origin may not send the header {refused[:80]!r}. It may send {allowed}."
        return "A page of a public network may not ask a service of a private one. Serve the page from there too."


def allowing(origins: tuple[str, ...], headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers by which a page may read an answer that is given before the app sees the request."""
    origin = next((value for name, value in headers if name == ORIGIN), b"")
    if "*" in origins:
        allowed = [(b"access-control-allow-origin", b"*")]
    elif origin and origin.decode("latin-1") in origins:
        allowed = [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
    else:
        return []
    return [*allowed, (b"access-control-expose-headers", ", ".join(_EXPOSED).encode("ascii"))]
