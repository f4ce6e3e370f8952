"""Digits that people drew, in every encoding that a picture can have: each is read as the digit that it is."""

from functools import cache

import pytest
from PIL import Image

from model.reader import Reader
from tests.encodings import drawn, encodings, exif, saved

SEVEN = "7-barred"
STYLES = ("0-school", "1-flagged", "2-school", "3-school", "4-school", "5-school", "6-school", SEVEN, "8-school")
DRAWINGS = (*STYLES, "9-school")
ENCODINGS = tuple(encodings(drawn(SEVEN)))
# How a camera held in each of eight ways stores an upright picture, by the EXIF orientation that it writes with it.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
files_of = cache(lambda name: encodings(drawn(name)))


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_of_the_ten_digits_is_read_in_this_encoding(reader: Reader, encoding: str) -> None:
    readings = {name: reader.read_image(files_of(name)[encoding]) for name in DRAWINGS}
    assert {name: (reading.digit, reading.verdict) for name, reading in readings.items()} == {
        name: (int(name[0]), "sure") for name in DRAWINGS
    }


@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_is_turned_as_its_exif_says(reader: Reader, orientation: int) -> None:
    turn, upright = STORED[orientation], drawn(SEVEN).convert("RGB")
    stored = upright if turn is None else upright.transpose(turn)
    plain = reader.read_image(saved(upright))
    reading = reader.read_image(saved(stored, "PNG", exif=exif(orientation)))
    assert reading.digit == 7
    assert reading.probabilities == plain.probabilities
