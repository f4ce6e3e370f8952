"""One picture in every encoding that programs, cameras and scanners make of it, those that Pillow cannot write too."""

import io
import math
import struct
import zlib
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from model.strokes import parse_strokes, rasterise
from tests.drawings import load_drawing

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="1"/></x:xmpmeta>'
UPSIDE_DOWN = 3  # as EXIF says it
PNG = b"\x89PNG\r\n\x1a\n"
# Adam7: the first column and row of each pass, and the steps between.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def drawn(name: str) -> Image.Image:
    """One of tests/drawings as a picture of about 240x240, mode L, black on white."""
    strokes = parse_strokes([[list(point) for point in stroke] for stroke in load_drawing(name).strokes])
    ink = Image.fromarray((rasterise(strokes).pixels * 255).astype(np.uint8))
    large = ink.resize((8 * ink.width, 8 * ink.height), Image.Resampling.BICUBIC)
    return ImageOps.expand(ImageOps.invert(large), 40, 255)


def encodings(drawn: Image.Image) -> dict[str, bytes]:
    """`drawn`: mode L, black on white. Returns the files by what is particular about each."""
    return {**pngs(drawn), **jpegs(drawn), **gifs(drawn), **webps(drawn), **bmps(drawn)}


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """An image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk, right after its header."""
    return png[:33] + chunk(kind, data) + png[33:]


def with_segment(jpeg: bytes, code: int, data: bytes) -> bytes:
    """A JPEG with one more segment, right at its start."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, code, len(data) + 2) + data + jpeg[2:]


def exif(orientation: int) -> bytes:
    """EXIF that says no more than which way is up."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def png_of(samples: Any, colour: int, bits: int, interlaced: bool = False) -> bytes:
    """A PNG of samples (height, width, channels), of which Pillow writes only some kinds."""
    height, width = samples.shape[:2]
    rows = []
    for left, top, right, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        for row in samples[top::down, left::right]:
            raw = row.astype(">u2").tobytes() if bits == 16 else row.astype(np.uint8).tobytes()
            rows += [b"\0" + raw] if row.size else []
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND")


def transparent(drawn: Image.Image, tone: int = 0) -> Image.Image:
    """The ink alone, in grey of that tone, on nothing."""
    picture = Image.new("RGBA", drawn.size, (tone, tone, tone, 0))
    picture.putalpha(ImageOps.invert(drawn))
    return picture


