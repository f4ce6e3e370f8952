"""Sheets of paper on tables, photographed: what is on the sheet is read, and nothing else changes."""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from model import image
from model.errors import Blank
from model.reader import Reader
from model.sheet import cut_to_sheet
from tests.drawings import load_drawing
from tests.encodings import saved

Colour = tuple[int, int, int]
Corners = tuple[tuple[float, float], ...]
WIDTH, HEIGHT = 600, 800  # pixels of a photograph
# One of tests/drawings for each digit.
NAMES = [
    *("0-school", "1-flagged", "2-school", "3-school", "4-closed"),
    *("5-school", "6-school", "7-barred", "8-school", "9-school"),
]
PAPER, YELLOW, INK = (222, 220, 214), (240, 222, 110), (40, 50, 110)
BLACK, DARK, GREY, BROWN, OAK = (22, 22, 24), (60, 45, 35), (75, 75, 78), (110, 90, 70), (150, 110, 75)


def box(left: float, top: float, right: float, bottom: float, turn: float = 0) -> Corners:
    """The corners of a sheet in pixels, given in shares of the picture, turned by so many degrees."""
    x, y, angle = (left + right) / 2 * WIDTH, (top + bottom) / 2 * HEIGHT, math.radians(turn)
    found = []
    for across, down in ((left, top), (right, top), (right, bottom), (left, bottom)):
        dx, dy = across * WIDTH - x, down * HEIGHT - y
        found.append((x + dx * math.cos(angle) - dy * math.sin(angle), y + dx * math.sin(angle) + dy * math.cos(angle)))
    return tuple(found)


WHOLE, FILLING, OUTSIDE = box(0.12, 0.1, 0.88, 0.9), box(-0.1, -0.1, 1.1, 1.1), box(2, 2, 3, 3)
FROM_THE_SIDE = ((90.0, 80.0), (492.0, 112.0), (570.0, 720.0), (36.0, 680.0))


@dataclass(frozen=True)
class Scene:
    """A sheet on a table.

    `grain`: how much the table's wood varies; `lamp`: how much light falls off from the right to the left; `shadow`:
    how much of it a hand takes, on sheet and table; `size` of the digit, as a share of the picture's width, and `pen`
    in pixels.
    """

    sheet: Corners
    table: Colour = DARK
    paper: Colour = PAPER
    grain: float = 0.0
    lamp: float = 0.2
    shadow: float = 0.0
    ruled: bool = False
    size: float = 0.25
    pen: float = 4
    ink: Colour = INK

    def photograph(self, name: str, seed: int = 0) -> Image.Image:
        """One of tests/drawings in the middle of the sheet, under a lamp on one side, with a camera's noise."""
        picture = self._wood(np.random.default_rng(seed))
        sheet = Image.new("RGB", picture.size, self.paper)
        if self.ruled:
            line = tuple(round(0.88 * level) for level in self.paper)
            for at in range(0, HEIGHT, 24):
                ImageDraw.Draw(sheet).line((0, at, WIDTH, at + 5), line)
        if name:
            self._write(sheet, name)
        mask = Image.new("L", picture.size, 0)
        ImageDraw.Draw(mask).polygon(list(self.sheet), fill=255)
        picture.paste(sheet, mask=mask)
        y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32) / HEIGHT
        light = 0.98 - self.lamp * (1 - x) + 0.1 * y
        if self.shadow:  # a hand comes from below, on the right
            light *= 1 - self.shadow * np.clip(0.5 - 12 * (np.hypot((x - 0.75) / 0.5, (y - 1.0) / 0.4) - 1), 0, 1)
        colours = np.asarray(picture, np.float32) * light[..., None] + np.roll(noise(), 7 * seed, (0, 1))
        return Image.fromarray(colours.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))

    def _wood(self, rng: np.random.Generator) -> Image.Image:
        streaks = rng.normal(128, 50, (HEIGHT // 4, 12)).clip(0, 255).astype(np.uint8)
        varied = np.asarray(Image.fromarray(streaks).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.float32)
        shade = 1 + self.grain * (varied[..., None] - 128) / 50
        return Image.fromarray((np.asarray(self.table, np.float32) * shade).clip(0, 255).astype(np.uint8))

    def _write(self, sheet: Image.Image, name: str) -> None:
        left, top, *_ = self.written(name)
        lines = [np.asarray(stroke) for stroke in load_drawing(name).strokes]
        low = np.concatenate(lines).min(axis=0)
        scale = self.size * WIDTH / np.ptp(np.concatenate(lines), axis=0).max()
        pen, radius = ImageDraw.Draw(sheet), self.pen / 2
        for line in lines:
            path = [(x, y) for x, y in ((line - low) * scale + (left + radius, top + radius)).tolist()]
            if len(path) > 1:
                pen.line(path, self.ink, round(self.pen), joint="curve")
            for x, y in path:
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), self.ink)

    def written(self, name: str) -> tuple[float, float, float, float]:
        """The box of the ink, in pixels: it is in the middle of what is seen of the sheet."""
        x, y = np.clip(np.asarray(self.sheet), 0, (WIDTH, HEIGHT)).mean(axis=0).tolist()
        extent = np.ptp(np.concatenate([np.asarray(stroke) for stroke in load_drawing(name).strokes]), axis=0)
        width, height = (extent * self.size * WIDTH / extent.max() + self.pen).tolist()
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2


