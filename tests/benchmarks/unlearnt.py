"""What is no digit, of a kind that nothing is learnt from: parts of digits.

All other kinds that are measured were learnt from, in other drawings, but for UNIPEN's letters.
"""

import math

import numpy as np

from model.curves import Points, Strokes, along
from model.ink import Pixels
from model.normalise import normalise
from model.strokes import rasterise
from model.styles import sample

# Upper (True) and lower parts, and the share of the height that they hold. Of the other digits too many are a 1, a 7, a
# 0 or a 9 by themselves, to the eye.
PARTS = ((0, True), (0, False), (2, False), (3, False), (5, True), (5, False))
SHARE = (0.3, 0.45)
KIND = "parts of digits"


def parts(count: int, seed: int) -> Pixels:
    """Parts of digits in all styles: (count, 28, 28) float32 in 0..1."""
    rng = np.random.default_rng((seed, 4))
    return np.stack([normalise(rasterise(_part(rng)).pixels).pixels for _ in range(count)])


def _part(rng: np.random.Generator) -> Strokes:
    digit, upper = PARTS[int(rng.integers(len(PARTS)))]
    return cut(sample(digit, rng)[0], rng.uniform(*SHARE), upper)


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
