"""The doodles that the card measures are others than those that the networks learn from, and as the card says."""

import numpy as np

from model import styles
from tests.benchmarks.unlearnt import DATA, doodles


def test_nothing_is_learnt_from_what_is_measured() -> None:
    learnt = {template.style for template in (*styles.doodles(), *styles.letters())}
    measured = {template.style for template in styles.read(DATA)}
    assert len(measured) >= 30
    assert not learnt & measured


def test_doodles_are_drawn_in_turns_and_the_same_from_the_same_seed() -> None:
    count = 2 * len(styles.read(DATA))
    images = doodles(count, 5)
    assert images.shape == (count, 28, 28)
    assert images.dtype == np.float32
    assert (images.max(axis=(1, 2)) == 1).all()
    first, second = np.split(images, 2)
    near = [np.abs(first - image).mean(axis=(1, 2)).argmin() == index for index, image in enumerate(second)]
    assert np.mean(near) >= 0.5
    assert np.array_equal(images, doodles(count, 5))
    assert not np.array_equal(images, doodles(count, 6))