@cache
def noise() -> NDArray[np.float32]:
    return 4 * np.random.default_rng(0).standard_normal((HEIGHT, WIDTH, 3), np.float32)


@cache
def reader() -> Reader:
    return Reader()


def read(picture: Image.Image, form: str = "JPEG") -> int | None:
    """The digit, or None where there is no ink."""
    try:
        return reader().read_image(saved(picture, form)).digit
    except Blank:
        return None


SCENES = {
    "straight, on a dark table": Scene(WHOLE),
    "on a black table": Scene(WHOLE, BLACK),
    "on a grey table": Scene(WHOLE, GREY),
    "on a brown table": Scene(WHOLE, BROWN),
    "on oak": Scene(WHOLE, OAK),
    "on dark wood with a grain": Scene(WHOLE, grain=0.3),
    "on brown wood with a grain": Scene(WHOLE, BROWN, grain=0.2),
    "seen from the side": Scene(FROM_THE_SIDE),
    "turned by 8 degrees": Scene(box(0.2, 0.2, 0.8, 0.8, 8)),
    "turned by 20 degrees": Scene(box(0.25, 0.25, 0.75, 0.75, 20), BROWN),
    "turned by 40 degrees": Scene(box(0.25, 0.25, 0.75, 0.75, -40), grain=0.3),
    "beyond the left edge": Scene(box(-0.2, 0.1, 0.8, 0.9)),
    "beyond the right edge, turned": Scene(box(0.3, 0.1, 1.3, 0.9, 5), BROWN),
    "beyond two edges": Scene(box(-0.2, -0.2, 0.8, 0.8, 3)),
    "beyond top and bottom": Scene(box(0.15, -0.2, 0.85, 1.2, 2)),
    "beyond top and bottom, by a strong lamp": Scene(box(0.15, -0.2, 0.85, 1.2, 2), BROWN, lamp=0.4),
    "beyond three edges": Scene(box(-0.2, 0.2, 1.2, 1.3, -3)),
    "beyond three edges, on oak": Scene(box(0.2, -0.2, 1.3, 1.3, 3), OAK, grain=0.1),
    "a yellow note": Scene(box(0.32, 0.35, 0.7, 0.63, 5), paper=YELLOW, size=0.18),
    "a small yellow note on brown": Scene(box(0.35, 0.4, 0.66, 0.62, -12), BROWN, YELLOW, size=0.12),
    "in a hand's shadow": Scene(WHOLE, shadow=0.35),
    "in a hand's deep shadow, on black": Scene(WHOLE, BLACK, shadow=0.55),
    "on ruled paper": Scene(box(0.12, 0.1, 0.88, 0.9, 4), ruled=True),
    "written large with a marker": Scene(WHOLE, size=0.6, pen=18, ink=(20, 20, 20)),
    "a pencil's thin grey": Scene(WHOLE, BROWN, pen=2, ink=(110, 110, 112)),
}


@pytest.mark.parametrize("what", SCENES)
def test_a_digit_on_a_sheet_on_a_table_is_read(what: str) -> None:
    assert [read(SCENES[what].photograph(name, digit)) for digit, name in enumerate(NAMES)] == list(range(10))


@pytest.mark.parametrize("what", ["straight, on a dark table", "on a black table", "turned by 8 degrees"])
def test_a_digit_in_a_hard_shadow_across_sheet_and_table_is_read(what: str) -> None:
    photographs = (SCENES[what].photograph(name, digit) for digit, name in enumerate(NAMES))
    assert [read(shadowed(each, "half", 0.45)) for each in photographs] == list(range(10))


