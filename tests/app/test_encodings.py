"""Digits that people drew, in every encoding that a picture can have: each is read as the digit that it is."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from model.reader import Reader
from model.strokes import parse_strokes, rasterise
from tests.app.encodings import encodings
from tests.drawings import load_drawing

STYLES = ("0-school", "1-flagged", "2-school", "3-school", "4-school", "5-school", "6-school", "7-barred", "8-school")
READER = Reader()


def drawn(name: str) -> Image.Image:
    """A drawing as a picture of about 240x240, black on white."""
    strokes = parse_strokes([[list(point) for point in stroke] for stroke in load_drawing(name).strokes])
    ink = Image.fromarray((rasterise(strokes).pixels * 255).astype(np.uint8))
    return ImageOps.expand(ImageOps.invert(ink), 40, 255)


FILES = {name: encodings(drawn(name)) for name in (*STYLES, "9-school")}


@pytest.mark.parametrize("encoding", FILES["7-barred"])
def test_each_of_the_ten_digits_is_read_in_this_encoding(encoding: str) -> None:
    readings = {name: READER.read_image(files[encoding]) for name, files in FILES.items()}
    assert {name: (reading.digit, reading.verdict) for name, reading in readings.items()} == {
        name: (int(name[0]), "sure") for name in FILES
    }
