"""Measure everything of the shipped weights anew and write the model card from it.

python -m tests.benchmarks.card            a few minutes; writes model/figures.json, model/README.md, model/pictures
python -m tests.benchmarks.card --accuracy but for what takes time: that stays as another machine measured it
python -m tests.benchmarks.card --text     write the card anew from the figures as they are
"""

import argparse
import datetime
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("agg")
from matplotlib import pyplot as plt

from model import styles
from model.ink import Pixels
from model.reader import DEFAULT, WEIGHTS, Network, Reader, Seen, see
from model.strokes import rasterise
from tests.benchmarks import reading, speed, variants
from tests.data import ROOT

FIGURES = ROOT / "model" / "figures.json"
CARD = ROOT / "model" / "README.md"
README = ROOT / "README.md"
MARKS = ("<!-- figures, written by `make measure` -->", "<!-- end of figures -->")
PICTURES = ROOT / "model" / "pictures"
REPORT = ROOT / "report"  # pictures of data that is not ours, which is never committed
PER_STYLE = 20  # drawings of each template
VARIANTS = 300
SHEET = 96  # pictures on an error sheet
QUICK_SEEDS = 5


def today() -> str:
    """The date in UTC."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def commit() -> str:
    """Which one the working tree is of."""
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def processor() -> str:
    """What this machine calls its processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())


