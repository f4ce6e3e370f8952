import math

import numpy as np
import pytest

from model.errors import BadStrokes, Blank
from model.normalise import normalise, tight_box
from model.strokes import MAX_POINTS, MAX_STROKES, SIDE, parse_strokes, rasterise

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
        ([[[10**400, 1]]], "not finite"),
        ([[[[1, 2], [3, 4]]]], "not a pair"),
        ([[[math.nan, 1]]], "not finite"),
        ([[[1, math.inf]]], "not finite"),
        ([[[1e300, 1]]], "not finite"),
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


def test_the_ink_fills_the_side_whatever_the_unit() -> None:
    for unit in (1e-6, 1, 1e6):
        ink = rasterise(parse_strokes([[[x * unit, y * unit] for x, y in SEVEN[0]]]))
        left, top, right, bottom = tight_box(ink.pixels)
        assert abs(max(right - left, bottom - top) - SIDE) <= 2


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
    assert np.abs(few - many).max() < 0.25
    assert np.abs(few - many).mean() < 0.015


def test_a_point_is_a_round_dot() -> None:
    ink = rasterise(parse_strokes([[[5, 5]]])).pixels
    left, top, right, bottom = tight_box(ink)
    assert right - left == bottom - top > 10
    assert 0.7 < ink.sum() / (right - left) ** 2 < 0.85  # pi / 4 of its square


def test_the_order_and_direction_of_strokes_do_not_matter() -> None:
    cross = [[[0, 0], [50, 80]], [[50, 0], [0, 80]]]
    backwards = [stroke[::-1] for stroke in cross[::-1]]
    there, back = rasterise(parse_strokes(cross)).pixels, rasterise(parse_strokes(backwards)).pixels
    assert (there != back).mean() < 0.01


def test_the_crop_leads_back_to_the_drawings_own_coordinates() -> None:
    ink = rasterise(parse_strokes(SEVEN))
    left, top, side = normalise(ink.pixels).crop
    assert ink.origin[1] + top / ink.scale == pytest.approx(10 - 0.06 * side / ink.scale, abs=1)
    assert side / ink.scale == pytest.approx(80 / 0.88, rel=0.03)
    assert ink.origin[0] + (left + side / 2) / ink.scale == pytest.approx(35, abs=1)
