"""Images of any kind to ink: find the paper, keep what was written on it."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from model.decode import decode
from model.errors import Blank
from model.ink import Ink, Pixels, upper
from model.light import is_narrow, light_on
from model.normalise import tight_box
from model.pen import CLEARLY, MIN_PEN, line_width, thickened
from model.sheet import cut_to_sheet
from model.specks import without_specks

# Grey levels of 0..255 that ink must differ from flat paper: less is a compression artefact or invisible.
MIN_CONTRAST = 10.0
# A picture whose border is this even has flat paper; a photograph never does.
FLAT_SHARE = 0.9
FLAT_LEVELS = 3.0
FLAT_LEVELS_LOSSY = 8.0  # ripples of the compression around ink reach the border of a small picture
# A frame is looked for in this share of the shorter side, from every edge: a thin line around the picture, or a border.
FRAME = 0.05
FRAME_EDGES = 6  # at the most: a margin, a line, its soft edges
MIN_LIGHT = 32.0  # grey levels: paper darker than this is not brightened further, its noise would be too
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
    ink = None if lossy else _drawn(picture)
    if ink is None:
        edge = _frame(picture)
        picture = picture.crop((edge, edge, picture.width - edge, picture.height - edge)) if edge else picture
        corner = edge, edge
        ink = _drawn(picture) if edge and not lossy else None
    if ink is None:
        sheet = cut_to_sheet(picture) if picture.mode != "RGBA" else None
        if sheet:
            picture, inner = sheet
            corner = corner[0] + inner[0], corner[1] + inner[1]
        colours, flat = _on_paper(picture)
        ink = thickened(_difference(colours, flat, lossy))
    left, top = ink.origin
    return Ink(ink.pixels, ((left + corner[0]) / scale, (top + corner[1]) / scale), ink.scale * scale)


def _frame(picture: Image.Image) -> int:
    """How many pixels of a picture belong to a frame around it, on each side: 0 where there is none.

    A frame ends where the pixels all around are of one tone, and of another than those further out.
    """
    pixels = np.asarray(picture).reshape(picture.height, picture.width, -1)
    reach = _reach(picture)
    edge = 0
    tone = _even_tone(pixels)
    for _ in range(FRAME_EDGES):
        if tone is None:
            break
        for inner in range(edge + 1, reach + 1):
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


def _even_tone(pixels: NDArray[np.uint8]) -> Pixels | None:
    """The tone of the outermost pixels, (channels,), where nearly all of them have it."""
    tone, away = _rim(pixels)
    return tone if float((away <= FLAT_LEVELS_LOSSY).mean()) >= FLAT_SHARE else None


def _rim(pixels: NDArray[np.uint8]) -> tuple[Pixels, Pixels]:
    """The usual tone of the outermost pixels, (channels,), and how far each of them is from it, (n,)."""
    border = _border(pixels)
    tone: Pixels = np.median(border, axis=0).astype(np.float32)
    return tone, np.abs(border - tone).max(axis=1)


def _border(pixels: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels: (height, width, channels) to (n, channels)."""
    return np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


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
    extrema = cast(tuple[tuple[int, int], ...], picture.getextrema())
    if all(low == high for low, high in extrema[:3]):  # as a canvas has it where one draws in black
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
    return min(margins) == 0 or max(margins) <= _reach(picture)


def _reach(picture: Image.Image) -> int:
    return round(FRAME * min(picture.size))


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
    drawn_on_nothing = float(np.median(_border(pixels)[:, 3])) < 128
    if drawn_on_nothing:
        tone = float((colours.mean(axis=2, keepdims=True) * alpha).sum()) / visible
        paper = np.full(3, 255.0 if tone < 128 else 0.0, np.float32)
    else:
        border = _border(pixels)
        paper = np.median(border[border[:, 3] >= 128][:, :3], axis=0).astype(np.float32)
    return (colours * alpha + paper * (1 - alpha) + 0.5).astype(np.uint8), drawn_on_nothing


def _difference(colours: NDArray[np.uint8], flat: bool, lossy: bool) -> Pixels:
    """How far each pixel is from the paper: (height, width, 3) uint8 to (height, width) float32 in 0..1.

    A pixel counts by the colour channel in which it differs most: yellow ink on white shows in blue alone.
    """
    middle, away = _rim(colours)
    even = away <= (FLAT_LEVELS_LOSSY if lossy else FLAT_LEVELS)
    grainy = lossy or bool(away[even].any())  # a photograph that was saved without loss has its grain all the same
    flat = flat or float(even.mean()) >= FLAT_SHARE
    if not flat:
        # What is as deep as the ink is ink: a digit may be cut out so closely that it lies on the border, too.
        bare = away < 0.5 * float(np.abs(colours[:: len(colours) // 64 + 1] - middle).max())
        flat = float(even.mean()) >= max(0.5, FLAT_SHARE * float(bare.mean())) and is_narrow(colours, middle)
    # Light multiplies what paper and ink send back, so uneven light is divided out.
    if flat:
        difference, shaded = colours - middle, False
    else:
        light, shaded = light_on(colours)
        difference = colours * (middle / np.maximum(light, MIN_LIGHT)) - middle
    depth, floor, strongest = _depth(difference, flat, grainy)
    if strongest >= max(MIN_CONTRAST, 1.5 * floor):
        ink: Pixels = np.clip((depth - floor) / (strongest - floor), 0, 1).astype(np.float32)
        return without_specks(ink, whole=True, shaded=shaded)
    raise Blank(
        "There is no ink in this image that stands out from its background. Draw a digit, or photograph it in even "
        "light and without a shadow, then ask again."
    )


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
    ruling = float(np.quantile(_border(depth[..., None]), RULED))
    return depth, max(floor, 1.1 * ruling if ruling < MAX_RULING * strongest else 0.0), strongest


def _energy(difference: Pixels) -> float:
    positive = np.maximum(difference, 0).ravel()
    return float(positive @ positive)
