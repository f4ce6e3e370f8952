"""Strokes as a person drew them to ink."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import BadStrokes, Blank
from model.ink import Ink, Pixels
from model.normalise import BOX

Stroke = NDArray[np.float64]

MAX_STROKES = 1_000  # a scribbling child makes a few hundred
MAX_POINTS = 20_000  # a digit has 20 to 200; this is minutes of drawing without a break
MAX_COORDINATE = 1e9  # far beyond any screen or tablet, far below where float64 loses a pixel
MIN_EXTENT = 1e-100  # what is smaller is a dot: there is no room in float64 for how much it would be enlarged
ROUNDING = 1e-6  # pixels that are no reason for another row of them

# Pen width as a share of the longer side: drawings hold about as much ink as MNIST's digits, a mean of 0.127 over the
# 28x28 (n = 3,747 of pendigits-train) beside 0.131.
PEN = 0.12
FEW = 100  # points: to draw so many costs less than to find out which of them are needed
STEP = 0.2  # pixels between points that are kept of more than that
AT_ONCE = 128  # segments whose distances are held at one time, in 400 kB: a processor keeps that close

SHOWN = 20  # characters of a value, and a fifth as many members of a list, that an error repeats

_EXAMPLE = 'Send {"strokes": [[[x, y], [x, y], ...], ...]} with finite numbers, y growing downwards.'


def parse_strokes(raw: object) -> list[Stroke]:
    """Check what JSON gave and make arrays of it.

    `raw`: a list of strokes, each a list of [x, y]; strokes without points are passed over. Returns float64 arrays of
    shape (n, 2), n >= 1. Raises `BadStrokes`, saying which stroke and point, counted from 0, or `Blank` where no point
    is left. Counts are checked before any array is made.
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
    places = np.array(_numbers(raw), np.float64).reshape(-1, 2)
    strokes, start = [], 0
    for stroke in raw:
        if stroke:
            strokes.append(places[start : start + len(stroke)])
            start += len(stroke)
    if not strokes:
        raise Blank("There are no points in these strokes. Draw a digit, then ask again.")
    return strokes


def _numbers(raw: list[list[Any]]) -> list[float]:
    """The coordinates of all points one after the other, all of them checked."""
    # Asked of Python's own types: numpy would make room for the longest text in a drawing as often as it has points.
    # All strokes at once, since nearly all drawings are whole; point by point only to say which is not.
    numbers = _numbers_of(chain.from_iterable(raw))
    if numbers is None:
        where, point = _first(raw, lambda point: _numbers_of([point]) is None)
        raise BadStrokes(
            f"{where} is {_shown(point)}, not a pair of numbers. Only [x, y] is taken, without pressure, time or names "
            f"of axes. {_EXAMPLE}"
        )
    if not _within_reach(numbers):
        where, point = _first(raw, lambda point: not _within_reach(point))
        if any(isinstance(number, float) and not math.isfinite(number) for number in point):
            raise BadStrokes(f"{where} is {_shown(point)}, which is not finite. Leave the point out. {_EXAMPLE}")
        raise BadStrokes(
            f"{where} is {_shown(point)}, beyond ±{MAX_COORDINATE:,.0f}. Scale or shift the drawing: any unit and any "
            "origin will do."
        )
    return numbers


def _first(raw: list[list[Any]], is_bad: Callable[[Any], bool]) -> tuple[str, Any]:
    """The first bad point, of which there is one, and where it is."""
    return next(
        (f"Point {index} of stroke {number} (counted from 0)", point)
        for number, stroke in enumerate(raw)
        for index, point in enumerate(stroke)
        if is_bad(point)
    )


