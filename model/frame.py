"""A frame around what was drawn: a line along the edges of a picture, or a box that everything lies in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from model.ink import Pixels
from model.pen import line_width

# Grey levels of 0..255 that ink must differ from flat paper: less is a compression artefact or invisible.
MIN_CONTRAST = 10.0
# A picture whose border is this even has flat paper; a photograph never does.
FLAT_SHARE = 0.9
FLAT_LEVELS = 3.0
FLAT_LEVELS_LOSSY = 8.0  # ripples of the compression around ink reach the border of a small picture
RIPPLES = 40.0  # grey levels: of the compression, beside the corner of a line
# A frame is looked for in this share of the shorter side, from every edge: a thin line around the picture, or a border.
FRAME = 0.05
FRAME_EDGES = 6  # at the most: a margin, a line, its soft edges
# A box is a frame, and not a square zero, where what is in it is no dot, which takes less than this share of its longer
# side, and no slash: one has the same pen, and is straight. That is how far at the most it spreads from a straight line
# as a share of its spread along it: up to 0.06 for a slash no thicker than `FRAME`; in tests/drawings, with a thin pen,
# more than 0.2 but for three plain ones.
LEAST_INSIDE = 0.2
OTHER_PEN = 1.5
STRAIGHT = 0.1

Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels


def frame(picture: Image.Image) -> int:
    """How many pixels of a picture belong to a frame around it, on each side: 0 where there is none.

    A frame ends where the pixels all around are of one tone, and of another than those further out.
    """
    pixels = np.asarray(picture).reshape(picture.height, picture.width, -1)
    most = reach(picture)
    edge = 0
    tone = _even_tone(pixels)
    for _ in range(FRAME_EDGES):
        if tone is None:
            break
        for inner in range(edge + 1, most + 1):
            other = _even_tone(pixels[inner:-inner, inner:-inner])
            if other is not None and np.abs(other - tone).max() > MIN_CONTRAST:
                edge, tone = inner, other
                break
        else:
            break
    if not edge:
        return 0
    inside = pixels[edge:-edge, edge:-edge]
    # What has nothing in it is no frame but the digit itself, a 1 of a plain bar say.
    return edge if int(np.ptp(inside, axis=(0, 1)).max()) >= MIN_CONTRAST else 0


def in_a_box(picture: Image.Image) -> Box | None:
    """What lies in a box drawn around everything on paper of one tone, somewhere in a picture (mode L or RGB)."""
    if picture.mode == "RGBA":
        return None
    tone = _even_tone(np.asarray(picture).reshape(picture.height, picture.width, -1))
    if tone is None:
        return None
    levels = tuple(round(level) for level in tone.tolist())
    paper = Image.new(picture.mode, picture.size, levels if len(levels) > 1 else levels[0])
    apart = ImageChops.difference(picture, paper).point(lambda level: 255 * (level > RIPPLES))
    box = apart.getbbox()
    return inside(picture, apart, box) if box else None


def inside(picture: Image.Image, apart: Image.Image, box: Box) -> Box | None:
    """What lies in a box drawn around everything, where `box` is that of all ink and `apart` is how far it is from the
    paper; None where it is no such box. It takes no time where the ink does not go along all sides.
    """
    left, top, right, bottom = box
    for part in (4, 2, 6, 1, 3, 5, 7):
        x, y = left + (right - left) * part // 8, top + (bottom - top) * part // 8
        for at in ((left, y), (x, bottom - 1), (right - 1, y), (x, top)):
            pixel = apart.getpixel(at)
            if not (any(pixel) if isinstance(pixel, tuple) else pixel):
                return None
    drawn = picture.crop(box)
    line = frame(drawn)
    if not line:
        return None
    pixels = np.asarray(drawn).reshape(drawn.height, drawn.width, -1)
    for edge in range(line, 2 * reach(drawn) + line):  # its corners may be round
        tone, away = rim(pixels[edge:-edge, edge:-edge])
        if away.max() <= FLAT_LEVELS_LOSSY:
            off = np.abs(pixels[edge:-edge, edge:-edge] - tone).max(axis=2)
            ink = off > max(0.5 * float(off.max()), FLAT_LEVELS_LOSSY)
            return (left + edge, top + edge, right - edge, bottom - edge) if _is_digit(ink, line) else None
    return None


def _is_digit(ink: NDArray[np.bool_], line: int) -> bool:
    """Whether what is in a box is more than the dot or the slash of a zero: a mask of it, and how wide the box's is."""
    rows, columns = np.nonzero(ink)
    if not rows.size or max(np.ptp(rows), np.ptp(columns)) < LEAST_INSIDE * max(ink.shape):
        return False
    if line_width(ink) > OTHER_PEN * line:
        return True
    least, most = np.linalg.eigvalsh(np.cov(rows, columns)).tolist()
    return bool(least > STRAIGHT**2 * most)


def reach(picture: Image.Image) -> int:
    """How deep a frame may be, in pixels."""
    return round(FRAME * min(picture.size))


def _even_tone(pixels: NDArray[np.uint8]) -> Pixels | None:
    """The tone of the outermost pixels, (channels,), where nearly all of them have it."""
    tone, away = rim(pixels)
    return tone if float((away <= FLAT_LEVELS_LOSSY).mean()) >= FLAT_SHARE else None


def rim(pixels: NDArray[np.uint8]) -> tuple[Pixels, Pixels]:
    """The usual tone of the outermost pixels, (channels,), and how far each of them is from it, (n,)."""
    outermost = border(pixels)
    tone: Pixels = np.median(outermost, axis=0).astype(np.float32)
    return tone, np.abs(outermost - tone).max(axis=1)


def border(pixels: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels: (height, width, channels) to (n, channels)."""
    return np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
