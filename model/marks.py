"""Marks that are no digits: scribbles, shapes, signs, lines in directions that no 1 has, dots."""

from collections.abc import Callable

import numpy as np

from model.curves import Points, Stroke, Strokes, along, basis


def scribble(rng: np.random.Generator) -> Strokes:
    """A mark that is no digit: a scribble, a shape, a sign, a line in a direction that no 1 has.

    Returns strokes, each (n, 2) float64, y downwards, in any unit. Has at most `model.styles.MAX_POINTS` points.
    """
    return _by_hand(_SCRIBBLES[int(rng.integers(len(_SCRIBBLES)))](rng), rng)


def dots(rng: np.random.Generator) -> Strokes:
    """Up to nine dots, or specks of short lines, as `scribble`."""
    return _by_hand((_dots if rng.random() < 0.5 else _specks)(rng), rng)


def _by_hand(marks: "Marks", rng: np.random.Generator) -> Strokes:
    drawn = [_unsteady(np.asarray(mark, np.float64), rng) for mark in marks]
    shape = np.array([[np.exp(0.15 * rng.standard_normal()), 0.12 * rng.standard_normal()], [0.0, 1.0]])
    return [mark @ shape.T for mark in drawn]


def _unsteady(corners: Points, rng: np.random.Generator) -> Points:
    """Straight lines through the corners (n, 2), as a hand draws them."""
    at = along(corners)
    if at[-1] < 3:
        return corners + 0.3 * rng.standard_normal(corners.shape)
    count = min(300, max(3, round(float(at[-1]) / float(rng.uniform(2, 6)))))
    t = np.unique(np.concatenate([np.linspace(0, at[-1], count), at]))
    knots = np.linspace(0, at[-1], max(3, round(float(at[-1]) / 18)))
    wander = rng.uniform(0.3, 1.6) * rng.standard_normal((2, len(knots)))
    line = [np.interp(t, at, corners[:, axis]) + np.interp(t, knots, wander[axis]) for axis in (0, 1)]
    return np.stack(line, axis=1) + 0.25 * rng.standard_normal((len(t), 2))


Marks = list[Points]


