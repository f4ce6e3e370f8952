"""Ink: the drawn marks of a drawing, however they came."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ink:
    """The drawn marks as pixels, and where they lie in the drawing.

    `pixels`: (height, width) float32 in 0..1, white on black. Pixel (column, row) lies at `origin` + (column, row) /
    `scale` in the drawing's own coordinates: the unit of the strokes, or the pixels of the image. `strokes`: what was
    drawn, (n, 2) float64 each, where it is known, in any unit and without points that add nothing to its shape.
    """

    pixels: Pixels
    origin: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    strokes: list[NDArray[np.float64]] | None = None


def upper(values: Pixels) -> float:
    """The 90th percentile of how dark ink is, from every few values: sorting a million takes longer than all else."""
    return float(np.quantile(values[:: 1 + values.size // 10_000], 0.9))
