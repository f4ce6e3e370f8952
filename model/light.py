"""The light on photographed paper, so that it can be divided out: even, fading, or cut by a shadow."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.ink import Pixels

THUMBNAIL = 48  # pixels, about, on the longer side of what the light is fitted to
# A quadratic light that is off by this share of it, on more of the picture than ink covers, is none.
MISFIT = 0.1
MOST_INK = 0.3
MOST_STRAY = 0.04  # the same, once what is narrow has been taken away
BARE = 0.97  # the share of a picture that is of one tone once what is narrow has been taken away
SHADE = 0.12  # of the shorter side: no stroke is twice as wide
# Pixels, at the least, on the longer side of what the light on a dark board is looked for in: few, since the darkest of
# noisy pixels would be much darker than such a board, and enough for the edge of a shadow.
BOARD = 150
BRIGHT = 160  # grey levels: as much and more is no board, but for its chalk, which covers a tenth of it at the most


def light_on(colours: NDArray[np.uint8]) -> tuple[Pixels, bool]:
    """The unevenly lit paper behind the ink, (height, width, 3) uint8 to float32, and whether there is a shadow on it.

    A quadratic surface for each channel, fitted to a thumbnail by least absolute deviations, so that ink on less than
    half of the picture does not bend it. Where more of the picture is off than ink covers, it is a shadow with an edge.
    """
    height, width = colours.shape[:2]
    step = max(1, max(height, width) // THUMBNAIL)
    thumbnail = np.asarray(Image.fromarray(colours).reduce(step), np.float64)  # averaged: a dark board is mostly grain
    rows, columns = thumbnail.shape[:2]
    y, x = (grid.ravel() for grid in np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij"))
    terms = np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=1)
    values = thumbnail.reshape(-1, 3)
    surface = least_deviations(terms, values, 12)
    fitted = terms @ surface
    off = np.abs(values - fitted).max(axis=1) > MISFIT * fitted.max(axis=1)
    if off.mean() > MOST_INK or _is_shaded(thumbnail, fitted.reshape(thumbnail.shape)):
        return _shade(colours), True
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]
    one, x1, y1, x2, xy, y2 = surface.astype(np.float32)
    paper: Pixels = (one + y1 * down + y2 * down**2) + (x1 + xy * down) * across + x2 * across**2
    return paper, False


def least_deviations(terms: NDArray[Any], values: NDArray[Any], rounds: int) -> NDArray[Any]:
    """The surface that is off the values by the least in all, by so many rounds of reweighted least squares.

    `terms`: (n, k), `values`: (n, channels), of each pixel. Returns (k, channels): `terms @` it are the values fitted.
    """
    weights = np.ones(len(values), values.dtype)
    surface: NDArray[Any] = np.zeros((terms.shape[1], values.shape[1]), values.dtype)
    for _ in range(rounds):
        weighted = terms.T * weights
        surface = np.linalg.lstsq(weighted @ terms, weighted @ values, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(values - terms @ surface).max(axis=1), 1.0)
    return surface


def _is_shaded(thumbnail: NDArray[Any], light: NDArray[Any]) -> bool:
    """Whether something wide is off the light that was fitted: (height, width, 3) both."""
    left = _without_narrow(thumbnail, _reach(thumbnail))
    most = MISFIT * min(255.0, float(light.max()))  # a shadow on a dark board is few grey levels deep
    return all((np.abs(each - light).max(axis=2) > most).mean() > MOST_STRAY for each in left)


def _shade(colours: NDArray[np.uint8]) -> Pixels:
    """The paper behind ink, in the light or in a shadow with a hard edge: (height, width, 3) uint8 to float32.

    The lightest pixel around, then the darkest of these: that takes away what is dark and narrow, as strokes are, and
    leaves every edge of what is wide where it was. For chalk the other way round.
    """
    height, width = colours.shape[:2]
    step = max(1, max(height, width) // BOARD)
    small = Image.fromarray(colours).reduce(step)
    if _is_chalk(small.reduce(2)):
        _, board = _without_narrow(np.asarray(small), _reach(np.asarray(small)))
        box = 0, 0, width / step, height / step
        resized = Image.fromarray(board).resize((width, height), Image.Resampling.BILINEAR, box)
        bare: Pixels = np.array(resized, np.float32)
    else:
        bare = next(_without_narrow(colours, _reach(colours))).astype(np.float32)
    # The lightest of noisy pixels is lighter than the paper, and the darkest is darker.
    bare += np.median(colours[::4, ::4] - bare[::4, ::4], axis=(0, 1)).astype(np.float32)
    return bare


def _is_chalk(small: Image.Image) -> bool:
    """Whether what is written is lighter than its paper.

    The median of all around is the paper, in the light or in a shadow. What is off it is mostly ink, and what is far
    off nearly always: in the fourth power the curve of the light and the corners of a shadow hardly count.
    """
    levels = np.asarray(small, np.float32)
    if np.quantile(levels.mean(axis=2), 0.9) > BRIGHT:  # or the paper is what shows between very wide strokes
        return False
    paper = np.asarray(small.filter(ImageFilter.MedianFilter(2 * _reach(levels) + 1)), np.float32)
    share = (levels - paper) / np.maximum(np.maximum(levels, paper), 1)
    return float((share**3 * np.abs(share)).sum()) > 0


def is_narrow(colours: NDArray[np.uint8], middle: Pixels, most: float = MISFIT * 255) -> bool:
    """Whether all that is off the paper's tone, (3,), by more than `most`, is as narrow as strokes: no shadow."""
    step = max(1, max(colours.shape[:2]) // THUMBNAIL)
    small = colours[::step, ::step]
    reach = _reach(small)
    framed = np.empty((small.shape[0] + 4 * reach, small.shape[1] + 4 * reach, 3), np.uint8)
    framed[:] = middle
    framed[2 * reach : -2 * reach, 2 * reach : -2 * reach] = small
    left = _without_narrow(framed, reach)
    return any((np.abs(each - middle).max(axis=2) <= most).mean() >= BARE for each in left)


def _reach(pixels: NDArray[Any]) -> int:
    """Half as many pixels as what counts as narrow has at the most."""
    return max(1, round(SHADE * float(min(pixels.shape[:2]))))


def _without_narrow(pixels: NDArray[Any], reach: int) -> Iterator[NDArray[Any]]:
    """The same without what is dark and narrow (a morphological closing), and without what is light and narrow."""
    for first, then in ((np.maximum, np.minimum), (np.minimum, np.maximum)):
        yield widest(widest(pixels, reach, first), reach, then)


def widest(pixels: NDArray[Any], reach: int, most: np.ufunc) -> NDArray[Any]:
    """The lightest, or darkest, within `reach` pixels on each axis; in steps that double, so that it takes few."""
    for axis in (0, 1):
        padding = [(0, 0)] * pixels.ndim
        padding[axis] = (reach, reach)
        pixels, span = np.pad(pixels, padding, mode="edge"), 1
        while span <= 2 * reach:
            step = min(span, 2 * reach + 1 - span)
            here, there = [slice(None)] * 2, [slice(None)] * 2
            here[axis], there[axis] = slice(None, -step), slice(step, None)
            pixels = most(pixels[tuple(here)], pixels[tuple(there)])
            span += step
    return pixels
