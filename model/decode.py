"""The bytes of an image file to a picture: within bounds of time and memory, upright, in a plain mode."""

import io
import re
import struct
import zlib

import numpy as np
import pyspng
from numpy.typing import NDArray
from PIL import Image, ImageFile

from model.errors import NotAnImage, TooManyPixels
from model.parts import parts

MEDIA_TYPES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
}
LOSSY = {"JPEG", "WEBP"}
# What people send besides, by how it begins.
OTHERS = {
    "an AVIF picture": re.compile(rb".{4}ftyp(.{4}){0,9}?avi[fs]", re.DOTALL),
    "a HEIC picture, as iPhones take them": re.compile(rb".{4}ftyp(hei|hev|mif1|msf1)", re.DOTALL),
    "a TIFF picture": re.compile(rb"II\*\0|MM\0\*"),
    "a PDF": re.compile(rb"%PDF-"),
    "an SVG drawing": re.compile(rb"(\xef\xbb\xbf)?\s*(<[?!].{,900}>\s*)?<svg\b", re.DOTALL),
}

# Decoding one image may hold about 80 MB. Pillow keeps 4 bytes for a pixel, colour or not, and 8 for a row; a JPEG is
# decoded at a fraction of its size, but one whose scans come one after the other is held whole, at 6 bytes a pixel;
# libwebp holds a picture 4 times. Bitmaps that are run-length encoded are decoded in Python: 1 s for 10 million pixels.
MAX_PIXELS = 16_000_000
MAX_PIXELS_JPEG = 50_000_000
MAX_PIXELS_PROGRESSIVE = 12_500_000
MAX_PIXELS_WEBP = 5_000_000
MAX_PIXELS_RLE = 1_000_000
MAX_SIDE = 65_535  # pixels: what JPEG and GIF can say
WORKING = 1024  # longer side in pixels, at the most, while ink is looked for: a 1-pixel pen on 1050x800 survives it
STRIP = 1_000_000  # pixels that are reduced at a time

# A PNG up to here is decoded by libspng, in a third of Pillow's time, which for what a canvas writes is more
# than all else takes. It has to be of grey, RGB or RGBA with 8 bits a channel, and not interlaced.
SMALL_PNG_PIXELS = 320 * 320
_HEADER = struct.Struct(">8s4x4sIIBB2sB")  # signature, name, width, height, bits, colours, methods, interlacing
_PNG_START = b"\x89PNG\r\n\x1a\n", b"IHDR"
_COLOURS = {0: "L", 2: "RGB", 6: "RGBA"}  # by what the header says of them

# How to turn a picture upright whose EXIF orientation this is.
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


