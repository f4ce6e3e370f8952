"""Small PNGs are decoded by libspng, all else by Pillow: both have to see the same in them."""

import contextlib
import struct
import time
import zlib
from unittest import mock

import numpy as np
import pyspng
import pytest
from PIL import Image

from model import decode as module
from model.decode import SMALL_PNG_PIXELS, WORKING, decode
from model.errors import NotAnImage, TooManyPixels
from tests.encodings import PNG, bmp_of, chunk, png_of, saved

KINDS = {"grey": (0, 1), "RGB": (2, 3), "RGBA": (6, 4)}
SIDES = 9, 23


def png(colour: int, raw: bytes, size: tuple[int, int] = SIDES, more: bytes = b"") -> bytes:
    """A PNG of rows as they are stored; `more`: chunks between its header and these."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", size[1], size[0], 8, colour, 0, 0, 0))
    return PNG + header + more + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND")


def rows(channels: int, seed: int, alike: bool) -> bytes:
    """Rows in all five filters, mostly zeros as in drawings. `alike`: all channels say the same."""
    rng = np.random.default_rng(seed)
    height, width = SIDES
    said = rng.integers(0, 256, (height, width, channels)) * (rng.random((height, width, 1)) < 0.3)
    if alike:
        said[:] = said[..., :1]
    if channels == 4:
        said[..., 3] = 0
        said[0, 0, 3] = 255 if seed % 2 else 90
    filters = rng.integers(0 if channels < 4 else 1, 5, height)
    return b"".join(bytes([kind]) + row.astype(np.uint8).tobytes() for kind, row in zip(filters, said, strict=True))


@pytest.mark.parametrize("alike", [True, False], ids=["greys", "colours"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_small_png_is_the_picture_that_pillow_sees(kind: str, alike: bool) -> None:
    colour, channels = KINDS[kind]
    for seed in range(60):
        data = png(colour, rows(channels, seed, alike))
        picture, scale = decode(data)
        with mock.patch.object(module, "_small_png", return_value=None):
            expected, _ = decode(data)
        assert np.array_equal(np.asarray(picture.convert("RGBA")), np.asarray(expected.convert("RGBA")))
        assert scale == 1
        assert picture.mode == ("L" if expected.mode == "RGB" and alike else expected.mode)


@pytest.mark.parametrize("kind", KINDS)
def test_libspng_decodes_usual_small_pngs_and_no_others(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    colour, channels = KINDS[kind]
    asked, load = list[bytes](), pyspng.load

    def noted(data: bytes, mode: str) -> object:
        asked.append(data)
        return load(data, mode)

    monkeypatch.setattr(pyspng, "load", noted)
    usual = np.arange(12 * 12 * channels).reshape(12, 12, channels) % 256
    large = np.zeros((320, 321, channels), int)
    assert large[..., 0].size > SMALL_PNG_PIXELS
    decode(png_of(usual, colour, 8))
    assert len(asked) == 1
    decode(png_of(large, colour, 8))
    decode(png_of(usual, colour, 16))
    decode(png_of(usual, colour, 8, interlaced=True))
    for form, options in (("PNG", {"transparency": 0}), ("JPEG", {}), ("GIF", {})):
        decode(saved(Image.new("L", (12, 12)), form, **options))
    decode(saved(Image.new("P", (12, 12))))
    assert len(asked) == 1


def test_a_thin_png_of_few_pixels_is_reduced_or_refused_as_any_other() -> None:
    picture, scale = decode(png(0, (b"\0" + bytes(60_000)), (1, 60_000)))
    assert max(picture.size) <= WORKING
    assert scale == picture.width / 60_000
    with pytest.raises(TooManyPixels):
        decode(png(0, b"\0\0" * 70_000, (70_000, 1)))


@pytest.mark.parametrize("cut", range(24, 150, 7))
def test_a_small_png_without_all_of_its_pixels_is_said_to_be_damaged(cut: int) -> None:
    whole = saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)))
    with pytest.raises(NotAnImage):
        decode(whole[:-cut])


def test_a_small_png_with_a_bit_at_fault_is_said_to_be_damaged() -> None:
    whole = saved(Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)))
    pixels = whole.index(b"IDAT") + 4
    for at in range(pixels, len(whole) - 20):
        broken = bytearray(whole)
        broken[at] ^= 1
        with pytest.raises(NotAnImage, match="damaged"):
            decode(bytes(broken))


def test_a_small_png_with_bytes_at_fault_is_read_or_refused_in_words() -> None:
    rng = np.random.default_rng(0)
    for seed in range(300):
        data = bytearray(png(6, rows(4, seed, alike=True)))
        for at in rng.integers(8, len(data), rng.integers(1, 4)):
            data[at] = rng.integers(256)
        with contextlib.suppress(NotAnImage, TooManyPixels):
            decode(bytes(data))


def test_what_a_small_png_unpacks_to_beyond_its_pixels_is_not_unpacked() -> None:
    bomb = png(0, bytes(200_000_000), (280, 280))
    start = time.thread_time()
    picture, _ = decode(bomb)
    assert time.thread_time() - start < 0.05  # all of it takes 0.2 s
    assert picture.size == (280, 280)


def test_what_follows_the_pixels_of_a_small_bitmap_is_not_gone_through() -> None:
    bitmap = bmp_of((40, 40), 4, 2, b"\0\0" * 500_000, bytes(64))  # line ends, which are decoded in Python
    start = time.thread_time()
    with pytest.raises(NotAnImage):
        decode(bitmap)
    assert time.thread_time() - start < 0.05  # all of it takes 0.3 s
