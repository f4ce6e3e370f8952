"""What drawings come in: a box somewhere around them, or a sheet on a transparent margin."""

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from model.frame import inside
from model.image import read_image
from model.reader import Reader
from tests.drawings import Drawing, load_drawings
from tests.encodings import saved


def drawn(drawing: Drawing, pen: int, size: float = 0.5) -> Image.Image:
    """One of tests/drawings in the middle of a picture of 280 by 280, mode L, black on white."""
    picture = Image.new("L", (280, 280), 255)
    lines = [np.asarray(stroke) for stroke in drawing.strokes]
    low, high = (most(np.concatenate(lines), axis=0) for most in (np.min, np.max))
    scale = size * 280 / (high - low).max()
    for line in lines:
        path = [(x, y) for x, y in ((line - (low + high) / 2) * scale + 140).tolist()]
        ImageDraw.Draw(picture).line(path, 0, pen, joint="curve")
        for x, y in path:
            ImageDraw.Draw(picture).ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), 0)
    return picture


@cache
def reader() -> Reader:
    return Reader()


def verdict(picture: Image.Image, form: str = "PNG") -> tuple[int, str]:
    reading = reader().read_image(saved(picture, form))
    return reading.digit, reading.verdict


SEVEN = drawn(next(each for each in load_drawings() if str(each) == "7-school"), 16)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("ink", [0, 160])
@pytest.mark.parametrize("inset", [0, 10, 13, 14, 15, 16, 20, 30, 45])
def test_a_box_around_everything_is_a_frame_wherever_it_lies(inset: int, ink: int, form: str) -> None:
    for width in (1, 2, 4):
        boxed = SEVEN.copy()
        ImageDraw.Draw(boxed).rectangle((inset, inset, 279 - inset, 279 - inset), outline=ink, width=width)
        assert verdict(boxed, form) == (7, "sure")


def test_a_box_is_a_frame_in_colours_on_nothing_with_round_corners_and_of_another_tone_inside() -> None:
    round_box = SEVEN.copy()
    ImageDraw.Draw(round_box).rounded_rectangle((30, 25, 250, 260), 8, outline=0, width=2)
    field = Image.new("RGB", (280, 280), (225, 228, 232))
    ImageDraw.Draw(field).rectangle((40, 30, 240, 255), (255, 255, 255), (120, 120, 130), 2)
    clear = Image.new("RGBA", (280, 280), (0, 0, 0, 0))
    clear.putalpha(ImageChops.invert(round_box))
    for picture in (round_box, ImageChops.darker(field, SEVEN.convert("RGB")), clear):
        assert verdict(picture) == (7, "sure")
        assert read_image(saved(picture)).origin == read_image(saved(SEVEN)).origin


@pytest.mark.parametrize("pen", [1, 2, 4, 8, 14, 20, 28, 40])
def test_no_drawing_is_taken_for_a_box(pen: int) -> None:
    for drawing in load_drawings():
        apart = ImageChops.invert(drawn(drawing, pen))
        box = apart.getbbox()
        assert box
        assert inside(ImageChops.invert(apart), apart, box) is None, drawing


@pytest.mark.parametrize("pen", [1, 2, 4, 8, 14, 20, 28])
@pytest.mark.parametrize("part", ["nothing", "dot", "slash"])
def test_a_square_zero_is_no_box_with_a_dot_or_a_slash_in_it_neither(part: str, pen: int) -> None:
    zero = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(zero).rectangle((70, 40, 210, 240), outline=0, width=pen)
    if part == "dot":
        ImageDraw.Draw(zero).ellipse((140 - pen, 140 - pen, 140 + pen, 140 + pen), 0)
    elif part == "slash":
        ImageDraw.Draw(zero).line((105, 190, 175, 90), 0, pen)
    apart = ImageChops.invert(zero)
    assert inside(zero, apart, (70, 40, 211, 241)) is None


@pytest.mark.parametrize(("margin", "corner"), [(20, 0), (40, 0), (0, 12), (20, 30), (10, 60)])
def test_a_sheet_on_a_transparent_margin_is_no_ink(margin: int, corner: int) -> None:
    shape = Image.new("L", (280, 280), 0)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, 279, 279), corner, fill=255)
    for sheet in (SEVEN, ImageChops.invert(SEVEN)):
        opaque = sheet.convert("RGBA")
        opaque.putalpha(shape)
        picture = Image.new("RGBA", (280 + 2 * margin, 280 + 2 * margin), (0, 0, 0, 0))
        picture.paste(opaque, (margin, margin))
        assert verdict(picture) == (7, "sure")
        left, top = read_image(saved(SEVEN)).origin
        assert read_image(saved(picture)).origin == (left + margin, top + margin)


def test_a_bar_on_nothing_is_ink_and_no_sheet() -> None:
    picture = Image.new("RGBA", (280, 280), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((125, 50, 155, 230), (20, 20, 60, 255))
    assert verdict(picture)[0] == 1
    assert read_image(saved(picture)).pixels.mean() > 0.9
