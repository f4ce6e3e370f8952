"""Ink without what is not the digit's: grains of noise and dust, lines of the paper, corners of shadows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink import Pixels

# Specks are looked for on a grid of about CELLS cells a side: a cell counts that is CELL_INK full, and patches of cells
# that hold less than PATCH_INK of the largest's ink are dust. The dot in a dotted zero holds 5 to 10 %.
CELLS = 64
CELL_INK = 0.04
PATCH_INK = 0.02
LINE_CELLS = 3  # a line of the paper's is no wider, a little slanted as it may be


class Run(NamedTuple):
    """Cells in a row of the grid: from the column `start` on, up to the one before `end`."""

    row: int
    start: int
    end: int


Patch = list[Run]


def without_specks(ink: Pixels, whole: bool, shaded: bool = False) -> Pixels:
    """Ink, (height, width) float32, without the grains of noise and dust that would stretch its tight box.

    Cells of a coarse grid that hold ink are joined to patches; a patch with too little ink for a part of a digit goes.
    `whole`: the ink is that of a whole picture: a straight line from edge to edge, a margin say, is the paper's then.
    `shaded`: what lies on its edge may be the corner of a shadow.
    """
    height, width = ink.shape
    step = max(1, max(height, width) // CELLS)
    rows, columns = -(-height // step), -(-width // step)
    padded = np.pad(ink, ((0, rows * step - height), (0, columns * step - width)))
    mass = padded.reshape(rows, step, columns, step).sum(axis=(1, 3))
    patches = _patches(mass > CELL_INK * step * step)
    if whole and len(patches) > 1:
        patches = _without_lines(patches, rows, columns, shaded)
    if not patches:  # all of it is finer than the grid can tell from dust
        return ink
    weights = [_weight(patch, mass) for patch in patches]
    least = PATCH_INK * max(weights)
    kept = np.zeros((rows + 2, columns + 2), bool)
    for patch, weight in zip(patches, weights, strict=True):
        if weight >= least:
            for row, start, end in patch:  # with the cells around, where the edge of the line may lie
                kept[row : row + 3, start : end + 2] = True
    mask = np.repeat(np.repeat(kept[1:-1, 1:-1], step, axis=0), step, axis=1)
    return np.where(mask[:height, :width], ink, np.float32(0))


def _patches(holds: NDArray[np.bool_]) -> list[Patch]:
    """The cells of a grid that hold something, joined with those around them, whose corners they touch included."""
    rows, columns = holds.shape
    width = columns + 1  # with a column of nothing, which parts a row from the next
    flat = np.zeros((rows, width), bool)
    flat[:, :-1] = holds
    runs = np.flatnonzero(np.diff(flat.ravel(), prepend=False)).reshape(-1, 2).tolist()
    parents = list(range(len(runs)))  # union-find: from run to run up to the one that stands for its patch

    def patch_of(run: int) -> int:
        while parents[run] != run:
            parents[run] = run = parents[parents[run]]
        return run

    first = 0  # of the runs above that reach as far as this one
    for this, (start, end) in enumerate(runs):
        while runs[first][1] + width < start:
            first += 1
        above = first
        while above < this and runs[above][0] + width <= end:
            parents[patch_of(above)] = patch_of(this)
            above += 1
    patches: dict[int, Patch] = {}
    for this, (start, end) in enumerate(runs):
        row = start // width
        patches.setdefault(patch_of(this), []).append(Run(row, start - row * width, end - row * width))
    return list(patches.values())


def _weight(patch: Patch, mass: Pixels) -> float:
    return sum(float(mass[row, start:end].sum()) for row, start, end in patch)


def _without_lines(patches: list[Patch], rows: int, columns: int, shaded: bool) -> list[Patch]:
    """Patches but for straight lines from edge to edge, where anything else lies clear of all edges.

    `shaded`: but for all that lie on an edge, where the largest does not.
    """
    clear, lines = [], []
    for patch in patches:
        top, bottom = patch[0].row, patch[-1].row
        left, right = min(run.start for run in patch), max(run.end for run in patch) - 1
        edges = top == 0, bottom == rows - 1, left == 0, right == columns - 1
        if (all(edges[:2]) and right - left < LINE_CELLS) or (all(edges[2:]) and bottom - top < LINE_CELLS):
            lines.append(patch)
        elif not any(edges):
            clear.append(patch)
    if shaded and max(patches, key=_size) in clear:
        return clear
    return [patch for patch in patches if patch not in lines] if clear else patches


def _size(patch: Patch) -> int:
    return sum(run.end - run.start for run in patch)
