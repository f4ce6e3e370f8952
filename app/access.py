"""A line of JSON for each request, for whoever sets DIGITS_ACCESS_LOG=1; nothing of a drawing is in it."""

import contextlib
import json
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from time import perf_counter
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import REQUEST_ID

# An id that a client sends is written to logs, its own and ours: nothing but what ids are made of.
_GOOD = re.compile(rb"[\w.:/+=@-]{1,128}", re.ASCII)
MAX_PATH = 200
# In a request's state: its id, and the status that it was refused with by the connection while the app had it.
ID, REFUSED = "digits.id", "digits.refused"


def good_id(value: bytes) -> bool:
    """Whether a request id that a client sent is passed on."""
    return _GOOD.fullmatch(value) is not None


def id_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The good id that a client sent, empty where it sent none."""
    return next((value for name, value in headers if name == REQUEST_ID and good_id(value)), b"")


def new_id() -> bytes:
    """An id that no other request has."""
    return uuid.uuid4().hex.encode("ascii")


class Entry(NamedTuple):
    """A line of the log; None is what is not known, and a status that is None was never sent: the client had gone."""

    id: bytes
    client: str | None
    method: str | None
    path: str | None
    status: int | None
    received: int  # bytes of bodies, as `sent`
    sent: int
    seconds: float | None

    def write(self) -> None:
        """Write the line."""
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": self.id.decode("ascii"),
            "client": self.client,
            "method": self.method,
            "path": self.path and self.path[:MAX_PATH],
            "status": self.status,
            "received": self.received,
            "sent": self.sent,
            "milliseconds": None if self.seconds is None else round(self.seconds * 1000, 3),
        }
        with contextlib.suppress(OSError):  # whoever read the log has gone: requests are answered all the same
            print(json.dumps(line, separators=(",", ":")), flush=True)


class Logged:
    """ASGI middleware: gives each request an id, if it has no good one, and writes a line when it has been answered.

    `app.headers.Headers`, which is within, sends the id back. Where `app.connection` answers in the app's place, it
    finds the id in the request's state, or leaves one there, and leaves the status there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app within, and log how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = perf_counter()
        state = scope.setdefault("state", {})
        request_id = id_of(scope["headers"])
        if not request_id:
            request_id = state.setdefault(ID, new_id())
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
            client = scope["client"][0] if scope.get("client") else None
            status = state.get(REFUSED, status)
            seconds = perf_counter() - start
            Entry(request_id, client, scope["method"], scope["path"], status, received, sent, seconds).write()
