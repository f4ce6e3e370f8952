"""Ink of any size to the 28x28 that the networks read, by MNIST's own geometry."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from model.errors import Blank
from model.ink import Pixels

SIZE = 28  # pixels on a side of what a network reads
BOX = 20  # pixels on the longer side of a digit inside it
# MNIST's makers put the centre of mass c at int(15 - c), so that the mean of MNIST's test images is 14.5, not 14.0.
CENTRE = 15
# A moment of inertia by the square of the area: a disc has 0.159, which nothing is below, a square 0.167; the tiniest
# of 8,000 digits had 0.179.
DOT = 0.175
MARGIN = 0.5  # pixels that ink reaches beyond its box when it is enlarged: so far from their centres pixels half count


@dataclass(frozen=True, slots=True)
class Normalised:
    """What a network reads, and where in the drawing it came from.

    `pixels`: (28, 28) float32 in 0..1, white on black, its darkest pixel 1.
    `crop`: (left, top, side) of the square that the 20x20 box shows, in pixels of the ink.
    `offset`: (left, top) of the 20x20 box inside the 28x28, in pixels.
    """

    pixels: Pixels
    crop: tuple[float, float, float]
    offset: tuple[int, int]


def tight_box(ink: Pixels) -> tuple[int, int, int, int]:
    """The smallest box that holds all ink above zero.

    `ink`: (height, width) float32. Returns (left, top, right, bottom), the last two exclusive. Raises `Blank` where
    there is none.
    """
    if ink[0].any() and ink[-1].any() and ink[:, 0].any() and ink[:, -1].any():
        return 0, 0, ink.shape[1], ink.shape[0]  # an image comes cut to its ink
    rows = np.flatnonzero(ink.max(axis=1) > 0)
    if rows.size == 0:
        raise Blank("There is no ink in this drawing. Draw a digit, then ask again.")
    columns = np.flatnonzero(ink.max(axis=0) > 0)
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def cropped(ink: Pixels) -> Pixels:
    """The part of (height, width) ink in its tight box: a view. Raises `Blank` where there is none."""
    left, top, right, bottom = tight_box(ink)
    return ink[top:bottom, left:right]


def normalise(ink: Pixels) -> Normalised:
    """Scale, centre and rescale ink exactly as MNIST's makers did.

    The tight box of the ink, made square by its longer side, is area-averaged to 20x20; the intensity is scaled so that
    the darkest pixel is 1; the box is placed in 28x28 so that its centre of mass c (pixel centres at i + 0.5) lands by
    the whole offset int(15 - c), clamped inside. Ink of fewer than 20 pixels is enlarged, which MNIST's makers had no
    need of: smoothly, since large square pixels are not how anybody draws. But a dot fills the box: with soft edges it
    would look like a 0.

    `ink`: (height, width) float32, 0 where there is none. Raises `Blank` where there is none at all.
    Source: the MNIST page, and QMNIST's reconstruction (Yadav and Bottou, 2019).
    """
    left, top, right, bottom = tight_box(ink)
    width, height = right - left, bottom - top
    side = max(width, height)
    # The shorter side is padded by whole pixels: a half pixel would blur ink that needs no scaling at all.
    pad_x, pad_y = (side - width) // 2, (side - height) // 2
    box: Pixels = np.zeros((BOX, BOX), np.float32)
    if side == BOX:  # strokes come in that size
        box[pad_y : pad_y + height, pad_x : pad_x + width] = ink[top:bottom, left:right]
    else:
        scaling = _averaging if side > BOX else _enlarging
        rows, columns = scaling(BOX, side, pad_y, height), scaling(BOX, side, pad_x, width)
        np.matmul(rows @ ink[top:bottom, left:right], columns.T, out=box)
        np.maximum(box, 0, out=box)  # enlarging swings below nothing beside a line
    box /= box.max()
    if side < BOX and _is_dot(box > 0.5):
        box[:] = 1
    margin = MARGIN if side < BOX else 0.0

    (mass, along_x), (along_y, _) = (_MOMENTS @ box @ _MOMENTS.T).tolist()
    x, y = _offset(along_x / mass), _offset(along_y / mass)
    pixels = np.zeros((SIZE, SIZE), np.float32)
    pixels[y : y + BOX, x : x + BOX] = box
    return Normalised(pixels, (left - pad_x - margin, top - pad_y - margin, side + 2 * margin), (x, y))


def _is_dot(ink: NDArray[np.bool_]) -> bool:
    """Whether no more holds its area together than a disc or a square needs, by its moment of inertia."""
    y, x = np.nonzero(ink)
    area = len(x)
    inertia = ((x - x.mean()) ** 2).sum() + ((y - y.mean()) ** 2).sum() + area / 6  # the last is the pixels' own
    return bool(inertia <= DOT * area**2)


# A row of ones, to sum with, and the centres of pixels, to find the centre of mass with.
_MOMENTS = np.stack((np.ones(BOX), np.arange(BOX) + 0.5)).astype(np.float32)


def _offset(centre_of_mass: float) -> int:
    return min(max(int(CENTRE - centre_of_mass), 0), SIZE - BOX)


def averaging(cells: int, side: float, pad: float, length: int) -> Pixels:
    """The (cells, length) matrix that averages `length` pixels, `pad` pixels into a row of `side`, over equal cells.

    Entry (i, j) is the share of cell i that pixel j covers, so that fractions of pixels count as such.
    """
    edges = np.arange(cells + 1, dtype=np.float64) * (side / cells) - pad
    pixel = np.arange(length, dtype=np.float64)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    shares: Pixels = (np.clip(overlap, 0, None) * (cells / side)).astype(np.float32)
    shares.setflags(write=False)  # it may be kept for the next drawing of this size
    return shares


def enlarging(cells: int, side: float, pad: float, length: int) -> Pixels:
    """The (cells, length) matrix that reads `length` pixels, `pad` pixels into a row of `side`, at places in between.

    By cubic convolution (Keys, 1981), whose result goes through every pixel; beyond the pixels there is no ink.
    """
    places = (np.arange(cells) + 0.5) * ((side + 2 * MARGIN) / cells) - MARGIN - pad
    away = np.abs(places[:, None] - (np.arange(length) + 0.5))
    near = (1.5 * away - 2.5) * away**2 + 1
    far = ((2.5 - 0.5 * away) * away - 4) * away + 2
    shares: Pixels = np.where(away < 1, near, np.where(away < 2, far, 0)).astype(np.float32)
    shares.setflags(write=False)
    return shares


# Kept for the next drawing of this size: up to 80 kB each.
_averaging, _enlarging = lru_cache(64)(averaging), lru_cache(64)(enlarging)
