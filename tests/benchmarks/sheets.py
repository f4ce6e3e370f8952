"""Sheets of pictures, for a person to look through."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt

from model.ink import Pixels


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
