"""Ink without what is not the digit's: grains of noise and dust, lines of the paper, corners of shadows."""

import numpy as np
from numpy.typing import NDArray

from model.ink import Pixels

# Specks are looked for on a grid of about CELLS cells a side: a cell counts that is CELL_INK full, and patches of cells
# that hold less than PATCH_INK of the largest's ink are dust. The dot in a dotted zero holds 5 to 10 %.
CELLS = 64
CELL_INK = 0.04
PATCH_INK = 0.02
LINE_CELLS = 3  # a line of the paper's is no wider, a little slanted as it may be

Patch = set[tuple[int, int]]  # cells, by row and column


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
    weights = [sum(float(mass[cell]) for cell in patch) for patch in patches]
    least = PATCH_INK * max(weights)
    kept = np.zeros((rows + 2, columns + 2), bool)
    for patch, weight in zip(patches, weights, strict=True):
        if weight >= least:
            for row, column in patch:  # with the cells around, where the edge of the line may lie
                kept[row : row + 3, column : column + 3] = True
    mask = np.repeat(np.repeat(kept[1:-1, 1:-1], step, axis=0), step, axis=1)
    return np.where(mask[:height, :width], ink, np.float32(0))


def _patches(holds: NDArray[np.bool_]) -> list[Patch]:
    """The cells of a grid that hold something, joined with those around them."""
    occupied = {(int(row), int(column)) for row, column in np.argwhere(holds)}
    patches = []
    while occupied:
        patch, edge = Patch(), [occupied.pop()]
        while edge:
            row, column = edge.pop()
            patch.add((row, column))
            near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & occupied
            occupied -= near
            edge.extend(near)
        patches.append(patch)
    return patches


def _without_lines(patches: list[Patch], rows: int, columns: int, shaded: bool) -> list[Patch]:
    """Patches but for straight lines from edge to edge, where anything else lies clear of all edges.

    `shaded`: but for all that lie on an edge, where the largest does not.
    """
    clear, lines = [], []
    for patch in patches:
        down, across = ({cell[axis] for cell in patch} for axis in (0, 1))
        spans = {0, rows - 1} <= down, {0, columns - 1} <= across
        if (spans[0] and len(across) <= LINE_CELLS) or (spans[1] and len(down) <= LINE_CELLS):
            lines.append(patch)
        elif down.isdisjoint((0, rows - 1)) and across.isdisjoint((0, columns - 1)):
            clear.append(patch)
    if shaded and max(patches, key=len) in clear:
        return clear
    return [patch for patch in patches if patch not in lines] if clear else patches
