"""Chalk on a dark board in uneven light: the board is divided out, wherever it is lit or in a shadow."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.light import light_on
from model.reader import Reader
from tests.drawings import load_drawing
from tests.encodings import saved

WIDTH, HEIGHT = 600, 450
CHALK, BOARD = (220, 220, 215), (40, 60, 50)
PEN, PAPER = (30, 30, 60), (225, 220, 210)
NAMES = [
    *("0-school", "1-flagged", "2-school", "3-school", "4-closed"),
    *("5-school", "6-school", "7-barred", "8-school", "9-school"),
]


def edge(away: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(0.5 + 80 * away, 0, 1)


y, x = (each / size for each, size in zip(np.mgrid[:HEIGHT, :WIDTH], (HEIGHT, WIDTH), strict=True))
LIGHTS = {
    "fading across": 1 - 0.55 * x,
    "fading to a corner": 1 - 0.35 * x - 0.35 * y,
    "a spot": 0.35 + 0.7 * np.exp(-((x - 0.5) ** 2 + (y - 0.45) ** 2) / 0.16),
    "a spot on one side": 0.35 + 0.7 * np.exp(-((x - 0.3) ** 2 + (y - 0.3) ** 2) / 0.18),
    "a shadow across": 1 - 0.5 * edge(x + 0.75 * y - 0.8),
    "a faint shadow across": 1 - 0.3 * edge(x + 0.75 * y - 0.8),
    "a deep shadow across": 1 - 0.7 * edge(x + 0.75 * y - 0.8),
    "a shadow in a corner": 1 - 0.5 * edge(x - 0.45) * edge(y - 0.4),
    "a phone's shadow": 1 - 0.5 * edge(0.25 - abs(x - 0.5)) * edge(y - 0.3),
    "a hand's shadow": 1 - 0.5 * edge(0.4 - np.hypot(0.8 * x, y - 1)),
}


def photograph(name: str, light: str, ink: tuple[int, ...], paper: tuple[int, ...]) -> NDArray[np.uint8]:
    """One of tests/drawings in the middle of a picture, with a camera's grain."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), paper)
    lines = [np.asarray(stroke) for stroke in load_drawing(name).strokes]
    low, high = (most(np.concatenate(lines), axis=0) for most in (np.min, np.max))
    scale = 0.55 * HEIGHT / (high - low).max()
    for line in lines:
        path = ((line - (low + high) / 2) * scale + (WIDTH / 2, HEIGHT / 2)).ravel().tolist()
        ImageDraw.Draw(picture).line(path, ink, 4, joint="curve")
    grain = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 3))
    lit: NDArray[np.uint8] = (np.asarray(picture) * LIGHTS[light][..., None] + grain).clip(0, 255).astype(np.uint8)
    return lit


@cache
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("light", LIGHTS)
def test_chalk_on_a_board_in_uneven_light_is_read(light: str) -> None:
    pictures = (Image.fromarray(photograph(name, light, CHALK, BOARD)) for name in NAMES)
    readings = [reader().read_image(saved(picture, "JPEG", quality=85)) for picture in pictures]
    assert [(each.digit, each.verdict) for each in readings] == [(digit, "sure") for digit in range(10)]


@pytest.mark.parametrize(("ink", "paper"), [(CHALK, BOARD), (PEN, PAPER)])
@pytest.mark.parametrize("light", ["a shadow across", "a deep shadow across", "a phone's shadow"])
def test_what_is_behind_the_ink_in_a_shadow_is_the_bare_board_or_paper(
    light: str, ink: tuple[int, ...], paper: tuple[int, ...]
) -> None:
    found, shaded = light_on(photograph("8-school", light, ink, paper))
    off = np.abs(found - np.asarray(paper) * LIGHTS[light][..., None]).max(axis=2)
    assert shaded
    assert np.median(off) < 3
    assert (off > 0.1 * 255).mean() < 0.03


def test_what_shows_between_very_wide_strokes_is_no_chalk() -> None:
    picture = Image.new("RGB", (451, 697), (165, 250, 190))
    lines = [np.asarray(stroke) for stroke in load_drawing("0-slashed").strokes]
    low, high = (most(np.concatenate(lines), axis=0) for most in (np.min, np.max))
    pen = ImageDraw.Draw(picture)
    for line in lines:
        path = (line - (low + high) / 2) * (0.85 * 451 / (high - low).max()) + (451 / 2, 697 / 2)
        pen.line(path.ravel().tolist(), (60, 55, 25), 65, joint="curve")
        for point in path:
            pen.ellipse((*(point - 32.5), *(point + 32.5)), (60, 55, 25))
    down, across = (each / size for each, size in zip(np.mgrid[:697, :451], (697, 451), strict=True))
    grain = np.random.default_rng(0).normal(0, 4, (697, 451, 3))
    lit = (np.asarray(picture) * (1 - 0.45 * across - 0.28 * down)[..., None] + grain).clip(0, 255).astype(np.uint8)
    assert reader().read_image(saved(Image.fromarray(lit), "JPEG")).digit == 0