def shadowed(picture: Image.Image, kind: str, depth: float, soft: float = 0.0125) -> Image.Image:
    """A shadow on everything, its edge `soft` of the picture's width wide."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] / WIDTH
    lean = 0.9 * (x - 0.5) + 0.4 * (y - 0.67)
    shade = {"half": lean, "lit corner": np.maximum(x - 0.75, y - 1.0)}[kind]
    left = 1 - depth * np.clip(0.5 + shade / soft, 0, 1)[..., None]
    return Image.fromarray((np.asarray(picture) * left).astype(np.uint8))


UNCHANGED = {
    "paper that fills the picture": Scene(FILLING),
    "ruled paper that fills the picture": Scene(FILLING, ruled=True),
    "paper that fills the picture, a marker": Scene(FILLING, pen=30, size=0.6),
    "a light table": Scene(WHOLE, (190, 170, 150)),
    "a light table, beyond an edge": Scene(box(-0.2, 0.1, 0.8, 0.9), (180, 180, 178)),
    "chalk": Scene(FILLING, paper=(30, 60, 45), ink=(235, 235, 230)),
    "fat and white on black": Scene(FILLING, paper=BLACK, size=0.75, pen=90, ink=(235, 235, 230)),
    "a light pencil on dark paper": Scene(FILLING, paper=DARK, ink=(190, 180, 170)),
    "dark paper on a light table": Scene(WHOLE, PAPER, paper=(45, 60, 50), ink=(235, 235, 230)),
    "a sheet with nothing on it": Scene(WHOLE),
}


@pytest.mark.parametrize("what", UNCHANGED)
def test_no_sheet_is_seen_where_there_is_none(what: str) -> None:
    for digit, name in enumerate(NAMES):
        photograph = UNCHANGED[what].photograph("" if "nothing" in what else name, digit)
        assert cut_to_sheet(photograph) is None, digit


@pytest.mark.parametrize("kind", ["half", "lit corner"])
@pytest.mark.parametrize("depth", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("soft", [0.0125, 0.1])
def test_paper_in_the_light_beside_a_shadow_is_read_as_before(kind: str, depth: float, soft: float) -> None:
    for digit, name in enumerate(NAMES):
        photograph = shadowed(Scene(FILLING, size=0.5, pen=9).photograph(name, digit), kind, depth, soft)
        assert read(photograph) == digit
        assert kind == "lit corner" or cut_to_sheet(photograph) is None  # the shadow's edge goes through the digit


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_photograph_of_a_sheet_is_read_in_any_form(form: str, mode: str) -> None:
    if (form, mode) != ("JPEG", "RGBA"):
        for what in ("seen from the side", "beyond two edges"):
            assert read(SCENES[what].photograph("3-school").convert(mode), form) == 3


@pytest.mark.parametrize("enlarged", [1, 3])
@pytest.mark.parametrize("what", ["seen from the side", "beyond two edges", "turned by 40 degrees"])
def test_the_crop_lies_around_the_digit_in_the_pixels_of_the_photograph(what: str, enlarged: int) -> None:
    photograph = SCENES[what].photograph("3-school")
    large = photograph.resize((WIDTH * enlarged, HEIGHT * enlarged), Image.Resampling.BICUBIC)
    explanation = reader().read_image(saved(large, "JPEG"), explain=True).explanation
    left, top, right, bottom = (enlarged * at for at in SCENES[what].written("3-school"))
    crop, close = explanation["crop"] if explanation else {}, 0.01 * enlarged * WIDTH
    assert crop["x"] + crop["width"] / 2 == pytest.approx((left + right) / 2, abs=close)
    assert crop["y"] + crop["height"] / 2 == pytest.approx((top + bottom) / 2, abs=close)
    assert 1 <= crop["height"] / (bottom - top) < 1.15  # thin lines are thickened


# The legs of triangles of table, in pixels, along the width and the height: one for each corner.
TOP_RIGHT = ((0, 0), (150, 110), (0, 0), (0, 0))
CORNERS: dict[str, tuple[tuple[tuple[float, float], ...], Colour, float]] = {
    "a little of a dark table": (((0, 0), (0, 0), (0, 0), (30, 14)), DARK, 0),
    "more of a dark table": (TOP_RIGHT, DARK, 0),
    "oak with a grain": (TOP_RIGHT, OAK, 0.15),
    "a finger": (((0, 0), (0, 0), (70, 90), (0, 0)), (205, 150, 125), 0),
    "a lighter table": (TOP_RIGHT, (255, 255, 255), 0),
    "four corners": (((60, 90), (150, 60), (80, 80), (120, 120)), BROWN, 0.1),
    "an edge turned by 8 degrees": (((0, 0), (0, 0), (0, 0), (570, 80)), DARK, 0),
    "a page turned by 2 degrees": (((14, 400), (300, 10), (300, 10), (14, 400)), (6, 6, 6), 0),
}


def cornered(name: str, what: str, lamp: float, bent: float = 0, soft: float = 0.8) -> Image.Image:
    """A drawing on paper that fills the picture but for its corners, whose edge is `bent` by a share of its length."""
    triangles, table, grain = CORNERS[what]
    scene = Scene(FILLING, table, (190, 186, 172) if "lighter" in what else PAPER, grain, lamp)
    on_paper, on_table = (
        np.asarray(each.photograph(written)) for each, written in ((scene, name), (replace(scene, sheet=OUTSIDE), ""))
    )
    mask = Image.new("L", (WIDTH, HEIGHT), 0)
    t = np.linspace(0, 1, 20)
    for corner, (across, down) in enumerate(triangles):
        away = bent * 4 * t * (1 - t)
        x, y = across * (1 - t) + down * away, down * t + across * away
        x, y = (WIDTH - x if corner % 2 else x), (HEIGHT - y if corner > 1 else y)
        ends = (WIDTH * (corner % 2), HEIGHT * (corner // 2))
        ImageDraw.Draw(mask).polygon([ends, *zip(x.tolist(), y.tolist(), strict=True)], fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(soft))
    return Image.composite(Image.fromarray(on_table), Image.fromarray(on_paper), mask)


@pytest.mark.parametrize("lamp", [0.0, 0.35])
@pytest.mark.parametrize("what", CORNERS)
def test_a_digit_on_paper_with_a_table_in_its_corners_is_read(what: str, lamp: float) -> None:
    for digit, name in list(enumerate(NAMES))[3::4]:
        reading = reader().read_image(saved(cornered(name, what, lamp), "JPEG"))
        assert (reading.digit, reading.verdict) == (digit, "sure")


@pytest.mark.parametrize(("bent", "soft"), [(0.03, 0.8), (-0.03, 0.8), (0, 3), (0.02, 2)])
def test_the_edge_of_the_paper_may_be_bent_a_little_or_soft(bent: float, soft: float) -> None:
    for form in ("JPEG", "PNG"):
        assert read(cornered("3-school", "more of a dark table", 0.2, bent, soft), form) == 3


@pytest.mark.parametrize("place", [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("pen", [4, 10, 30, 60])
def test_a_stroke_that_runs_to_the_corner_is_no_table(pen: int, place: tuple[int, int]) -> None:
    for side in (28, 120):
        drawn = Image.new("RGB", (side, side), "white")
        corner, width = (place[0] * (side - 1), place[1] * (side - 1)), max(1, pen * side // 120)
        path = [corner, (side * 0.5, side * 0.45), (side * 0.45, side * 0.8)]
        ImageDraw.Draw(drawn).line(path, "black", width, joint="curve")
        assert cut_to_sheet(drawn) is None


def test_a_drawing_that_reaches_the_edge_of_the_paper_is_left_as_it_is() -> None:
    picture = cornered("3-school", "more of a dark table", 0.2)
    ImageDraw.Draw(picture).line((300, 300, WIDTH - 75, 55), INK, 9)
    assert cut_to_sheet(picture) is None


def test_no_sheet_is_looked_for_in_what_a_program_drew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "cut_to_sheet", lambda _: pytest.fail("it was looked for"))
    drawn = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(drawn).line([(84, 56), (196, 56), (126, 224)], "black", 24, joint="curve")
    assert read(drawn, "PNG") == 7


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (1024, 1), (40, 1024), (97, 96)])
def test_a_sheet_is_looked_for_in_a_picture_of_any_shape(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    noisy = rng.integers(0, 256, (size[1], size[0], 3), np.uint8)
    halves = np.where(np.arange(size[0])[None, :, None] < size[0] / 2, noisy // 8, 255 - noisy // 8).astype(np.uint8)
    for pixels in (noisy, halves, 0 * noisy, 0 * noisy + 255):
        assert cut_to_sheet(Image.fromarray(pixels)) is None


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_digit_that_fills_its_picture_is_no_table_around_a_sheet(form: str) -> None:
    foot = [(15, 250), (23, 258), (89, 258), (119, 250), (185, 250), (218, 253), (243, 250), (266, 250)]
    two = [
        *((81, 48), (82, 38), (89, 30), (113, 26), (127, 29), (165, 48), (176, 63), (178, 81)),
        *((170, 116), (127, 161), (100, 180), (54, 215), (28, 235), *foot),
    ]
    picture = Image.new("RGB", (280, 280), "white")
    pen = ImageDraw.Draw(picture)
    pen.line(two, "black", 19, joint="curve")
    for x, y in two:
        pen.ellipse((x - 9.5, y - 9.5, x + 9.5, y + 9.5), "black")
    assert cut_to_sheet(picture) is None
    reading = Reader().read_image(saved(picture, form))
    assert (reading.digit, reading.verdict) == (2, "sure")
