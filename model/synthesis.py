"""What MNIST lacks: ways of writing that its writers did not have, and everything that is no digit.

All of it goes through the program's own rasteriser and normaliser, as a drawing does in the service.
"""

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.curves import Points, Strokes, along
from model.ink import Pixels
from model.marks import dots, scribble
from model.normalise import SIZE, averaging, cropped, normalise
from model.strokes import PEN, rasterise
from model.styles import sample, sample_doodle, sample_letter

NOT_A_DIGIT = 10  # the label of what is no digit
# Drawings that are made from one seed: what comes of it does not depend on how many processes make them, and so many
# chunks or fewer are made here before another process would have started.
CHUNK, FEW = 500, 4
TRIES = 1000  # pairs of digits for one piece
COARSE = (7, 15)  # pixels, the second exclusive, on the longer side of a picture of few pixels
# Two digits one over the other are both to be seen where such a share of each one's line lies so many units (of about a
# hundredth of a digit's height) from the other's, and neither is a bar through the other: that is a digit, too.
SEEN, APART, BARRED = 0.5, 11.0, ({0, 1}, {0, 7}, {1, 7})
# Parts of digits that are none: upper (True) and lower parts, and how much of the height they hold. Of the other digits
# too many are a 1, a 7, a 0 or a 9 by themselves.
PARTS, PART = ((0, True), (0, False), (2, False), (3, False), (5, True), (5, False)), (0.3, 0.45)
AMOUNT = (0.6, 1.4)  # how far a drawing strays from its template, from a calm hand to a hasty one

Bytes = NDArray[np.uint8]  # (n, 28, 28), or one image without the n
Labels = NDArray[np.int64]  # (n,)
Random = np.random.Generator


def styles(count: int, seed: int, coarse: float = 0.0, workers: int = 2) -> tuple[Bytes, Labels]:
    """Digits in all styles, equally many of each digit: (count, 28, 28) uint8, white on black, and (count,) labels.

    `coarse`: the share of them that is seen as in a picture of few pixels.
    """
    images = _in_chunks(partial(_some_styles, coarse=coarse), count, seed, workers)
    return images, np.arange(count, dtype=np.int64) % CHUNK % 10


def marks(count: int, seed: int, workers: int = 2, kind: str | None = None) -> Bytes:
    """Drawings that are no digit, of all kinds of `MARKS` or of one of them: (count, 28, 28) uint8."""
    return _in_chunks(partial(_some_marks, kind=kind), count, seed, workers)


def in_few_pixels(count: int, seed: int, digits: Bytes, labels: Labels) -> tuple[Bytes, Labels]:
    """Some of these digits as pictures of few pixels show them: (count, 28, 28) uint8, and (count,) labels.

    `digits` and `labels`: (n, 28, 28) uint8, as MNIST's, and (n,).
    """
    rng = np.random.default_rng((seed, 3))
    chosen = rng.integers(len(digits), size=count)
    few = [_in_few_pixels(cropped(digits[index] / np.float32(255)), rng) for index in chosen]
    return np.stack([_bytes(ink) for ink in few]), labels[chosen]


def pieces(count: int, seed: int, digits: Bytes, labels: Labels, kind: str | None = None) -> Bytes:
    """Images cut and joined from digits until they are none, and noise: (count, 28, 28) uint8.

    `digits` and `labels`: (n, 28, 28) uint8, as MNIST's, and (n,). `kind`: one of `PIECES`, instead of all. Raises
    `ValueError` where no two of the digits allow it.
    """
    rng = np.random.default_rng((seed, 2))
    made = []
    for _ in range(count):
        make = PIECES[kind or any_of(PIECES, rng)][1]
        for _ in range(TRIES):
            one, other = rng.integers(len(digits), size=2)
            pair = {int(labels[one]), int(labels[other])}
            # Two halves of the same digit are too often a digit.
            if len(pair) == 1 or (make is _crossed_pixels and pair in BARRED):
                continue
            image = make(digits[one].astype(np.float32) / 255, digits[other].astype(np.float32) / 255, rng)
            if image.any():
                break
        else:
            raise ValueError("nothing can be made of these digits: give more of them, or others")
        made.append(_bytes(image))
    return np.stack(made)


def _in_chunks(make: Callable[[int, int], Bytes], count: int, seed: int, workers: int) -> Bytes:
    starts = range(0, count, CHUNK)
    if len(starts) <= FEW:
        return np.concatenate([make(seed, start) for start in starts])[:count]
    # Spawned, not forked: torch's threads do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return np.concatenate(list(pool.map(make, [seed] * len(starts), starts)))[:count]


