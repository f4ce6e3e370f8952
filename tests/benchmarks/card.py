"""Measure everything of the shipped weights anew and write the model card from it.

python -m tests.benchmarks.card            a few minutes; writes model/figures.json, model/README.md, model/pictures
python -m tests.benchmarks.card --accuracy but for what takes time: that stays as another machine measured it
python -m tests.benchmarks.card --quick    only what `train.py --quick` reaches, and how soon
python -m tests.benchmarks.card --text     write the card anew from the figures as they are
"""

import argparse
import datetime
import json
import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("agg")
from matplotlib import pyplot as plt

from model import styles, synthesis
from model.ink import Pixels
from model.reader import DEFAULT, WEIGHTS, Network, Reader, Seen, see
from model.strokes import rasterise
from tests.benchmarks import by_eye, hands, reading, speed, unlearnt, variants
from tests.benchmarks.sheets import sheet
from tests.benchmarks.words import card, with_table
from tests.data import ROOT

FIGURES = ROOT / "model" / "figures.json"
CARD = ROOT / "model" / "README.md"
README = ROOT / "README.md"
PICTURES = ROOT / "model" / "pictures"
REPORT = ROOT / "report"  # pictures of data that is not ours, which is never committed
PER_STYLE = 20  # drawings of each template
SHEET = 96  # pictures on an error sheet
QUICK_SEEDS = 5
# Instructions that networks are fast by, as Linux names them.
FAST = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")


def today() -> str:
    """The date in UTC."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def commit() -> str:
    """Which one the working tree is of."""
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def processor() -> str:
    """What this machine calls its processor, and which of `FAST` it has."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    known = dict(line.split(":", 1) for line in lines if ":" in line)  # of the last core
    named = {key.strip(): value.strip() for key, value in known.items()}
    fast = [name for name in FAST if name in named.get("flags", "").split()]
    return ", ".join((named.get("model name", platform.processor()), *fast))


def pixels(drawings: list[Seen]) -> Pixels:
    """What a network sees of them at first: (n, 28, 28)."""
    return np.stack([seen.pixels for seen in drawings])


def errors(answers: reading.Answers, images: Pixels, labels: Any, path: Path, title: str) -> None:
    """A sheet of what is misread, the most confident first."""
    wrong = np.flatnonzero(answers.digits != labels)
    wrong = wrong[np.argsort(-answers.score()[wrong])]
    captions = [f"{labels[i]} as {answers.digits[i]}, {answers.score()[i]:.2f}" for i in wrong[:SHEET]]
    sheet(images[wrong[:SHEET]], captions, path, f"{title}: {len(wrong)} of {len(labels):,} misread")


def taken_for_digits(network: Network, kinds: dict[str, Pixels]) -> None:
    """A sheet of what is drawn, no digit, and yet answered sure."""
    drawn = (*synthesis.MARKS, unlearnt.KIND)
    images, captions = [], []
    for kind in drawn:
        answers = reading.Answers.to_images(network, kinds[kind])
        for index in np.flatnonzero(answers.sure):
            images.append(kinds[kind][index])
            captions.append(f"{answers.digits[index]}, {answers.score()[index]:.3f}")
    title = f"No digits: {len(images)} of {sum(len(kinds[kind]) for kind in drawn):,} answered sure"
    sheet(np.array(images).reshape(-1, 28, 28), captions, PICTURES / "sure-of-none.png", title)


