"""The body of a request: read once, within bounds of size and time."""

import asyncio
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.problems import Problem
from model.strokes import MAX_POINTS


async def read_body(
    receive: Receive, declared: bytes, limit: int, seconds: float, grow: Callable[[int], None]
) -> bytes:
    """Read the whole body, at most `limit` bytes of it, within `seconds`.

    `declared`: the Content-Length header, empty where there is none. `grow` is told the size so far before more is
    kept, and may raise. Raises the problems `too-large`, by `declared` before anything is read, and `too-slow`, or
    `ClientDisconnect`.
    """
    if declared.isdigit() and (len(declared) > len(str(limit)) or int(declared) > limit):
        raise _too_large(limit)
    chunks = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunk = message.get("body", b"")
                more = message.get("more_body", False)
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                grow(size)
                chunks.append(chunk)
    except TimeoutError:
        detail = f"The body did not arrive within {seconds:g} seconds. Send a smaller one, or try again."
        raise Problem("too-slow", detail, {"Connection": "close"}) from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> Problem:
    detail = (
        f"The body has more than {limit:,} bytes. Send a smaller image: 300 x 300 is plenty; or strokes of fewer "
        f"points: no more than {MAX_POINTS:,} are read."
    )
    return Problem("too-large", detail)
