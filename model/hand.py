"""The same digit by slightly other hands: turned, slanted, stretched and moved, in eight fixed ways."""

import math

import numpy as np
from numpy.typing import NDArray

from model.ink import Pixels
from model.normalise import SIZE

# A fifth of what the networks learn from, model/augment.py, which needs torch and is not served: from a seventh to two
# fifths were tried on held-out drawings, and this was best.
TURN, SLANT, STRETCH, SHIFT = math.radians(2.4), 0.05, 0.03, 0.3 / SIZE  # the last three as shares of the side

# Between pixels a picture is looked at by cubic convolution, with torch's constant: linearly it would be smoother than
# anything that was drawn, and smoothest where a picture has few pixels.
SHARP = -0.75

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
    mixed: Pixels = np.einsum("wpt,wpt->wp", taps, _SHARES).clip(0, 1).reshape(-1, SIZE, SIZE)
    return mixed


def _taps() -> tuple[NDArray[np.int64], Pixels]:
    """For each way and pixel the sixteen places whose ink it takes, and their shares: (8, 784, 16) twice."""
    centre = (SIZE - 1) / 2
    y, x = np.indices((SIZE, SIZE)).reshape(2, -1) - centre
    turn, slant, wide, high, right, down = (WAYS * (TURN, SLANT, STRETCH, STRETCH, SHIFT, SHIFT)).T[..., None]
    columns, of_columns = _around(centre + x + wide * x + (slant - turn) * y + right * SIZE)
    rows, of_rows = _around(centre + y + high * y + turn * x + down * SIZE)
    places = rows[..., :, None] * SIZE + columns[..., None, :]
    shares = of_rows[..., :, None] * of_columns[..., None, :]
    return places.reshape(*places.shape[:2], -1), shares.reshape(*places.shape[:2], -1).astype(np.float32)


def _around(at: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The four pixels around each place on an axis, (..., 4), and their shares by cubic convolution (Keys, 1981)."""
    pixels = np.floor(at)[..., None].astype(np.int64) + np.arange(-1, 3)
    away = np.abs(pixels - at[..., None])
    near = (SHARP + 2) * away**3 - (SHARP + 3) * away**2 + 1
    far = SHARP * (away**3 - 5 * away**2 + 8 * away - 4)
    inside = (pixels >= 0) & (pixels < SIZE)
    return np.where(inside, pixels, 0), np.where(inside, np.where(away < 1, near, far), 0)


_PLACES, _SHARES = _taps()