def _some_styles(seed: int, start: int, coarse: float) -> Bytes:
    rng = np.random.default_rng((seed, 0, start))
    return np.stack([_drawn(sample(index % 10, rng, rng.uniform(*AMOUNT))[0], rng, coarse) for index in range(CHUNK)])


def _some_marks(seed: int, start: int, kind: str | None) -> Bytes:
    rng = np.random.default_rng((seed, 1, start))
    return np.stack([_drawn(MARKS[kind or any_of(MARKS, rng)][1](rng), rng) for _ in range(CHUNK)])


def any_of(kinds: Mapping[str, tuple[float, Any]], rng: Random) -> str:
    """One of the kinds, as often as its share says."""
    return str(rng.choice(list(kinds), p=[share for share, _ in kinds.values()]))


# --- Marks: what is drawn and no digit ------------------------------------------------------------------------------


def _letter(rng: Random) -> Strokes:
    return sample_letter(rng)[0]


def _doodle(rng: Random) -> Strokes:
    return sample_doodle(rng)[0]


def _two(rng: Random, axis: int) -> Strokes:
    """Two digits one after the other along an axis, 0 or 1, about in line."""
    first, second = sample(None, rng)[0], sample(None, rng)[0]
    gap = np.array([_extent(first, axis) + rng.uniform(5, 40), rng.uniform(-15, 15)])
    return first + [stroke + (gap if axis == 0 else gap[::-1]) for stroke in second]


def _over(rng: Random) -> Strokes:
    first, second = sample(None, rng)[0], sample(None, rng)[0]
    return first + second + (scribble(rng) if rng.random() < 0.3 else [])


def _crossed(rng: Random) -> Strokes:
    """Two digits one over the other, both of them to be seen."""
    while True:
        (first, one), (second, other) = sample(None, rng), sample(None, rng)
        aside = rng.uniform(-15, 15, 2)
        second = [stroke + aside for stroke in second]
        if {one.digit, other.digit} not in BARRED and _both_seen(_apart(first, second), _apart(second, first)):
            return first + second


def _apart(strokes: Strokes, others: Strokes) -> NDArray[np.bool_]:
    """Which of all points of strokes lie farther from those of others than a pen is wide."""
    points, other_points = (np.concatenate(drawn).view(np.complex128) for drawn in (strokes, others))
    apart: NDArray[np.bool_] = np.abs(points - other_points.T).min(axis=1) > APART
    return apart


