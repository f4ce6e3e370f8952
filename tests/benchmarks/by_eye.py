"""What a person reads in two digits one over the other, without being told what they are or what was answered.

    python -m tests.benchmarks.by_eye sheets         what is answered sure and not read yet, in report/
    python -m tests.benchmarks.by_eye sheets --again what is answered sure, read already or not
    python -m tests.benchmarks.by_eye read TEXT      takes down what was read there, in the order of the sheets

A 3 over a 9 is an 8 to anyone, a 1 over a 0 a slashed 0: to be sure of such a pair is no mistake where a person reads
the same digit. So that the person cannot know, each sheet holds, in an order that nobody chose, the pairs that are
answered sure, as many others, and digits of MNIST. The text has a word for each: the digit, or x where it is none or
two. All that has been read is in by_eye.json, by its place in the sets that `tests.benchmarks.reading` draws.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from model.ink import Pixels
from model.reader import DEFAULT, WEIGHTS, Network
from tests.benchmarks import reading
from tests.benchmarks.sheets import sheet
from tests.data import ROOT

READ = Path(__file__).with_name("by_eye.json")
REPORT = ROOT / "report"
ORDER = REPORT / "by-eye.json"  # which picture stands where; not to be looked at before the last one is read
KINDS = ("two digits, one over the other", "two of MNIST's, one over the other")
DIGITS, DIGITS_ASKED = "MNIST's test images", 60
ON_A_SHEET = 80
NONE = "x"


def measure(network: Network, kinds: dict[str, Pixels]) -> dict[str, Any]:
    """Of each kind how many are answered sure, in how many of these a person reads that digit, too, and how many of
    them nobody has read yet. `kinds`: those of `tests.benchmarks.reading.load`."""
    figures = {}
    for kind in KINDS:
        known, answers = _read(kind, kinds[kind]), reading.Answers.to_images(network, kinds[kind])
        sure = np.flatnonzero(answers.sure).tolist()
        said = [known.get(str(index)) for index in sure]
        alike = sum(word == str(answers.digits[index]) for word, index in zip(said, sure, strict=True))
        figures[kind] = {"n": len(answers.sure), "sure": len(sure), "read_alike": alike, "not_read": said.count(None)}
    return figures


def _seal(images: Pixels) -> str:
    """Tells whether a set is still the same: (n, 28, 28) float32 in 0..1."""
    return hashlib.sha256((images * 255 + 0.5).astype(np.uint8).tobytes()).hexdigest()[:16]


def _read(kind: str, images: Pixels) -> dict[str, str]:
    """What has been read of a set, by place; nothing once its pictures are drawn otherwise."""
    known = json.loads(READ.read_text())
    return dict(known["read"][kind]) if known["seals"][kind] == _seal(images) else {}


def _draw_sheets(again: bool) -> None:
    """Sheets of what is to be read, and in which order."""
    sets, rng = reading.load(), np.random.default_rng()
    network, asked, seals = Network(WEIGHTS / f"{DEFAULT}.onnx"), [], {}
    for kind in KINDS:
        images = sets["no_digit"][kind]
        known, answers, seals[kind] = _read(kind, images), reading.Answers.to_images(network, images), _seal(images)
        unread = np.array([again or str(index) not in known for index in range(len(images))])
        sure, others = np.flatnonzero(unread & answers.sure), np.flatnonzero(unread & ~answers.sure)
        chosen = np.concatenate((sure, rng.choice(others, min(len(sure), len(others)), replace=False)))
        asked += [(kind, index, images[index]) for index in chosen.tolist()]
    if not asked:
        print("All pairs that are answered sure have been read.")
        return
    digits = rng.choice(len(sets["mnist"]), DIGITS_ASKED, replace=False)
    asked += [(DIGITS, index, sets["mnist"][index]) for index in digits.tolist()]
    asked = [asked[place] for place in rng.permutation(len(asked)).tolist()]
    REPORT.mkdir(exist_ok=True)
    ORDER.write_text(json.dumps({"seals": seals, "order": [(kind, index) for kind, index, _ in asked]}))
    for start in range(0, len(asked), ON_A_SHEET):
        part = [image for _, _, image in asked[start : start + ON_A_SHEET]]
        captions = [str(start + place) for place in range(len(part))]
        sheet(np.stack(part), captions, REPORT / f"by-eye-{start:04}.png", "Which digit is it?")
    print(f"{len(asked)} pictures are in {REPORT.name}/by-eye-*.png. Read them all, then: by_eye read TEXT")


def _take_down(words: list[str]) -> None:
    """Keep what was read."""
    asked, known = json.loads(ORDER.read_text()), json.loads(READ.read_text())
    order = asked["order"]
    strange = set(words) - {NONE, *"0123456789"}
    if strange or len(words) != len(order):
        wrong = f", among them {sorted(strange)}" if strange else ""
        raise SystemExit(f"{len(order)} words are needed, each a digit or {NONE}. There are {len(words)}{wrong}.")
    for kind in KINDS:
        if known["seals"][kind] != asked["seals"][kind]:  # drawn otherwise than what was read before
            known["seals"][kind], known["read"][kind] = asked["seals"][kind], {}
    for (kind, index), word in zip(order, words, strict=True):
        known["read"][kind][str(index)] = word
    READ.write_text(json.dumps(known, indent=1) + "\n")


def main() -> None:
    """Ask, or take down the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    sheets = commands.add_parser("sheets", help="draw what is to be read")
    sheets.add_argument("--again", action="store_true", help="what has been read already, too")
    commands.add_parser("read", help="take down what was read").add_argument("text", type=Path)
    args = parser.parse_args()
    if args.command == "sheets":
        _draw_sheets(args.again)
    else:
        _take_down(args.text.read_text().split())


if __name__ == "__main__":
    main()
