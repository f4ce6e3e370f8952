"""What MNIST lacks: ways of writing that its writers did not have, and everything that is no digit.

All of it goes through the program's own rasteriser and normaliser, as a drawing does in the service.
"""

import math
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from model.curves import Strokes
from model.ink import Pixels
from model.marks import scribble
from model.normalise import SIZE, averaging, normalise
from model.strokes import PEN, rasterise
from model.styles import sample, sample_letter

NOT_A_DIGIT = 10  # the label of what is no digit
# Drawings that are made from one seed: what comes of it does not depend on how many processes make them, and so many
# chunks or fewer are made here before another process would have started.
CHUNK, FEW = 500, 4
COARSE = (7, 15)  # pixels, the second exclusive, on the longer side of a picture of few pixels
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


def marks(count: int, seed: int, workers: int = 2) -> Bytes:
    """Drawings that are no digit: letters, scribbles, signs, dots, two digits at once: (count, 28, 28) uint8."""
    return _in_chunks(_some_marks, count, seed, workers)


def pieces(count: int, seed: int, digits: Bytes, labels: Labels) -> Bytes:
    """Images cut and joined from digits until they are none, and noise: (count, 28, 28) uint8.

    `digits` and `labels`: (n, 28, 28) uint8, as MNIST's, and (n,).
    """
    rng = np.random.default_rng((seed, 2))
    return np.stack([_piece(digits, labels, rng) for _ in range(count)])


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


def _some_marks(seed: int, start: int) -> Bytes:
    rng = np.random.default_rng((seed, 1, start))
    return np.stack([_drawn(_mark(rng), rng) for _ in range(CHUNK)])


def _mark(rng: Random) -> Strokes:
    kind = rng.random()
    if kind < 0.4:
        return sample_letter(rng)[0]
    if kind < 0.75:
        return scribble(rng)
    first, second = sample(None, rng)[0], sample(None, rng)[0]
    if kind < 0.99:  # two digits side by side, or more rarely one above the other
        gap = np.array([_extent(first, 0) + rng.uniform(5, 40), rng.uniform(-15, 15)])
        gap = gap if kind < 0.95 else gap[::-1]
        return first + [stroke + gap for stroke in second]
    return first + second + (scribble(rng) if rng.random() < 0.3 else [])  # one over the other


def _extent(strokes: Strokes, axis: int) -> float:
    points = np.concatenate(strokes)[:, axis]
    return float(points.max() - points.min())


def _drawn(strokes: Strokes, rng: Random, coarse: float = 0.0) -> Bytes:
    """Strokes as the networks see them, with a pen as wide as people choose, most like the service's own."""
    pen = float(np.clip(PEN * np.exp(0.3 * rng.standard_normal()), 0.05, 0.28))
    ink = rasterise(strokes, pen).pixels
    return _bytes(_in_few_pixels(ink, int(rng.integers(*COARSE))) if rng.random() < coarse else ink)


def _in_few_pixels(ink: Pixels, side: int) -> Pixels:
    """Ink as in a picture that has so many pixels for the digit's longer side."""
    height, width = ink.shape
    longest = max(height, width)
    rows, columns = (max(1, math.ceil(side * length / longest)) for length in (height, width))
    few = averaging(rows, height, 0, height) @ ink @ averaging(columns, width, 0, width).T
    return few.astype(np.float32)


def _bytes(ink: Pixels) -> Bytes:
    return (normalise(ink).pixels * 255 + 0.5).astype(np.uint8)


def _piece(digits: Bytes, labels: Labels, rng: Random) -> Bytes:
    one = int(rng.integers(len(digits)))
    other = int(rng.integers(len(digits)))
    while labels[other] == labels[one]:  # two halves of the same digit are too often a digit
        other = int(rng.integers(len(digits)))
    first, second = digits[one].astype(np.float32) / 255, digits[other].astype(np.float32) / 255
    kind = rng.random()
    half = SIZE // 2
    if kind < 0.5:  # quadrants in another order; swapping the two of one side alone often leaves a digit
        quadrants = [first[:half, :half], first[:half, half:], first[half:, :half], first[half:, half:]]
        a, b, c, d = (quadrants[i] for i in ((3, 2, 1, 0), (1, 2, 3, 0), (2, 0, 3, 1))[int(rng.integers(3))])
        image = np.block([[a, b], [c, d]])
    elif kind < 0.53:  # two at once, one over the other
        image = np.maximum(first, np.roll(second, rng.integers(-4, 5, 2), (0, 1)))
    elif kind < 0.83:  # two side by side
        overlap = int(rng.integers(0, 8))
        image = np.zeros((SIZE, 2 * SIZE - overlap), np.float32)
        image[:, :SIZE] = first
        image[:, SIZE - overlap :] = np.maximum(image[:, SIZE - overlap :], second)
    elif kind < 0.85:  # the upper half of one on the lower half of another
        image = np.concatenate((first[:half], np.roll(second, int(rng.integers(-3, 4)), 1)[half:]))
    else:  # noise, from single grains to clouds
        side = int(rng.choice([4, 7, 14, 28]))
        coarse = rng.random((side, side)).astype(np.float32)
        image = np.kron(coarse, np.ones((SIZE // side, SIZE // side), np.float32))
        image = np.where(image > rng.uniform(0.2, 0.9), image, 0).astype(np.float32)
    return _bytes(image if image.any() else first[::-1, ::-1] + second)
