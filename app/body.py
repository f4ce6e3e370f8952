"""The body of a request: read once, within bounds of size and time."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request

from app.problems import Problem


async def read_body(request: Request, limit: int, seconds: float, grow: Callable[[int], None]) -> bytes:
    """Read the whole body, at most `limit` bytes of it, within `seconds`.

    `grow` is told the size so far before more is kept, and may raise. Raises the problems `too-large`, by
    Content-Length before anything is read where there is one, and `too-slow`.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > len(str(limit)) or int(declared) > limit):
        raise _too_large(limit)
    chunks = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                grow(size)
                chunks.append(chunk)
    except TimeoutError:
        detail = f"The body did not arrive within {seconds:g} seconds. Send a smaller one, or try again."
        raise Problem("too-slow", detail, {"Connection": "close"}) from None
    return b"".join(chunks)


def _too_large(limit: int) -> Problem:
    return Problem("too-large", f"The body has more than {limit:,} bytes. Send a smaller image: 300 x 300 is plenty.")
