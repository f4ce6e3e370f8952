"""Corners of a table in a photograph of paper that else fills it: painted over, so that they are not read."""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.ink import Pixels
from model.light import least_deviations

CELLS = 256  # about, on the longer side of what a corner is measured in: a page turned by 2 degrees bares 20 of 1200
CONTRAST = 0.07  # of the paper's light: less than that is fainter than what is taken for ink
LEAST_LIGHT = 64.0  # grey levels: on darker paper so much counts as its light, grain would be contrast else
REACH = 0.6  # of the shorter side, from a corner: as far as the shorter leg of a triangle of table is looked for
STEP = 2  # cells within which the paper's edge changes the tone, and light does not
BEYOND = 6  # cells of paper after it
ABRUPT = 6.0  # times the usual change along a line: rough paper in raking light changes by less
# The light is fitted to what is not within such a triangle, its legs as shares of the sides, at a corner with a table.
UNKNOWN = 0.45
FITS = 6  # rounds of reweighting
MISFIT = 0.1  # of the light: paper is not off by more,
MOST_STRAY = 0.3  # and ink covers no more of a picture
LEAST_LEG = 2.5  # cells
MOST_AREA = 0.2  # of the picture: more is a shadow, or a sheet that `model.sheet` finds
TONE = 0.25  # of what parts the table's tone from the paper's, at the least: wood is of many
FILLED = 0.85  # of the triangle is of the table's tone, wood with a grain too: no line of a digit is
# How far from the triangle the rim of bare paper may begin, in cells: the more, the softer or the more bent the edge.
SOFT = (1.5, 3.0, 5.0)
BENT = 0.04  # of the edge's length, at the most, but for the least of these
RIM = 3.0  # cells wide
TIP = 1.1  # times its legs: so far the edge of a triangle may go on
STAIN = 0.15  # of the paper's light: what takes more is ink
MOST_STAINS = 0.01  # of the rim: a stroke that goes on beyond the edge covers more of it

Colours = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class Corner(NamedTuple):
    """The cells of a table in the first corner of a picture, and of its soft edge: as far as there are any.

    `paper`: how the paper beyond differs from the light that was fitted, as a share of it, (3,).
    """

    cells: Mask
    paper: Pixels


def without_corners(picture: Image.Image, colours: Colours) -> Image.Image | None:
    """A picture (mode L or RGB), as RGB, with paper in place of the table in its corners. None where there is none.

    `colours`: the same in cells, about a hundred on the longer side.
    """
    flips = _suspected(colours)
    if not flips:
        return None
    surface = _light(colours, flips)
    if surface is None:
        return None
    step = max(1, round(max(picture.size) / CELLS))
    cells = np.stack([np.asarray(band) for band in picture.reduce(step).convert("RGB").split()])
    paper = (surface @ _terms(*cells.shape[1:])).reshape(cells.shape)
    off = (cells - paper) / np.maximum(paper, LEAST_LIGHT)
    painted = None
    for down, across in flips:
        corner = _corner(off[:, ::down, ::across])
        if corner:
            painted = painted or picture.convert("RGB")
            rows, columns = corner.cells.shape
            tones = paper[:, ::down, ::across][:, :rows, :columns] * (1 + corner.paper[:, None, None])
            _paint(painted, tones[:, ::down, ::across], corner.cells[::down, ::across], (down, across), step)
    return painted


def _suspected(colours: Colours) -> list[tuple[int, int]]:
    """The corners from which, along one edge at least, one tone leads to another at once: as steps of -1 or 1.

    Light that fades has no such place, and after a line that the paper is ruled with the first tone comes back.
    """
    reach = round(REACH * min(colours.shape[:2]))
    flips = list(product((1, -1), (1, -1)))
    views = [colours[::down, ::across] for down, across in flips]
    lines = np.stack([line for view in views for line in (view[0, :reach], view[:reach, 0])]).astype(np.int16)
    change = np.abs(lines[:, STEP:-BEYOND] - lines[:, : -STEP - BEYOND]).max(axis=2)
    if not change.size:
        return []
    at = change.argmax(axis=1)
    each = np.arange(len(lines))
    most = change[each, at]
    clear = most >= CONTRAST * lines.max(axis=(1, 2)).clip(LEAST_LIGHT)
    if not clear.any():
        return []
    clear &= most >= ABRUPT * np.median(change, axis=1)
    if not clear.any():
        return []
    beyond = np.median(lines[each[:, None], at[:, None] + np.arange(STEP, STEP + BEYOND)], axis=1)
    stays = np.abs(lines[:, 0] - beyond).max(axis=1) >= 0.5 * most
    found = (clear & stays).reshape(-1, 2).any(axis=1)
    return [flip for flip, one in zip(flips, found, strict=True) if one]


