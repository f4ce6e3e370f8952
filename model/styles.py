"""The ways people write each digit around the world, as stroke templates, and natural variations of them.

    python -m model.styles --sheet styles.png     every template, once plain and a few times varied

The templates are data (`styles.json`), drawn by hand for this program, in a box of 0..100 with y downwards. A template
is compiled once into matrices from its control points to a dense curve, so that a variation costs a few products:

    control points ─► jitter, strokes moved ─► curve, corners cut ─► warp, slant ─► tremor ─► ends, joins, sampling
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (n, 2): x to the right, y downwards
Strokes = list[Points]
Curve = Literal["smooth", "straight"]

DATA = Path(__file__).with_name("styles.json")
BOX = 100.0  # side of the box that templates are drawn in
STEP = 2.0  # units between the points of a dense curve
CORNER_CUT = 6.0  # units over which the fastest hand rounds a corner
SLOW_KNOTS, FAST_KNOTS = 22.0, 6.0  # units between the knots of unsteady lines and of tremor
MAX_JOIN = 62.0  # units that a pen may be dragged between two strokes; beyond it a line across the digit would mislead
MAX_POINTS = 1000  # in any drawing


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke of a template: `points` (n, 2) in 0..100, and which of them are sharp turns in a smooth curve."""

    curve: Curve
    points: Points
    corners: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class Template:
    """One way of writing a digit, or a letter where `digit` is None. `weight`: how common it is within its digit."""

    digit: int | None
    style: str
    weight: float
    strokes: tuple[Stroke, ...]

    @property
    def name(self) -> str:
        """The digit and the style, unique among all templates."""
        return f"{'letter' if self.digit is None else self.digit} {self.style}"


@cache
def _all() -> tuple[Template, ...]:
    found = tuple(_read(entry) for entry in json.loads(DATA.read_text(encoding="utf-8")))
    names = [template.name for template in found]
    if len(set(names)) < len(names):
        raise ValueError(
            f"{DATA.name}: two templates share a name: {sorted(n for n in names if names.count(n) > 1)[0]}"
        )
    return found


@cache
def templates() -> tuple[Template, ...]:
    """All templates of digits. Raises `ValueError` where the data is not valid."""
    return tuple(template for template in _all() if template.digit is not None)


@cache
def letters() -> tuple[Template, ...]:
    """Templates of letters that no one takes for a digit: for teaching what is not one."""
    return tuple(template for template in _all() if template.digit is None)


def _read(entry: dict[str, Any]) -> Template:
    name = f"{DATA.name}: {entry.get('digit')} {entry.get('style')}"
    digit, weight, strokes = entry["digit"], float(entry["weight"]), []
    if digit not in (None, *range(10)) or weight <= 0 or not entry["strokes"]:
        raise ValueError(f"{name}: wants a digit or null, a weight above 0 and strokes")
    for stroke in entry["strokes"]:
        points = np.array([point[:2] for point in stroke["points"]], np.float64)
        if stroke["curve"] not in ("smooth", "straight") or points.ndim != 2 or points.min() < 0 or points.max() > BOX:
            raise ValueError(f"{name}: a stroke is smooth or straight, with [x, y] or [x, y, 'corner'] in 0..100")
        if len(points) > 1 and not np.any(points[1:] != points[:-1], axis=1).all():
            raise ValueError(f"{name}: a point is given twice in a row; mark a sharp turn with 'corner'")
        strokes.append(Stroke(stroke["curve"], points, tuple(point[2:] == ["corner"] for point in stroke["points"])))
    return Template(digit, entry["style"], weight, tuple(strokes))


# --- From control points to curves: matrices, made once per template --------------------------------------------------


class _Compiled(NamedTuple):
    """A template of k control points in s strokes as matrices that give m dense points."""

    control: NDArray[np.complex128]  # (k,) x + iy
    stroke_of: NDArray[np.intp]  # (k,) the stroke that each control point belongs to
    centres: NDArray[np.complex128]  # (s,) the middle of each stroke
    freedom: Points  # (s,) how freely each stroke moves: 0 for the only stroke, 1 for a short bar or hat
    curves: Points  # (2m, k) control points to the curve as drawn, then to the curve with its corners cut
    slow: Points  # (m, a) noise to unsteady lines
    fast: Points  # (m, b) noise to tremor
    cuts: tuple[int, ...]  # (s + 1,) where each stroke begins among the m


