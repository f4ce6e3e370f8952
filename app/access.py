"""A line of JSON for each request, for whoever sets DIGITS_ACCESS_LOG=1; nothing of a drawing is in it."""

import contextlib
import json
import re
import uuid
from datetime import UTC, datetime
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import REQUEST_ID

# An id that a client sends is written to logs, its own and ours: nothing but what ids are made of.
_GOOD = re.compile(rb"[\w.:/+=@-]{1,128}", re.ASCII)
MAX_PATH = 200


def good_id(value: bytes) -> bool:
    """Whether a request id that a client sent is passed on."""
    return _GOOD.fullmatch(value) is not None


class Logged:
    """ASGI middleware: gives each request an id, if it has no good one, and writes a line when it has been answered.

    `app.headers.Headers`, which is within, sends the id back.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app within, and log how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = perf_counter()
        request_id = next((value for name, value in scope["headers"] if name == REQUEST_ID and good_id(value)), b"")
        if not request_id:
            request_id = uuid.uuid4().hex.encode("ascii")
            others = [pair for pair in scope["headers"] if pair[0] != REQUEST_ID]
            scope = dict(scope, headers=[*others, (REQUEST_ID, request_id)])
        status: int | None = None
        received = sent = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        async def watched(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, counted, watched)
        finally:
            line = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "id": request_id.decode("ascii"),
                "client": scope["client"][0] if scope.get("client") else None,
                "method": scope["method"],
                "path": scope["path"][:MAX_PATH],
                "status": status,  # null where the client went away before it was answered
                "received": received,
                "sent": sent,
                "milliseconds": round((perf_counter() - start) * 1000, 3),
            }
            with contextlib.suppress(OSError):  # whoever read the log has gone: requests are answered all the same
                print(json.dumps(line, separators=(",", ":")), flush=True)
