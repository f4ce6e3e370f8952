"""The pen that takes the place of one that is too thin."""

import numpy as np
import pytest

from model import pen


@pytest.mark.parametrize("reach", [1, 2, 5, 9, 20])
def test_a_thin_line_is_thickened_by_a_round_pen(reach: int) -> None:
    rng = np.random.default_rng(7)
    for share in (0.005, 0.1):
        line = rng.random((33, 21)) < share
        y, x = np.indices((33 + 2 * reach, 21 + 2 * reach)) - reach
        away = [np.hypot(y - row, x - column) for row, column in np.argwhere(line)]
        assert np.array_equal(pen._dilated(line, reach), (np.min(away, axis=0) <= reach).astype(np.float32))
