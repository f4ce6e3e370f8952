"""The parts of an image file: those that make its picture are kept, all else is left out before it is decoded.

Whatever a file says beside its pixels (comments, profiles, previews, other frames, what hides behind its end), Pillow
reads in loops without a bound: 10 MB of empty comments held 340 MB, a camera's picture with a preview of itself became
another format. Nothing of it is asked for but which way is up.
"""

import re
import struct
from collections.abc import Iterator
from typing import Literal, NamedTuple

from model.errors import NotAnImage

# An image of 10 MB in the pieces of 8 kB that libpng writes has 1,200 parts.
MAX_PARTS = 20_000
# A JPEG in progressive order is gone through once for each of its scans, however little they hold; encoders write 10.
MAX_SCANS = 64
# A bitmap that is run-length encoded needs two bytes for each pixel at the most, and two for the end of each row: what
# is more would be gone through in Python, too. One of `model.decode.MAX_PIXELS_RLE` needs no more than this.
MAX_RLE_BYTES = 2_100_000

_ORIENTATION, _SHORT = 0x0112, 3  # the EXIF tag, and the type that it has
_EXIF = b"Exif\0\0"

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNK = struct.Struct(">I4s")
_WEBP_CHUNK = struct.Struct("<4sI")

_JPEG = b"\xff\xd8\xff"
# After any number of 0xFF as padding; to match these too would take the square of their number.
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff])")
_JPEG_MARKER_IN_SCAN = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers that nothing belongs to
_EOI, _SOS, _APP0, _APP1, _ADOBE = 0xD9, 0xDA, 0xE0, 0xE1, 0xEE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))

_BMP_HEADER = struct.Struct("<10xI4xii")
_BMP_ROOM = 2_000  # bytes, for the header and its colours where it does not say that they come before its pixels

_GIF_BLOCK = re.compile(rb"[!,;]")
_GRAPHIC_CONTROL = 0xF9


class Parts(NamedTuple):
    """An image file without what its picture does not need.

    `orientation`: 1 to 8, as EXIF counts them; 1 is upright. `scans`: of a JPEG that is decoded as a whole because its
    colours or its detail come one after the other; 0 for every other file. `size`: width and height that the first
    frame of a GIF reaches to, for which Pillow makes room before it says so; 0 for every other file.
    """

    data: bytes
    orientation: int = 1
    scans: int = 0
    size: tuple[int, int] = (0, 0)


