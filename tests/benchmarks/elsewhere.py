"""How well a network reads digits that are neither MNIST's nor drawn for this program, from packages anyone can fetch.

    python -m tests.benchmarks.elsewhere                              the shipped digitnet
    python -m tests.benchmarks.elsewhere --network runs/digitnet/digitnet.onnx --sheet misread.png

Fonts: 0 to 9 in every font that npm's @fontsource has under "handwriting", each as one hand wrote it, the models of
many countries' schools among them. Optical digits: what 13 people wrote on forms, at 8x8 pixels (UCI, as scikit-learn
ships it). Nothing is trained on either. Packages are kept in runs/elsewhere. Needs npm, and some minutes once.
"""

import argparse
import gzip
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

from model.reader import WEIGHTS, Network, Seen, see_image
from tests.benchmarks.card import sheet
from tests.benchmarks.reading import Answers, on_digits
from tests.data import ROOT
from tests.encodings import saved

KEPT = ROOT / "runs" / "elsewhere"
LIST = "google-font-metadata@6.0.8"
TABLES = "scikit-learn==1.9.1"
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
    """1,797 digits that 13 people wrote, pictures of 8x8 in 17 greys, as a network sees them."""
    if not list(KEPT.glob("scikit_learn-*.whl")):
        _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", TABLES)
    with zipfile.ZipFile(_packed("scikit_learn-*.whl")) as wheel:
        table = gzip.decompress(wheel.read("sklearn/datasets/data/digits.csv.gz")).decode("ascii")
    rows = np.loadtxt(table.splitlines(), delimiter=",")
    ink = np.pad(rows[:, :64].reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    pictures = [Image.fromarray((255 - each * (255 / 16)).astype(np.uint8)) for each in ink]
    return [see_image(saved(picture)) for picture in pictures], rows[:, 64].astype(np.int64)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, default=WEIGHTS / "digitnet.onnx", help="an ONNX file of train.py")
    parser.add_argument("--sheet", type=Path, help="a picture of the fonts' digits that are misread, to write")
    args = parser.parse_args()
    network = Network(args.network)
    small, small_labels = optical()
    drawings, labels, of = fonts()
    answers = Answers.to_drawings(network, drawings)
    print(json.dumps({"set": "fonts", **on_digits(answers, labels)}))
    print(json.dumps({"set": "8x8", **on_digits(Answers.to_drawings(network, small), small_labels)}))
    if args.sheet:
        wrong = np.flatnonzero(answers.digits != labels)
        captions = [f"{labels[i]} as {answers.digits[i]} {of[i][:9]}" for i in wrong]
        images = np.stack([drawings[i].pixels for i in wrong])
        sheet(images, captions, args.sheet, f"Handwriting fonts: {len(wrong)} of {len(labels):,} misread")


if __name__ == "__main__":
    main()
