"""Does the same drawing keep its answer, however it is drawn and sent?

    python -m tests.benchmarks.variants            1,000 drawings, each in every variant
    python -m tests.benchmarks.variants -n 300 --keep different

Each drawing of pendigits-train is answered as strokes, as it was recorded. Then it is drawn smaller, in a corner, with
pens from a hairline to a marker, at several resolutions, inverted, transparent, as PNG and as JPEG, and photographed on
paper (simulated: uneven light, texture, blue ink, noise). A drawing agrees where every variant gives the same digit.
"""

import argparse
import io
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from model.errors import DrawingError
from model.reader import Reader
from tests.data import drawn

Strokes = list[list[list[float]]]
COUNT = 1000


@dataclass(frozen=True)
class Canvas:
    """How a drawing is put on a canvas: sizes in pixels, `fill` the share of the shorter side that it takes."""

    width: int = 280
    height: int = 280
    fill: float = 0.7
    pen: float = 18
    place: tuple[float, float] = (0.5, 0.5)  # 0 is left or top, 1 is right or bottom
    ink: str = "black"
    paper: str = "white"
    mode: str = "RGB"
    form: str = "PNG"
    quality: int = 90

    def draw(self, strokes: Strokes) -> Image.Image:
        """Round ink, four times as large and then reduced, as a browser smooths it."""
        factor = 4 if max(self.width, self.height) < 600 else 2
        points = np.concatenate([np.asarray(stroke, float) for stroke in strokes])
        low = points.min(axis=0)
        extent = float((points.max(axis=0) - low).max()) or 1.0
        scale = self.fill * min(self.width, self.height) / extent
        size = (points.max(axis=0) - low) * scale
        room = np.array([self.width, self.height]) - size - self.pen - 2
        corner = room * np.array(self.place) + self.pen / 2 + 1
        picture = Image.new(self.mode, (self.width * factor, self.height * factor), self.paper)
        pen, radius = ImageDraw.Draw(picture), self.pen * factor / 2
        for stroke in strokes:
            path = ((np.asarray(stroke, float) - low) * scale + corner) * factor
            if len(path) > 1:
                pen.line(path.ravel().tolist(), self.ink, max(1, round(2 * radius)))
            for x, y in path.tolist():
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), self.ink)
        return picture.reduce(factor)

    def encoded(self, strokes: Strokes) -> bytes:
        """The drawing as a file."""
        return _file(self.draw(strokes), self.form, self.quality)


def _file(picture: Image.Image, form: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, quality=quality)
    return buffer.getvalue()


