"""Parts of digits, which the card measures, are what they claim to be."""

import numpy as np
import pytest

from tests.benchmarks.unlearnt import SHARE, cut, parts

ARCH = np.array([[0.0, 100.0], [0.0, 0.0], [40.0, 0.0], [40.0, 100.0]])  # up, across and down again


@pytest.mark.parametrize(("share", "upper", "lengths"), [(0.3, True, [100]), (0.3, False, [30, 30])])
def test_a_part_is_all_that_lies_there_in_as_many_strokes(share: float, upper: bool, lengths: list[int]) -> None:
    kept = cut([ARCH], share, upper)
    assert [np.abs(np.diff(stroke, axis=0)).sum() for stroke in kept] == pytest.approx(lengths, abs=2)
    heights = np.concatenate(kept)[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0, 30) if upper else (70, 100), abs=1)


def test_parts_are_wider_than_high_and_the_same_from_the_same_seed() -> None:
    images = parts(200, 5)
    assert images.shape == (200, 28, 28)
    assert images.dtype == np.float32
    assert (images.max(axis=(1, 2)) == 1).all()
    high, wide = (images.any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert np.median(high / wide) < 2 * SHARE[1]
    assert np.array_equal(images, parts(200, 5))
    assert not np.array_equal(images, parts(200, 6))