def _both_seen(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> bool:
    """Whether of each of two digits enough lies free of the other. Of each point or pixel, whether it does."""
    return bool(min(first.mean(), second.mean()) >= SEEN)


def _part(rng: Random) -> Strokes:
    """What a cut across leaves of a digit: less than its upper or its lower half, where no one sees a digit in it."""
    digit, upper = PARTS[int(rng.integers(len(PARTS)))]
    return cut(sample(digit, rng)[0], rng.uniform(*PART), upper)


def cut(strokes: Strokes, share: float, upper: bool) -> Strokes:
    """What of (n, 2) strokes lies in such a share of their height, at the top or at the bottom."""
    dense = [_dense(stroke) for stroke in strokes]
    heights = np.concatenate(dense)[:, 1]
    at = np.interp(share if upper else 1 - share, (0, 1), (heights.min(), heights.max()))
    kept = []
    for stroke in dense:
        seen = (stroke[:, 1] < at) == upper
        runs = np.split(stroke, np.flatnonzero(seen[1:] != seen[:-1]) + 1)
        kept += runs[0 if seen[0] else 1 :: 2]
    return kept


def _dense(stroke: Points) -> Points:
    """Points at most a unit apart along the same line."""
    at = along(stroke)
    every = np.linspace(0, at[-1], math.ceil(at[-1]) + 1)
    return np.stack([np.interp(every, at, stroke[:, axis]) for axis in (0, 1)], axis=1)


def _extent(strokes: Strokes, axis: int) -> float:
    points = np.concatenate(strokes)[:, axis]
    return float(points.max() - points.min())


def _drawn(strokes: Strokes, rng: Random, coarse: float = 0.0) -> Bytes:
    """Strokes as the networks see them, with a pen as wide as people choose, most like the service's own."""
    pen = float(np.clip(PEN * np.exp(0.3 * rng.standard_normal()), 0.05, 0.28))
    ink = rasterise(strokes, pen).pixels
    return _bytes(_in_few_pixels(ink, rng) if rng.random() < coarse else ink)


def _in_few_pixels(ink: Pixels, rng: Random) -> Pixels:
    """Ink as in a picture of a digit so small, which lies on its pixels as it happens."""
    pixel = max(ink.shape) / int(rng.integers(*COARSE))
    for _ in range(2):
        length, before = len(ink), rng.uniform(0, pixel)
        count = math.ceil((before + length) / pixel)
        ink = (averaging(count, count * pixel, before, length) @ ink).T
    return ink


def _bytes(ink: Pixels) -> Bytes:
    return (normalise(ink).pixels * 255 + 0.5).astype(np.uint8)


# --- Pieces: what two images of digits, (28, 28) in 0..1, are cut and joined to -------------------------------------

HALF, MARGIN = SIZE // 2, 4


def _quadrants(first: Pixels, _: Pixels, rng: Random) -> Pixels:
    """In another order; to swap the two of one side alone often leaves a digit."""
    quadrants = [first[:HALF, :HALF], first[:HALF, HALF:], first[HALF:, :HALF], first[HALF:, HALF:]]
    a, b, c, d = (quadrants[i] for i in ((3, 2, 1, 0), (1, 2, 3, 0), (2, 0, 3, 1))[int(rng.integers(3))])
    return np.block([[a, b], [c, d]])


def _overlay(first: Pixels, second: Pixels, rng: Random) -> Pixels:
    return np.maximum(*_moved(first, second, rng))


def _moved(first: Pixels, second: Pixels, rng: Random) -> tuple[Pixels, Pixels]:
    """Both with a margin, the second of them some pixels aside."""
    margins = [(MARGIN + by, MARGIN - by) for by in rng.integers(-MARGIN, MARGIN + 1, 2)]
    return np.pad(first, MARGIN), np.pad(second, margins)


def _crossed_pixels(first: Pixels, second: Pixels, rng: Random) -> Pixels:
    """As `_overlay`, if both of them are to be seen; else a blank."""
    first, second = _moved(first, second, rng)
    one, other = first > 0.5, second > 0.5
    seen = _both_seen(~_grown(other)[one], ~_grown(one)[other])
    return np.maximum(first, second) if seen else np.zeros_like(first)


def _grown(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Each pixel of ink and its eight neighbours."""
    around = np.pad(ink, 1)
    rows = around[:-2] | around[1:-1] | around[2:]
    return rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]


def _joined(first: Pixels, second: Pixels, rng: Random) -> Pixels:
    overlap = int(rng.integers(0, 8))
    image = np.zeros((SIZE, 2 * SIZE - overlap), np.float32)
    image[:, :SIZE] = first
    image[:, SIZE - overlap :] = np.maximum(image[:, SIZE - overlap :], second)
    return image


def _halves(first: Pixels, second: Pixels, rng: Random) -> Pixels:
    return np.concatenate((first[:HALF], np.roll(second, int(rng.integers(-3, 4)), 1)[HALF:]))


def _noise(_: Pixels, __: Pixels, rng: Random) -> Pixels:
    """From single grains to clouds."""
    side = int(rng.choice([4, 7, 14, 28]))
    coarse = rng.random((side, side)).astype(np.float32)
    image = np.kron(coarse, np.ones((SIZE // side, SIZE // side), np.float32))
    return np.where(image > rng.uniform(0.2, 0.9), image, 0).astype(np.float32)


# --- All kinds, and how often each is seen while training -----------------------------------------------------------


# Of two digits just put one over the other, and of two halves, few are seen: too many of them are a digit to us, too
# (a 1 over a 0 is a slashed 0, a 3 over a 9 an 8), and to learn that they are none costs digits.
MARKS: dict[str, tuple[float, Callable[[Random], Strokes]]] = {
    "letters of our own": (0.29, _letter),
    "scribbles and signs": (0.18, scribble),
    "doodles": (0.18, _doodle),
    "parts of digits": (0.04, _part),
    "dots": (0.03, dots),
    "two digits side by side": (0.11, partial(_two, axis=0)),
    "two digits, one below the other": (0.05, partial(_two, axis=1)),
    "two digits, one over the other, both to be seen": (0.11, _crossed),
    "two digits, one over the other": (0.01, _over),
}
PIECES: dict[str, tuple[float, Callable[[Pixels, Pixels, Random], Pixels]]] = {
    "quadrants in another order": (0.28, _quadrants),
    "two of MNIST's side by side": (0.17, _joined),
    "two of MNIST's, one over the other, both to be seen": (0.43, _crossed_pixels),
    "two of MNIST's, one over the other": (0.02, _overlay),
    "the upper half of one on the lower half of another": (0.01, _halves),
    "noise": (0.09, _noise),
}