def parts(data: bytes) -> Parts:
    """Keep what the picture is made of. What is no image, or a damaged one, is left for the decoder to refuse.

    Raises `NotAnImage` for a file in more parts than any camera or program writes.
    """
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(_JPEG):
        return _jpeg(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _gif(data)
    if data.startswith(b"RIFF"):
        return Parts(data, _webp_orientation(data))
    if data.startswith(b"BM") and data[30:34] in (b"\1\0\0\0", b"\2\0\0\0"):  # run-length encoded
        start, width, height = _BMP_HEADER.unpack_from(data)
        return Parts(data[: min(start + 2 * abs(width * height) + 2 * abs(height) + _BMP_ROOM, MAX_RLE_BYTES)])
    return Parts(data)


def _counted() -> Iterator[int]:
    """Counts the parts of a file up to the bound."""
    yield from range(MAX_PARTS)
    raise NotAnImage(f"This file is made of more than {MAX_PARTS:,} parts. Save the image anew, without its metadata.")


def _png(data: bytes) -> Parts:
    """Chunks whose name begins with a capital, which a decoder has to know, and the transparency."""
    kept, orientation, start, position = [], 1, 0, len(_PNG)
    for _ in _counted():
        if position + _PNG_CHUNK.size > len(data):
            break
        length, kind = _PNG_CHUNK.unpack_from(data, position)
        end = position + length + 12
        if kind[0] & 0x20 and kind != b"tRNS":
            if kind == b"eXIf":
                orientation = _orientation(data[position + 8 : end - 4])
            kept.append(data[start:position])
            start = end
        position = end
        if kind == b"IEND":
            break
    if start == 0 and position >= len(data):
        return Parts(data, orientation)
    return Parts(b"".join((*kept, data[start:position])), orientation)


def _jpeg(data: bytes) -> Parts:
    """Frame, tables and scans, and the two notes that say which colours these are."""
    kept, orientation, position = [data[:2]], 0, 2
    layers, progressive = 0, False
    for _ in _counted():
        marker = _JPEG_MARKER.search(data, position)
        if marker is None or marker[1][0] == _EOI:
            break
        code, position = marker[1][0], marker.end()
        if code in _BARE:
            continue
        length = int.from_bytes(data[position : position + 2])
        end = position + length
        if length < 2 or end > len(data):
            break
        if code == _SOS:
            kept.append(data[position - 2 :])
            held = progressive or data[position + 2 : position + 3] != bytes((layers,))
            return Parts(b"".join(kept), orientation or 1, _scans(data, end) if held else 0)
        if code in _FRAMES:
            progressive = code in _PROGRESSIVE
            layers = data[position + 7] if position + 7 < len(data) else 0
        if code < _APP0 or code in (_APP0, _ADOBE):
            kept += (b"\xff", data[position - 1 : end])
        elif code == _APP1 and not orientation and data.startswith(_EXIF, position + 2):
            orientation = _orientation(data[position + 2 : end])
        position = max(end, position + 2)
    return Parts(b"".join(kept))  # there is no picture in it


def _scans(data: bytes, position: int) -> int:
    """How many scans a JPEG has whose first one's header ends at `position`."""
    scans = 1
    for _ in _counted():
        marker = _JPEG_MARKER_IN_SCAN.search(data, position)
        if marker is None or marker[1][0] == _EOI:
            break
        position = marker.end()
        if marker[1][0] not in _BARE:
            scans += marker[1][0] == _SOS
            position += int.from_bytes(data[position : position + 2])
    if scans > MAX_SCANS:
        raise NotAnImage(f"This JPEG is made of more than {MAX_SCANS} scans. Save the image anew.")
    return scans


def _gif(data: bytes) -> Parts:
    """The first frame, and what says which of its colours is transparent."""
    flags = data[10] if len(data) > 10 else 0
    position = 13 + (6 << (flags & 7) if flags & 0x80 else 0)
    head, control, counted = data[:position], b"", _counted()
    while (block := _GIF_BLOCK.search(data, position)) and block[0] != b";":
        if block[0] == b",":
            left, top, width, height = (
                int.from_bytes(data[at : at + 2], "little") for at in range(block.start() + 1, block.start() + 9, 2)
            )
            return Parts(head + control + data[block.start() :], size=(left + width, top + height))
        position = block.start() + 2
        for _ in counted:
            size = data[position] if position < len(data) else 0
            position += 1 + size
            if not size:
                break
        if data[block.start() + 1 : block.start() + 2] == bytes((_GRAPHIC_CONTROL,)):
            control = data[block.start() : position]
    return Parts(head)  # there is no picture in it


def _webp_orientation(data: bytes) -> int:
    position = 12
    for _ in range(MAX_PARTS):  # what has more is left to libwebp, which has bounds of its own
        if position + _WEBP_CHUNK.size > len(data):
            break
        kind, length = _WEBP_CHUNK.unpack_from(data, position)
        position += _WEBP_CHUNK.size
        if kind == b"EXIF":
            return _orientation(data[position : position + length])
        position += length + (length & 1)
    return 1


def _orientation(exif: bytes) -> int:
    """Which way is up: 1 to 8, and 1 where it is not said."""
    exif = exif.removeprefix(_EXIF)
    order: Literal["little", "big"] = "little" if exif.startswith(b"II") else "big"
    first = int.from_bytes(exif[4:8], order)
    count = int.from_bytes(exif[first : first + 2], order)
    for entry in range(first + 2, min(first + 2 + 12 * count, len(exif) - 11), 12):
        if int.from_bytes(exif[entry : entry + 2], order) == _ORIENTATION:
            short = int.from_bytes(exif[entry + 2 : entry + 4], order) == _SHORT
            value = int.from_bytes(exif[entry + 8 : entry + 10], order)
            return value if short and 1 <= value <= 8 else 1
    return 1
