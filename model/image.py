"""Images of any kind to ink: find the paper, keep what was written on it."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from model.decode import decode
from model.errors import Blank
from model.ink import Ink, Pixels
from model.light import is_narrow, light_on
from model.normalise import averaging, tight_box
from model.sheet import cut_to_sheet
from model.specks import without_specks
from model.strokes import PEN

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

# Lines thinner than this share of the drawing's longer side are thickened to the pen that strokes are drawn with:
# area-averaging to 20x20 would leave next to nothing of them, and MNIST holds no hairlines.
MIN_PEN = 0.06
CLEARLY = 1.5  # times MIN_PEN at full size: certain to be thick enough when measured as it is for thickening
THICKEN_SIDE = 160  # pixels on the longer side while a thin line is thickened


def read_image(data: bytes) -> Ink:
    """Find the ink in an encoded image.

    `data`: a PNG, JPEG, WebP, GIF (its first frame) or BMP. Dark on light or light on dark, opaque or transparent,
    turned by EXIF, flat paper or unevenly lit, or a sheet of it on a darker table. Raises `NotAnImage`, `TooManyPixels`
    (before decoding) or `Blank`.
    """
    picture, scale = decode(data)
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
        ink = _thickened(_difference(colours, flat, lossy))
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

    It finds the same as `_difference`, but in whole grey levels and only where there are any.
    """
    if picture.mode == "RGBA":
        laid = _laid(picture)
        if laid is None:
            return None
        picture, corner, paper = laid
    else:
        picture = _as_grey(picture)
        paper = _channels(picture.getpixel((0, 0)))
        box = ImageChops.difference(picture, _flat(picture, paper)).getbbox()
        if box is None or _at_edge(box, picture):  # nothing there, an edge that is not all of one tone, or a frame
            return None
        picture, corner = picture.crop(box), box[:2]
    if picture.mode == "L":
        return _of_levels(picture, paper[0], corner)
    flat = _flat(picture, paper)
    darker, lighter = _deepest(ImageChops.subtract(flat, picture)), _deepest(ImageChops.subtract(picture, flat))
    return _of_levels(darker if _squares(darker) >= _squares(lighter) else lighter, 0, corner)


def _as_grey(picture: Image.Image) -> Image.Image:
    """The same in mode L where three channels say no more than one."""
    first, *others = picture.split()
    levels = first.tobytes() if others else b""
    return first if all(band.tobytes() == levels for band in others) else picture


def _laid(picture: Image.Image) -> tuple[Image.Image, tuple[int, int], tuple[int, ...]] | None:
    """What is drawn on nothing (mode RGBA) on paper of the other tone: as far as there is ink, where, and which paper.

    In mode L where it is all of one colour or grey, else RGB. None where nothing is drawn, or not on nothing.
    """
    alpha = picture.getchannel("A")
    box = alpha.getbbox()
    if box is None or _at_edge(box, picture):
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
    return _as_grey(laid), box[:2], paper


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
    first, *others = depths.split()
    for each in others:
        first = ImageChops.lighter(first, each)
    return first


_SQUARES = np.arange(1, 256) ** 2


def _squares(depth: Image.Image) -> int:
    return int(np.array(depth.histogram())[1:] @ _SQUARES)


