"""Pictures of a training: how it learned, what it confuses, every digit it misreads."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("agg")
from matplotlib import pyplot as plt  # after the backend is chosen: there may be no screen

MAX_MISREAD = 240  # pictures on a sheet; a network that misreads more is not worth looking at one by one


def learning_curve(histories: Mapping[int, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Loss and held-out accuracy by epoch, a line for each seed."""
    figure, (loss, accuracy) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for seed, history in histories.items():
        epochs = range(1, len(history) + 1)
        loss.plot(epochs, [entry["loss"] for entry in history], label=f"seed {seed}")
        accuracy.plot(epochs, [100 * entry["held_out"] for entry in history], label=f"seed {seed}")
    loss.set(xlabel="epoch", ylabel="training loss")
    accuracy.set(xlabel="epoch", ylabel="held-out accuracy, %")
    accuracy.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def confusion(labels: NDArray[np.int64], answers: NDArray[np.int64], path: Path) -> None:
    """Which digit is read as which: errors only, since right answers would drown them."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, answers), 1)
    errors = counts * (1 - np.eye(10, dtype=int))
    figure, axes = plt.subplots(figsize=(6, 5.5), layout="constrained")
    axes.imshow(errors, cmap="Oranges")
    for row in range(10):
        for column in range(10):
            text = str(counts[row, column]) if row == column else str(errors[row, column] or "")
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color="0.6" if row == column else "0")
    axes.set(xlabel="read as", ylabel="is", xticks=range(10), yticks=range(10))
    axes.set_title(f"{errors.sum()} of {len(labels):,} misread")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def misread(images: NDArray[np.float32], labels: NDArray[np.int64], shares: NDArray[np.float32], path: Path) -> None:
    """A sheet of every image that is read wrongly, the most confident first: (n, 28, 28), (n,), (n, 10)."""
    answers = shares.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)
    total = len(wrong)
    wrong = wrong[np.argsort(-shares[wrong, answers[wrong]])][:MAX_MISREAD]
    columns = 12
    rows = max(1, -(-len(wrong) // columns))
    figure, grid = plt.subplots(
        rows, columns, figsize=(columns, 1.25 * rows + 0.5), squeeze=False, layout="constrained"
    )
    for axes in grid.flat:
        axes.axis("off")
    for axes, index in zip(grid.flat, wrong, strict=False):
        axes.imshow(images[index], cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(f"{labels[index]} as {answers[index]} {shares[index, answers[index]]:.2f}", fontsize=7)
    figure.suptitle(f"{total} of {len(labels):,} misread; the most confident {len(wrong)} shown", fontsize=9)
    figure.savefig(path, dpi=110)
    plt.close(figure)
