"""Strokes as a person drew them to ink."""

import math
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.errors import BadStrokes, Blank
from model.ink import Ink

Stroke = NDArray[np.float64]

MAX_STROKES = 1_000  # a scribbling child makes a few hundred
MAX_POINTS = 20_000  # a digit has 20 to 200; this is minutes of drawing without a break
MAX_COORDINATE = 1e9  # far beyond any screen or tablet, far below where float64 loses a pixel

# The longer side of rasterised ink: eight times the 20 pixels that it is averaged to, so each has 64 levels of grey.
SIDE = 160
# Pen width as a share of the longer side. At 0.12 drawings hold as much ink as MNIST's digits: a mean of 0.131 over
# the 28x28 (n = 1,000 of pendigits-train).
PEN = 0.12
FEW = 100  # points: to draw so many costs less than to find out which of them are needed
STEP = 1.5  # pixels between points that are kept of more than that

_EXAMPLE = 'Send {"strokes": [[[x, y], [x, y], ...], ...]} with finite numbers, y growing downwards.'


def parse_strokes(raw: object) -> list[Stroke]:
    """Check what JSON gave and make arrays of it.

    `raw`: a list of strokes, each a list of [x, y]; strokes without points are passed over. Returns float64 arrays of
    shape (n, 2), n >= 1. Raises `BadStrokes`, saying which stroke, or `Blank` where no point is left. Counts are
    checked before any array is made.
    """
    if not isinstance(raw, list):
        raise BadStrokes(f"The strokes are not a list. {_EXAMPLE}")
    if len(raw) > MAX_STROKES:
        raise BadStrokes(f"{len(raw):,} strokes are more than {MAX_STROKES:,}. Send a drawing of one digit.")
    points = 0
    for index, stroke in enumerate(raw):
        if not isinstance(stroke, list):
            raise BadStrokes(f"Stroke {index} is not a list of points. {_EXAMPLE}")
        points += len(stroke)
    if points > MAX_POINTS:
        raise BadStrokes(f"{points:,} points are more than {MAX_POINTS:,}. Send fewer points for each stroke.")
    strokes = [_parse_stroke(index, stroke) for index, stroke in enumerate(raw) if stroke]
    if not strokes:
        raise Blank("There are no points in these strokes. Draw a digit, then ask again.")
    return strokes


def _parse_stroke(index: int, stroke: list[Any]) -> Stroke:
    # Asked of Python's own types: numpy would make room for the longest text in a drawing as often as it has points.
    try:
        pairs = set(map(len, stroke)) == {2} and set(map(type, chain.from_iterable(stroke))) <= {int, float}
    except TypeError:  # a point that is a number or null
        pairs = False
    if not pairs:
        raise BadStrokes(f"Stroke {index} has a point that is not a pair of numbers. {_EXAMPLE}")
    try:
        points = np.array(stroke, np.float64)
    except OverflowError:  # a whole number of more digits than float64 has room for
        points = np.full((1, 2), np.inf)
    if not np.abs(points).max() <= MAX_COORDINATE:  # written so that NaN fails too
        raise BadStrokes(
            f"Stroke {index} has a coordinate that is not finite or beyond ±{MAX_COORDINATE:.0e}. {_EXAMPLE}"
        )
    return points


def rasterise(strokes: list[Stroke], pen: float = PEN) -> Ink:
    """Draw strokes with a round pen, as large as `SIDE` pixels.

    `strokes`: float64 arrays (n, 2), y downwards, any unit; a stroke of one point is a dot. `pen`: the width of the
    line as a share of the drawing's longer side, the line included, in 0..1.
    """
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = high - low
    width = pen * SIDE
    longest = float(extent.max())
    scale = (SIDE - width) / longest if longest > 0 else 1.0
    radius = width / 2
    margin = radius + 1  # a pixel of air, for the rounding of the pen's edge

    columns, rows = (math.ceil(side * scale + 2 * margin) + 1 for side in extent.tolist())
    picture = Image.new("L", (columns, rows))
    draw = ImageDraw.Draw(picture)
    path = (points - low) * scale + margin
    lengths = [len(stroke) for stroke in strokes]
    if len(path) > FEW:
        path, lengths = _thinned(path, lengths)
    places, start = path.tolist(), 0
    for length in lengths:
        stroke, start = places[start : start + length], start + length
        if length > 1:
            draw.line([*chain.from_iterable(stroke)], fill=255, width=round(width))
        for x, y in stroke:  # round joints and ends
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    left, top, right, bottom = picture.getbbox() or (0, 0, columns, rows)  # a pen always leaves a mark
    levels = np.frombuffer(picture.crop((left, top, right, bottom)).tobytes(), np.uint8)
    ink = levels.reshape(bottom - top, right - left).astype(np.float32) / np.float32(255)
    x, y = low.tolist()
    return Ink(ink, (x + (left - margin) / scale, y + (top - margin) / scale), scale)


def _thinned(path: Stroke, lengths: list[int]) -> tuple[Stroke, list[int]]:
    """Strokes one after the other, (n, 2), without the points that add time and not shape: one is left each `STEP`."""
    ends = np.cumsum(lengths, dtype=np.intp)
    starts = ends - np.array(lengths)
    along = np.concatenate(([0.0], np.abs(np.diff(path, axis=0)).sum(axis=1).cumsum()))
    kept = np.diff(along // STEP, prepend=-1.0) > 0
    kept[starts] = kept[ends - 1] = True
    return path[kept], np.add.reduceat(kept, starts, dtype=np.intp).tolist()
