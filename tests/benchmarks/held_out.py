"""How well the networks of a training read what they never learnt from: the figures that recipes are chosen by.

    python -m tests.benchmarks.held_out                  every seed of runs/digitnet, and their mean
    python -m tests.benchmarks.held_out runs/digitnet runs/other

MNIST's 5,000 held-out images, 20,000 fresh drawings as pictures of 28x28, and 8,000 as strokes: how many are misread,
and in brackets the sum of -log(how likely the right digit was), which tells two recipes apart sooner. Asked as the
service asks: once, and what is in doubt again. Nothing here is a test set. Takes some 20 seconds for each seed.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import train
from model import mnist, synthesis
from model.reader import Seen, see_strokes, seen_as_it_is
from model.styles import sample
from tests.benchmarks.reading import Answers

RECIPE = train.RECIPES["digitnet"]
SEED = 3  # of what is drawn here; none is drawn with it for the training
PICTURES, STROKES = 20_000, 8_000
LEAST = 1e-6  # how likely a digit is at the least: the service says no more decimals

Labels = NDArray[np.int64]
Sets = dict[str, tuple[list[Seen], Labels]]


def load(images: mnist.Split) -> Sets:
    """What is read, and the right digits. `images`: MNIST's that are held out."""
    pictures, labels = synthesis.styles(PICTURES, SEED)
    rng = np.random.default_rng(SEED)
    digits = np.arange(STROKES, dtype=np.int64) % 10
    drawn = [sample(digit, rng, rng.uniform(*synthesis.AMOUNT))[0] for digit in digits.tolist()]
    return {
        "MNIST": ([seen_as_it_is(image) for image in images.images[:, 0].numpy()], images.labels.numpy()),
        "pictures": ([seen_as_it_is(picture.astype(np.float32) / np.float32(255)) for picture in pictures], labels),
        "strokes": ([see_strokes([stroke.tolist() for stroke in strokes]) for strokes in drawn], digits),
    }


def measure(network: train.Asked, sets: Sets) -> dict[str, tuple[int, float]]:
    """Of each set how many it misreads, and the sum of its log losses."""
    figures = {}
    for name, (drawings, labels) in sets.items():
        answers = Answers.to_drawings(network, drawings)
        likely = answers.shares[np.arange(len(labels)), labels]
        figures[name] = int((answers.digits != labels).sum()), float(-np.log(likely.clip(LEAST)).sum())
    return figures


def networks(folder: Path, data: train.Data) -> list[train.Asked]:
    """Every seed of a training, each with the calibration that train.py gives it."""
    everything = data.held_out.joined(data.held_out_drawn)
    found = []
    for path in sorted((folder / "checkpoints").glob("[0-9].pt")):
        run = train.Run(RECIPE, int(path.stem), 1)
        run.averaged.load_state_dict(torch.load(path, weights_only=True)["averaged"])
        found.append(train.Asked(run, train.calibrate(run.answers(everything.images), everything.labels)))
    return found


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="of trainings (default: runs/digitnet)")
    args = parser.parse_args()
    data = train.load_data(mnist.find(), replace(RECIPE, sets=1), None)
    sets = load(data.held_out)
    for folder in args.folders or [Path("runs/digitnet")]:
        each = [measure(network, sets) for network in networks(folder, data)]
        if not each:
            parser.error(f"{folder}/checkpoints holds no seed. Train one first: python train.py --seeds 3")
        print(folder)
        for name, (drawings, _) in sets.items():
            misread, losses = zip(*(figures[name] for figures in each), strict=True)
            seeds = ", ".join(map(str, misread))
            print(f"  {name:9} {np.mean(misread):6.1f} ({np.mean(losses):.0f}) of {len(drawings):,}   by seed {seeds}")


if __name__ == "__main__":
    main()