def _shown(value: Any, depth: int = 1) -> str:
    """The beginning of a value as JSON has it: it may be a text of megabytes, or a list of a thousand lists."""
    if isinstance(value, list | dict):
        few = list(value)[: SHOWN // 5]
        shown = [_shown(each, depth - 1) for each in few] if depth else []
        if isinstance(value, dict):
            shown = [f"{name}: ..." for name in shown]
        inside = ", ".join([*shown, *(["..."] if len(value) > len(shown) else [])])
        return f"{{{inside}}}" if isinstance(value, dict) else f"[{inside}]"
    shown_text = json.dumps(value[: SHOWN + 1] if isinstance(value, str) else value)
    return shown_text if len(shown_text) <= SHOWN else f"{shown_text[:SHOWN]}..."


def _numbers_of(points: Iterable[Any]) -> list[float] | None:
    points = list(points)
    try:
        if not set(map(len, points)) <= {2}:
            return None
    except TypeError:  # a point that is a number or null
        return None
    numbers = list(chain.from_iterable(points))
    return numbers if set(map(type, numbers)) <= {int, float} else None


def _within_reach(numbers: Sequence[float]) -> bool:
    """Whether all are finite and small enough; asked of Python, whose whole numbers may be too large for float64."""
    if not numbers:
        return True
    # NaN is passed over by min and max unless it comes first, but never by a sum.
    return min(numbers) >= -MAX_COORDINATE and max(numbers) <= MAX_COORDINATE and not math.isnan(sum(numbers))


def rasterise(strokes: list[Stroke], pen: float = PEN) -> Ink:
    """Draw strokes with a round pen, at the size of MNIST's digits: `BOX` pixels on the longer side.

    A pixel is as dark as its centre lies deep in the line: 1 from half a pixel inside of the edge on, 0 from half a
    pixel outside. Along a straight edge that is the share of the pixel that the line covers.

    `strokes`: float64 arrays (n, 2), y downwards, any unit; a stroke of one point is a dot. `pen`: the width of the
    line as a share of the drawing's longer side, the line included, in 0..1; a dot alone is as large as the box.
    """
    points = np.concatenate(strokes) if len(strokes) > 1 else strokes[0]
    low, high = np.minimum.reduce(points), np.maximum.reduce(points)
    wide, tall = (high - low).tolist()
    longest = max(wide, tall)
    width, scale = (pen * BOX, (1 - pen) * BOX / longest) if longest > MIN_EXTENT else (BOX, 1.0)

    middle = (low + high) / 2
    path, lengths = (points - middle) * scale, [len(stroke) for stroke in strokes]
    if len(path) > FEW:
        path, lengths = _thinned(path, lengths)
        strokes = [path[end - length : end] for length, end in zip(lengths, accumulate(lengths), strict=True)]
    half_columns, half_rows = (math.ceil((side * scale + width) / 2 - ROUNDING) for side in (wide, tall))
    away = _distance(path, lengths, _centres(half_columns, half_rows))
    ink = np.minimum(np.maximum(np.float32(width / 2 + 0.5) - away, 0), 1).reshape(2 * half_rows, 2 * half_columns)
    x, y = middle.tolist()
    return Ink(ink, (x - half_columns / scale, y - half_rows / scale), scale, strokes)


@lru_cache(512)
def _centres(half_columns: int, half_rows: int) -> Pixels:
    """x, y and 1 for the centre of each pixel, row by row, from the middle: (3, pixels) float32."""
    x = np.arange(-half_columns, half_columns, dtype=np.float32) + np.float32(0.5)
    y = np.arange(-half_rows, half_rows, dtype=np.float32) + np.float32(0.5)
    centres: Pixels = np.stack((np.tile(x, len(y)), np.repeat(y, len(x)), np.ones(len(x) * len(y), np.float32)))
    centres.setflags(write=False)  # they are kept for the next drawing of this size
    return centres


def _distance(path: Stroke, lengths: list[int], centres: Pixels) -> Pixels:
    """From each pixel's centre to the nearest place on the strokes, in pixels: (pixels,) float32.

    `path`: (n, 2), the strokes one after the other, of so many points each. `centres`: (3, pixels).
    """
    # Points as complex numbers: dividing by a direction turns it, and everything with it, to lie along x.
    places = path.view(np.complex128)[:, 0]
    # Each point's segment leads to the next; that of a stroke's last one to itself, so that a dot is one, too.
    along = np.empty_like(places)
    np.subtract(places[1:], places[:-1], out=along[:-1])
    along[list(accumulate(lengths, initial=-1))[1:]] = 0
    length = np.abs(along)
    still = length < ROUNDING
    turn = np.conjugate(along) / (length + still) + still
    start = turn * places
    ends = length.astype(np.float32)[:, None]
    nearest: Pixels = np.full(centres.shape[1], np.inf, np.float32)
    for first in range(0, len(places), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        # How far a pixel lies along a segment, and how far beside it, is linear in its x and y.
        along_x, along_y, offset = turn.real[some], -turn.imag[some], -start[some]
        count = len(offset)
        linear = np.empty((2 * count, 3), np.float32)
        linear[:count, 0], linear[:count, 1], linear[:count, 2] = along_x, along_y, offset.real
        linear[count:, 0], linear[count:, 1], linear[count:, 2] = -along_y, along_x, offset.imag
        away = linear @ centres
        beyond = away[:count]
        beyond -= np.minimum(np.maximum(beyond, 0), ends[some])
        away *= away
        beyond += away[count:]
        np.minimum(nearest, np.minimum.reduce(beyond), out=nearest)
    np.sqrt(nearest, out=nearest)
    return nearest


def _thinned(path: Stroke, lengths: list[int]) -> tuple[Stroke, list[int]]:
    """Strokes one after the other, (n, 2), without the points that add time and not shape: one is left each `STEP`."""
    ends = np.cumsum(lengths, dtype=np.intp)
    starts = ends - np.array(lengths)
    along = np.concatenate(([0.0], np.abs(np.diff(path, axis=0)).sum(axis=1).cumsum()))
    kept = np.diff(along // STEP, prepend=-1.0) > 0
    kept[starts] = kept[ends - 1] = True
    return path[kept], np.add.reduceat(kept, starts, dtype=np.intp).tolist()