def pngs(drawn: Image.Image) -> dict[str, bytes]:
    grey = np.asarray(drawn)[..., None].astype(np.uint16)
    full = np.full_like(grey, 255)
    rgb, red_on_white = np.concatenate((grey,) * 3, axis=2), np.concatenate((full, grey, grey), axis=2)
    plain, palette = saved(drawn), drawn.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    clear = palette.convert("RGB").quantize(16)
    paper = clear.getpixel((0, 0))
    return {
        "PNG, grey": plain,
        "PNG, light on dark": saved(ImageOps.invert(drawn)),
        "PNG, two levels": saved(drawn.convert("1")),
        "PNG, grey and alpha": saved(transparent(drawn).convert("LA")),
        "PNG, palette of 256": saved(drawn.convert("P")),
        "PNG, palette of 16": saved(palette, "PNG", bits=4),
        "PNG, palette of 4": saved(drawn.quantize(4), "PNG", bits=2),
        "PNG, palette with transparent paper": saved(clear, "PNG", transparency=paper),
        "PNG, palette with half transparent colours": saved(clear, "PNG", transparency=bytes([200] * 16)),
        "PNG, RGB": saved(drawn.convert("RGB")),
        "PNG, RGB with white transparent": saved(drawn.convert("RGB"), "PNG", transparency=(255, 255, 255)),
        "PNG, RGBA opaque": saved(drawn.convert("RGBA")),
        "PNG, black on nothing": saved(transparent(drawn)),
        "PNG, white on nothing": saved(transparent(drawn, 255)),
        "PNG, red on white": png_of(red_on_white, 2, 8),
        "PNG, 16-bit grey": png_of(grey * 257, 0, 16),
        "PNG, 16-bit grey, light on dark": png_of(65_535 - grey * 257, 0, 16),
        "PNG, 16-bit grey of 12 bits": png_of(grey * 16, 0, 16),
        "PNG, 16-bit grey and alpha": png_of(np.concatenate((0 * grey, 65_535 - grey * 257), axis=2), 4, 16),
        "PNG, 16-bit RGB": png_of(rgb * 257, 2, 16),
        "PNG, 16-bit RGBA": png_of(np.concatenate((rgb * 257, full * 257), axis=2), 6, 16),
        "PNG, interlaced": png_of(grey, 0, 8, interlaced=True),
        "PNG, 16-bit RGB, interlaced": png_of(rgb * 257, 2, 16, interlaced=True),
        "PNG, with a profile": saved(drawn.convert("RGB"), "PNG", icc_profile=PROFILE),
        "PNG, with XMP": with_chunk(plain, b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        "PNG, with gamma": with_chunk(plain, b"gAMA", struct.pack(">I", 100_000)),
        "PNG, upside down by EXIF": with_chunk(saved(drawn.rotate(180)), b"eXIf", exif(UPSIDE_DOWN)),
        "PNG, animated": saved(drawn, "PNG", save_all=True, append_images=[drawn.rotate(90)]),
    }


def jpegs(drawn: Image.Image) -> dict[str, bytes]:
    colour = drawn.convert("RGB")
    plain, turned = saved(colour, "JPEG"), saved(colour.rotate(180), "JPEG")
    cmyk = saved(drawn.convert("RGB").convert("CMYK"), "JPEG")
    adobe = cmyk.index(b"\xff\xee")
    oriented = exif(UPSIDE_DOWN)
    return {
        "JPEG, grey": saved(drawn, "JPEG"),
        "JPEG, RGB": plain,
        "JPEG, without subsampling": saved(colour, "JPEG", subsampling=0, quality=95),
        "JPEG, progressive": saved(colour, "JPEG", progressive=True),
        "JPEG, at quality 30": saved(colour, "JPEG", quality=30),
        "JPEG, with restarts": saved(colour, "JPEG", restart_marker_blocks=1),
        "JPEG, CMYK": cmyk,
        "JPEG, CMYK that is not Adobe's": cmyk[:adobe] + cmyk[adobe + 16 :],
        "JPEG, CMYK, progressive": saved(colour.convert("CMYK"), "JPEG", progressive=True),
        "JPEG, with a profile": saved(colour, "JPEG", icc_profile=PROFILE),
        "JPEG, with XMP": saved(colour, "JPEG", xmp=XMP),
        "JPEG, with a comment": saved(colour, "JPEG", comment=b"a seven, I think"),
        "JPEG, upside down by EXIF": saved(colour.rotate(180), "JPEG", exif=oriented),
        "JPEG, upside down by EXIF of the other byte order": with_segment(
            turned, 0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
        ),
        "JPEG, as phones store several": saved(colour, "MPO", save_all=True, append_images=[colour.rotate(90)]),
    }


def gifs(drawn: Image.Image) -> dict[str, bytes]:
    clear = drawn.convert("RGB").quantize(16)
    return {
        "GIF": saved(drawn, "GIF"),
        "GIF, interlaced": saved(drawn, "GIF", interlace=True),
        "GIF, with transparent paper": saved(clear, "GIF", transparency=clear.getpixel((0, 0))),
        "GIF, animated": saved(drawn, "GIF", save_all=True, append_images=[drawn.rotate(90)], comment=b"a seven"),
    }


def webps(drawn: Image.Image) -> dict[str, bytes]:
    colour = drawn.convert("RGB")
    return {
        "WebP": saved(colour, "WEBP"),
        "WebP, lossless": saved(colour, "WEBP", lossless=True),
        "WebP, black on nothing": saved(transparent(drawn), "WEBP"),
        "WebP, lossless, black on nothing": saved(transparent(drawn), "WEBP", lossless=True),
        "WebP, upside down by EXIF": saved(colour.rotate(180), "WEBP", exif=exif(UPSIDE_DOWN)),
        "WebP, with a profile": saved(colour, "WEBP", icc_profile=PROFILE, xmp=XMP),
        "WebP, animated": saved(colour, "WEBP", save_all=True, append_images=[colour.rotate(90)]),
    }


def bmps(drawn: Image.Image) -> dict[str, bytes]:
    colour = drawn.convert("RGB")
    bottom_up = np.asarray(drawn)[::-1]
    bgrx = np.repeat(bottom_up[..., None], 4, axis=2).copy()
    bgrx[..., 3] = 0
    bgra = np.asarray(transparent(drawn))[::-1]
    five = (bottom_up >> 3).astype("<u2")
    masks = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
    grey = b"".join(bytes((level, level, level, 0)) for level in range(256))
    return {
        "BMP, two levels": saved(drawn.convert("1"), "BMP"),
        "BMP, grey": saved(drawn, "BMP"),
        "BMP, palette": saved(colour.quantize(16), "BMP"),
        "BMP, RGB": saved(colour, "BMP"),
        "BMP, black on nothing": bmp_of(drawn.size, 32, 3, bgra.tobytes(), masks + struct.pack("<I", 0xFF000000), 108),
        "BMP, 32-bit": bmp_of(drawn.size, 32, 0, bgrx.tobytes()),
        "BMP, 32-bit with an alpha of nothing": bmp_of(
            drawn.size, 32, 3, bgrx.tobytes(), masks + struct.pack("<I", 0xFF000000), 108
        ),
        "BMP, 32-bit with masks": bmp_of(drawn.size, 32, 3, bgrx.tobytes(), masks),
        "BMP, top down": bmp_of((drawn.width, -drawn.height), 32, 0, bgrx[::-1].tobytes()),
        "BMP, 15-bit": bmp_of(drawn.size, 16, 0, padded(five << 10 | five << 5 | five)),
        "BMP, 16-bit": bmp_of(
            drawn.size, 16, 3, padded(five << 11 | five << 6 | five), struct.pack("<III", 0xF800, 0x7E0, 0x1F)
        ),
        "BMP, run-length encoded": bmp_of(drawn.size, 8, 1, runs(bottom_up), grey),
    }


def bmp_of(
    size: tuple[int, int], bits: int, compression: int, pixels: bytes, more: bytes = b"", header: int = 40
) -> bytes:
    """A bitmap; `more` is what stands between its header and its pixels, or is part of a longer header."""
    fields = struct.pack("<IiiHHIIiiII", header, *size, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    fields += more.ljust(header - 40, b"\0")
    return b"BM" + struct.pack("<IHHI", 14 + len(fields) + len(pixels), 0, 0, 14 + len(fields)) + fields + pixels


def padded(rows: Any) -> bytes:
    """Rows of 16-bit pixels, each padded to whole 32 bits."""
    return b"".join(row.astype("<u2").tobytes() + b"\0\0" * (len(row) % 2) for row in rows)


def runs(rows: Any) -> bytes:
    """Rows of 8-bit pixels as runs of up to 255."""
    out = bytearray()
    for row in rows:
        edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
        for start, end in pairwise(edges):
            for at in range(start, end, 255):
                out += bytes((min(255, end - at), row[start]))
        out += b"\0\0"
    return bytes(out + b"\0\1")


def alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Cosine of two pictures, 1 where they are the same but for intensity, at the best of the nine nearest places."""
    norm = math.sqrt(float((one**2).sum() * (other**2).sum()))
    shifted = (np.roll(one, (x, y), (0, 1)) for x in (-1, 0, 1) for y in (-1, 0, 1))
    return max(float((picture * other).sum()) for picture in shifted) / norm
