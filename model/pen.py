"""The pen that a drawing was made with: how wide it is, and the same drawing by another."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.ink import Ink, Pixels, upper
from model.normalise import SIZE, cropped, normalise, tight_box
from model.strokes import PEN, rasterise

# Lines thinner than this share of the drawing's longer side are thickened to the pen that strokes are drawn with:
# area-averaging to 20x20 would leave next to nothing of them, and MNIST holds no hairlines.
MIN_PEN = 0.06
CLEARLY = 1.5  # times MIN_PEN: certain to be thick enough when measured as it is for thickening
# Of a line as thin as a pixel two may share the ink, half as deep as where one has it all; it must not break there.
THIN_INK = 0.35
SIDE = 160  # pixels on the longer side while a line is made thicker or thinner
# A thin pen, the one that strokes are drawn with, and a thick one: of the drawings that train the networks three in
# four are by one between the first and the last.
PENS = (0.7 * PEN, PEN, 1.45 * PEN)
# Pixels on the longer side: fewer do not say where the edges of a line are. Of 1,797 digits of 8x8 39 were misread so
# instead of 24; from 50 on it helps.
FINE = 45
MAX_PEN = 0.35  # of the longer side: what is wider is an area
MAX_STROKES = 12  # a digit has one to four
MAX_POINTS = 600  # of strokes, without those that add nothing: twice as many as an 8 has. More would take too long


def thickened(pixels: Pixels) -> Ink:
    """Ink whose lines are at least `MIN_PEN` of its longer side wide; thicker ink comes back as it is."""
    left, top, right, bottom = tight_box(pixels)
    tight = pixels[top:bottom, left:right]
    side = max(tight.shape)
    scale = SIDE / side
    line = _line(tight, min(1.0, scale))
    if line_width(line) >= MIN_PEN * max(line.shape):
        return Ink(pixels)
    line = _line(tight, scale, THIN_INK)
    reach = max(1, round((PEN * SIDE - line_width(line)) / 2))
    return Ink(_dilated(line, reach), (left - reach / scale, top - reach / scale), scale)


def _line(tight: NDArray[Any], scale: float, ink_from: float = 0.5) -> NDArray[np.bool_]:
    """Which pixels are ink, at another scale: all from that share of the darkest tenth's depth on."""
    if scale != 1:
        height, width = (max(1, round(side * scale)) for side in tight.shape)
        resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
        tight = np.asarray(Image.fromarray(tight).resize((width, height), resampling))
    ink: NDArray[np.bool_] = tight > ink_from * upper(tight[tight > 0])
    return ink


def line_width(line: NDArray[np.bool_]) -> float:
    """Mean width in pixels of the lines in a mask: twice the area over the length of the outline.

    The outline is counted in pixel edges; those of a line in a random direction are 4/pi times its length.
    """
    height, width = line.shape
    framed = np.zeros((height + 2, width + 2), bool)
    framed[1:-1, 1:-1] = line
    pixels = framed.ravel()  # from the end of a row to the next there is only the frame
    edges = np.count_nonzero(pixels[1:] ^ pixels[:-1]) + np.count_nonzero(framed[1:] ^ framed[:-1])
    return float(2 * np.count_nonzero(line) / (edges * np.pi / 4))


def _dilated(line: NDArray[np.bool_], reach: int) -> Pixels:
    """Every pixel within `reach` pixels of the line, with room for it on all sides."""
    height, width = line.shape
    dilated = np.zeros((height + 2 * reach, width + 2 * reach), bool)
    row = dilated[reach:-reach].copy()  # every pixel within `half` pixels of the line on its own row
    row[:, reach:-reach], half = line, 0
    for away in range(reach, -1, -1):  # rows: the nearer, the wider is a disc
        wanted = math.isqrt(reach * reach - away * away)
        while half < wanted:
            step = min(wanted - half, 2 * half + 1)
            here = row.copy()
            row[:, step:] |= here[:, :-step]
            row[:, :-step] |= here[:, step:]
            half += step
        dilated[reach - away : reach - away + height] |= row
        dilated[reach + away : reach + away + height] |= row
    return dilated.astype(np.float32)


def by_pens(ink: Ink) -> Pixels:
    """What a network would see of a drawing by each of `PENS`: (3, 28, 28) float32 in 0..1.

    None, (0, 28, 28), of more than `MAX_STROKES` strokes or `MAX_POINTS` points, and of a picture in which it has few
    pixels, or does not consist of lines.
    """
    if ink.strokes is not None:
        few = len(ink.strokes) <= MAX_STROKES and sum(map(len, ink.strokes)) <= MAX_POINTS
        drawn = [rasterise(ink.strokes, pen).pixels for pen in PENS] if few else []
    else:
        tight = cropped(ink.pixels)
        side = max(tight.shape)
        line = _line(tight, SIDE / side)
        is_fine = side / max(1.0, ink.scale) >= FINE and line_width(line) <= MAX_PEN * SIDE
        drawn = [_with_pen(line, pen) for pen in PENS] if is_fine else []
    return np.array([normalise(pixels).pixels for pixels in drawn], np.float32).reshape(-1, SIZE, SIZE)


def _with_pen(line: NDArray[np.bool_], pen: float) -> Pixels:
    """A line made wider or narrower, everywhere by as much: `pen` is its mean width, a share of its longer side."""
    reach = round((pen * SIDE - line_width(line)) / (2 * (1 - pen)))
    if reach > 0:
        return _dilated(line, reach)
    thinner = 1 - _dilated(~np.pad(line, -reach), -reach)[-reach:reach, -reach:reach] if reach else line
    return (thinner if thinner.any() else line).astype(np.float32)
