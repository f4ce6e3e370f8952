"""Files and drawings of few bytes, or of many parts, that once cost seconds or hundreds of megabytes each."""

import json
import struct

from PIL import Image

from tests.app.pictures import picture, png
from tests.encodings import bmp_of, chunk, saved, with_chunk

ALMOST_ALL = 9_900_000  # bytes: what is read is 10,000,000


def png_of_chunks() -> bytes:
    """Chunks without anything in them, each of them kept by Pillow: 95 MB, 1.5 s."""
    return png(7)[:33] + chunk(b"aaAa") * (ALMOST_ALL // 12) + png(7)[33:]


def png_in_single_bytes() -> bytes:
    """A picture whose data comes a byte at a time."""
    data = saved(Image.effect_noise((800, 800), 90), "PNG", compress_level=0)
    start = data.index(b"IDAT") - 4
    content = data[start + 8 : -16]
    return data[:start] + b"".join(chunk(b"IDAT", content[at : at + 1]) for at in range(len(content))) + chunk(b"IEND")


def png_of_texts() -> bytes:
    """A large picture with 63 texts of a megabyte each: 130 MB from 130 kB."""
    texts = b"".join(chunk(b"zTXt", b"k%d\0\0" % index + _packed) for index in range(63))
    large = saved(picture(7, side=3_990))
    return large[:33] + texts + large[33:]


_packed = saved(Image.new("L", (1_000, 1_000)), "PNG", compress_level=9).partition(b"IDAT")[2][:-16]


def png_with_exif(tags: int = 60_000, size: int = 1_500_000) -> bytes:
    """EXIF in which every tag says that it is as long as the file."""
    entries = b"".join(struct.pack("<HHII", tag, 7, size, 8) for tag in range(tags))
    return with_chunk(png(7), b"eXIf", b"II*\0\x08\0\0\0" + struct.pack("<H", tags) + entries + b"\0" * size)


def png_upright(side: int = 16_000_000) -> bytes:
    """A picture one pixel wide: 8 bytes for each of its rows."""
    return saved(Image.new("1", (1, side)))


def jpeg(**options: object) -> bytes:
    """A seven."""
    return saved(picture(7, "RGB", "black", "white"), "JPEG", **options)


def jpeg_of_segments() -> bytes:
    """Segments without anything in them: 340 MB, 2.4 s."""
    return jpeg()[:2] + b"\xff\xe5\0\2" * (ALMOST_ALL // 4 - 5_000) + jpeg()[2:]


def jpeg_padded() -> bytes:
    """Padding before the first marker, skipped a byte at a time: 2.9 s."""
    return jpeg()[:2] + b"\xff" * (ALMOST_ALL - 20_000) + jpeg()[2:]


def jpeg_of_padding() -> bytes:
    """Padding and no marker after it, which a regular expression tried from every byte of it: hours."""
    return jpeg()[:20] + (b"\xff" * 900_000 + b"\0") * 11


def jpeg_of_scans(count: int = 900_000) -> bytes:
    """A progressive JPEG with scans that hold nothing, each a walk over the whole picture: minutes."""
    scan = b"\xff\xda\0\x08\1\1\0\1\x3f\0"
    return saved(Image.new("L", (3_500, 3_500), 200), "JPEG", progressive=True)[:-2] + scan * count + b"\xff\xd9"


def jpeg_of_layers(side: int = 7_000) -> bytes:
    """Red, green and blue one after the other, so that all is held at once: 290 MB from 2 kB."""
    data = saved(Image.new("RGB", (side, side), "red"), "JPEG", subsampling=0)
    scans = b"".join(b"\xff\xda\0\x08\1%c%c\0\x3f\0" % (layer, 0x11 if layer > 1 else 0) for layer in (1, 2, 3))
    return data[: data.index(b"\xff\xda")] + scans + b"\xff\xd9"


def jpeg_padded_in_scan() -> bytes:
    """The same padding, where the next scan is looked for."""
    return jpeg_of_layers()[:-2] + jpeg_of_padding()


def jpeg_thin() -> bytes:
    """So wide that it was not decoded at a fraction of its size: 380 MB."""
    return saved(Image.new("RGB", (65_000, 760), "white"), "JPEG")


def gif_after(before: bytes) -> bytes:
    """A GIF with something before its first frame."""
    data = saved(picture(7).convert("P"), "GIF")
    start = 13 + (6 << (data[10] & 7))
    return data[:start] + before + data[start:]


def gif_of_comments() -> bytes:
    """A comment in pieces of one byte: 430 MB."""
    return gif_after(b"!\xfe" + b"\1a" * (ALMOST_ALL // 2 - 20_000) + b"\0")


def bmp_of_runs(side: int, runs: bytes) -> bytes:
    """A run-length encoded bitmap, which is decoded in Python."""
    return bmp_of((side, side), 8, 1, runs, bytes(range(256)) * 4)


def strokes_with_text(size: int, points: int = 15_000) -> bytes:
    """A text among the numbers, for as long a one as which numpy made room in every point: 1.1 GB from 130 kB."""
    return json.dumps({"strokes": [[["a" * size, 1], *[[1, 2]] * points]]}).encode()
