"""The same digit by slightly other hands: turned, slanted, stretched and moved, in eight fixed ways."""

import math

import numpy as np
from numpy.typing import NDArray

from model.ink import Pixels
from model.normalise import SIZE

# A fifth of what the networks learn from, model/augment.py, which needs torch and is not served: from a seventh to two
# fifths were tried on held-out drawings, and this was best.
TURN, SLANT, STRETCH, SHIFT = math.radians(2.4), 0.05, 0.03, 0.3 / SIZE  # the last three as shares of the side

# What the drawing's own hand counts beside the eight others. From nothing to all was tried on held-out drawings: with a
# half what is right is likeliest, with three quarters or all the fewest are misread, and of MNIST's with a third.
OWN = 0.6

# Each row is a way, each column a change, to one side or the other. Every change is as often there as its opposite, and
# any two are as often alike as not (Plackett and Burman, 1946), so that the mean over all ways favours none. Sixteen,
# some of them bent, were no better.
WAYS = np.array(
    [
        [1, 1, 1, 1, 1, 1],
        [-1, 1, -1, 1, -1, 1],
        [1, -1, -1, 1, 1, -1],
        [-1, -1, 1, 1, -1, -1],
        [1, 1, 1, -1, -1, -1],
        [-1, 1, -1, -1, 1, -1],
        [1, -1, -1, -1, -1, 1],
        [-1, -1, 1, -1, 1, 1],
    ]
)


def by_hands(images: Pixels) -> Pixels:
    """(n, 28, 28) float32 in 0..1, in turns, to one of each way: (8, 28, 28) float32 in 0..1."""
    taken = np.arange(len(WAYS))[:, None, None] % len(images)
    taps = images.ravel().take(taken * SIZE**2 + _PLACES)
    mixed: Pixels = np.einsum("wpt,wpt->wp", taps, _SHARES).reshape(-1, SIZE, SIZE)
    return mixed


def together(answers: Pixels) -> Pixels:
    """The mean of answers to a drawing, (n, ...): by its own hand with one pen or with each, then by the eight others.

    Its own hand counts `OWN`, the others the rest. An only answer is what it is.
    """
    own, others = (answers, answers) if len(answers) == 1 else np.split(answers, [-len(WAYS)])
    mean: Pixels = OWN * own.mean(axis=0) + (1 - OWN) * others.mean(axis=0)
    return mean


def _taps() -> tuple[NDArray[np.int64], Pixels]:
    """For each way and pixel the four places whose ink it takes, and their shares: (8, 784, 4) twice."""
    centre = (SIZE - 1) / 2
    y, x = np.indices((SIZE, SIZE)).reshape(2, -1) - centre
    turn, slant, wide, high, right, down = (WAYS * (TURN, SLANT, STRETCH, STRETCH, SHIFT, SHIFT)).T[..., None]
    column = centre + x + wide * x + (slant - turn) * y + right * SIZE
    row = centre + y + high * y + turn * x + down * SIZE
    left, above = np.floor(column), np.floor(row)
    places, shares = [], []
    for at_x, of_x in ((left, 1 - column + left), (left + 1, column - left)):
        for at_y, of_y in ((above, 1 - row + above), (above + 1, row - above)):
            inside = (at_x >= 0) & (at_x < SIZE) & (at_y >= 0) & (at_y < SIZE)
            places.append(np.where(inside, at_y * SIZE + at_x, 0))
            shares.append(np.where(inside, of_x * of_y, 0))
    return np.stack(places, -1).astype(np.int64), np.stack(shares, -1).astype(np.float32)


_PLACES, _SHARES = _taps()