def reliability(pairs: dict[str, tuple[reading.Answers, Any]], path: Path) -> None:
    """Two curves for each set: is it right as often as it says; how often is it wrong, the more it answers."""
    figure, (calibration, coverage) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for name, (answers, labels) in pairs.items():
        score, right = answers.score(), answers.digits == labels
        bins = np.quantile(score, np.linspace(0, 1, 11))
        where = np.clip(np.searchsorted(bins, score, side="right") - 1, 0, 9)
        used = [index for index in range(10) if (where == index).any()]
        means = [(score[where == index].mean(), right[where == index].mean()) for index in used]
        calibration.plot(*zip(*means, strict=True), "o-", label=name)
        order = np.argsort(-score)
        share = np.arange(1, len(order) + 1) / len(order)
        coverage.plot(share, 100 * np.cumsum(~right[order]) / np.arange(1, len(order) + 1), label=name)
    calibration.plot([0.5, 1], [0.5, 1], color="0.7", zorder=0)
    calibration.set(xlabel="confidence", ylabel="share right", title="calibration, ten equal groups")
    coverage.set(xlabel="share answered, the most confident first", ylabel="wrong of those, %", title="coverage")
    coverage.legend()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def by_style(network: Network) -> dict[str, Any]:
    """How often each template's variations are misread, and a sheet of them."""
    rng = np.random.default_rng(3)
    made = [(template, styles.draw(template, rng)) for template in styles.templates() for _ in range(PER_STYLE)]
    drawings = [see(rasterise(strokes)) for _, strokes in made]
    labels = np.array([template.digit for template, _ in made])
    answers = reading.Answers.to_drawings(network, drawings)
    errors(answers, pixels(drawings), labels, PICTURES / "misread-styles.png", "Styles")
    right = (answers.digits == labels).reshape(-1, PER_STYLE).mean(axis=1)
    worst = sorted(zip(right.tolist(), styles.templates(), strict=True), key=lambda pair: pair[0])[:12]
    return {
        "templates": len(right),
        "drawings": len(labels),
        "accuracy": round(float((answers.digits == labels).mean()), 5),
        "never_misread": int((right == 1).sum()),
        "worst": {template.name: round(share, 3) for share, template in worst if share < 1},
    }


def quick() -> dict[str, Any]:
    """What `train.py --quick` reaches, and how long it trains."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "train.py", "--quick", "--seeds", str(QUICK_SEEDS), "--out", folder]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
        accuracy = json.loads((Path(folder) / "report" / "metrics.json").read_text())["accuracy"]
    return {
        "n": QUICK_SEEDS,
        "mnist_test_mean": accuracy["mnist_test_mean"],
        "mnist_test_sd": accuracy["mnist_test_sd"],
        "seconds": [seed["seconds"] for seed in accuracy["seeds"]],
        "timed_on": processor(),
    }


def times() -> dict[str, Any]:
    """Every figure that depends on the machine, and which machine it was."""
    return {"timed": today(), "timed_on": processor(), "timed_at": commit(), "speed": speed.measure(), "quick": quick()}


def measure() -> dict[str, Any]:
    """Every other figure of the card, and its pictures."""
    PICTURES.mkdir(exist_ok=True)
    REPORT.mkdir(exist_ok=True)
    sets = reading.load()
    networks = {name: Network(WEIGHTS / f"{name}.onnx") for name in Reader().names}
    ours = networks[DEFAULT]
    mnist = reading.Answers.to_images(ours, sets["mnist"])
    pen = reading.Answers.to_drawings(ours, sets["pen"])
    errors(mnist, sets["mnist"], sets["mnist_labels"], REPORT / "misread-mnist.png", "MNIST test")
    errors(pen, pixels(sets["pen"]), sets["pen_labels"], REPORT / "misread-pen.png", "pendigits-train")
    pairs = {"MNIST test": (mnist, sets["mnist_labels"]), "pendigits-train": (pen, sets["pen_labels"])}
    reliability(pairs, PICTURES / "reliability.png")
    taken_for_digits(ours, sets["no_digit"])
    styles.sheet(PICTURES / "styles.png")
    return {
        "date": today(),
        "cards": Reader().cards(),
        "reading": {name: reading.measure(network, sets) for name, network in networks.items()},
        "styles": by_style(ours),
        "variants": variants.measure(variants.COUNT),
        "hands": hands.measure([ours])[0],
        "by_eye": by_eye.measure(ours, sets["no_digit"]),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--accuracy", action="store_true", help="leave the times as they are in model/figures.json")
    some.add_argument("--quick", action="store_true", help="measure only `train.py --quick`")
    some.add_argument("--text", action="store_true", help="only write the card, from model/figures.json")
    args = parser.parse_args()
    figures = json.loads(FIGURES.read_text())
    if args.quick:
        figures["quick"] = quick()
    elif not args.text:
        # The times first, while the working tree is still that of a commit.
        figures |= ({} if args.accuracy else times()) | measure()
    if not args.text:
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    CARD.write_text(card(figures))
    README.write_text(with_table(README.read_text(), figures))
    print(f"wrote {CARD.relative_to(ROOT)} and the table in {README.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
