"""How well a network reads: MNIST's test images, digits that people drew with a pen, letters, and marks that are none.

    python -m tests.benchmarks.reading                             the shipped networks, as a table
    python -m tests.benchmarks.reading runs/digitnet/digitnet.onnx --json figures.json

Everything goes through the program's own stroke path. The drawn sets are for measuring; nothing is trained on them.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model import synthesis
from model.ink import Pixels
from model.reader import WEIGHTS, Answering, Network, Seen, look, see_strokes, seen_as_it_is
from model.verdict import Verdict
from tests.benchmarks import unlearnt
from tests.data import drawn, mnist_images, mnist_labels

BATCH = 1000
SEED = 2  # of what is drawn here; none is drawn with it for the training
EACH = 1000  # drawings of each kind of what is no digit


class Answers:
    """What a network says to n drawings: `shares` (n, 10), and (n,) `digits`, `sure` and `not_a_digit`."""

    def __init__(self, shares: Pixels, verdicts: Sequence[Verdict]) -> None:
        self.shares = shares
        self.digits: NDArray[np.int64] = shares.argmax(axis=1)
        self.sure, self.not_a_digit = (np.array(verdicts) == each for each in ("sure", "not_a_digit"))

    @classmethod
    def to_images(cls, network: Answering, images: Pixels) -> Self:
        """(n, 28, 28) float32 in 0..1, as they are: the service's answers to pictures that need no normalising."""
        return cls.to_drawings(network, [seen_as_it_is(image) for image in images])

    @classmethod
    def to_drawings(cls, network: Answering, drawings: Sequence[Seen]) -> Self:
        """As the service answers."""
        starts = range(0, len(drawings), BATCH)
        readings = [reading for start in starts for reading, _ in look(network, drawings[start : start + BATCH])]
        shares = np.array([reading.probabilities for reading in readings], np.float32)
        return cls(shares, [reading.verdict for reading in readings])

    def score(self) -> Pixels:
        """How likely the likeliest digit is: (n,)."""
        return np.asarray(self.shares.max(axis=1))


def on_digits(answers: Answers, labels: NDArray[np.int64]) -> dict[str, Any]:
    """Accuracy, and what the verdicts are worth, on drawings that are digits."""
    right = answers.digits == labels
    by_digit = {str(digit): round(float(right[labels == digit].mean()), 4) for digit in np.unique(labels)}
    return {
        "n": len(labels),
        "accuracy": round(float(right.mean()), 5),
        "worst_digit": min(by_digit.values()),
        "by_digit": by_digit,
        "sure": round(float(answers.sure.mean()), 4),
        "wrong_of_sure": round(float((~right)[answers.sure].mean()), 5),
        "called_no_digit": round(float(answers.not_a_digit.mean()), 5),
    }


def on_others(answers: Answers) -> dict[str, Any]:
    """How often what is no digit is taken for one."""
    return {
        "n": len(answers.digits),
        "sure": round(float(answers.sure.mean()), 4),
        "called_no_digit": round(float(answers.not_a_digit.mean()), 4),
    }


def auroc(digits: Pixels, others: Pixels) -> float:
    """The chance that a digit scores higher than something else: (n,) and (m,) scores."""
    scores = np.concatenate((others, digits))
    order = scores.argsort(kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    _, inverse = np.unique(scores, return_inverse=True)  # ties share their mean rank
    ranks = (np.bincount(inverse, ranks) / np.bincount(inverse))[inverse]
    wins = ranks[len(others) :].sum() - len(digits) * (len(digits) + 1) / 2
    return float(wins / (len(digits) * len(others)))


def measure(network: Network, sets: dict[str, Any]) -> dict[str, Any]:
    """Every figure of one network."""
    pen = Answers.to_drawings(network, sets["pen"])
    letters = Answers.to_drawings(network, sets["letters"])
    figures = {
        "mnist_test": on_digits(Answers.to_images(network, sets["mnist"]), sets["mnist_labels"]),
        "pendigits_train": on_digits(pen, sets["pen_labels"]),
        "styles": on_digits(Answers.to_images(network, sets["styles"]), sets["style_labels"]),
        "letters": {**on_others(letters), "auroc": round(auroc(pen.score(), letters.score()), 4)},
        "no_digit": {kind: on_others(Answers.to_images(network, made)) for kind, made in sets["no_digit"].items()},
    }
    return {"name": network.name, "version": network.version, **figures}


def load() -> dict[str, Any]:
    """All sets, as networks see them."""
    pen, letters = drawn("pendigits-train"), drawn("unipen-letters-dev")
    images, labels = mnist_images("t10k"), mnist_labels("t10k").astype(np.int64)
    styles, style_labels = synthesis.styles(3_000, SEED)
    digits = (images * 255 + 0.5).astype(np.uint8)
    made = {
        **{kind: synthesis.marks(EACH, SEED, kind=kind) for kind in synthesis.MARKS},
        **{kind: synthesis.pieces(EACH, SEED, digits, labels, kind) for kind in synthesis.PIECES},
    }
    floats = {kind: _floats(images) for kind, images in made.items()}
    return {
        "mnist": images,
        "mnist_labels": labels,
        "pen": [see_strokes(drawing["strokes"]) for drawing in pen],
        "pen_labels": np.array([int(drawing["label"]) for drawing in pen]),
        "letters": [see_strokes(drawing["strokes"]) for drawing in letters],
        "styles": _floats(styles),
        "style_labels": style_labels,
        "no_digit": {**floats, unlearnt.KIND: unlearnt.doodles(EACH, SEED)},
    }


def _floats(images: synthesis.Bytes) -> Pixels:
    return images.astype(np.float32) / np.float32(255)


def main() -> None:
    """Measure the networks named, or the shipped ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", type=Path, help="ONNX files (default: the shipped ones)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    args = parser.parse_args()
    sets = load()
    figures = []
    for path in args.networks or sorted(WEIGHTS.glob("*.onnx")):
        figures.append(measure(Network(path), sets))
        print(path.name, figures[-1]["version"])
        parts = {name: values for name, values in figures[-1].items() if isinstance(values, dict)}
        for name, values in (parts | parts.pop("no_digit")).items():
            shown = {key: value for key, value in values.items() if key != "by_digit"}
            print(f"  {name:50}", "  ".join(f"{key} {value}" for key, value in shown.items()))
            if "by_digit" in values:
                print(" " * 52, " ".join(f"{digit}:{value:.2%}" for digit, value in values["by_digit"].items()))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
