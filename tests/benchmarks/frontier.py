"""What accuracy costs: networks of other widths, depths and kinds, trained alike and briefly, in floats and integers.

    python -m tests.benchmarks.frontier              about 15 minutes; writes model/frontier.json and its picture
    python -m tests.benchmarks.frontier --picture    draw the picture anew from model/frontier.json

Each is trained once, by the recipe of `digitnet` cut to a few epochs alone, so they compare with each other and not
with the network that ships. Accuracy is that on the images and drawings that nothing is trained on or chosen by here
but the frontier itself; one standard error of it is 0.12 points where it is 98.9 %. Times are medians on one thread.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib as mpl
import torch
from torch import nn

mpl.use("agg")
from matplotlib import pyplot as plt

import train
from model import export, mnist
from model.networks import DigitNet, conv, parameters
from model.reader import Network
from tests.data import ROOT

FIGURES = ROOT / "model" / "frontier.json"
PICTURE = ROOT / "model" / "pictures" / "frontier.png"
EPOCHS, SETTLE = 2, 1
N = 1_000  # answers that each time is the median of


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution of each channel by itself, then one of 1x1 across them: a seventh of the products."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride=stride, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def variant(
    widths: tuple[int, int, int], depths: tuple[int, int, int] = (2, 3, 3), block: Callable[..., nn.Sequential] = conv
) -> DigitNet:
    """`DigitNet` with so many channels and convolutions at each of its three sizes, of another kind perhaps."""
    network = DigitNet(widths)
    small, middle, large = widths
    layers = [conv(1, small), *(block(small, small) for _ in range(depths[0] - 1))]
    layers += [block(small, middle, stride=2), *(block(middle, middle) for _ in range(depths[1] - 1))]
    layers += [block(middle, large, stride=2), *(block(large, large) for _ in range(depths[2] - 1))]
    network.features = nn.Sequential(*layers)
    return network


VARIANTS: dict[str, Callable[[], DigitNet]] = {
    "8-16-32": lambda: variant((8, 16, 32)),
    "8-24-48": lambda: variant((8, 24, 48)),
    "16-32-64": lambda: variant((16, 32, 64)),
    "16-48-96": lambda: variant((16, 48, 96)),
    "16-64-96": lambda: variant((16, 64, 96)),
    "16-64-96, 1-3-3": lambda: variant((16, 64, 96), (1, 3, 3)),
    "16-64-96, 2-2-2": lambda: variant((16, 64, 96), (2, 2, 2)),
    "16-48-64, 2-4-4": lambda: variant((16, 48, 64), (2, 4, 4)),
    "separable 16-64-128": lambda: variant((16, 64, 128), block=separable),
}


def trained(build: Callable[[], DigitNet], data: train.Data, recipe: train.Recipe, folder: Path) -> train.Run:
    """The network after a few epochs."""
    run = train.Run(recipe, 0, len(data.epochs[0]) // recipe.batch, build)
    train.train({folder / "checkpoint.pt": run}, data, EPOCHS + SETTLE)
    return run


def microseconds(networks: dict[str, Network], data: train.Data) -> dict[str, float]:
    """How long each takes for one image, taken in turns so that a busy machine slows all alike."""
    images = data.held_out.images[:N].numpy()
    taken: dict[str, list[float]] = {name: [] for name in networks}
    for index in range(len(images)):
        for name, network in networks.items():
            start = time.perf_counter()
            network.logits(images[index : index + 1])
            taken[name].append(time.perf_counter() - start)
    return {name: round(statistics.median(times) * 1e6, 1) for name, times in taken.items()}


def right(network: Network, data: train.Data) -> float:
    """The share of right answers on everything held out."""
    everything = data.held_out.joined(data.held_out_drawn)
    said = [torch.from_numpy(network.logits(part.numpy())).argmax(1) for part in everything.images.split(500)]
    return round(float((torch.cat(said) == everything.labels).float().mean()), 5)


def measure() -> list[dict[str, Any]]:
    """Train every variant and measure it in both arithmetics."""
    recipe = replace(train.RECIPES["digitnet"], epochs=EPOCHS, together=0, settle=SETTLE, sets=1)
    data = train.load_data(mnist.find(), recipe, None)
    typical = data.train.images[:: len(data.train) // train.TYPICAL]
    calibration = {"temperature": 1, "sure": 0.9, "not_a_digit": 0.5}
    card = {"name": "variant", "calibration": calibration, "training": {"recipe": {}}}
    points, networks = [], {}
    with TemporaryDirectory() as folder:
        for name, build in VARIANTS.items():
            run = trained(build, data, recipe, Path(folder))
            for arithmetic, images in (("float32", None), ("int8", typical)):
                export.save(run.averaged, card, Path(folder), images)
                network = networks[f"{name} {arithmetic}"] = Network(Path(folder) / "variant.onnx")
                points.append(
                    {
                        "name": name,
                        "arithmetic": arithmetic,
                        "parameters": parameters(run.network),
                        "accuracy": right(network, data),
                    }
                )
    for point, taken in zip(points, microseconds(networks, data).values(), strict=True):
        point["microseconds"] = taken
    return points


def picture(points: list[dict[str, Any]]) -> None:
    """Errors against time, both on scales of ratios."""
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    # Slanted, and on the left of integers and on the right of floats: names side by side would lie over each other.
    for arithmetic, colour, side, aside in (("float32", "tab:blue", "left", 4), ("int8", "tab:orange", "right", -4)):
        chosen = [point for point in points if point["arithmetic"] == arithmetic]
        x, y = [point["microseconds"] for point in chosen], [100 * (1 - point["accuracy"]) for point in chosen]
        axes.scatter(x, y, color=colour, label=arithmetic)
        for point, across, up in zip(chosen, x, y, strict=True):
            place = axes.annotate(point["name"], (across, up), (aside, aside), textcoords="offset points")
            place.set(fontsize=7, color=colour, ha=side, va="bottom" if aside > 0 else "top")
            place.set(rotation=30, rotation_mode="anchor")
    axes.set(xscale="log", yscale="log", xlabel="microseconds for a drawing, one thread", ylabel="misread, %")
    ticks = [50, 70, 100, 150, 200, 300, 400]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_yticks([0.9, 1, 1.5, 2], ["0.9", "1", "1.5", "2"])
    axes.minorticks_off()
    axes.set_title(f"Held-out images and drawings after {EPOCHS} + {SETTLE} epochs, one seed each")
    axes.legend()
    figure.savefig(PICTURE, dpi=100)
    plt.close(figure)


def main() -> None:
    """Measure, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", action="store_true", help="only draw, from model/frontier.json")
    if not parser.parse_args().picture:
        FIGURES.write_text(json.dumps(measure(), indent=1) + "\n")
    points = json.loads(FIGURES.read_text())
    for point in points:
        print(f"{point['name']:22}{point['arithmetic']:8} {point['microseconds']:6.1f} us  {point['accuracy']:.2%}")
    picture(points)


if __name__ == "__main__":
    main()
