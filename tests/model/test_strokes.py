import math

import numpy as np
import pytest

from model.errors import BadStrokes, Blank
from model.normalise import BOX, normalise, tight_box
from model.strokes import AT_ONCE, FEW, MAX_POINTS, MAX_STROKES, parse_strokes, rasterise

SEVEN: list[list[list[float]]] = [[[10, 10], [60, 10], [30, 90]]]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (None, "not a list"),
        ({"0": []}, "not a list"),
        ("abc", "not a list"),
        ([1, 2], "Stroke 0 is not a list"),
        ([[[1, 2]], "ab"], "Stroke 1 is not a list"),
        ([[1, 2]], "not a pair"),
        ([[[1, 2, 3]]], "not a pair"),
        ([[[1, 2], [3]]], "not a pair"),
        ([[["1", "2"]]], "not a pair"),
        ([[[True, False]]], "not a pair"),
        ([[[True, 0]]], "not a pair"),
        ([[{"x": 1, "y": 2}]], "not a pair"),
        ([["12"]], "not a pair"),
        ([[[None, 1]]], "not a pair"),
        ([[[10**400, 1]]], "beyond"),
        ([[[[1, 2], [3, 4]]]], "not a pair"),
        ([[[math.nan, 1]]], "not finite"),
        ([[[1, math.inf]]], "not finite"),
        ([[[1e300, 1]]], "beyond"),
        ([[[0, 0]]] * (MAX_STROKES + 1), "more than 1,000"),
        ([[[0, 0]] * (MAX_POINTS + 1)], "more than 20,000"),
    ],
)
def test_what_is_not_strokes_is_refused_with_advice(raw: object, says: str) -> None:
    with pytest.raises(BadStrokes, match=says):
        parse_strokes(raw)


@pytest.mark.parametrize("raw", [[], [[]], [[], []]])
def test_strokes_without_points_are_blank(raw: object) -> None:
    with pytest.raises(Blank):
        parse_strokes(raw)


@pytest.mark.parametrize("unit", [1e-90, 1e-6, 1, 1e6])
def test_the_ink_fills_the_box_whatever_the_unit(unit: float) -> None:
    ink = rasterise(parse_strokes([[[x * unit, y * unit] for x, y in SEVEN[0]]]))
    left, top, right, bottom = tight_box(ink.pixels)
    assert max(right - left, bottom - top) == BOX


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-200])
def test_what_is_too_small_to_enlarge_is_a_dot(tiny: float) -> None:
    dot = rasterise([np.zeros((1, 2))]).pixels
    assert (rasterise(parse_strokes([[[0, 0], [tiny, tiny], [0, 2 * tiny]]])).pixels == dot).all()


def test_a_line_covers_each_pixel_by_the_share_that_lies_under_it() -> None:
    ink = rasterise([np.array([[0.0, 0.0], [0.0, 1.0]])], pen=0.23).pixels  # 4.6 pixels wide, in the middle of 6
    assert ink.shape == (BOX, 6)
    assert ink[BOX // 2] == pytest.approx([0.3, 1, 1, 1, 1, 0.3], abs=1e-5)


def test_ink_is_the_same_when_its_segments_are_measured_in_parts() -> None:
    rng = np.random.default_rng(5)
    lines = [rng.uniform(0, 1, (2, 2)) for _ in range(AT_ONCE)]  # twice as many points, all of them needed
    whole = rasterise(lines).pixels
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    parts = [rasterise([square, *lines[start : start + FEW // 4]]).pixels for start in range(0, AT_ONCE, FEW // 4)]
    assert rasterise([square, *lines]).pixels == pytest.approx(np.maximum.reduce(parts), abs=1e-4)
    assert whole.max() == 1


def test_the_same_drawing_elsewhere_or_larger_is_the_same_28x28() -> None:
    plain = normalise(rasterise(parse_strokes(SEVEN)).pixels).pixels
    moved = normalise(rasterise(parse_strokes([[[x * 3 + 700, y * 3 - 90] for x, y in SEVEN[0]]])).pixels).pixels
    assert np.abs(plain - moved).max() < 0.02


@pytest.mark.parametrize("times", [2, 5, 50, 500])
def test_a_slow_hand_draws_the_same_with_many_times_the_points(times: int) -> None:
    at = np.linspace(0, 3 * np.pi, 37)
    spiral = np.stack([8 * at * np.cos(at), 11 * at * np.sin(at)], axis=1)
    between = np.linspace(0, len(spiral) - 1, times * (len(spiral) - 1) + 1)
    slow = np.stack([np.interp(between, np.arange(len(spiral)), spiral[:, axis]) for axis in (0, 1)], axis=1)
    bar = [[-20, 90], [20, 95]]
    few, many = (normalise(rasterise(parse_strokes([line.tolist(), bar])).pixels).pixels for line in (spiral, slow))
    assert np.abs(few - many).max() < 0.05
    assert np.abs(few - many).mean() < 0.003


def test_a_point_is_a_round_dot() -> None:
    ink = rasterise(parse_strokes([[[5, 5]]])).pixels
    left, top, right, bottom = tight_box(ink)
    assert right - left == bottom - top == BOX
    assert 0.7 < ink.sum() / (right - left) ** 2 < 0.85  # pi / 4 of its square


def test_the_order_and_direction_of_strokes_do_not_matter() -> None:
    cross = [[[0, 0], [50, 80]], [[50, 0], [0, 80]]]
    backwards = [stroke[::-1] for stroke in cross[::-1]]
    there, back = rasterise(parse_strokes(cross)).pixels, rasterise(parse_strokes(backwards)).pixels
    assert there == pytest.approx(back, abs=1e-5)


def test_the_crop_leads_back_to_the_drawings_own_coordinates() -> None:
    ink = rasterise(parse_strokes(SEVEN))
    left, top, side = normalise(ink.pixels).crop
    assert ink.origin[1] + top / ink.scale == pytest.approx(10 - 0.06 * side / ink.scale, abs=1)
    assert side / ink.scale == pytest.approx(80 / 0.88, rel=0.03)
    assert ink.origin[0] + (left + side / 2) / ink.scale == pytest.approx(35, abs=1)