def decode(data: bytes) -> tuple[Image.Image, float]:
    """Bytes to an upright picture of mode L, RGB or RGBA, at most `WORKING` on its longer side, and its scale."""
    file = parts(data)
    small = _small_png(file.data) if file.orientation == 1 else None
    if small is not None:
        return small, 1.0
    _check_size(*file.size, MAX_PIXELS)
    try:
        source = Image.open(io.BytesIO(file.data), formats=list(MEDIA_TYPES.values()))
    except Exception as error:  # Pillow's parsers raise nearly anything for nearly-images
        other = next((name for name, start in OTHERS.items() if start.match(data[:1_000])), None)
        raise NotAnImage(
            f"This is {other}, which is not read. Save it as a PNG or JPEG, and send that."
            if other
            else "These bytes are not a PNG, JPEG, WebP, GIF or BMP image. Send the file as it is, unchanged."
        ) from error
    width, height = source.size
    _check_size(width, height, _max_pixels(source, file.scans))
    try:
        # JPEG only: decode at 1/2, 1/4 or 1/8 where that is enough, or all that may be held
        shrink = max(min(width, height) // WORKING, 2 if width * height > MAX_PIXELS_PROGRESSIVE else 1)
        source.draft("RGB", (max(1, width // shrink), max(1, height // shrink)))
        source.load()
        if source.format == "BMP" and source.mode == "RGBA" and source.getchannel("A").getextrema() == (0, 0):
            source.putalpha(255)  # a fourth byte that nothing was written to, not a transparent picture
        picture = _reduced(source)
        if picture.mode == "RGBA" and picture.getchannel("A").getextrema()[0] == 255:
            picture = picture.convert("RGB")  # as a canvas writes it that was filled first
        if file.orientation in _TURNS:
            picture = picture.transpose(_TURNS[file.orientation])
    except Exception as error:  # the same, for damaged ones
        raise NotAnImage("This image is damaged or cut short. Save or upload it again.") from error
    picture.info["lossy"] = source.format in LOSSY
    return picture, max(picture.size) / max(width, height)


def _small_png(data: bytes) -> Image.Image | None:
    """A small PNG of a usual kind, without any chunks but those it needs. None for all else and what is damaged.

    Of mode L where its colours are greys.
    """
    if len(data) < _HEADER.size:
        return None
    *start, width, height, bits, colours, _, interlaced = _HEADER.unpack_from(data)
    if tuple(start) != _PNG_START or bits != 8 or interlaced:
        return None
    if width * height > SMALL_PNG_PIXELS or max(width, height) > WORKING:
        return None
    if colours not in _COLOURS or b"tRNS" in data:  # one tone that is transparent
        return None
    if not _is_intact(data):
        return None
    try:
        pixels: NDArray[np.uint8] = pyspng.load(data, _COLOURS[colours])
    except RuntimeError:  # Pillow knows better what is wrong, if anything
        return None
    if pixels.ndim == 2:
        return Image.fromarray(pixels)
    if pixels.shape[2] == 4:
        some = _one_of_each_run(pixels.view(np.uint32).ravel()).view(np.uint8).reshape(-1, 4)
        if some[:, 3].min() < 255:
            return Image.fromarray(pixels)
        is_grey = bool((some[:, :1] == some[:, 1:3]).all())
    else:
        levels = pixels.ravel()
        is_grey = bool((np.flatnonzero(levels[1:] != levels[:-1]) % 3 == 2).all())
    return Image.fromarray(pixels[..., 0].copy() if is_grey else np.ascontiguousarray(pixels[..., :3]))


def _is_intact(data: bytes) -> bool:
    """Whether the checksums of a PNG's chunks are right, for which pyspng does not care."""
    position = len(_PNG_START[0])
    while position < len(data):
        end = position + 8 + int.from_bytes(data[position : position + 4])
        if zlib.crc32(data[position + 4 : end]) != int.from_bytes(data[end : end + 4]):
            return False
        position = end + 4
    return True


def _one_of_each_run(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Each value that occurs in (n,), at least once, and hardly any as often as they do: one of many alike in a row."""
    return np.append(values[:1], values[1:][values[1:] != values[:-1]])


def _check_size(width: int, height: int, limit: int) -> None:
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise TooManyPixels(
            f"{width} x {height} pixels are more than the {limit:,}, or {MAX_SIDE:,} on a side, that are decoded of "
            "such a file. Scale the image down: 300 x 300 is plenty."
        )


def _max_pixels(source: Image.Image, scans: int) -> int:
    if source.format == "JPEG":
        return MAX_PIXELS_PROGRESSIVE if scans else MAX_PIXELS_JPEG
    if source.format == "BMP" and source.info.get("compression") in (1, 2):
        return MAX_PIXELS_RLE
    return MAX_PIXELS_WEBP if source.format == "WEBP" else MAX_PIXELS


def _reduced(source: Image.Image) -> Image.Image:
    """A picture averaged down to `WORKING`, in strips: the whole of it in another mode would need its memory again."""
    factor = -(-max(source.size) // WORKING)
    if factor == 1:
        return _plain(source)
    rows = max(1, STRIP // (factor * source.width)) * factor
    strips = [
        _plain(source.crop((0, top, source.width, min(top + rows, source.height)))).reduce(factor)
        for top in range(0, source.height, rows)
    ]
    picture = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    for index, strip in enumerate(strips):
        picture.paste(strip, (0, index * (rows // factor)))
    return picture


def _plain(source: Image.Image) -> Image.Image:
    if source.mode.startswith(("I", "F")):  # 16-bit grey: Pillow's own conversion clips it at 255
        levels = np.asarray(source, np.float32) / 257
        return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    mode = "RGBA" if source.has_transparency_data else "L" if source.mode in ("1", "L") else "RGB"
    return source if source.mode == mode else source.convert(mode)