def photograph(strokes: Strokes, rng: np.random.Generator) -> bytes:
    """A phone's picture of a digit in blue ink on white paper, under a lamp that stands to one side."""
    side = 700
    drawn = Canvas(side, side, fill=0.5, pen=14, ink="#1d2f8a").draw(strokes)
    turned = drawn.rotate(float(rng.uniform(-6, 6)), Image.Resampling.BICUBIC, fillcolor="white")
    y, x = np.mgrid[:side, :side] / side - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    light = 190 + 70 * (x * np.cos(angle) + y * np.sin(angle)) - 60 * (x * x + y * y)
    grain = Image.fromarray(rng.normal(128, 40, (side // 4, side // 4)).clip(0, 255).astype(np.uint8))
    texture = np.asarray(grain.resize((side, side)).filter(ImageFilter.GaussianBlur(2)), float) - 128
    colours = np.asarray(turned, float) / 255 * (light + 0.25 * texture)[..., None] * np.array([1.0, 0.98, 0.92])
    colours += rng.normal(0, 5, colours.shape)
    picture: NDArray[np.uint8] = colours.clip(0, 255).astype(np.uint8)
    return _file(Image.fromarray(picture), "JPEG", 75)


CANVASES = {
    "png": Canvas(),
    "small": Canvas(fill=0.2, pen=6),
    "corner": Canvas(fill=0.3, pen=8, place=(0.0, 1.0)),
    "filling": Canvas(fill=0.9),
    "hairline": Canvas(pen=1),
    "ballpoint": Canvas(pen=5),
    "marker": Canvas(pen=34),
    "icon 32": Canvas(32, 32, pen=2.5),
    "64": Canvas(64, 64, pen=4),
    "1050x800, 1 pixel": Canvas(1050, 800, pen=1),
    "2000x2000": Canvas(2000, 2000, pen=120),
    "inverted": Canvas(ink="white", paper="black"),
    "transparent": Canvas(mode="RGBA", paper="#00000000"),
    "yellow on blue": Canvas(ink="#ffe000", paper="#204080"),
    "jpeg 40": Canvas(form="JPEG", quality=40),
    "small jpeg 40": Canvas(fill=0.3, pen=8, form="JPEG", quality=40),
}


def variants() -> dict[str, Callable[[Reader, Strokes, int], int]]:
    """Each variant as a function of the reader, the strokes and a seed, to the digit."""
    found: dict[str, Callable[[Reader, Strokes, int], int]] = {
        "strokes, 1/100 the size": lambda reader, strokes, _: reader.read_strokes(_scaled(strokes, 0.01)).digit,
        "strokes, 20 times the points": lambda reader, strokes, _: reader.read_strokes(_dense(strokes, 20)).digit,
        "strokes, whole pixels": lambda reader, strokes, _: reader.read_strokes(_rounded(strokes, 100)).digit,
    }
    for name, canvas in CANVASES.items():
        found[name] = partial(_on_canvas, canvas)
    found["photograph"] = lambda reader, strokes, seed: (
        reader.read_image(photograph(strokes, np.random.default_rng(seed))).digit
    )
    return found


def _on_canvas(canvas: Canvas, reader: Reader, strokes: Strokes, _: int) -> int:
    return reader.read_image(canvas.encoded(strokes)).digit


def _scaled(strokes: Strokes, factor: float) -> Strokes:
    return [[[x * factor, y * factor] for x, y in stroke] for stroke in strokes]


def _dense(strokes: Strokes, times: int) -> Strokes:
    """As a mouse of a thousand events a second records a slow hand."""
    dense = []
    for stroke in strokes:
        at = np.linspace(0, len(stroke) - 1, times * (len(stroke) - 1) + 1)
        axes = [np.interp(at, np.arange(len(stroke)), [point[axis] for point in stroke]) for axis in (0, 1)]
        dense.append(np.stack(axes, axis=1).tolist())
    return dense


def _rounded(strokes: Strokes, side: float) -> Strokes:
    """As a small canvas records it: whole pixels, `side` of them for the longer side."""
    points = np.concatenate([np.asarray(stroke) for stroke in strokes])
    factor = side / float((points.max(axis=0) - points.min(axis=0)).max())
    return [[[round(x * factor), round(y * factor)] for x, y in stroke] for stroke in strokes]


@cache
def _reader() -> Reader:
    return Reader()


def answers(strokes: Strokes, seed: int) -> dict[str, int]:
    """The digit that a drawing gets as it was recorded, under "plain", and in every variant; -1 for an error."""
    found = {"plain": _reader().read_strokes(strokes).digit}
    for name, answer in variants().items():
        try:
            found[name] = answer(_reader(), strokes, seed)
        except DrawingError as error:
            found[name] = -1
            print(f"{name}: {type(error).__name__} for a {found['plain']}")
    return found


def measure(count: int, keep: Path | None = None) -> dict[str, Any]:
    """The share of `count` drawings that keep their digit, by variant and in all; `keep`: where others are put."""
    everything = [drawing["strokes"] for drawing in drawn("pendigits-train")]
    some = everything[:: max(1, len(everything) // count)][:count]
    count = len(some)
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(answers, some, range(count), chunksize=10))
    for index, (strokes, digits) in enumerate(zip(some, found, strict=True)):
        differing = [name for name in CANVASES if digits[name] != digits["plain"]]
        for name in differing:
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                path = keep / f"{name.replace(' ', '-')}-{index}-{digits['plain']}-as-{digits[name]}.png"
                CANVASES[name].draw(strokes).save(path)
    each = {name: round(sum(one[name] == one["plain"] for one in found) / count, 4) for name in variants()}
    whole = sum(len(set(one.values())) == 1 for one in found)
    return {"n": count, "variants": len(each), "all": round(whole / count, 4), "each": each}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=COUNT, help=f"how many drawings (default {COUNT})")
    parser.add_argument("--keep", type=Path, help="a folder for the pictures that disagree")
    args = parser.parse_args()
    figures = measure(args.n, args.keep)
    for name, share in figures["each"].items():
        print(f"  {name:26} {share:.2%}")
    print(f"  {'all at once':26} {figures['all']:.2%}   n = {figures['n']} drawings")


if __name__ == "__main__":
    main()
