"""Strokes as a person drew them to ink."""

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


def _parse_stroke(index: int, stroke: list[object]) -> Stroke:
    try:
        points = np.asarray(stroke)
    except (ValueError, OverflowError, RecursionError):  # points of different lengths, or nested deeper than arrays go
        points = np.empty(0, object)
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "iuf":
        raise BadStrokes(f"Stroke {index} has a point that is not a pair of numbers. {_EXAMPLE}")
    points = points.astype(np.float64)
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
    low = points.min(axis=0)
    extent = points.max(axis=0) - low
    width = pen * SIDE
    longest = float(extent.max())
    scale = (SIDE - width) / longest if longest > 0 else 1.0
    radius = width / 2
    margin = radius + 1  # a pixel of air, for the rounding of the pen's edge

    columns, rows = (int(side) for side in np.ceil(extent * scale + 2 * margin))
    picture = Image.new("L", (columns + 1, rows + 1))
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        path = (stroke - low) * scale + margin
        if len(path) > 2:  # what moves less than a pixel and a half adds time, not shape
            moved = np.abs(np.diff(path, axis=0)).sum(axis=1) > 1.5
            path = path[np.concatenate(([True], moved[:-1], [True]))]
        if len(path) > 1:
            draw.line(path.ravel().tolist(), fill=255, width=round(width))
        for x, y in path.tolist():  # round joints and ends
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    levels = np.frombuffer(picture.tobytes(), np.uint8).reshape(picture.height, picture.width)
    ink = levels.astype(np.float32) / np.float32(255)
    left, top = (low - margin / scale).tolist()
    return Ink(ink, (left, top), scale)
