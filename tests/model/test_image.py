import io
import math
import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageOps

from model import decode
from model.errors import Blank, NotAnImage, TooManyPixels
from model.image import read_image
from model.normalise import normalise
from model.reader import Reader, see_image
from tests.data import mnist_images, mnist_labels
from tests.encodings import alike, saved, with_segment

Colour = tuple[int, ...]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def seven(size: tuple[int, int] = (280, 280), pen: int = 24, ink: Colour = BLACK, paper: Colour = WHITE) -> Image.Image:
    picture = Image.new("RGBA" if len(paper) == 4 else "RGB", size, paper)
    width, height = size
    path = [(width * 0.3, height * 0.2), (width * 0.7, height * 0.2), (width * 0.45, height * 0.8)]
    ImageDraw.Draw(picture).line(path, fill=ink, width=pen, joint="curve")
    return picture


def seen(data: bytes) -> NDArray[np.float32]:
    return see_image(data).pixels


PLAIN = seen(saved(seven()))


def test_a_drawing_in_one_colour_is_seen_alike_in_grey_in_colours_and_on_nothing() -> None:
    grey = seven((1120, 1120), 96).convert("L").resize((280, 280), Image.Resampling.BOX)  # with soft edges
    black, red = Image.new("RGBA", grey.size, (0, 0, 0, 0)), Image.new("RGBA", grey.size, (200, 0, 0, 0))
    for clear in (black, red):
        clear.putalpha(ImageOps.invert(grey))
    expected = seen(saved(grey))
    for other in (Image.merge("RGB", [grey] * 3), black, red):
        np.testing.assert_allclose(seen(saved(other)), expected, atol=0.01)
    almost = Image.merge("RGB", [grey, grey, grey.point(lambda level: max(0, level - 9))])
    assert alike(seen(saved(almost)), expected) > 0.99


def test_a_canvas_that_was_filled_is_read_as_the_same_picture_without_its_channel_of_ones() -> None:
    filled = seven().convert("RGBA")
    assert filled.getchannel("A").getextrema() == (255, 255)
    assert decode.decode(saved(filled))[0].mode == "L"
    assert (seen(saved(filled)) == PLAIN).all()
    large = seven((3_000, 1_500), 128)  # averaged down in strips
    assert (seen(saved(large.convert("RGBA"))) == seen(saved(large))).all()


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("grain", [3, 6, 10])
def test_chalk_on_a_dark_board_with_grain_is_read(form: str, grain: float) -> None:
    chalk = np.asarray(seven(ink=(210, 210, 200), paper=(38, 42, 40)), float)
    noisy = chalk + np.random.default_rng(0).normal(0, grain, chalk.shape)
    assert Reader().read_image(saved(Image.fromarray(noisy.clip(0, 255).astype(np.uint8)), form)).digit == 7


@pytest.mark.parametrize(
    ("what", "data", "least"),
    [
        ("light on dark", saved(seven(ink=WHITE, paper=BLACK)), 0.999),
        ("black on a transparent canvas", saved(seven(ink=(0, 0, 0, 255), paper=(0, 0, 0, 0))), 0.999),
        ("white on a transparent canvas", saved(seven(ink=(255, 255, 255, 255), paper=(255, 255, 255, 0))), 0.999),
        ("yellow on white", saved(seven(ink=(255, 255, 0))), 0.999),
        ("red on blue of the same grey", saved(seven(ink=(180, 0, 0), paper=(0, 60, 130))), 0.999),
        ("JPEG at quality 40", saved(seven(), "JPEG", quality=40), 0.98),
        ("WebP", saved(seven(), "WEBP", quality=60), 0.98),
        ("GIF", saved(seven(), "GIF"), 0.999),
        ("BMP", saved(seven(), "BMP"), 0.999),
        ("two levels", saved(seven().convert("1")), 0.999),
        ("palette", saved(seven().convert("P")), 0.999),
        ("CMYK", saved(seven().convert("CMYK"), "JPEG"), 0.98),
        ("2 megapixels", saved(seven((1500, 1500), 128)), 0.98),
        ("an icon", saved(seven((32, 32), 3)), 0.9),
        ("an icon with a 1-pixel pen", saved(seven((32, 32), 1)), 0.75),
        ("a hairline on 1050x800", saved(seven((1050, 1050), 1)), 0.85),
    ],
)
def test_the_same_seven_looks_the_same(what: str, data: bytes, least: float) -> None:
    assert alike(seen(data), PLAIN) >= least, what