def sheet(images: Pixels, captions: list[str], path: Path, title: str) -> None:
    """Pictures with a line under each: (n, 28, 28) and n captions."""
    columns = 16
    rows = max(1, -(-len(images) // columns))
    size = (columns * 0.75, rows * 0.95 + 0.4)
    figure, grid = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axes in grid.flat:
        axes.axis("off")
    for axes, image, caption in zip(grid.flat, images, captions, strict=False):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(caption, fontsize=6, pad=1)
    figure.suptitle(title, fontsize=9)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def pixels(drawings: list[Seen]) -> Pixels:
    """What a network sees of them at first: (n, 28, 28)."""
    return np.stack([seen.pixels for seen in drawings])


def errors(answers: reading.Answers, images: Pixels, labels: Any, path: Path, title: str) -> None:
    """A sheet of what is misread, the most confident first."""
    wrong = np.flatnonzero(answers.digits != labels)
    wrong = wrong[np.argsort(-answers.score()[wrong])]
    captions = [f"{labels[i]} as {answers.digits[i]}, {answers.score()[i]:.2f}" for i in wrong[:SHEET]]
    sheet(images[wrong[:SHEET]], captions, path, f"{title}: {len(wrong)} of {len(labels):,} misread")


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
    styles.sheet(PICTURES / "styles.png")
    return {
        "date": today(),
        "cards": Reader().cards(),
        "reading": {name: reading.measure(network, sets) for name, network in networks.items()},
        "styles": by_style(ours),
        "variants": variants.measure(Reader(), VARIANTS),
    }


def percent(share: float) -> str:
    """0.9975 as "99.75 %"."""
    return f"{100 * share:.2f} %"


def text(figures: dict[str, Any]) -> str:
    """The card: figures.json to Markdown."""
    cards = {card["name"]: card for card in figures["cards"]}
    ours, blog = cards["digitnet"], cards["blog"]
    read, old = figures["reading"]["digitnet"], figures["reading"]["blog"]
    seeds = ours["accuracy"]["seeds"]
    dead = [entry for entry in blog["accuracy"]["seeds"] if len(entry["never_says"]) > 5]
    alive = [entry["test"] for entry in blog["accuracy"]["seeds"] if entry not in dead]
    training, first = ours["training"], ours["first_stage"]
    drawn = {"MNIST test": "mnist_test", "pendigits-train": "pendigits_train", "fresh drawings in all styles": "styles"}
    others = {
        "UNIPEN letters": "letters",
        "letters, scribbles, two digits, dots (ours)": "marks",
        "cut-up digits, noise": "pieces",
    }
    fast = figures["quick"]
    recipe = training["recipe"]
    spread = (
        f" ± {100 * ours['accuracy']['mnist_test_sd']:.2f}" if ours["accuracy"]["mnist_test_sd"] is not None else ""
    )
    lines = [
        "# Model card",
        "",
        "Written from `figures.json` by `python -m tests.benchmarks.card`; a test holds the two together.",
        f"Measured on {figures['date']}; what takes time on {figures['timed']}, {figures['timed_on']}, of the program",
        f"as it was then ({figures['timed_at']}).",
        "",
        "## What it is",
        "",
        f"`digitnet` {ours['version']}: {ours['parameters']:,} parameters, {ours['bytes']:,} bytes as ONNX. It reads",
        "one handwritten digit, 28x28, in MNIST's geometry, and says when what it sees is none. It was trained on",
        "MNIST, on digits drawn from this project's own stroke templates, and on drawings that are no digit. No",
        "handwriting of others but MNIST's was used; pendigits and UNIPEN only measure it.",
        "",
        f"Trained by `{training['command']}` (seed {training['seed']}: {training['chosen']}), {training['date']},",
        f"torch {training['versions']['torch']}, {training['arithmetic']}: {recipe['epochs']} epochs alone, then "
        f"{recipe['together']} in which it",
        f"learns from what the {len(seeds)} networks say together, then {recipe['settle']} of settling, most of it on",
        "MNIST. The ONNX file computes in 8-bit integers.",
        *(
            (
                f"What is plain its first stage answers: a network of {first['parameters']:,} of these parameters that",
                f"has learnt from it in {recipe['first']} more epochs ({first['seconds']:.0f} s), and whose answer "
                "stands where it prefers",
                f"a digit to all else by {first['margin']:.2f} in logits: for {percent(first['share'])} of the "
                "held-out digits.",
            )
            if first
            else ()
        ),
        "Where the answer to a drawing would not be sure, the network is shown it as a thin and a thick pen, too,",
        "would have drawn it, and the mean of the three counts (test-time augmentation), unless a picture has few",
        "pixels. MNIST's images, and below all that is ours but the styles' sheet, are shown to it as they are.",
        "",
        f"MNIST's test images, mean of {len(seeds)} seeds: {100 * ours['accuracy']['mnist_test_mean']:.2f}{spread} %.",
        "",
        "| seed | held-out MNIST | held-out drawings | MNIST test | training, s |",
        "|---|---|---|---|---|",
        *(
            f"| {entry['seed']} | {percent(entry['held_out'])} | {percent(entry['held_out_drawn'])} "
            f"| {percent(entry['test'])} | {entry['seconds']:.0f} |"
            for entry in seeds
        ),
        "",
        f"`train.py --quick`: {100 * fast['mnist_test_mean']:.2f} ± {100 * fast['mnist_test_sd']:.2f} % "
        f"(n = {fast['n']}) in {statistics.median(fast['seconds']):.1f} s of training (median).",
        "",
        f"`blog` {blog['version']}: the network of 2017, {blog['parameters']:,} parameters. "
        f"Of {len(blog['accuracy']['seeds'])} seeds {len(dead)} died: the ReLU on its logits",
        "cut off every gradient, and the network says the same for all images. The others reach "
        f"{percent(min(alive))} to {percent(max(alive))}, against",
        'the "96 %" that the post reports.',
        "",
        "## Digits",
        "",
        "| set | n | right | `blog` | worst digit | answered sure | wrong of those | called no digit |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {name} | {read[key]['n']:,} | {percent(read[key]['accuracy'])} | {percent(old[key]['accuracy'])} "
            f"| {percent(read[key]['worst_digit'])} | {percent(read[key]['sure'])} "
            f"| {percent(read[key]['wrong_of_sure'])} | {percent(read[key]['called_no_digit'])} |"
            for name, key in drawn.items()
        ),
        "",
        "| digit | " + " | ".join(str(digit) for digit in range(10)) + " |",
        "|---|" + "---|" * 10,
        *(
            f"| {name}, right in % | "
            + " | ".join(f"{100 * read[key]['by_digit'][str(digit)]:.1f}" for digit in range(10))
            + " |"
            for name, key in drawn.items()
        ),
        "",
        "The command also draws every misread image of both sets, to `report/`: those pictures are not ours to ship.",
        "",
        "![Calibration and coverage](pictures/reliability.png)",
        "",
        "## What is no digit",
        "",
        "| set | n | answered sure | called no digit |",
        "|---|---|---|---|",
        *(
            f"| {name} | {read[key]['n']:,} | {percent(read[key]['sure'])} | {percent(read[key]['called_no_digit'])} |"
            for name, key in others.items()
        ),
        "",
        "Confidence tells the letters from the digits of pendigits-train with an AUROC of "
        f"{read['letters']['auroc']:.4f}.",
        "",
        "## Styles",
        "",
        f"{figures['styles']['templates']} templates, {figures['styles']['drawings']:,} drawings: "
        f"{percent(figures['styles']['accuracy'])} right;",
        f"{figures['styles']['never_misread']} templates are never misread. The worst:",
        "",
        *(f"- {name}: {percent(share)}" for name, share in figures["styles"]["worst"].items()),
        "",
        "![Misread styles](pictures/misread-styles.png)",
        "",
        "All templates, each plain and then three times as it is drawn for the training, the letters last:",
        "",
        "![All styles](pictures/styles.png)",
        "",
        "## The same drawing, drawn and sent otherwise",
        "",
        f"{figures['variants']['n']} drawings of pendigits-train in {figures['variants']['variants']} variants each: "
        f"{percent(figures['variants']['all'])} keep their digit in all of them.",
        "",
        "| variant | same digit |",
        "|---|---|",
        *(f"| {name} | {percent(share)} |" for name, share in figures["variants"]["each"].items()),
        "",
        "## Speed",
        "",
        "One thread, in process; networks and strokes with those of `tests/drawings`, in turns, or one in doubt.",
        "",
        "| | mean, ms | median, ms | 95 %, ms | n |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {figure['mean_ms']:.3f} | {figure['median_ms']:.3f} | {figure['p95_ms']:.3f} "
            f"| {figure['n']:,} |"
            for name, figure in figures["speed"].items()
        ),
        "",
        "What accuracy costs, by networks of other widths, depths and kinds, trained alike and briefly",
        "(`python -m tests.benchmarks.frontier`):",
        "",
        "![Accuracy against time](pictures/frontier.png)",
        "",
    ]
    return "\n".join(lines)


