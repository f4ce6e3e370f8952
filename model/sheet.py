"""A sheet of light paper on a darker table: found in a photograph, so that the table and its edges are not read."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.corners import without_corners
from model.curves import corners
from model.frame import border
from model.ink import Pixels
from model.light import SHADE, widest

GRID = 96  # cells, about, on the longer side of what a sheet is looked for in
FEWEST_CELLS = 16  # on the shorter side: a smaller picture is no photograph
CONTRAST = 0.75  # of the paper's light: a table sends back no more, a lighter one looks like a shadow or a fold
SHARP = 0.94  # of the paper's light is left just within its outline: a soft shadow begins further in
LEAST_SHEET = 0.05  # of the picture: what is smaller is a stroke or a speck
SOLID = 0.7  # the share of a sheet that is not darkened by what is written on it
CONVEX = 0.97  # the share of its rows that is within its columns, too: notches make it less
SIDES = 4  # at the most, but for the picture's own
# How far from straight they may be, as a share of the root of the sheet's area, and in cells. An ellipse is 0.16 away
# from four sides, and 0.04 from eight.
STRAIGHT = 0.04
STRAIGHT_CELLS = 1.2
BLUNT = 4.0  # times that: a shorter side is a corner that was folded, rounded or smoothed
# A shadow has so many edges at the most, takes the same share of each colour, within this factor, and leaves this much.
SHADOW_SIDES = 2
SHADOW_TINT = 1.25
SHADOW_LEAST = 0.25
INK_DEPTH = 0.06  # of the paper's light: a thin pen leaves so much of a cell
INK_CELLS = 3
MOST_INK = 0.4  # of the sheet
MOST_RIM = 0.1  # of what is just within its outline may be as dark as ink: with more the outline is soft

Mask = NDArray[np.bool_]
Points = list[tuple[float, float]]  # x, y in cells


def cut_to_sheet(picture: Image.Image) -> tuple[Image.Image, tuple[int, int]] | None:
    """The sheet of paper in a photograph (mode L or RGB), as RGB, and where its box lies: (left, top) in pixels.

    What is in the box beside the sheet is painted in the paper's tone; so are mere corners of a table, darker or
    lighter, in a picture that the paper fills else. None where there is neither these nor a sheet with something
    written on it, on a table that is darker: paper that fills all of the picture, say, or a digit in chalk.
    """
    step = max(1, round(max(picture.size) / GRID))
    small = picture.reduce(step).convert("RGB")
    if min(small.size) < FEWEST_CELLS:
        return None
    colours = np.asarray(small)
    inside = _darkly_surrounded(colours, np.asarray(small.convert("L")))
    if inside is not None:
        return _alone(picture, colours, step, inside)
    whole = without_corners(picture, colours)
    return None if whole is None else (whole, (0, 0))


def _darkly_surrounded(colours: NDArray[np.uint8], light: NDArray[np.uint8]) -> Mask | None:
    """The cells that are well within a sheet with a darker table beside it."""
    dark = CONTRAST * np.quantile(light, 1 - LEAST_SHEET / 2)
    # Where the picture's border is bright all around, what is dark is no table: the long foot of a 2, say.
    if np.quantile(light, LEAST_SHEET / 2) > dark or np.quantile(border(light), LEAST_SHEET) > dark:
        return None
    best, least = None, np.inf
    for level in _levels(light):
        sheet, sides = _sheet(light > level)
        at_rim = _ink_at_rim(colours, sheet, sides) if sides <= SIDES else np.inf
        if at_rim < least:
            best, least = sheet, at_rim
        if not least:
            break
    return None if best is None else _grown(best, -2)


def _levels(light: NDArray[np.uint8]) -> list[int]:
    """Grey levels that may part the table from the paper: two where each is of one tone, more with shadows.

    First the one that parts all of the picture; then lower ones, since a shadow on the paper is darker than the rest of
    it and lighter than the table.
    """
    counts = np.bincount(light.ravel(), minlength=256)
    middle = _otsu(counts, 0, 256)
    low = _otsu(counts, 0, middle + 1)
    return [middle, _otsu(counts, low + 1, middle + 1), low, _otsu(counts, middle + 1, 256)]


def _otsu(counts: NDArray[np.int64], first: int, end: int) -> int:
    """The last level of the lower of two classes that differ most, from `first` to before `end` (Otsu, 1979)."""
    levels = np.arange(first, end)
    below = counts[first:end].cumsum()
    sums = (counts[first:end] * levels).cumsum()
    if below.size == 0 or below[-1] == 0:
        return first
    above = below[-1] - below
    between = (sums[-1] * below - sums * below[-1]) ** 2.0 / np.maximum(below * above, 1)
    return first + int(between.argmax())


def _sheet(bright: Mask) -> tuple[Mask, float]:
    """The largest bright region, without holes, and how many sides it has: no number where they are not straight."""
    region = _largest(_grown(_grown(bright, -1), 1))  # without whiskers
    edges = region[0], region[-1], region[:, 0], region[:, -1]
    if region.mean() < LEAST_SHEET or all(edge.any() for edge in edges):
        return region, np.inf
    across = _spanned(region)
    filled = across & _spanned(region.T).T
    if filled.sum() < CONVEX * across.sum() or region.sum() < SOLID * filled.sum():
        return region, np.inf
    away = max(STRAIGHT_CELLS, STRAIGHT * float(filled.sum()) ** 0.5)
    outline = _outline(across, away)
    return across, _sides(outline, bright.shape, away) if outline else np.inf


def _largest(bright: Mask) -> Mask:
    """The largest connected region: runs of cells along the rows and the columns take on the highest number in them."""
    number = np.arange(1, bright.size + 1).reshape(bright.shape)[bright]
    runs = [_runs(bright)[bright], _runs(bright.T).T[bright]]
    for _ in range(64):  # a convex region needs two or three, with ink in it a few more
        before = number
        for run in runs:
            highest = np.zeros(run.max(initial=0) + 1, np.int64)
            np.maximum.at(highest, run, number)
            number = highest[run]
        if (number == before).all():
            break
    region = np.zeros_like(bright)
    region[bright] = number == np.bincount(number, minlength=1).argmax()
    return region


def _runs(cells: Mask) -> NDArray[np.int64]:
    """The number of the run along its row that each cell belongs to: where there is none, any."""
    starts = cells.copy()
    starts[:, 1:] &= ~cells[:, :-1]
    return starts.cumsum().reshape(cells.shape)


def _spanned(region: Mask) -> Mask:
    """A region and all that lies between two of its cells in a row."""
    spanned: Mask = np.maximum.accumulate(region, axis=1)
    return spanned & np.maximum.accumulate(region[:, ::-1], axis=1)[:, ::-1]


def _outline(spanned: Mask, away: float) -> Points | None:
    """The convex hull of a region, through the middles of its cells; None where it is not as convex as that."""
    rows = np.flatnonzero(spanned.any(axis=1))
    left, right = _ends(spanned[rows])
    chains = _leftmost(left, rows), _leftmost(-right, rows)
    for ends, chain in zip((left, -right), chains, strict=True):
        x, y = zip(*chain, strict=True)
        if float((ends - np.interp(rows, y, x)).max()) > away:
            return None
    return chains[0] + [(-x, y) for x, y in reversed(chains[1])]


def _ends(spanned: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last column of each row."""
    return spanned.argmax(axis=1), spanned.shape[1] - 1 - spanned[:, ::-1].argmax(axis=1)


