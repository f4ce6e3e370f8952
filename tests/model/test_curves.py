"""Lines: where they turn."""

import numpy as np

from model.curves import corners


def test_corners_are_where_a_line_turns() -> None:
    square = np.array([[0, 0], [5, 0.2], [10, 0], [10, 4], [10, 10], [0, 10]], float)
    assert np.array(corners(square, 0.5)).tolist() == [[0, 0], [10, 0], [10, 10], [0, 10]]
    closed = np.concatenate((square, square[:1]))
    assert np.array(corners(closed, 0.5)).tolist() == [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
