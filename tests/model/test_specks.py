"""Grains and dust, which are told from ink by the patches that it lies in."""

import numpy as np
import pytest

from model import specks
from model.specks import Patch


def cells(patch: Patch) -> frozenset[tuple[int, int]]:
    return frozenset((row, column) for row, start, end in patch for column in range(start, end))


def flooded(holds: np.typing.NDArray[np.bool_]) -> set[frozenset[tuple[int, int]]]:
    """The same cell by cell, as slowly as it is plain."""
    left, found = {(int(row), int(column)) for row, column in np.argwhere(holds)}, set()
    while left:
        patch, edge = set[tuple[int, int]](), {left.pop()}
        while edge:
            patch |= edge
            edge = {(row + y, column + x) for row, column in edge for y in (-1, 0, 1) for x in (-1, 0, 1)} & left
            left -= edge
        found.add(frozenset(patch))
    return found


@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6, 1.0])
def test_cells_are_joined_with_those_around_them(share: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        holds = rng.random(rng.integers(1, 30, 2)) < share
        found = specks._patches(holds)
        assert {cells(patch) for patch in found} == flooded(holds)
        assert sum(map(len, map(cells, found))) == holds.sum()
        for patch in found:
            assert [run.row for run in patch] == sorted(run.row for run in patch)
