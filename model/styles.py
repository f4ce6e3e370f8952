"""The ways people write each digit around the world, as stroke templates, and natural variations of them.

    python -m model.styles --sheet styles.png     every template, once plain and a few times varied

The templates are data (`styles.json`, and `doodles.json` of what is no digit), drawn by hand for this program, in a box
of 0..100 with y downwards. A template is compiled once into matrices from its control points to a dense curve, so that
a variation costs a few products:

    control points ─► jitter, strokes moved ─► curve, corners cut ─► warp, slant ─► tremor ─► habits, ends, sampling
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.curves import Points, Stroke, Strokes, along, basis, hats, smoothing
from model.habits import habits, lift, numbers, pace, pairs

DATA = Path(__file__).with_name("styles.json")
DOODLES = Path(__file__).with_name("doodles.json")
BOX = 100.0  # side of the box that templates are drawn in
SLOW_KNOTS, FAST_KNOTS = 22.0, 6.0  # units between the knots of unsteady lines and of tremor
MAX_POINTS = 1000  # in any drawing
# How far any hand goes: wide or narrow by a factor of 2.1, the paper turned by 16 degrees. Beyond it 2s are 1s.
WIDEST, MOST_TURNED = 0.75, 0.28


@dataclass(frozen=True, eq=False)
class Template:
    """One way of writing a digit; or a letter or a doodle, where `digit` is None. `weight`: how common it is among all
    of that digit, all letters or all doodles."""

    digit: int | None
    style: str
    weight: float
    strokes: tuple[Stroke, ...]

    @property
    def name(self) -> str:
        """The digit, where it is one, and the style: unique within a file."""
        return self.style if self.digit is None else f"{self.digit} {self.style}"


@cache
def read(path: Path) -> tuple[Template, ...]:
    """All templates of a file. Raises `ValueError` where the data is not valid."""
    found = tuple(_read(entry, path) for entry in json.loads(path.read_text(encoding="utf-8")))
    names = [template.name for template in found]
    if len(set(names)) < len(names):
        raise ValueError(
            f"{path.name}: two templates share a name: {sorted(n for n in names if names.count(n) > 1)[0]}"
        )
    return found


@cache
def templates() -> tuple[Template, ...]:
    """All templates of digits. Raises `ValueError` where the data is not valid."""
    return tuple(template for template in read(DATA) if template.digit is not None)


@cache
def letters() -> tuple[Template, ...]:
    """Templates of letters that no one takes for a digit: for teaching what is not one."""
    return tuple(template for template in read(DATA) if template.digit is None)


def doodles() -> tuple[Template, ...]:
    """Templates of things that people draw where they are asked for a digit, and that no one takes for one."""
    return read(DOODLES)


def _read(entry: dict[str, Any], path: Path) -> Template:
    name = f"{path.name}: {entry.get('digit')} {entry.get('style')}"
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
    bases = [basis(stroke) for stroke in template.strokes]
    dense = [basis @ stroke.points for basis, stroke in zip(bases, template.strokes, strict=True)]
    lengths = np.array([along(points)[-1] for points in dense])
    alone = len(bases) == 1
    control = np.concatenate([stroke.points for stroke in template.strokes])
    return _Compiled(
        control=control[:, 0] + 1j * control[:, 1],
        stroke_of=np.repeat(np.arange(len(bases)), [basis.shape[1] for basis in bases]),
        centres=np.array([complex(*(p.min(axis=0) + p.max(axis=0)) / 2) for p in dense]),
        freedom=np.where(alone, 0.0, np.where(lengths < 0.6 * lengths.max(), 1.0, 0.45)),
        curves=np.concatenate(
            [_diagonal(bases), _diagonal([smoothing(p) @ b for p, b in zip(dense, bases, strict=True)])]
        ),
        slow=_diagonal([hats(points, SLOW_KNOTS) for points in dense]),
        fast=_diagonal([hats(points, FAST_KNOTS) for points in dense]),
        cuts=(0, *np.cumsum([len(points) for points in dense]).tolist()),
    )


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
        plain = form.curves[:middle] @ pairs(form.control)
        return [plain[a:b] for a, b in pairwise(form.cuts)]

    strokes, count = len(form.centres), len(form.control)
    g = np.clip(rng.standard_normal(16 + 2 * count + 4 * strokes), -2.5, 2.5)
    u = rng.random(11)
    care = amount * float(np.exp(0.45 * g[0] - 0.1))  # how careless this hand is today

    # Strokes move, turn and stretch as wholes, most of all short ones: bars, hats, flags; then every point a little.
    s = g[16 : 16 + 4 * strokes].reshape(4, strokes) * (form.freedom * min(care, 1.6 * amount))
    turned = np.exp(0.13 * s[0] + 0.085j * s[1])
    jitter = g[16 + 4 * strokes :].view(np.complex128)
    control = (form.control - form.centres[form.stroke_of]) * turned[form.stroke_of]
    control += (form.centres + 2.2 * s[2] + 2.6j * s[3])[form.stroke_of] + 1.25 * care * jitter

    # The curve, its corners cut by haste.
    haste = min(1.0, amount) * float(u[0]) ** 1.5
    both = numbers(form.curves @ pairs(control))  # products of real numbers: complex ones wake all of BLAS's threads
    z = both[:middle] + haste * (both[middle:] - both[:middle])

    # Proportions: the middle up or down, top or bottom wider, sides bowed; then a slow wave across the whole box.
    x, y = z.real / 50 - 1, z.imag / 50 - 1
    w = g[1:16] * amount
    x, y = (
        x * (1 + 0.10 * w[0] * y) + 0.05 * w[1] * (1 - y * y) + 0.03 * w[2] * (1 - x * x),
        y + 0.075 * w[3] * (1 - y * y) + 0.03 * w[4] * x,
    )
    x, y = x + 0.02 * w[5] * np.sin(3.4 * y + 6.3 * u[1]), y + 0.02 * w[6] * np.sin(3.4 * x + 6.3 * u[2])

    # Aspect, slant (most hands lean to the right) and a turn of the paper; one hand in eight goes twice as far.
    wide = (0.32 if u[8] < 0.15 else 0.16) * w[7]
    turn = (0.12 if u[9] < 0.12 else 0.055) * w[9]
    x = x * np.exp(np.clip(wide, -WIDEST, WIDEST)) - (0.06 * amount + 0.15 * w[8]) * y
    z = (x + 1j * y) * (50 * np.exp(1j * np.clip(turn, -MOST_TURNED, MOST_TURNED)))

    # Unsteady lines and tremor; one hand in ten draws with a mouse or a finger that it does not master, or hardly.
    wobble = 2.2 * 3.0 ** float(u[10]) if u[3] < 0.1 else 1.0
    noise = rng.standard_normal((form.slow.shape[1] + form.fast.shape[1], 2))
    z += (0.85 * care) * numbers(form.slow @ noise[: form.slow.shape[1]])
    z += (0.26 * care * wobble * (0.4 + float(u[4]))) * numbers(form.fast @ noise[form.slow.shape[1] :])

    parts = [z[a:b] for a, b in pairwise(form.cuts)]
    parts = lift(habits(parts, rng, amount), rng, amount)
    # A browser gives a point every few pixels; a slow tablet or a fast hand far fewer.
    step = 1.5 * 3.0 ** u[5] if u[6] > 0.12 * amount else 5.0 + 6.0 * u[5]
    drawn = [pace(part, float(step), rng, min(amount, 1.5)) for part in parts]
    if u[7] < 0.3 * min(amount, 1.0):  # whole pixels, from a small canvas to a large one
        pixel = 100 / (30 * 10 ** float(rng.random()))
        drawn = [np.round(part / pixel) * pixel for part in drawn]
    return [pairs(part) + 50 for part in drawn]


@cache
def _of_digit(digit: int) -> tuple[Template, ...]:
    return tuple(template for template in templates() if template.digit == digit)


@cache
def _added_up(found: tuple[Template, ...]) -> Points:
    """The weights of templates, added up to 1."""
    total = np.cumsum([template.weight for template in found])
    shares: Points = total / total[-1]
    return shares


def sample(digit: int | None, rng: np.random.Generator, amount: float = 1.0) -> tuple[Strokes, Template]:
    """A drawing of a digit, or of any digit where `digit` is None, in a style taken by its weight.

    Returns its strokes as `draw` gives them, and the template.
    """
    return _any_of(_of_digit(int(rng.integers(10)) if digit is None else digit), rng, amount)


def sample_letter(rng: np.random.Generator, amount: float = 1.0) -> tuple[Strokes, Template]:
    """A drawing of a letter that no one takes for a digit: its strokes as `draw` gives them, and the template."""
    return _any_of(letters(), rng, amount)


def sample_doodle(rng: np.random.Generator, amount: float = 1.0) -> tuple[Strokes, Template]:
    """A drawing of a thing or a sign that no one takes for a digit, as `sample_letter`."""
    return _any_of(doodles(), rng, amount)


def _any_of(found: tuple[Template, ...], rng: np.random.Generator, amount: float) -> tuple[Strokes, Template]:
    template = found[int(np.searchsorted(_added_up(found), rng.random(), side="right"))]
    return draw(template, rng, amount), template


# --- The picture sheet ------------------------------------------------------------------------------------------------


def sheet(path: Path, variations: int = 3, seed: int = 0) -> None:
    """Save a picture of every template, grouped by digit: plain, then varied, as a network sees them."""
    from PIL import Image, ImageDraw

    cell, title, columns, greys = 28, 12, 8, 16
    wide, high = max((variations + 1) * cell, 112) + 8, cell + title
    rng = np.random.default_rng(seed)
    groups = [*(_of_digit(digit) for digit in range(10)), letters(), doodles()]
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
