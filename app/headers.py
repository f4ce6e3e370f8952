"""Headers that every answer carries, and the two that are settled before any route sees a request."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import good_id
from app.problems import REQUEST_ID

# Short, as each answer carries it: scripts, styles and connections go by the default.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

SECURITY: list[tuple[bytes, bytes]] = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Headers:
    """ASGI middleware: security headers and the request's id on every answer, HEAD wherever there is GET, no ranges.

    A server may ignore `Range` (RFC 9110, 14.2). Nothing here is large enough to be fetched in pieces, and the
    framework's refusal of a bad range is not a problem document.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, a HEAD as a GET whose body is dropped."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        head = scope["method"] == "HEAD"
        if head:
            scope = dict(scope, method="GET")
        more = SECURITY
        for pair in scope["headers"]:
            if pair[0] == b"range":
                scope = dict(scope, headers=[pair for pair in scope["headers"] if pair[0] != b"range"])
            elif pair[0] == REQUEST_ID and more is SECURITY and good_id(pair[1]):
                more = [*SECURITY, pair]

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = dict(message, headers=[*message.get("headers", ()), *more])
            elif head:
                message = dict(message, body=b"")
            await send(message)

        await self.app(scope, receive, secured)