def _terms(rows: int, columns: int) -> Pixels:
    """The terms of a quadratic surface over a picture: (6, rows * columns)."""
    y, x = ((np.arange(count, dtype=np.float32) + 0.5) * (2 / count) - 1 for count in (rows, columns))
    terms = np.empty((6, rows, columns), np.float32)
    values: list[Pixels] = [np.ones_like(x), x, y[:, None], x * x, x * y[:, None], (y * y)[:, None]]
    for term, value in zip(terms, values, strict=True):
        term[:] = value
    return terms.reshape(6, -1)


def _light(colours: Colours, flips: list[tuple[int, int]]) -> Pixels | None:
    """The light on the paper beside suspected corners: a quadratic surface, (3, 6).

    None where more is off it than ink covers.
    """
    small = colours[::2, ::2]
    rows, columns = small.shape[:2]
    known = np.ones((rows, columns), bool)
    down_share, across_share = ((np.arange(count) + 0.5) / (UNKNOWN * count) for count in (rows, columns))
    for down, across in flips:
        known[::down, ::across] &= down_share[:, None] + across_share > 1
    terms, values = _terms(rows, columns)[:, known.ravel()], small[known].T.astype(np.float32)
    surface = least_deviations(terms.T, values.T, FITS).T
    fitted = surface @ terms
    stray = np.abs(values - fitted).max(axis=0) > MISFIT * np.maximum(fitted.max(axis=0), LEAST_LIGHT)
    return surface if stray.mean() <= MOST_STRAY else None


def _corner(off: Pixels) -> Corner | None:
    """The table in the first corner of a picture, given how far that is off the light, (3, rows, columns).

    What is cut off by a nearly straight edge, filled, and with bare paper all along the edge. A stroke that runs to the
    corner goes on beyond any such edge.
    """
    contrast = float(np.abs(np.median(off[:, :2, :2], axis=(1, 2))).max())
    if contrast < CONTRAST:
        return None
    is_table = np.abs(off).max(axis=0) > max(CONTRAST, TONE * contrast)
    legs = _legs(is_table)
    if legs is None:
        return None
    columns, rows = (int(TIP * leg + RIM) + 1 for leg in legs)
    off, is_table = off[:, :rows, :columns], is_table[:rows, :columns]
    within = _within(is_table.shape, *legs)
    for soft in SOFT:
        if soft > max(SOFT[0], BENT * float(np.hypot(*legs))):
            break
        core, rim = within > min(soft, within[0, 0] / 2), (within <= -soft) & (within > -soft - RIM)
        if not (core.any() and rim.any()) or is_table[core].mean() < FILLED:
            continue
        paper = np.median(off[:, rim], axis=1)
        if np.abs(paper).max() > MISFIT:  # still on the soft edge of a shadow
            continue
        stains = np.abs(off[:, rim] - paper[:, None]).max(axis=0) > STAIN
        if stains.mean() <= MOST_STAINS and np.abs(np.median(off[:, core], axis=1) - paper).max() >= CONTRAST:
            return Corner(within > -soft - 1, paper)
    return None


def _legs(is_table: Mask) -> tuple[float, float] | None:
    """The legs of a triangle of table in the first corner, across and down. None where it is no triangle."""
    across, down = (int(line.cumprod().sum()) for line in (is_table[0], is_table[:, 0]))
    if down > across:  # measured along the longer one
        turned = _legs(is_table.T)
        return turned and turned[::-1]
    depth = is_table[: 2 * down + 2, :across].cumprod(axis=0).sum(axis=0)
    if across < LEAST_LEG:
        return None
    slope, start = np.polyfit(np.arange(across) + 0.5, depth, 1)
    if slope >= 0 or start < LEAST_LEG or -start / slope > 2 * is_table.shape[1]:
        return None
    across, down = -start / slope, start
    return (across, down) if across * down / 2 <= MOST_AREA * is_table.size else None


def _within(shape: tuple[int, ...], across: float, down: float) -> Pixels:
    """How far each cell is within a triangle in the first corner, from its edge: negative beyond it."""
    x, y = (np.arange(count, dtype=np.float32) + np.float32(0.5) for count in (shape[1], shape[0]))
    height = across * down / float(np.hypot(across, down))
    within: Pixels = height - x * (height / across) - (y * (height / down))[:, None]
    return within


def _paint(picture: Image.Image, tones: Pixels, cells: Mask, flip: tuple[int, int], step: int) -> None:
    """Paint cells at a corner of an RGB picture, each `step` pixels wide: (3, rows, columns) tones."""
    rows, columns = cells.shape
    size = columns * step, rows * step
    fresh = Image.fromarray(tones.transpose(1, 2, 0).clip(0, 255).astype(np.uint8)).resize(size)
    mask = Image.fromarray(cells).resize(size, Image.Resampling.NEAREST)
    # The last row and column of cells may reach beyond the picture.
    ends = (-(-side // step) * step for side in picture.size)
    left, top = (0 if way > 0 else end - most for way, end, most in zip(flip[::-1], ends, size, strict=True))
    picture.paste(fresh, (left, top), mask)