def framed(width: int, inset: int = 0, ink: Colour = BLACK, paper: Colour = WHITE) -> Image.Image:
    picture = seven(ink=ink, paper=paper)
    ImageDraw.Draw(picture).rectangle((inset, inset, 279 - inset, 279 - inset), outline=ink, width=width)
    return picture


def dusty(grains: int) -> Image.Image:
    picture, rng = seven(), np.random.default_rng(grains)
    for x, y in rng.integers(2, 276, (grains, 2)).tolist():
        ImageDraw.Draw(picture).ellipse((x, y, x + 2, y + 2), BLACK)
    return picture


def ruled(step: int, colour: Colour, squared: bool = False, margin: bool = False) -> Image.Image:
    """Paper with blue lines, and a seven in dark ink on it."""
    paper = Image.new("RGB", (280, 280), WHITE)
    pen = ImageDraw.Draw(paper)
    for at in range(step // 2, 280, step):
        pen.line((0, at, 280, at), colour)
        if squared:
            pen.line((at, 0, at, 280), colour)
    if margin:
        pen.line((30, 0, 30, 280), (230, 90, 90), 2)
    return ImageChops.darker(paper, seven(ink=(30, 30, 60)))


def cut_out(margin: int) -> Image.Image:
    """A seven cut out along its ink, or so many pixels beside it."""
    picture = seven()
    left, top, right, bottom = ImageOps.invert(picture).getbbox() or (0, 0, 0, 0)
    return picture.crop((left - margin, top - margin, right + margin, bottom + margin))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize(
    ("what", "picture"),
    [
        ("a hairline around it", framed(1)),
        ("a pale line around it", ImageChops.lighter(framed(1), Image.new("RGB", (280, 280), (190, 190, 190)))),
        ("a thick line around it", framed(6)),
        ("a line around it, within a margin", framed(3, 7)),
        ("a light line around it, on dark", framed(3, 7, WHITE, BLACK)),
        ("one grain of dust", dusty(1)),
        ("many grains of dust", dusty(8)),
        ("ruled paper", ruled(40, (170, 200, 235))),
        ("narrowly ruled paper", ruled(14, (205, 220, 240))),
        ("squared paper", ruled(20, (170, 200, 235), squared=True)),
        ("ruled paper with a margin", ruled(40, (170, 200, 235), margin=True)),
        ("a margin alone", ruled(1_000, WHITE, margin=True)),
        ("cut out along its ink", cut_out(0)),
        ("cut out with a narrow margin", cut_out(3)),
    ],
)
def test_what_is_not_the_digit_s_is_not_seen(what: str, picture: Image.Image, kind: str) -> None:
    assert alike(seen(saved(picture, kind)), PLAIN) >= 0.95, what


def test_a_line_around_a_transparent_canvas_is_not_seen() -> None:
    for inset in (0, 5):
        assert alike(seen(saved(framed(2, inset, (0, 0, 0, 255), (0, 0, 0, 0)))), PLAIN) > 0.99


def test_a_frame_moves_nothing() -> None:
    for picture in (framed(5), framed(3, 7)):
        assert read_image(saved(picture)).origin == read_image(saved(seven())).origin


def test_a_plain_bar_that_fills_its_picture_is_ink_and_no_frame() -> None:
    bar = Image.new("L", (60, 260), 255)
    bar.paste(0, (3, 3, 57, 257))
    assert read_image(saved(bar)).pixels.mean() > 0.5


def test_the_dot_of_a_zero_is_no_dust() -> None:
    zero = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(zero).ellipse((60, 30, 220, 250), outline=0, width=18)
    plain = read_image(saved(zero)).pixels.sum()
    ImageDraw.Draw(zero).ellipse((128, 128, 152, 152), 0)
    assert read_image(saved(zero)).pixels.sum() > plain + 400


def test_16_bit_grey_is_not_clipped() -> None:
    grey = np.asarray(seven().convert("L")).astype(np.uint16) * 257
    assert alike(seen(saved(Image.fromarray(grey))), PLAIN) > 0.999


def test_exif_says_which_way_is_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees clockwise
    assert alike(seen(saved(seven().rotate(90), "JPEG", exif=exif, quality=95)), PLAIN) > 0.98


def test_a_gradient_behind_the_ink_is_paper() -> None:
    y, x = np.mgrid[:280, :280] / 280
    light = (110 + 120 * x + 25 * y)[..., None]
    drawn = np.where(np.asarray(seven()) < 128, light * 0.4, light).astype(np.uint8)
    assert alike(seen(saved(Image.fromarray(drawn))), PLAIN) > 0.98


@pytest.mark.parametrize("depth", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("shape", ["across", "in a corner", "of a phone", "of a hand"])
def test_a_shadow_on_the_paper_is_not_read(shape: str, depth: float) -> None:
    y, x = np.mgrid[:500, :500] / 500

    def edge(away: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(0.5 + 80 * away, 0, 1)

    shade = {
        "across": edge(x + y - 1),
        "in a corner": edge(x - 0.45) * edge(y - 0.4),
        "of a phone": edge(0.25 - abs(x - 0.5)) * edge(y - 0.3),
        "of a hand": edge(0.4 - np.hypot(0.8 * x, y - 1)),
    }[shape]
    noise = np.random.default_rng(0).normal(0, 4, (500, 500, 3))
    photo = np.asarray(seven((500, 500), 30, (20, 20, 60), (225, 220, 210))) * (1 - depth * shade)[..., None] + noise
    reading = Reader().read_image(saved(Image.fromarray(photo.clip(0, 255).astype(np.uint8)), "JPEG", quality=85))
    assert (reading.digit, reading.verdict) == (7, "sure")


def test_a_noisy_photograph_of_paper_is_read() -> None:
    y, x = np.mgrid[:1200, :1200] / 1200
    noise = np.random.default_rng(0).normal(0, 8, (1200, 1200, 3))
    light = (120 + 90 * x - 60 * (y - 0.5) ** 2)[..., None]
    photo = np.where(np.asarray(seven((1200, 1200), 100)) < 128, light * 0.45, light) + noise
    data = saved(Image.fromarray(photo.clip(0, 255).astype(np.uint8)), "JPEG", quality=70)
    assert alike(seen(data), PLAIN) > 0.95


@pytest.mark.parametrize(
    ("what", "picture"),
    [
        ("white", Image.new("RGB", (100, 100), WHITE)),
        ("black", Image.new("L", (100, 100), 0)),
        ("transparent", Image.new("RGBA", (100, 100), (0, 0, 0, 0))),
        ("one pixel", Image.new("RGB", (1, 1), (200, 30, 40))),
        ("nearly white", Image.fromarray(np.random.default_rng(0).integers(250, 256, (90, 90, 3), np.uint8))),
    ],
)
def test_an_image_without_ink_is_blank(what: str, picture: Image.Image) -> None:
    with pytest.raises(Blank):
        read_image(saved(picture))


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("lightest", [128, 255])
@pytest.mark.parametrize("degrees", [0, 20, 90, 180])
def test_light_that_fades_to_black_is_no_ink(degrees: int, lightest: int, form: str) -> None:
    y, x = np.mgrid[:300, :300] / 299 - 0.5
    across = x * math.cos(math.radians(degrees)) + y * math.sin(math.radians(degrees))
    light = lightest * (across - across.min()) / np.ptp(across)
    with pytest.raises(Blank):
        read_image(saved(Image.fromarray(light.astype(np.uint8)), form))


@pytest.mark.parametrize("data", [b"", b"7", b"hello, I am no PNG" * 99, saved(seven())[:400], saved(seven(), "TIFF")])
def test_what_is_no_image_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        read_image(data)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (saved(seven(), "AVIF"), "AVIF"),
        (saved(seven(), "TIFF"), "TIFF"),
        (saved(seven(), "PDF"), "PDF"),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a 7 -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN">\n<svg/>',
            "SVG",
        ),
        (b'\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    ],
)
def test_another_kind_of_file_is_refused_by_its_name(data: bytes, name: str) -> None:
    with pytest.raises(NotAnImage, match=f"{name}.*PNG or JPEG"):
        read_image(data)


def test_an_image_too_large_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = saved(Image.new("1", (10_000, 10_000)))
    assert len(bomb) < 20_000
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(TooManyPixels, match="10000 x 10000"):
        read_image(bomb)


@pytest.mark.parametrize(
    ("kind", "options", "side"),
    [
        ("PNG", {}, math.isqrt(decode.MAX_PIXELS) + 1),
        ("JPEG", {"progressive": True}, math.isqrt(decode.MAX_PIXELS_PROGRESSIVE) + 1),
        ("WEBP", {}, math.isqrt(decode.MAX_PIXELS_WEBP) + 1),
    ],
)
def test_each_format_has_the_bound_that_its_decoder_needs(kind: str, options: dict[str, Any], side: int) -> None:
    with pytest.raises(TooManyPixels):
        read_image(saved(Image.new("L", (side, side)), kind, **options))


def test_the_crop_is_in_the_pixels_of_the_image_however_large_it_was() -> None:
    for side in (280, 2800):
        ink = read_image(saved(seven((side, side), side // 14)))
        left, top, length = normalise(ink.pixels).crop
        assert ink.origin[1] + top / ink.scale == pytest.approx(0.165 * side, abs=0.01 * side)
        assert length / ink.scale == pytest.approx(0.65 * side, abs=0.02 * side)
        assert ink.origin[0] + (left + length / 2) / ink.scale == pytest.approx(0.5 * side, abs=0.02 * side)


@pytest.mark.parametrize("grain", [1, 2, 3, 6, 12])
@pytest.mark.parametrize("side", [120, 280, 600])
def test_the_grain_of_paper_in_a_png_is_no_ink(grain: int, side: int) -> None:
    drawn = np.asarray(seven((side, side), side // 11).convert("L"), np.int64)
    levels = drawn * 4 // 5 + 30 + np.random.default_rng(grain).integers(-grain, grain + 1, drawn.shape)
    data = saved(Image.fromarray(levels.clip(0, 255).astype(np.uint8)))
    reading = Reader().read_image(data)
    assert (reading.digit, reading.verdict) == (7, "sure")


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("inverted", [False, True])
def test_a_small_lossy_picture_of_an_mnist_digit_is_still_that_digit(kind: str, inverted: bool) -> None:
    reader, right = Reader(), 0
    for pixels, label in zip(mnist_images("t10k")[:100], mnist_labels("t10k"), strict=False):
        levels = (pixels * 255 + 0.5).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(255 - levels if inverted else levels).save(buffer, kind, quality=75)
        right += reader.read_image(buffer.getvalue()).digit == label
    assert right >= 98


def test_a_segment_longer_than_its_jpeg_hides_nothing_from_the_decoder() -> None:
    """Pillow warned, on the service's log, of a note among what such a segment seems to hold."""
    note = b"MPF\0II*\0\x08\0\0\0\0\0"
    jpeg = with_segment(with_segment(saved(seven(), "JPEG"), 0xE2, note), 0xC8, b"")
    overlong = jpeg[:4] + b"\xff\xff" + jpeg[6:]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(NotAnImage):
            read_image(overlong)
    assert not said