@cache
def _compile(template: Template) -> _Compiled:
    bases = [_basis(stroke) for stroke in template.strokes]
    dense = [basis @ stroke.points for basis, stroke in zip(bases, template.strokes, strict=True)]
    lengths = np.array([_along(points)[-1] for points in dense])
    alone = len(bases) == 1
    control = np.concatenate([stroke.points for stroke in template.strokes])
    return _Compiled(
        control=control[:, 0] + 1j * control[:, 1],
        stroke_of=np.repeat(np.arange(len(bases)), [basis.shape[1] for basis in bases]),
        centres=np.array([complex(*(p.min(axis=0) + p.max(axis=0)) / 2) for p in dense]),
        freedom=np.where(alone, 0.0, np.where(lengths < 0.6 * lengths.max(), 1.0, 0.45)),
        curves=np.concatenate(
            [_diagonal(bases), _diagonal([_smoothing(p) @ b for p, b in zip(dense, bases, strict=True)])]
        ),
        slow=_diagonal([_hats(points, SLOW_KNOTS) for points in dense]),
        fast=_diagonal([_hats(points, FAST_KNOTS) for points in dense]),
        cuts=(0, *np.cumsum([len(points) for points in dense]).tolist()),
    )


def _basis(stroke: Stroke) -> Points:
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


