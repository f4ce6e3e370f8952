"""Smooth and straight curves through control points, as matrices from the points to a dense line."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2): x to the right, y downwards
Strokes = list[Points]
Curve = Literal["smooth", "straight"]

STEP = 2.0  # units between the points of a dense curve
CORNER_CUT = 6.0  # units over which the fastest hand rounds a corner


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke of a template: `points` (n, 2) in 0..100, and which of them are sharp turns in a smooth curve."""

    curve: Curve
    points: Points
    corners: tuple[bool, ...]


def basis(stroke: Stroke) -> Points:
    """(m, k): from the k control points of a stroke to m points along it, the control points among them."""
    points, count = stroke.points, len(stroke.points)
    if count == 1:
        return np.ones((1, 1))
    smooth = stroke.curve == "smooth"
    ends = [0, *(i for i in range(1, count - 1) if stroke.corners[i] or not smooth), count - 1]
    rows = [np.eye(count)[:1]]
    for first, last in pairwise(ends):
        # A smooth stroke that ends where it began, with no corner on the way, is a loop and stays smooth there too.
        loop = (
            smooth and len(ends) == 2 and count > 3 and not stroke.corners[0] and bool((points[0] == points[-1]).all())
        )
        before = np.eye(count)[last - 1] if loop else 2 * np.eye(count)[first] - np.eye(count)[first + 1]
        after = np.eye(count)[first + 1] if loop else 2 * np.eye(count)[last] - np.eye(count)[last - 1]
        knots = np.vstack([before, np.eye(count)[first : last + 1], after])
        rows += [_catmull_rom(knots[i : i + 4], points) for i in range(last - first)]
    return np.concatenate(rows)


def _catmull_rom(knots: Points, points: Points) -> Points:
    """Rows for the part of a centripetal Catmull-Rom curve between the second and third of four knots (4, k)."""
    places = knots @ points
    gaps = np.sqrt(np.hypot(*np.diff(places, axis=0).T))
    t0, t1, t2, t3 = np.concatenate([[0.0], np.cumsum(gaps)])
    steps = max(1, round(float(np.hypot(*(places[2] - places[1]))) / STEP))
    t = np.linspace(t1, t2, steps + 1)[1:, None]
    a1 = ((t1 - t) * knots[0] + (t - t0) * knots[1]) / (t1 - t0)
    a2 = ((t2 - t) * knots[1] + (t - t1) * knots[2]) / (t2 - t1)
    a3 = ((t3 - t) * knots[2] + (t - t2) * knots[3]) / (t3 - t2)
    b1 = ((t2 - t) * a1 + (t - t0) * a2) / (t2 - t0)
    b2 = ((t3 - t) * a2 + (t - t1) * a3) / (t3 - t1)
    result: Points = ((t2 - t) * b1 + (t - t1) * b2) / (t2 - t1)
    return result


def along(points: Points) -> Points:
    """(n,) the length of the curve up to each of its points (n, 2)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def smoothing(points: Points) -> Points:
    """(m, m): a Gaussian mean along the curve; its width shrinks towards the ends, which stay where they are."""
    at = along(points)
    width = np.maximum(np.minimum(CORNER_CUT, np.minimum(at, at[-1] - at) / 2.5), 1e-6)
    weights = np.exp(-0.5 * ((at[:, None] - at) / width[:, None]) ** 2)
    smooth: Points = weights / weights.sum(axis=1, keepdims=True)
    return smooth


def hats(points: Points, gap: float) -> Points:
    """(m, a): bumps about every `gap` units along the curve: noise times them is smooth, with a deviation of 1."""
    at = along(points)
    count = max(3, round(at[-1] / gap) + 2)
    knots = np.linspace(-0.5, 1.5 if at[-1] == 0 else at[-1] + 0.5, count)
    bumps = np.exp(-((at[:, None] - knots) ** 2) / (0.9 * (knots[1] - knots[0]) ** 2))
    hats: Points = bumps / np.sqrt((bumps**2).sum(axis=1, keepdims=True))
    return hats


def corners(path: Points, away: float) -> list[Points]:
    """The points of a path, (n, 2), that keep it within `away` (Douglas and Peucker, 1973): (2,) each."""
    start, end = path[0], path[-1]
    if len(path) < 3:
        return [start, end]
    (dx, dy), (x, y) = end - start, (path - start).T
    length = float(np.hypot(dx, dy))
    off = np.abs(x * dy - y * dx) / length if length else np.hypot(x, y)
    furthest = int(off.argmax())
    if off[furthest] <= away:
        return [start, end]
    return [*corners(path[: furthest + 1], away), *corners(path[furthest:], away)[1:]]