def _turn(points: Points, degrees: float) -> Points:
    """Turned about (50, 50)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned: Points = (points - 50) @ np.array([[c, s], [-s, c]]) + 50
    return turned


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, stop: float) -> Points:
    """Part of an ellipse; angles in degrees, 0 to the right, growing clockwise."""
    a = np.radians(np.linspace(start, stop, max(4, round(abs(stop - start) / 12))))
    return np.stack([cx + rx * np.cos(a), cy + ry * np.sin(a)], axis=1)


def _around(count: int, radius: float = 45.0, start: float = -90.0, skip: int = 1) -> Points:
    """A closed polygon or star of `count` corners about (50, 50)."""
    a = np.radians(start + 360 / count * skip * np.arange(count + 1))
    return 50 + radius * np.stack([np.cos(a), np.sin(a)], axis=1)


def _flow(points: Points) -> Points:
    """A smooth curve through points (n, 2)."""
    stroke = Stroke("smooth", points, (False,) * len(points))
    curve: Points = basis(stroke) @ points
    return curve[::4] if len(curve) > 100 else curve


def _p(*numbers: float) -> Points:
    return np.array(numbers, np.float64).reshape(-1, 2)


def _line(rng: np.random.Generator) -> Marks:
    """Level, or falling to the right, or so flat that it is no 1."""
    degrees = float(rng.choice([rng.uniform(-25, 25), rng.uniform(25, 55)]))
    return [_turn(_p(5, 50, 95, 50), degrees)]


def _lines(rng: np.random.Generator) -> Marks:
    count, gap, long = int(rng.integers(2, 5)), float(rng.uniform(14, 34)), float(rng.uniform(30, 48))
    degrees = float(rng.choice([0, 0, 90, 45, -45])) + 6 * float(rng.standard_normal())
    return [_turn(_p(50 - long, 50 + gap * i, 50 + long, 50 + gap * i), degrees) for i in range(count)]


def _cross(rng: np.random.Generator) -> Marks:
    degrees = float(rng.choice([0, 45])) + 6 * float(rng.standard_normal())
    arms = [_p(5, 50, 95, 50), _p(50, 5, 50, 95), _p(18, 18, 82, 82), _p(18, 82, 82, 18)]
    return [_turn(arm, degrees) for arm in arms[: int(rng.choice([2, 2, 2, 4]))]]


def _tick(rng: np.random.Generator) -> Marks:
    return [_p(8, rng.uniform(45, 60), rng.uniform(26, 38), 90, 95, rng.uniform(5, 25))]


def _arrow(rng: np.random.Generator) -> Marks:
    head = float(rng.uniform(14, 28))
    marks = [_p(5, 50, 95, 50), _p(95 - head, 50 - head, 95, 50, 95 - head, 50 + head)]
    return [_turn(mark, float(rng.choice([0, 90, 180, 270, 45, 135]))) for mark in marks]


def _star(rng: np.random.Generator) -> Marks:
    if rng.random() < 0.4:  # the outline of a star
        outer, inner = _around(5), _around(5, 18, -54)
        return [np.stack([outer[:5], inner[:5]], axis=1).reshape(-1, 2)[[*range(10), 0]]]
    return [_around(int(rng.choice([5, 5, 5, 7])), skip=2)]


def _polygon(rng: np.random.Generator) -> Marks:
    kind = int(rng.integers(4))
    if kind == 0:
        return [_turn(_around(3), float(rng.choice([0, 180, 90, 20])))]
    if kind == 1:  # wider than any 0 in a box
        high = float(rng.uniform(22, 38))
        return [_p(5, 50 - high, 95, 50 - high, 95, 50 + high, 5, 50 + high, 5, 50 - high)]
    if kind == 2:
        frame = _p(8, 8, 92, 8, 92, 92, 8, 92, 8, 8)
        return [frame, _p(8, 8, 92, 92)] if rng.random() < 0.5 else [frame, _p(8, 8, 92, 92), _p(92, 8, 8, 92)]
    corners = rng.uniform(5, 95, (int(rng.integers(6, 10)), 2))
    return [np.concatenate([corners, corners[:1]])]


def _zigzag(rng: np.random.Generator) -> Marks:
    teeth = int(rng.integers(5, 14))
    high = float(rng.uniform(8, 45))
    x = np.linspace(4, 96, teeth + 1)
    y = 50 + high * (-1.0) ** np.arange(teeth + 1) * rng.uniform(0.7, 1.1, teeth + 1)
    return [_turn(np.stack([x, y], axis=1), float(rng.choice([0, 0, 0, 90, 35])) if teeth > 6 else 0)]


def _wave(rng: np.random.Generator) -> Marks:
    x = np.linspace(4, 96, 60)
    y = 50 + rng.uniform(6, 24) * np.sin(x / 92 * 2 * np.pi * rng.uniform(1.6, 4.5) + rng.uniform(0, 6))
    return [np.stack([x, y], axis=1)]


def _coil(rng: np.random.Generator) -> Marks:
    t = np.linspace(0, 2 * np.pi * rng.uniform(3, 6), 150)
    wide = rng.uniform(60, 140) / t[-1]
    return [np.stack([wide * t + rng.uniform(8, 16) * np.cos(t), 50 + rng.uniform(12, 34) * np.sin(t)], axis=1)]


def _spiral(rng: np.random.Generator) -> Marks:
    t = np.linspace(0.6, rng.uniform(2.6, 4.5), 140)
    turn = (2 * np.pi * t + rng.uniform(0, 6)) * rng.choice([-1, 1])
    radius = 45 * t / t[-1]
    return [np.stack([50 + radius * np.cos(turn), 50 + radius * np.sin(turn)], axis=1)]


def _tangle(rng: np.random.Generator) -> Marks:
    return [_flow(rng.uniform(5, 95, (int(rng.integers(9, 20)), 2))) for _ in range(int(rng.choice([1, 1, 2])))]


def _fill(rng: np.random.Generator) -> Marks:
    """Back and forth until the paper is dark."""
    rows = int(rng.integers(8, 18))
    y = np.linspace(8, 92, rows)
    x = 50 + rng.uniform(15, 45) * (-1.0) ** np.arange(rows) * rng.uniform(0.6, 1.1, rows)
    return [_turn(np.stack([x, y], axis=1), float(rng.uniform(0, 90)))]


def _chords(rng: np.random.Generator) -> Marks:
    return [rng.uniform(0, 100, (2, 2)) for _ in range(int(rng.integers(4, 9)))]


def _dots(rng: np.random.Generator) -> Marks:
    return [rng.uniform(0, 100, (1, 2)) for _ in range(int(rng.choice([1, 2, 3, 3, 5, 8])))]


def _specks(rng: np.random.Generator) -> Marks:
    return [rng.uniform(0, 100, 2) + rng.uniform(-8, 8, (2, 2)) for _ in range(int(rng.integers(3, 10)))]


def _hash(rng: np.random.Generator) -> Marks:
    a, b = rng.uniform(28, 40), rng.uniform(60, 72)
    return [_p(a, 5, a - 6, 95), _p(b, 5, b - 6, 95), _p(5, a, 95, a), _p(5, b, 95, b)]


def _heart(rng: np.random.Generator) -> Marks:
    left = _flow(_p(50, 32, 38, 12, 16, 12, 6, 34, 22, 62, 50, 94))
    return [np.concatenate([left, (left * [-1, 1] + [100, 0])[::-1]])]


def _question(rng: np.random.Generator) -> Marks:
    return [_flow(_p(28, 26, 34, 10, 54, 5, 72, 16, 68, 34, 52, 48, 50, 70)), _p(49, 91, 51, 93)]


def _face(rng: np.random.Generator) -> Marks:
    marks = [_arc(50, 50, 45, 45, -90, -450), _arc(50, 54, 26, 20, 160, 20), _p(35, 32, 35, 42), _p(65, 32, 65, 42)]
    return marks if rng.random() < 0.7 else marks[1:]


def _house(rng: np.random.Generator) -> Marks:
    return [_p(15, 45, 15, 95, 85, 95, 85, 45, 15, 45), _p(5, 48, 50, 5, 95, 48)]


def _percent(rng: np.random.Generator) -> Marks:
    return [_arc(22, 24, 16, 18, -90, -450), _p(88, 6, 12, 94), _arc(78, 76, 16, 18, -90, -450)]


def _bow(rng: np.random.Generator) -> Marks:
    """A shallow bow, lying or hanging."""
    deep = float(rng.uniform(10, 35)) * float(rng.choice([-1, 1]))
    return [_flow(_p(5, 50, 28, 50 + 0.8 * deep, 50, 50 + deep, 72, 50 + 0.8 * deep, 95, 50))]


_SCRIBBLES: tuple[Callable[[np.random.Generator], Marks], ...] = (
    _line, _lines, _cross, _tick, _arrow, _star, _polygon, _zigzag, _wave, _coil, _spiral, _tangle, _tangle, _fill,
    _chords, _hash, _heart, _question, _face, _house, _percent, _bow,
)  # fmt: skip