def table(figures: dict[str, Any]) -> str:
    """The README's table of figures."""
    cards = {card["name"]: card for card in figures["cards"]}
    names = ("digitnet", "blog")
    read, fast = figures["reading"], figures["speed"]

    def row(title: str, values: list[str]) -> str:
        return f"| {title} | " + " | ".join(values) + " |"

    def mnist(name: str) -> str:
        accuracy = cards[name]["accuracy"]
        alive = [seed["test"] for seed in accuracy["seeds"] if len(seed["never_says"]) <= 5]
        dead = len(accuracy["seeds"]) - len(alive)
        note = f", {dead} more died" if dead else ""
        mean, deviation = float(np.mean(alive)), float(np.std(alive, ddof=1))
        shipped = read[name]["mnist_test"]["accuracy"]
        return f"{percent(mean)} ± {100 * deviation:.2f}, n = {len(alive)}{note} ({percent(shipped)})"

    pen, letters = ([read[name][key] for name in names] for key in ("pendigits_train", "letters"))
    return "\n".join(
        (
            "| | `digitnet` (ours) | `blog` (2017) |",
            "|---|---|---|",
            row("MNIST's 10,000 test images", [mnist(name) for name in names]),
            row(f"{pen[0]['n']:,} digits by 30 people with a pen", [percent(part["accuracy"]) for part in pen]),
            row(
                "of those answered sure, and wrong",
                [f"{percent(p['sure'])}, {percent(p['wrong_of_sure'])}" for p in pen],
            ),
            row(f"{letters[0]['n']:,} letters answered sure", [percent(part["sure"]) for part in letters]),
            row("parameters", [f"{cards[name]['parameters']:,}" for name in names]),
            row("weights, bytes", [f"{cards[name]['bytes']:,}" for name in names]),
            row("network alone, one thread", [f"{fast[f'{n}: the network alone']['mean_ms']:.3f} ms" for n in names]),
            row("strokes to answer", [f"{fast[f'{n}: strokes to answer']['mean_ms']:.3f} ms" for n in names]),
        )
    )


def with_table(readme: str, figures: dict[str, Any]) -> str:
    """The README with the table of these figures between its two marks."""
    before, after = readme.split(MARKS[0])[0], readme.split(MARKS[1])[1]
    return f"{before}{MARKS[0]}\n{table(figures)}\n{MARKS[1]}{after}"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--accuracy", action="store_true", help="leave the times as they are in model/figures.json")
    some.add_argument("--text", action="store_true", help="only write the card, from model/figures.json")
    args = parser.parse_args()
    figures = json.loads(FIGURES.read_text())
    if not args.text:
        figures |= measure() | ({} if args.accuracy else times())
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    CARD.write_text(text(figures))
    README.write_text(with_table(README.read_text(), figures))
    print(f"wrote {CARD.relative_to(ROOT)} and the table in {README.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