def _leftmost(columns: NDArray[np.int64], rows: NDArray[np.int64]) -> Points:
    """The convex chain that leaves no column to its left, by monotone chain (Andrew, 1979)."""
    chain: Points = []
    for x, y in zip(columns.tolist(), rows.tolist(), strict=True):
        while len(chain) > 1:
            (x0, y0), (x1, y1) = chain[-2:]
            if (x1 - x0) * (y - y0) < (x - x0) * (y1 - y0):
                break
            chain.pop()
        chain.append((x, y))
    return chain


def _sides(outline: Points, shape: tuple[int, ...], away: float) -> int:
    """How many sides an outline has, straight within `away` cells, but for blunt corners and the picture's edges."""
    points = np.asarray(outline, float)
    start = int(np.hypot(*(points - points.mean(axis=0)).T).argmax())  # a corner, if anything is
    points = np.concatenate((points[start:], points[: start + 1]))
    middle = int(np.hypot(*(points - points[0]).T).argmax())
    turns = [*corners(points[: middle + 1], away), *corners(points[middle:], away)[1:]]
    last = np.array([shape[1] - 1, shape[0] - 1])
    sides = 0
    for one, other in pairwise(turns):
        at_start, at_end = (one < 1) & (other < 1), (one > last - 1) & (other > last - 1)
        blunt = np.hypot(*(other - one)) < BLUNT * away
        sides += not (at_start.any() or at_end.any() or blunt)
    return sides


