"""What is mutated: a digit in every encoding, drawings as JSON, forms, and what has been found before."""

import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import numpy as np
from PIL import Image

from tests.app.pictures import FORM, data_uri, form_of
from tests.drawings import load_drawings
from tests.encodings import bmp_of, chunk, drawn, encodings, exif, saved, with_chunk, with_segment


def images() -> list[bytes]:
    """A seven of 48x48 and of 300x200 in every encoding, and files that are odd to begin with."""
    seven = drawn("7-barred")
    files = [*encodings(seven.resize((48, 48))).values(), *encodings(seven.resize((300, 200))).values()]
    return [file for file in [*files, *_odd(seven.resize((48, 48)))] if len(file) < 100_000]


def _odd(picture: Image.Image) -> Iterator[bytes]:
    png, jpeg = saved(picture), saved(picture.convert("RGB"), "JPEG")
    for size in ((1, 1), (1, 300), (65_535, 1), (3_000, 3_000), (9_999, 9_999)):
        yield saved(Image.new("1", size, 1))
        with suppress(OSError, ValueError):  # too large for some formats
            yield saved(Image.new("L", size, 255), "GIF")
            yield saved(Image.new("L", size, 255), "JPEG")
    yield with_chunk(png, b"eXIf", exif(6))
    yield with_chunk(png, b"iCCP", b"p\0\0" + b"x" * 50)
    yield with_chunk(png, b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", b"\0" * 26)
    yield with_segment(jpeg, 0xE2, b"MPF\0II*\0\x08\0\0\0\0\0")
    yield jpeg[: jpeg.index(b"\xff\xda")] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + jpeg[jpeg.index(b"\xff\xda") :]
    yield bmp_of((40, 40), 4, 2, b"\x28\x12\0\0" * 39 + b"\0\2\3\1\0\4\x12\x34\0\1", b"\0\1\2\0" * 16)
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 4), np.uint8)
    for mode in ("L", "RGB", "RGBA"):
        yield saved(Image.fromarray(noise).convert(mode))
        yield saved(Image.fromarray(noise).convert(mode), "WEBP")


def jsons() -> list[bytes]:
    """Drawings, pictures as data URIs, and JSON that is neither."""
    drawings = [{"strokes": drawing.strokes} for drawing in load_drawings()]
    pictures = [{"image": data_uri(file)} for file in images()[:5]]
    others = [
        {"strokes": []},
        {"strokes": [[]]},
        {"strokes": [[[1, 2]]]},
        {"image": "data:,"},
        {"a": [0.5, None]},
        [],
        7,
    ]
    return [json.dumps(each).encode() for each in [*drawings, *pictures, *others]]


def forms() -> list[bytes]:
    """Forms whose boundary is x."""
    file = images()[0]
    two = form_of(file, b"note")[:-7] + b"\r\n" + form_of(file)
    bare = b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\n7\r\n--x--"
    star = b"--x\r\nContent-Disposition: form-data; name*=utf-8''file; filename*=utf-8''%37.png\r\n\r\n7\r\n--x--\r\n"
    return [
        form_of(file),
        form_of(b""),
        form_of(b"\r\n--x"),
        two,
        bare,
        star,
        b"--x--\r\n",
        b"\r\n" + form_of(file) + b"after",
    ]


CONTENT_TYPES = (
    *(FORM, "multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary="x"'),
    *(
        "multipart/form-data; boundary=x; boundary=y",
        "multipart/form-data; boundary*=utf-8''x",
        "Multipart/Form-Data;x",
    ),
    *("application/json", "application/json; charset=utf-16", "image/png", "image/jpeg", "image/webp", "image/gif"),
    *(
        "image/bmp",
        "IMAGE/PNG ; q=1",
        "image/svg+xml",
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        ";",
        "a" * 999,
    ),
)


def content_type(random: Random, usual: str) -> str:
    """The one that fits, nine times in ten."""
    return usual if random.random() < 0.9 else random.choice(CONTENT_TYPES)