def _of_levels(picture: Image.Image, paper: int, corner: tuple[int, int]) -> Ink:
    """Ink from a picture of mode L on paper of one grey level: scaled to its darkest, and thickened where it is thin.

    What is darker than the paper or lighter, whichever is more, is the ink. `corner`: where the picture lies.
    """
    counts = np.array(picture.histogram())
    darker, lighter = counts[:paper][::-1], counts[paper + 1 :]  # by depth, from 1 on
    sign, depths = (-1, darker) if darker @ _SQUARES[:paper] >= lighter @ _SQUARES[: 255 - paper] else (1, lighter)
    deepest_first = depths[::-1].cumsum()
    strongest = len(depths) - int(np.searchsorted(deepest_first, 1))
    if strongest < MIN_CONTRAST:
        raise Blank("There is no ink in this image that stands out from its background. Draw a digit, then ask again.")
    tenth = len(depths) - int(np.searchsorted(deepest_first, 0.1 * deepest_first[-1]))
    ink = np.asarray(picture).astype(np.float32)
    ink -= paper
    ink *= sign / strongest
    np.maximum(ink, 0, out=ink)
    if not ((ink @ np.ones(ink.shape[1], np.float32)).all() and (np.ones(ink.shape[0], np.float32) @ ink).all()):
        # Dust that would stretch the tight box leaves a gap, as hardly any digit does.
        ink = without_specks(ink, whole=False)
        left, top, right, bottom = tight_box(ink)
        ink, corner = ink[top:bottom, left:right], (corner[0] + left, corner[1] + top)
    # What is much wider than a thin line at full size is no thin line at any: the usual case, decided at once.
    line = ink > 0.5 * tenth / strongest
    if _line_width(line) >= CLEARLY * MIN_PEN * max(line.shape):
        return Ink(ink, corner)
    thick = _thickened(ink)
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
        raise Blank("This image is wholly transparent: there is no ink in it. Draw a digit, then ask again.")
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
        strongest = _upper(depth[depth > 0.5 * strongest]) if strongest > floor else 0.0
        floor = max(floor, FAINT * strongest)
    ruling = float(np.quantile(_border(depth[..., None]), RULED))
    return depth, max(floor, 1.1 * ruling if ruling < MAX_RULING * strongest else 0.0), strongest


def _energy(difference: Pixels) -> float:
    positive = np.maximum(difference, 0).ravel()
    return float(positive @ positive)


def _upper(values: Pixels) -> float:
    """The 90th percentile, from every few values: sorting a million of them takes longer than all else."""
    return float(np.quantile(values[:: 1 + values.size // 10_000], 0.9))


def _thickened(pixels: Pixels) -> Ink:
    """Ink whose lines are at least `MIN_PEN` of its longer side wide; thicker ink comes back as it is."""
    left, top, right, bottom = tight_box(pixels)
    tight = pixels[top:bottom, left:right]
    side = max(tight.shape)
    line = _line(tight, min(1.0, THICKEN_SIDE / side))
    if _line_width(line) >= MIN_PEN * max(line.shape):
        return Ink(pixels)
    scale = THICKEN_SIDE / side
    line = _line(tight, scale)
    reach = max(1, round((PEN * THICKEN_SIDE - _line_width(line)) / 2))
    return Ink(_dilated(line, reach), (left - reach / scale, top - reach / scale), scale)


def _line(tight: NDArray[Any], scale: float) -> NDArray[np.bool_]:
    """Which pixels are ink, at another scale: half as dark as the darkest tenth counts."""
    if scale != 1:
        height, width = tight.shape
        down = averaging(max(1, round(height * scale)), height, 0, height)
        across = averaging(max(1, round(width * scale)), width, 0, width)
        tight = down @ tight @ across.T
    ink: NDArray[np.bool_] = tight > 0.5 * _upper(tight[tight > 0])
    return ink


def _line_width(line: NDArray[np.bool_]) -> float:
    """Mean width in pixels of the lines in a mask: twice the area over the length of the outline.

    The outline is counted in pixel edges; those of a line in a random direction are 4/pi times its length.
    """
    rim = sum(int(np.count_nonzero(edge)) for edge in (line[0], line[-1], line[:, 0], line[:, -1]))
    inside = np.count_nonzero(line[1:] != line[:-1]) + np.count_nonzero(line[:, 1:] != line[:, :-1])
    return float(2 * np.count_nonzero(line) / ((rim + inside) * np.pi / 4))


def _dilated(line: NDArray[np.bool_], reach: int) -> Pixels:
    """Every pixel within `reach` pixels of the line, with room for it on all sides."""
    offsets = np.arange(-reach, reach + 1)
    disc = np.argwhere(np.hypot(offsets[:, None], offsets[None, :]) <= reach)
    rows, columns = np.nonzero(line)
    dilated = np.zeros((line.shape[0] + 2 * reach, line.shape[1] + 2 * reach), np.float32)
    dilated[(rows[:, None] + disc[None, :, 0]), (columns[:, None] + disc[None, :, 1])] = 1
    return dilated
