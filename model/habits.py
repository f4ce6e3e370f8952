"""What a hand does with the lines of a digit: draws them straight, twice or in pieces, drags the pen, starts late.

Lines are (n,) complex128, x + iy in units of about a hundredth of the digit's height, so that a turn is a product.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.curves import Points, corners

Line = NDArray[np.complex128]

MAX_JOIN = 62.0  # units that a pen may be dragged between two strokes; beyond it a line across the digit would mislead
MAX_TWICE = 300  # points of a curve that is gone over again, so that a drawing keeps to `styles.MAX_POINTS`


def pairs(z: Line) -> Points:
    """(n,) complex to (n, 2) float64: the real part is x."""
    return np.ascontiguousarray(z).view(np.float64).reshape(-1, 2)


def numbers(points: Points) -> Line:
    """(n, 2) float64 to (n,) complex."""
    return np.ascontiguousarray(points).view(np.complex128)[:, 0]


def habits(parts: list[Line], rng: np.random.Generator, amount: float) -> list[Line]:
    """Now and then lines run straight from turn to turn, as by mouse, are gone over again, or sketched in pieces."""
    chance, far = rng.random(2)
    if chance < 0.05 * amount:
        straight = (np.array(corners(pairs(part), 2.5 + 5 * far)) for part in parts)
        return [numbers(part) for part in straight]
    if sum(map(len, parts)) > MAX_TWICE:
        return parts
    if chance < 0.08 * amount:
        return [*parts, *(_again(part, rng, 1 + 2.5 * far) for part in parts)]
    if chance < 0.11 * amount:
        return [_again(piece, rng, 0.8 + 1.5 * far) for part in parts for piece in _pieces(part, rng)]
    return parts


def _again(z: Line, rng: np.random.Generator, away: float) -> Line:
    """A line as it is drawn once more, about so many units beside itself, a bit turned and stretched."""
    shift, change = rng.standard_normal((2, 2)).view(np.complex128)[:, 0]
    middle = z.mean()
    return np.asarray(middle + (z - middle) * (1 + 0.015 * away * change) + away * shift)


def _pieces(z: Line, rng: np.random.Generator) -> list[Line]:
    """A line in pieces of 16 to 40 units, each begun a bit before the one before it ends."""
    ends = np.cumsum(rng.integers(8, 20, size=len(z) // 8 + 1))
    starts = [0, *ends[ends < len(z) - 3].tolist()]
    return [z[max(0, start - 3) : end] for start, end in pairwise([*starts, len(z)])]


def lift(parts: list[Line], rng: np.random.Generator, amount: float) -> list[Line]:
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


def pace(z: Line, step: float, rng: np.random.Generator, amount: float) -> Line:
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
