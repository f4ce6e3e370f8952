"""Other hands in the place of the one that drew."""

import numpy as np
import pytest

from model import augment, hand
from model.hand import OWN, WAYS, by_hands, together
from model.reader import see_strokes
from tests.drawings import load_drawings
from tests.encodings import alike


def test_every_change_is_as_often_there_as_its_opposite_and_beside_every_other() -> None:
    assert not WAYS.sum(axis=0).any()
    assert np.array_equal(WAYS.T @ WAYS, len(WAYS) * np.eye(WAYS.shape[1]))


def test_each_change_is_a_fifth_of_what_is_learnt_from() -> None:
    learnt = augment.ROTATION, augment.SHEAR, augment.SCALE, augment.SHIFT / 28
    assert pytest.approx([most / 5 for most in learnt]) == (hand.TURN, hand.SLANT, hand.STRETCH, hand.SHIFT)


def test_a_digit_by_another_hand_is_much_the_same_and_not_quite() -> None:
    for drawing in load_drawings():
        seen = see_strokes(drawing.strokes).pixels
        views = by_hands(seen[None])
        assert views.shape == (8, 28, 28)
        assert views.dtype == np.float32
        assert 0 <= views.min() <= views.max() < 1 + 1e-6
        for index, view in enumerate(views):
            assert alike(seen, view) > 0.85, drawing
            assert all(np.abs(view - other).max() > 0.05 for other in views[:index]), "no two hands draw alike"


def test_the_mean_of_all_hands_is_where_the_digit_was() -> None:
    y, x = np.indices((28, 28))
    blob = np.exp(-((x - 18) ** 2 + (y - 7) ** 2) / 8).astype(np.float32)
    views = by_hands(blob[None])
    centres = [((view * x).sum() / view.sum(), (view * y).sum() / view.sum()) for view in views]
    assert np.mean(centres, axis=0) == pytest.approx((18, 7), abs=0.02)
    assert 0.3 < np.std(centres, axis=0).min() < np.std(centres, axis=0).max() < 1


def test_images_are_taken_in_turns() -> None:
    images = np.stack([see_strokes(drawing.strokes).pixels for drawing in load_drawings()[:3]])
    apart = np.stack([by_hands(image[None]) for image in images])
    assert np.array_equal(by_hands(images), [apart[index % 3, index] for index in range(8)])


def test_its_own_hand_counts_as_much_whatever_the_number_of_pens() -> None:
    others = np.arange(8, dtype=np.float32)[:, None]
    for own in ([[5.0]], [[4.0], [5.0], [6.0]]):
        answers = np.concatenate((np.array(own, np.float32), others))
        assert together(answers) == pytest.approx(OWN * 5.0 + (1 - OWN) * 3.5)
    assert together(others[3:4]) == 3.0
