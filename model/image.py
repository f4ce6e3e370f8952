"""Images of any kind to ink: decode within bounds, find the paper, keep what was written on it."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from model.errors import Blank, NotAnImage, TooManyPixels
from model.ink import Ink, Pixels
from model.normalise import averaging, tight_box

MEDIA_TYPES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
}
LOSSY = {"JPEG", "WEBP"}

MAX_PIXELS = 16_000_000  # 64 MB as RGBA, the most that decoding one image may hold
WORKING = 1024  # longer side in pixels, at the most, while ink is looked for: a 1-pixel pen on 1050x800 survives it

# Grey levels of 0..255 that ink must differ from flat paper: less is a compression artefact or invisible.
MIN_CONTRAST = 10.0
# A picture whose border is this even has flat paper; a photograph never does.
FLAT_SHARE = 0.9
FLAT_LEVELS = 3.0
# Ink starts at so many times the median deviation from uneven paper, or this share of the darkest ink if that is more.
NOISE_FLOOR = 5.0
LOSSY_FLOOR = 0.12

# Lines thinner than MIN_PEN of the drawing's longer side are thickened to PEN: area-averaging to 20x20 would leave
# a thin line nearly nothing, and MNIST holds no hairlines.
MIN_PEN = 0.06
PEN = 0.10
THICKEN_SIDE = 160  # pixels on the longer side while a thin line is thickened

_ORIENTATION = 0x0112  # the EXIF tag
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow's own guard lets 179 million pixels pass; MAX_PIXELS is checked here, before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False


def read_image(data: bytes) -> Ink:
    """Find the ink in an encoded image.

    `data`: a PNG, JPEG, WebP, GIF (its first frame) or BMP. Dark on light or light on dark, opaque or transparent,
    turned by EXIF, flat paper or unevenly lit. Raises `NotAnImage`, `TooManyPixels` (before decoding) or `Blank`.
    """
    picture, scale = _decode(data)
    colours, flat = _on_paper(picture)
    ink = _thickened(_difference(colours, flat, picture.info.get("lossy", False)))
    return Ink(ink.pixels, (ink.origin[0] / scale, ink.origin[1] / scale), ink.scale * scale)


def _decode(data: bytes) -> tuple[Image.Image, float]:
    """Bytes to an upright picture of mode RGB or RGBA, at most `WORKING` on its longer side, and its scale."""
    try:
        source = Image.open(io.BytesIO(data), formats=list(MEDIA_TYPES.values()))
    except Exception as error:  # Pillow's parsers raise nearly anything for nearly-images
        raise NotAnImage(
            "These bytes are not a PNG, JPEG, WebP, GIF or BMP image. Send the file as it is, unchanged."
        ) from error
    width, height = source.size
    if width * height > MAX_PIXELS:
        raise TooManyPixels(
            f"{width} x {height} pixels are more than {MAX_PIXELS:,}. Scale the image down: 300 x 300 is plenty."
        )
    try:
        lossy = source.format in LOSSY
        source.draft("RGB", (WORKING, WORKING))  # JPEG only: decode at 1/2, 1/4 or 1/8 where that is enough
        factor = -(-max(source.size) // WORKING)
        turn = _TURNS.get(source.getexif().get(_ORIENTATION, 1))
        picture = _plain(source)
        if factor > 1:
            picture = picture.reduce(factor)
        if turn is not None:
            picture = picture.transpose(turn)
    except Exception as error:  # the same, for damaged ones
        raise NotAnImage("This image is damaged or cut short. Save or upload it again.") from error
    picture.info["lossy"] = lossy
    return picture, max(picture.size) / max(width, height)


def _plain(source: Image.Image) -> Image.Image:
    if source.mode.startswith(("I", "F")):  # 16-bit grey: Pillow's own conversion clips it at 255
        levels = np.asarray(source, np.float32)
        return Image.fromarray((levels / max(float(levels.max()), 65535.0) * 255).astype(np.uint8)).convert("RGB")
    return source.convert("RGBA" if source.has_transparency_data else "RGB")


def _border(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The outermost pixels: (height, width, channels) to (n, channels)."""
    return np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))


