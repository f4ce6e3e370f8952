"""Digits to send: plain ones, drawn with a thick pen, that any good network reads."""

import base64
from typing import Any

from PIL import Image, ImageDraw

from tests.encodings import saved

SIDE = 280
PEN = 24
STROKES: dict[int, list[list[list[int]]]] = {
    1: [[[140, 50], [140, 140], [140, 230]]],
    7: [[[70, 60], [140, 60], [210, 60], [175, 145], [140, 230]]],
}


def picture(digit: int, mode: str = "L", ink: Any = 0, paper: Any = 255, side: int = SIDE) -> Image.Image:
    """A digit on flat paper, `side` pixels square."""
    image = Image.new(mode, (side, side), paper)
    draw = ImageDraw.Draw(image)
    scale = side / SIDE
    for stroke in STROKES[digit]:
        points = [(x * scale, y * scale) for x, y in stroke]
        draw.line(points, fill=ink, width=round(PEN * scale), joint="curve")
    return image


def png(digit: int) -> bytes:
    """A digit as a PNG file of 280x280."""
    return saved(picture(digit))


def data_uri(data: bytes, media: str = "image/png") -> str:
    """A file as a data URI."""
    return f"data:{media};base64,{base64.b64encode(data).decode('ascii')}"


FORM = "multipart/form-data; boundary=x"


def form_of(content: bytes, name: bytes = b"file") -> bytes:
    """A form (`FORM`) with one file in it."""
    head = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="7.png"\r\nContent-Type: image/png' % name
    return head + b"\r\n\r\n" + content + b"\r\n--x--\r\n"


def slow_png() -> bytes:
    """A digit as a PNG of nearly as many pixels as are read: a file of 50 kB that keeps a worker busy for long."""
    return saved(picture(7, side=3_900))
