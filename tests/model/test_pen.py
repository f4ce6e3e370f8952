"""Other pens in the place of the one that a drawing was made with."""

import numpy as np
import pytest

from model import pen
from model.image import read_image
from model.ink import Ink
from model.normalise import normalise
from model.strokes import parse_strokes, rasterise
from tests.benchmarks.variants import Canvas
from tests.drawings import load_drawings
from tests.encodings import alike


@pytest.mark.parametrize("reach", [1, 2, 5, 9, 20])
def test_a_thin_line_is_thickened_by_a_round_pen(reach: int) -> None:
    rng = np.random.default_rng(7)
    for share in (0.005, 0.1):
        line = rng.random((33, 21)) < share
        y, x = np.indices((33 + 2 * reach, 21 + 2 * reach)) - reach
        away = [np.hypot(y - row, x - column) for row, column in np.argwhere(line)]
        assert np.array_equal(pen._dilated(line, reach), (np.min(away, axis=0) <= reach).astype(np.float32))


@pytest.mark.parametrize("side", [100, 160, 280, 500])
def test_a_thin_line_that_two_pixels_share_is_not_broken(side: int) -> None:
    ink = np.zeros((side, 30), np.float32)
    third = side // 3
    ink[:third, 10] = ink[2 * third :, 10] = 1
    ink[third : 2 * third, 10:12] = 0.49
    assert pen.thickened(ink).pixels[side // 20 : -side // 20].any(axis=1).all()


def test_strokes_are_drawn_anew_by_pens() -> None:
    strokes = parse_strokes(load_drawings()[0].strokes)
    expected = [normalise(rasterise(strokes, width).pixels).pixels for width in pen.PENS]
    assert np.array_equal(pen.by_pens(rasterise(strokes)), expected)


@pytest.mark.parametrize("width", [1, 5, 18, 34])
def test_a_picture_is_seen_by_pens_as_its_strokes_are(width: float) -> None:
    for drawing in load_drawings():
        strokes = parse_strokes(drawing.strokes)
        by_strokes = pen.by_pens(rasterise(strokes))
        picture = read_image(Canvas(pen=width).encoded([stroke.tolist() for stroke in strokes]))
        for one, other in zip(by_strokes, pen.by_pens(picture), strict=True):
            assert alike(one, other) > 0.96, drawing


@pytest.mark.parametrize("ink", [np.ones((45, 1)), np.ones((1, 400)), np.eye(60), np.ones((200, 60))])
def test_something_is_left_by_any_pen(ink: np.ndarray) -> None:
    seen = pen.by_pens(Ink(ink.astype(np.float32)))
    assert seen.shape == (3, 28, 28)
    assert (seen.max(axis=(1, 2)) > 0.9).all()


def test_a_picture_of_few_pixels_says_too_little_of_its_lines() -> None:
    few = np.zeros((100, 100), np.float32)
    few[10 : 10 + pen.FINE - 1, 20:30] = 1
    assert pen.by_pens(Ink(few)).shape == (0, 28, 28)
    few[10 : 10 + pen.FINE, 20:30] = 1
    assert pen.by_pens(Ink(few)).shape == (3, 28, 28)


@pytest.mark.parametrize(("side", "looks"), [(40, 0), (60, 3)])
def test_a_thin_line_of_few_pixels_is_enlarged_and_still_has_few(side: int, looks: int) -> None:
    strokes = [stroke.tolist() for stroke in parse_strokes(load_drawings()[0].strokes)]
    ink = read_image(Canvas(side, side, fill=0.8, pen=1).encoded(strokes))
    assert ink.scale > 1
    assert len(pen.by_pens(ink)) == looks


def test_many_strokes_and_points_have_no_other_pens() -> None:
    dashes = [np.array([[x, 0], [x + 4, 40]], float) for x in range(0, 200, 10)]
    assert len(pen.by_pens(rasterise(dashes[: pen.MAX_STROKES]))) == 3
    assert len(pen.by_pens(rasterise(dashes[: pen.MAX_STROKES + 1]))) == 0
    zigzag = np.array([[index, 100 * (index % 2)] for index in range(pen.MAX_POINTS + 1)], float)
    assert len(pen.by_pens(rasterise([zigzag[1:]]))) == 3
    assert len(pen.by_pens(rasterise([zigzag]))) == 0
    t = np.linspace(0, 6, 10_000)
    slow_hand = rasterise([np.stack((np.cos(t), np.sin(t)), axis=1)])
    assert len(pen.by_pens(slow_hand)) == 3


def test_what_has_no_lines_has_no_other_pens() -> None:
    y, x = np.indices((200, 200)) - 100
    for area in (np.ones((200, 180)), x * x + y * y < 90 * 90):
        assert len(pen.by_pens(Ink(area.astype(np.float32)))) == 0
