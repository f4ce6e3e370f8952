"""What is read on the event loop: drawings and small plain pictures, which cost less together than a thread each."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, thread_time

from app.drawing import JSON, media_type
from model.decode import SMALL_PNG_PIXELS

# A drawing of 20 points takes 0.2 ms, one of 270 1 ms, and both three times as long where the network doubts them; a
# thread would add 0.1 to 0.3 ms to each.
JSON_BYTES = 4_096
# A drawn picture of 280x280 is a PNG of 1 to 6 kB. It is of no use to try others: photographs take longer.
PICTURE_BYTES = 16_384

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEAD_BYTES = 33  # with the first chunk, which says how large the picture is
# Chunks that cost nothing to pass over. Others may hold compressed profiles and texts, a thousand times their size.
CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"sBIT", b"bKGD"})
MAX_CHUNKS = 16

# Finding the ink takes 0.1 ms, or 5 ms where it reaches the picture's edge. While someone sends such, all pictures go
# to the threads. One alone says nothing: a machine that is shared halts any of them for as long, and counts it as work.
SLOW_SECONDS = 0.002
SHUN_SECONDS = 1.0
_LAST = 8


def is_small(content_type: str, size: int) -> bool:
    """Whether a body of so many bytes may be opened on the event loop, to see what is in it."""
    return size <= JSON_BYTES or (size <= PICTURE_BYTES and media_type(content_type) != JSON)


def is_plain(data: bytes) -> bool:
    """Whether this is a small PNG with nothing in it but pixels: what a canvas or a drawing program writes.

    Nothing is decoded and nothing checked; what is no PNG at all is not plain.
    """
    if not HEAD_BYTES <= len(data) <= PICTURE_BYTES or data[:8] != SIGNATURE or data[12:16] != b"IHDR":
        return False
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if width * height > SMALL_PNG_PIXELS or data[24] > 8:  # bits a channel
        return False
    position = 8
    for _ in range(MAX_CHUNKS):
        name = data[position + 4 : position + 8]
        if name == b"IEND":
            return True
        if name not in CHUNKS:
            return False
        position += 12 + int.from_bytes(data[position : position + 4])
    return False


class Trust:
    """Whether pictures are read on the event loop: not for a second after several that held it up for long.

    `usual`: seconds that it takes to find the ink of one, averaged over about so many of the last as a round may hold.
    """

    def __init__(self) -> None:
        self.usual = 0.0
        self._shunned_until = 0.0

    def given(self) -> bool:
        """Whether it is."""
        return monotonic() >= self._shunned_until

    @contextmanager
    def timed(self) -> Iterator[None]:
        """The ink of a picture is found on the event loop within."""
        start = thread_time()  # the processor's: a machine that has other things to do does not count
        try:
            yield
        finally:
            taken = min(thread_time() - start, 4 * SLOW_SECONDS)
            self.usual += (taken - self.usual) / _LAST
            if self.usual > SLOW_SECONDS:
                self._shunned_until = monotonic() + SHUN_SECONDS
                self.usual = SLOW_SECONDS / 2  # to be found out again after it, sooner than from nothing