def _on_paper(picture: Image.Image) -> tuple[NDArray[np.uint8], bool]:
    """Lay a picture on paper: (height, width, 3) uint8, and whether the paper is known to be flat.

    What shows through a transparent canvas is paper of the opposite tone to the ink, whichever that is.
    """
    pixels = np.asarray(picture)
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
    """How far each pixel is from the paper: (height, width, 3) uint8 to (height, width) float32 in 0..1."""
    border = _border(colours)
    middle = np.median(border, axis=0).astype(np.float32)
    even = np.abs(border - middle).max(axis=1) <= FLAT_LEVELS
    if flat or even.mean() >= FLAT_SHARE:
        signed = _strongest(colours - middle)
        floor = 0.0
        uneven = lossy
    else:
        signed = _strongest(colours - _paper(colours))
        floor = NOISE_FLOOR * float(np.median(np.abs(signed)))
        uneven = True
    # Ink is darker than its paper or lighter, not both: the rest is glare, or shade.
    dark, light = np.clip(-signed, 0, None), np.clip(signed, 0, None)
    depth = dark if np.square(dark).sum() >= np.square(light).sum() else light
    strongest = float(np.quantile(depth[depth > floor], 0.9)) if uneven and (depth > floor).any() else float(depth.max())
    if uneven:
        floor = max(floor, LOSSY_FLOOR * strongest)
    if strongest < max(MIN_CONTRAST, 1.5 * floor):
        raise Blank("There is no ink in this image that stands out from its background. Draw a digit, then ask again.")
    return np.clip((depth - floor) / (strongest - floor), 0, 1).astype(np.float32)


def _strongest(difference: Pixels) -> Pixels:
    """The signed difference in the colour channel where it is largest: yellow ink shows in blue alone."""
    largest = np.abs(difference).argmax(axis=2)
    return np.take_along_axis(difference, largest[..., None], axis=2)[..., 0]


def _paper(colours: NDArray[np.uint8]) -> Pixels:
    """The unevenly lit paper behind the ink: (height, width, 3) uint8 to float32 of the same shape.

    A quadratic surface for each channel, fitted to a thumbnail by least absolute deviations (iteratively reweighted
    least squares), so that ink on less than half of the picture does not bend it.
    """
    height, width = colours.shape[:2]
    step = max(1, max(height, width) // 48)
    thumbnail = colours[::step, ::step].astype(np.float64)
    rows, columns = thumbnail.shape[:2]
    terms = _quadratic(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns)).reshape(-1, 6)
    values = thumbnail.reshape(-1, 3)
    weights = np.ones(len(values))
    surface = np.zeros((6, 3))
    for _ in range(12):
        weighted = terms * weights[:, None]
        surface = np.linalg.lstsq(weighted.T @ terms, weighted.T @ values, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(values - terms @ surface).max(axis=1), 1.0)
    full = _quadratic(np.linspace(-1, 1, height), np.linspace(-1, 1, width)) @ surface
    return full.astype(np.float32)


def _quadratic(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """The terms 1, x, y, xx, xy, yy at each place: (rows, columns, 6)."""
    y, x = np.meshgrid(rows, columns, indexing="ij")
    return np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), axis=2)


def _thickened(pixels: Pixels) -> Ink:
    """Ink whose lines are at least `MIN_PEN` of its longer side wide; thicker ink comes back as it is."""
    left, top, right, bottom = tight_box(pixels)
    side = max(right - left, bottom - top)
    tight = pixels[top:bottom, left:right]
    scale = min(1.0, THICKEN_SIDE / side)
    if scale < 1:
        rows, columns = (max(1, round(length * scale)) for length in tight.shape)
        tight = (
            averaging(rows, tight.shape[0], 0, tight.shape[0])
            @ tight
            @ averaging(columns, tight.shape[1], 0, tight.shape[1]).T
        )
    line = tight > 0.5 * np.quantile(tight[tight > 0], 0.9)
    width = _line_width(line)
    longest = max(line.shape)
    if width >= MIN_PEN * longest or longest < 20:
        return Ink(pixels)
    radius = (PEN * longest - width) / 2
    return Ink(_dilated(line, radius), (left - np.ceil(radius) / scale, top - np.ceil(radius) / scale), scale)


def _line_width(line: NDArray[np.bool_]) -> float:
    """Mean width in pixels of the lines in a mask: twice the area over the length of the outline.

    The outline is counted in pixel edges; those of a line in a random direction are 4/pi times its length.
    """
    padded = np.pad(line, 1).astype(np.int8)
    edges = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    return float(2 * line.sum() / (edges * np.pi / 4))


def _dilated(line: NDArray[np.bool_], radius: float) -> Pixels:
    """Every pixel within `radius` of the line, with room for it on all sides."""
    reach = int(np.ceil(radius))
    offsets = np.arange(-reach, reach + 1)
    disc = np.argwhere(np.hypot(offsets[:, None], offsets[None, :]) <= radius)
    rows, columns = np.nonzero(line)
    dilated = np.zeros((line.shape[0] + 2 * reach, line.shape[1] + 2 * reach), np.float32)
    dilated[(rows[:, None] + disc[None, :, 0]), (columns[:, None] + disc[None, :, 1])] = 1
    return dilated