def _grown(mask: Mask, cells: int) -> Mask:
    """A mask that reaches so many cells further, or less far, from the picture's edge too, where that is negative."""
    if cells > 0:
        return widest(mask.view(np.uint8), cells, np.maximum).view(bool)
    left = np.zeros_like(mask)
    within = slice(-cells, cells), slice(-cells, cells)
    left[within] = widest(mask.view(np.uint8), -cells, np.minimum).view(bool)[within]
    return left


def _ink_at_rim(colours: NDArray[np.uint8], sheet: Mask, sides: float) -> float:
    """How much of the rim of a sheet is as dark as what is written on it, in a picture in cells (rows, columns, 3).

    Without bound where it is no sheet: not lighter than all around it, or without ink. Nor is paper in the light beside
    a shadow, where ink lies in that shadow, too, or on its edge.
    """
    inside, core, outside = _grown(sheet, -1), _grown(sheet, -3), ~_grown(sheet, 1)
    within = core & ~_grown(core, -2)
    rim, around = inside & ~core, outside & _grown(sheet, 4)
    if not (core.any() and around.any()):
        return np.inf
    table, edge, paper = (np.maximum(np.median(colours[cells], axis=0), 1) for cells in (around, rim, within))
    left = table / edge
    if left.mean() > CONTRAST or edge.mean() < SHARP * paper.mean():
        return np.inf
    reach = max(1, round(SHADE * min(np.count_nonzero(sheet.any(axis=axis)) for axis in (0, 1))))
    depth = _depth(colours, inside, reach)
    ink = np.count_nonzero(depth[core] > INK_DEPTH)
    deep = max(INK_DEPTH, 0.5 * float(depth[core].max()))
    at_rim = float((depth[rim] > deep).mean())
    if not INK_CELLS <= ink <= MOST_INK * np.count_nonzero(core) or at_rim > MOST_RIM:
        return np.inf
    if left.min() > SHADOW_LEAST and left.max() < SHADOW_TINT * left.min():
        beyond = _depth(colours, outside, reach)[outside] > deep
        if at_rim or (sides <= SHADOW_SIDES and np.count_nonzero(beyond) >= INK_CELLS):
            return np.inf
    return at_rim


def _depth(colours: NDArray[np.uint8], where: Mask, reach: int) -> Pixels:
    """The share of the light that ink takes on a surface, in the channel in which it takes most.

    The bare surface is its morphological closing: without what is dark and at most twice `reach` wide.
    """
    lightest = widest(np.where(where[..., None], colours, np.uint8(0)), reach, np.maximum)
    bare = widest(np.where(where[..., None], lightest, np.uint8(255)), reach, np.minimum)
    depth: Pixels = 1 - (colours / np.maximum(bare, 1).astype(np.float32)).min(axis=2)
    return depth


def _alone(
    picture: Image.Image, colours: NDArray[np.uint8], step: int, inside: Mask
) -> tuple[Image.Image, tuple[int, int]]:
    """A picture cut to the box of a mask of its cells, and where that lies, in pixels.

    What is beside the mask takes the tone of its nearest cell in the row or column: shadows and ruled lines go on.
    """
    rows, columns = np.flatnonzero(inside.any(axis=1))[:, None], np.flatnonzero(inside.any(axis=0))[None]
    left, right = _ends(inside[rows[:, 0]])
    top, bottom = _ends(inside.T[columns[0]])
    across, down = np.clip(columns, left[:, None], right[:, None]), np.clip(rows, top, bottom)
    nearer_down = np.abs(down - rows) < np.abs(across - columns)
    tones = colours[np.where(nearer_down, down, rows), np.where(nearer_down, columns, across)]
    x, y = int(columns[0, 0]) * step, int(rows[0, 0]) * step
    end = int(columns[0, -1] + 1) * step, int(rows[-1, 0] + 1) * step
    cut = picture.crop((x, y, min(end[0], picture.width), min(end[1], picture.height))).convert("RGB")
    beside = Image.fromarray(tones).resize(cut.size, Image.Resampling.NEAREST)
    ends = np.concatenate((np.stack((left, rows[:, 0])), np.stack((right, rows[:, 0]))[:, ::-1]), axis=1)
    mask = Image.new("1", cut.size)
    ImageDraw.Draw(mask).polygon(((ends + 0.5) * step - [[x], [y]]).T.ravel().tolist(), fill=1)
    beside.paste(cut, mask=mask)
    return beside, (x, y)
