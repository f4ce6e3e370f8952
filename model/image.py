"""Images of any kind to ink: find the paper, keep what was written on it."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from model import frame
from model.decode import decode
from model.errors import Blank
from model.frame import FLAT_LEVELS, FLAT_LEVELS_LOSSY, FLAT_SHARE, MIN_CONTRAST
from model.ink import Ink, Pixels, upper
from model.light import is_narrow, light_on
from model.normalise import tight_box
from model.pen import CLEARLY, MIN_PEN, line_width, thickened
from model.sheet import cut_to_sheet
from model.specks import without_specks

SHEET = 0.95  # the share of a sheet on a transparent margin that is opaque: round corners take the rest
MIN_LIGHT = 8.0  # grey levels: paper darker than this is not brightened further, its noise would be too
DARK = 64.0  # grey levels: of paper that is darker than this, FLAT_LEVELS_LOSSY are a good part
# Ink starts at so many times the median deviation from uneven paper, or this share of the darkest ink if that is more:
# what is fainter is grain, or ripples of the compression.
NOISE_FLOOR = 5.0
FAINT = 0.12
# Lines that paper is ruled with reach its border, and few others do. How deep they are, this share of the border says,
# and what is deeper than that share of the ink is ink itself.
RULED = 0.995
MAX_RULING = 0.6

HALVED = 160  # pixels on the longer side from which a drawing of clearly thick lines is halved first

_NO_INK = "There is no ink in this image that stands out from its background. Draw a digit, then ask again."
_TRANSPARENT = "This image is wholly transparent: there is no ink in it. Draw a digit, then ask again."


def read_image(data: bytes) -> Ink:
    """Find the ink in an encoded image.

    `data`: a PNG, JPEG, WebP, GIF (its first frame) or BMP. Dark on light or light on dark, opaque or transparent,
    turned by EXIF, flat paper or unevenly lit, or a sheet of it on a darker table. Raises `NotAnImage`, `TooManyPixels`
    (before decoding) or `Blank`.
    """
    return find_ink(*decode(data))


def find_ink(picture: Image.Image, scale: float) -> Ink:
    """Find the ink in what `model.decode.decode` returned. Raises `Blank`."""
    lossy = picture.info.get("lossy", False)
    corner = 0, 0
    if picture.mode == "RGBA":
        picture, corner = _opaque(picture)
    ink = None if lossy else _drawn(picture)
    if ink is None:
        inner = _in_frame(picture)
        if inner:
            picture = picture.crop(inner)
            corner = corner[0] + inner[0], corner[1] + inner[1]
            ink = None if lossy else _drawn(picture)
    if ink is None:
        sheet = cut_to_sheet(picture) if picture.mode != "RGBA" else None
        if sheet:
            picture, at = sheet
            corner = corner[0] + at[0], corner[1] + at[1]
        colours, flat = _on_paper(picture)
        ink = thickened(_difference(colours, flat, lossy))
    left, top = ink.origin
    return Ink(ink.pixels, ((left + corner[0]) / scale, (top + corner[1]) / scale), ink.scale * scale)


def _in_frame(picture: Image.Image) -> frame.Box | None:
    """What lies within a frame; None where there is none."""
    inner = frame.in_a_box(picture)
    if inner:
        return inner
    edge = frame.frame(picture)
    return (edge, edge, picture.width - edge, picture.height - edge) if edge else None


def _opaque(picture: Image.Image) -> tuple[Image.Image, tuple[int, int]]:
    """A sheet on a transparent margin (mode RGBA), its corners round perhaps: as RGB, and where it lies: (left, top).

    Anything else comes back as it is. What is nearly all opaque but of one tone is no sheet but ink.
    """
    left, top, right, bottom = picture.getbbox() or (0, 0, *picture.size)
    for x, y in ((1, 1), (3, 1), (1, 3), (3, 3)):  # a drawing is hardly ever in all of these places, and most go here
        pixel = _channels(picture.getpixel((left + (right - left) * x // 4, top + (bottom - top) * y // 4)))
        if not _IS_OPAQUE[pixel[3]]:
            return picture, (0, 0)
    opaque = picture.getchannel("A").point(_IS_OPAQUE)
    box = opaque.getbbox()
    if box is None or opaque.histogram()[255] < SHEET * (box[2] - box[0]) * (box[3] - box[1]):
        return picture, (0, 0)
    sheet, opaque = picture.crop(box).convert("RGB"), opaque.crop(box)
    tone, _ = frame.rim(np.asarray(sheet))
    laid = Image.new("RGB", sheet.size, tuple(round(level) for level in tone.tolist()))
    laid.paste(sheet, mask=opaque)
    if max(high - low for low, high in cast(tuple[tuple[int, int], ...], laid.getextrema())) < MIN_CONTRAST:
        return picture, (0, 0)
    return laid, box[:2]


_IS_OPAQUE = [255 * (level > 250) for level in range(256)]


def _drawn(picture: Image.Image) -> Ink | None:
    """The fast way for what programs draw: ink on paper of one tone, or on nothing. None where it is not like that.

    In whole grey levels, and only where there is ink: what `_difference` would find, or a half of its size where a
    network sees no difference. Raises `Blank`.
    """
    if picture.mode == "RGBA":
        laid = _laid(picture)
        if laid is None:
            return None
        picture, (left, top), paper = laid
        apart = _apart(picture, paper)
        box = 0, 0, *picture.size
    else:
        picture, left, top = _as_grey(picture), 0, 0
        paper = _channels(picture.getpixel((0, 0)))
        apart = _apart(picture, paper)
        found = apart.getbbox()
        if found is None:
            raise Blank(_NO_INK)
        box = found
        if _at_edge(box, picture):  # an edge that is not all of one tone, or a frame
            return None
    inner = frame.inside(picture, apart, box)
    if inner:
        ink = _drawn(picture.crop(inner))
        return ink and replace(ink, origin=(left + inner[0] + ink.origin[0], top + inner[1] + ink.origin[1]))
    depth = _deepest(apart.crop(box)) if set(paper) in _EXTREMES else _of_one_side(picture.crop(box), paper)
    corner = left + box[0], top + box[1]
    return _clearly_thick(depth, corner) or _of_levels(depth, corner)


_EXTREMES = ({0}, {255})  # of paper that all ink is lighter than, or darker


def _apart(picture: Image.Image, paper: tuple[int, ...]) -> Image.Image:
    """How far each pixel is from the paper, in each channel."""
    if set(paper) in _EXTREMES:
        return ImageChops.invert(picture) if paper[0] else picture
    return ImageChops.difference(picture, _flat(picture, paper))


def _of_one_side(picture: Image.Image, paper: tuple[int, ...]) -> Image.Image:
    """How much darker each pixel is than the paper, or lighter, whichever is more in all: in mode L."""
    flat = _flat(picture, paper)
    darker, lighter = _deepest(ImageChops.subtract(flat, picture)), _deepest(ImageChops.subtract(picture, flat))
    return darker if _squares(darker) >= _squares(lighter) else lighter


def _as_grey(picture: Image.Image) -> Image.Image:
    """The same in mode L where three channels say no more than one."""
    if picture.mode == "L":
        return picture
    first, *others = picture.split()
    levels = first.tobytes()
    return first if all(band.tobytes() == levels for band in others) else picture


def _laid(picture: Image.Image) -> tuple[Image.Image, tuple[int, int], tuple[int, ...]] | None:
    """What is drawn on nothing (mode RGBA) on paper of the other tone: as far as there is ink, where, and which paper.

    In mode L where it is all of one colour or grey, else RGB. None where it is not drawn on nothing. Raises `Blank`.
    """
    alpha = picture.getchannel("A")
    box = alpha.getbbox()
    if box is None:
        raise Blank(_TRANSPARENT)
    if _at_edge(box, picture):
        return None
    picture, alpha = picture.crop(box), alpha.crop(box)
    colours = np.asarray(picture).view("<u4") & np.uint32(0xFFFFFF)
    if (colours == colours[0, 0]).all():  # as a canvas has it where one draws in black
        return alpha, box[:2], (0,)
    picture = picture.convert("RGB")
    laid, paper = Image.new("RGB", picture.size), (0, 0, 0)
    laid.paste(picture, mask=alpha)
    if _sum(laid) * 255 < 3 * 128 * _sum(alpha):  # the ink is dark, so the paper is not
        paper = (255, 255, 255)
        laid.paste(paper, (0, 0, *laid.size))
        laid.paste(picture, mask=alpha)
    laid = _as_grey(laid)
    return laid, box[:2], paper[: len(laid.getbands())]


def _channels(pixel: Any) -> tuple[int, ...]:
    return pixel if isinstance(pixel, tuple) else (int(pixel),)


def _flat(like: Image.Image, paper: tuple[int, ...]) -> Image.Image:
    return Image.new(like.mode, like.size, paper if len(paper) > 1 else paper[0])


def _at_edge(box: tuple[int, int, int, int], picture: Image.Image) -> bool:
    """Whether what lies in a box reaches an edge of the picture, or so near to all of them that it may be a frame."""
    margins = (box[0], box[1], picture.width - box[2], picture.height - box[3])
    return min(margins) == 0 or max(margins) <= frame.reach(picture)


def _sum(picture: Image.Image) -> int:
    return int(np.asarray(picture).sum(dtype=np.uint64))


def _deepest(depths: Image.Image) -> Image.Image:
    """Of each pixel, the channel with the most."""
    if depths.mode == "L":
        return depths
    first, *others = depths.split()
    for each in others:
        first = ImageChops.lighter(first, each)
    return first


_SQUARES = np.arange(1, 256) ** 2


def _squares(depth: Image.Image) -> int:
    return int(np.array(depth.histogram())[1:] @ _SQUARES)


def _clearly_thick(depth: Image.Image, corner: tuple[int, int]) -> Ink | None:
    """`_of_levels` for the usual case: lines much wider than thin ones, in one piece. None where it is not that.

    At half its size a large drawing takes a quarter of the time, and a network sees no less of it.
    """
    factor = 2 if max(depth.size) >= HALVED else 1
    small = depth.reduce(factor)
    if any(0 in covered for covered in small.getprojection()):  # dust, unless only a pixel parts it from the rest
        return None
    strongest = cast(tuple[int, int], small.getextrema())[1]
    levels = np.asarray(small)
    line = levels > strongest // 2
    if strongest < MIN_CONTRAST or line_width(line) < CLEARLY * MIN_PEN * max(line.shape):
        return None
    return Ink(levels * np.float32(1 / strongest), corner, 1 / factor)


def _of_levels(depth: Image.Image, corner: tuple[int, int]) -> Ink:
    """Ink from how far each pixel is from the paper (mode L): scaled to the deepest, and thickened where it is thin.

    `corner`: where the picture lies.
    """
    levels = np.asarray(depth)
    strongest = int(levels.max())
    if strongest < MIN_CONTRAST:
        raise Blank(_NO_INK)
    ink = levels * np.float32(1 / strongest)
    if not (levels.any(axis=0).all() and levels.any(axis=1).all()):
        # Dust that would stretch the tight box leaves a gap, as hardly any digit does.
        ink = without_specks(ink, whole=False)
        left, top, right, bottom = tight_box(ink)
        ink, corner = ink[top:bottom, left:right], (corner[0] + left, corner[1] + top)
    thick = thickened(ink)
    return Ink(thick.pixels, (corner[0] + thick.origin[0], corner[1] + thick.origin[1]), thick.scale)


def _on_paper(picture: Image.Image) -> tuple[NDArray[np.uint8], bool]:
    """Lay a picture on paper: (height, width, 3) uint8, and whether the paper is known to be flat.

    What shows through a transparent canvas is paper of the opposite tone to the ink, whichever that is.
    """
    pixels = np.asarray(picture.convert("RGB") if picture.mode == "L" else picture)
    if pixels.shape[2] == 3:
        return pixels, False
    colours, alpha = pixels[..., :3], pixels[..., 3:].astype(np.float32) / 255
    if alpha.min() > 0.98:
        return colours, False
    visible = float(alpha.sum())
    if visible == 0:
        raise Blank(_TRANSPARENT)
    drawn_on_nothing = float(np.median(frame.border(pixels)[:, 3])) < 128
    if drawn_on_nothing:
        tone = float((colours.mean(axis=2, keepdims=True) * alpha).sum()) / visible
        paper = np.full(3, 255.0 if tone < 128 else 0.0, np.float32)
    else:
        border = frame.border(pixels)
        paper = np.median(border[border[:, 3] >= 128][:, :3], axis=0).astype(np.float32)
    return (colours * alpha + paper * (1 - alpha) + 0.5).astype(np.uint8), drawn_on_nothing


def _difference(colours: NDArray[np.uint8], flat: bool, lossy: bool) -> Pixels:
    """How far each pixel is from the paper: (height, width, 3) uint8 to (height, width) float32 in 0..1.

    A pixel counts by the colour channel in which it differs most: yellow ink on white shows in blue alone.
    """
    middle, away = frame.rim(colours)
    even = away <= (FLAT_LEVELS_LOSSY if lossy else FLAT_LEVELS)
    grainy = lossy or bool(away[even].any())  # a photograph that was saved without loss has its grain all the same
    if not flat and float(even.mean()) >= FLAT_SHARE:
        # On a dark board a lamp's spot may end where the border is hardly lit. What is black is not lit at all.
        flat = not (lossy and MIN_LIGHT < middle.max() < DARK) or is_narrow(colours, middle, FLAT_LEVELS_LOSSY)
    elif not flat:
        # What is as deep as the ink is ink: a digit may be cut out so closely that it lies on the border, too.
        bare = away < 0.5 * float(np.abs(colours[:: len(colours) // 64 + 1] - middle).max())
        flat = float(even.mean()) >= max(0.5, FLAT_SHARE * float(bare.mean())) and is_narrow(colours, middle)
    # Light multiplies what paper and ink send back, so uneven light is divided out.
    if flat:
        off, shaded = colours - middle, False
        difference = off
    else:
        light, shaded = light_on(colours)
        off = colours - light
        difference = off * (middle / np.maximum(light, MIN_LIGHT))
    depth, floor, strongest = _depth(difference, flat, grainy)
    if strongest >= max(MIN_CONTRAST, 1.5 * floor) and _is_off(off[depth > 0.5 * strongest]):
        ink: Pixels = np.clip((depth - floor) / (strongest - floor), 0, 1).astype(np.float32)
        return without_specks(ink, whole=True, shaded=shaded)
    raise Blank(
        "There is no ink in this image that stands out from its background. Draw a digit, or photograph it in even "
        "light and without a shadow, then ask again."
    )


def _is_off(off: Pixels) -> bool:
    """Whether ink, (n, 3), is off its paper by more than paper is by itself.

    Where hardly any light is, a grey level becomes as deep as ink: a gradient down to black is not a 1 at its edge.
    """
    return float(np.median(np.abs(off).max(axis=1))) >= FLAT_LEVELS


def _depth(difference: Pixels, flat: bool, grainy: bool) -> tuple[Pixels, float, float]:
    """How far pixels are from the paper, (height, width, 3) to (height, width), where ink begins, and the darkest."""
    first, second, third = (difference[..., channel] for channel in range(3))
    lighter = np.maximum(np.maximum(first, second), third)
    darker = -np.minimum(np.minimum(first, second), third)
    # Ink is darker than its paper or lighter, not both: the rest is glare, or shade.
    depth = np.maximum(darker if _energy(darker) >= _energy(lighter) else lighter, 0)

    floor = 0.0 if flat else NOISE_FLOOR * float(np.median(np.maximum(np.abs(lighter), np.abs(darker))))
    strongest = float(depth.max())
    if grainy or not flat:
        strongest = upper(depth[depth > 0.5 * strongest]) if strongest > floor else 0.0
        floor = max(floor, FAINT * strongest)
    ruling = float(np.quantile(frame.border(depth[..., None]), RULED))
    return depth, max(floor, 1.1 * ruling if ruling < MAX_RULING * strongest else 0.0), strongest


def _energy(difference: Pixels) -> float:
    positive = np.maximum(difference, 0).ravel()
    return float(positive @ positive)