def _along(points: Points) -> Points:
    """(n,) the length of the curve up to each of its points (n, 2)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def _smoothing(points: Points) -> Points:
    """(m, m): a Gaussian mean along the curve; its width shrinks towards the ends, which stay where they are."""
    at = _along(points)
    width = np.maximum(np.minimum(CORNER_CUT, np.minimum(at, at[-1] - at) / 2.5), 1e-6)
    weights = np.exp(-0.5 * ((at[:, None] - at) / width[:, None]) ** 2)
    smooth: Points = weights / weights.sum(axis=1, keepdims=True)
    return smooth


def _hats(points: Points, gap: float) -> Points:
    """(m, a): bumps about every `gap` units along the curve: noise times them is smooth, with a deviation of 1."""
    at = _along(points)
    count = max(3, round(at[-1] / gap) + 2)
    knots = np.linspace(-0.5, 1.5 if at[-1] == 0 else at[-1] + 0.5, count)
    bumps = np.exp(-((at[:, None] - knots) ** 2) / (0.9 * (knots[1] - knots[0]) ** 2))
    hats: Points = bumps / np.sqrt((bumps**2).sum(axis=1, keepdims=True))
    return hats


def _diagonal(blocks: Sequence[Points]) -> Points:
    whole = np.zeros((sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)))
    row = column = 0
    for block in blocks:
        whole[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return whole


# --- One natural variation --------------------------------------------------------------------------------------------


def draw(template: Template, rng: np.random.Generator, amount: float = 1.0) -> Strokes:
    """One natural variation of a template.

    `amount`: how far it strays: 0 is the template itself, 1 is the spread of many people's hands.
    Returns strokes, each (n, 2) float64 with n at least 1, y downwards, in units of about a hundredth of the digit's
    height; a drawing may leave the box. Has at most `MAX_POINTS` points.
    """
    form = _compile(template)
    middle = len(form.curves) // 2
    if amount <= 0:
        plain = form.curves[:middle] @ _pairs(form.control)
        return [plain[a:b] for a, b in pairwise(form.cuts)]

    strokes, count = len(form.centres), len(form.control)
    g = np.clip(rng.standard_normal(16 + 2 * count + 4 * strokes), -2.5, 2.5)
    u = rng.random(8)
    care = amount * float(np.exp(0.45 * g[0] - 0.1))  # how careless this hand is today

    # Strokes move, turn and stretch as wholes, most of all short ones: bars, hats, flags; then every point a little.
    s = g[16 : 16 + 4 * strokes].reshape(4, strokes) * (form.freedom * min(care, 1.6 * amount))
    turned = np.exp(0.13 * s[0] + 0.085j * s[1])
    jitter = g[16 + 4 * strokes :].view(np.complex128)
    control = (form.control - form.centres[form.stroke_of]) * turned[form.stroke_of]
    control += (form.centres + 2.2 * s[2] + 2.6j * s[3])[form.stroke_of] + 1.25 * care * jitter

    # The curve, its corners cut by haste.
    haste = min(1.0, amount) * float(u[0]) ** 1.5
    both = _complex(form.curves @ _pairs(control))  # products of real numbers: complex ones wake all of BLAS's threads
    z = both[:middle] + haste * (both[middle:] - both[:middle])

    # Proportions: the middle up or down, top or bottom wider, sides bowed; then a slow wave across the whole box.
    x, y = z.real / 50 - 1, z.imag / 50 - 1
    w = g[1:16] * amount
    x, y = (
        x * (1 + 0.10 * w[0] * y) + 0.05 * w[1] * (1 - y * y) + 0.03 * w[2] * (1 - x * x),
        y + 0.075 * w[3] * (1 - y * y) + 0.03 * w[4] * x,
    )
    x, y = x + 0.02 * w[5] * np.sin(3.4 * y + 6.3 * u[1]), y + 0.02 * w[6] * np.sin(3.4 * x + 6.3 * u[2])

    # Aspect, slant (most hands lean to the right) and a turn of the paper.
    x = x * np.exp(0.16 * w[7]) - (0.06 * amount + 0.15 * w[8]) * y
    z = (x + 1j * y) * (50 * np.exp(0.055j * w[9]))

    # Unsteady lines and tremor; one hand in twelve draws with a mouse that it does not master.
    wobble = 2.2 if u[3] < 0.08 else 1.0
    noise = rng.standard_normal((form.slow.shape[1] + form.fast.shape[1], 2))
    z += (0.85 * care) * _complex(form.slow @ noise[: form.slow.shape[1]])
    z += (0.26 * care * wobble * (0.4 + float(u[4]))) * _complex(form.fast @ noise[form.slow.shape[1] :])

    parts = [z[a:b] for a, b in pairwise(form.cuts)]
    parts = _lift(parts, rng, amount)
    # A browser gives a point every few pixels; a slow tablet or a fast hand far fewer.
    step = 1.5 * 3.0 ** u[5] if u[6] > 0.12 * amount else 5.0 + 6.0 * u[5]
    drawn = [_pace(part, float(step), rng, min(amount, 1.5)) for part in parts]
    if u[7] < 0.3 * min(amount, 1.0):  # whole pixels, from a small canvas to a large one
        pixel = 100 / (30 * 10 ** float(rng.random()))
        drawn = [np.round(part / pixel) * pixel for part in drawn]
    return [_pairs(part) + 50 for part in drawn]


def _pairs(z: NDArray[np.complex128]) -> Points:
    return np.ascontiguousarray(z).view(np.float64).reshape(-1, 2)


def _complex(pairs: Points) -> NDArray[np.complex128]:
    return np.ascontiguousarray(pairs).view(np.complex128)[:, 0]


def _lift(parts: list[NDArray[np.complex128]], rng: np.random.Generator, amount: float) -> list[NDArray[np.complex128]]:
    """Now and then the pen is not lifted between two strokes, or lifted in the middle of one."""
    chance = rng.random(2)
    if len(parts) > 1 and chance[0] < 0.05 * amount:
        i = int(rng.integers(len(parts) - 1))
        if abs(parts[i + 1][0] - parts[i][-1]) < MAX_JOIN:
            return [*parts[:i], np.concatenate([parts[i], parts[i + 1]]), *parts[i + 2 :]]
    if chance[1] < 0.04 * amount:
        i = int(np.argmax([len(part) for part in parts]))
        if len(parts[i]) > 24:
            at = int(len(parts[i]) * rng.uniform(0.2, 0.8))
            gap = 1 + int(rng.integers(3))
            shift = complex(*rng.standard_normal(2))
            return [*parts[:i], parts[i][:at], parts[i][at + gap :] + shift, *parts[i + 1 :]]
    return parts


def _pace(z: NDArray[np.complex128], step: float, rng: np.random.Generator, amount: float) -> NDArray[np.complex128]:
    """A stroke with its ends over- or undershot or hooked, sampled about every `step` units at an uneven speed."""
    if len(z) < 3:
        return z
    at = np.empty(len(z))
    at[0] = 0.0
    np.cumsum(np.abs(np.diff(z)), out=at[1:])
    length = float(at[-1])
    if length < 4:
        return z
    g, u = rng.standard_normal(2), rng.random(6)
    reach = min(0.06 * length, 7.0)
    far = [2.2 if chance < 0.15 else 0.7 for chance in (u[0], u[1])]
    start = amount * reach * far[0] * 0.5 * float(min(max(g[0], -1.6), 1.6))  # above 0: begins late
    end = amount * reach * far[1] * 0.5 * float(min(max(g[1], -1.6), 1.6))  # above 0: ends early
    near = min(3, len(z) - 1)
    entry = (z[0] - z[near]) / max(abs(z[0] - z[near]), 1e-9)
    leave = (z[-1] - z[-1 - near]) / max(abs(z[-1] - z[-1 - near]), 1e-9)
    at = np.concatenate([[-10.0], at, [length + 10.0]])
    z = np.concatenate([[z[0] + 10 * entry], z, [z[-1] + 10 * leave]])
    count = max(3 if length > 12 else 2, round((length - start - end) / step) + 1)
    count = max(count, min(7, round(length / 6)))
    t = np.linspace(0.0, 1.0, count)
    t += 0.11 * amount * (u[2] - 0.5) * np.sin(2 * np.pi * t) + 0.03 * amount * (u[3] - 0.5) * np.sin(6 * np.pi * t)
    s = start + (length - start - end) * t
    paced = np.interp(s, at, z)
    for chance, direction, where in ((u[4], entry, 0), (u[5], leave, -1)):
        if chance < 0.06 * amount and length > 30:  # the pen lands or leaves with a small hook
            turn = np.exp(1j * float(rng.uniform(0.8, 2.4)) * (1 if rng.random() < 0.5 else -1))
            hook = paced[where] + direction * turn * float(rng.uniform(2.0, 5.5))
            paced = np.concatenate([[hook], paced] if where == 0 else [paced, [hook]])
    return paced


@cache
def _by_digit(digit: int | None) -> tuple[tuple[Template, ...], Points]:
    """The templates of a digit, and their weights added up to 1."""
    found = tuple(template for template in _all() if template.digit == digit)
    total = np.cumsum([template.weight for template in found])
    return found, total / total[-1]


def sample(digit: int | None, rng: np.random.Generator, amount: float = 1.0) -> tuple[int, Strokes, Template]:
    """A drawing of a digit, or of any digit where `digit` is None, in a style taken by its weight.

    Returns the digit, its strokes as `draw` gives them, and the template.
    """
    chosen = int(rng.integers(10)) if digit is None else digit
    found, total = _by_digit(chosen)
    template = found[int(np.searchsorted(total, rng.random(), side="right"))]
    return chosen, draw(template, rng, amount), template


def sample_letter(rng: np.random.Generator, amount: float = 1.0) -> tuple[Strokes, Template]:
    """A drawing of a letter that no one takes for a digit: its strokes as `draw` gives them, and the template."""
    found, total = _by_digit(None)
    template = found[int(np.searchsorted(total, rng.random(), side="right"))]
    return draw(template, rng, amount), template


# --- Marks that are no digits -----------------------------------------------------------------------------------------


def scribble(rng: np.random.Generator) -> Strokes:
    """A mark that is no digit: a scribble, a shape, a sign, a line in a direction that no 1 has, dots.

    Returns strokes, each (n, 2) float64, y downwards, in any unit. Has at most `MAX_POINTS` points.
    """
    make = _MARKS[int(rng.integers(len(_MARKS)))]
    marks = [_unsteady(np.asarray(mark, np.float64), rng) for mark in make(rng)]
    shape = np.array([[np.exp(0.15 * rng.standard_normal()), 0.12 * rng.standard_normal()], [0.0, 1.0]])
    return [mark @ shape.T for mark in marks]


def _unsteady(corners: Points, rng: np.random.Generator) -> Points:
    """Straight lines through the corners (n, 2), as a hand draws them."""
    at = _along(corners)
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
    curve: Points = _basis(stroke) @ points
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


_MARKS: tuple[Callable[[np.random.Generator], Marks], ...] = (
    _line, _lines, _cross, _tick, _arrow, _star, _polygon, _zigzag, _wave, _coil, _spiral, _tangle, _tangle, _fill,
    _chords, _dots, _specks, _hash, _heart, _question, _face, _house, _percent, _bow,
)  # fmt: skip


# --- The picture sheet ------------------------------------------------------------------------------------------------


def sheet(path: Path, variations: int = 3, seed: int = 0) -> None:
    """Save a picture of every template, grouped by digit: plain, then varied, as a network sees them."""
    from PIL import Image, ImageDraw

    cell, title, columns, greys = 28, 12, 8, 16
    wide, high = max((variations + 1) * cell, 112) + 8, cell + title
    rng = np.random.default_rng(seed)
    groups = [[t for t in _all() if t.digit == digit] for digit in (*range(10), None)]
    rows = sum(-(-len(group) // columns) for group in groups)
    picture = Image.new("L", (columns * wide, rows * high), 255)
    pen = ImageDraw.Draw(picture)
    top = 0
    for group in groups:
        for i, template in enumerate(group):
            x, y = i % columns * wide, top + i // columns * high
            for j in range(variations + 1):
                pixels = 255 - 255 * _seen(draw(template, rng, 0.0 if j == 0 else 1.0))
                picture.paste(Image.fromarray(np.round(pixels).astype(np.uint8)), (x + j * cell, y + title))
            pen.text((x + 2, y), template.name[:18], fill=70)
        top += -(-len(group) // columns) * high
        pen.line((0, top - 1, columns * wide, top - 1), fill=160)
    picture.quantize(greys).save(path, optimize=True)


def _seen(strokes: Strokes) -> NDArray[np.float32]:
    """Strokes as the 28x28 that a network reads."""
    from model.normalise import normalise
    from model.strokes import rasterise

    return normalise(rasterise(strokes).pixels).pixels


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw the sheet of all styles.")
    parser.add_argument("--sheet", type=Path, required=True, help="the picture to write")
    sheet(parser.parse_args().sheet)
