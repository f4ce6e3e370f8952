"""What is drawn for training: the same from the same seed, and what it claims to be, for the network that ships."""

import numpy as np
import pytest

from model import synthesis
from model.ink import Pixels
from model.networks import CLASSES
from model.reader import DEFAULT, WEIGHTS, Network
from model.synthesis import Bytes, Labels

COUNT = synthesis.CHUNK


def said(images: Bytes) -> Labels:
    pixels: Pixels = np.divide(images[:, None], 255, dtype=np.float32)
    logits = Network(WEIGHTS / f"{DEFAULT}.onnx").logits(pixels)
    assert logits.shape == (len(images), CLASSES)
    answers: Labels = logits.argmax(axis=1)
    return answers


@pytest.mark.parametrize("coarse", [0.0, 1.0], ids=["as drawn", "in few pixels"])
def test_digits_are_drawn_to_be_read(coarse: float) -> None:
    images, labels = synthesis.styles(COUNT, 5, coarse)
    assert images.shape == (COUNT, 28, 28)
    assert images.dtype == np.uint8
    assert (images.max(axis=(1, 2)) == 255).all()
    assert np.bincount(labels).tolist() == [COUNT // 10] * 10
    assert (said(images) == labels).mean() >= 0.96


def test_few_pixels_are_seen_blurred() -> None:
    sharp, blurred = (np.abs(np.diff(synthesis.styles(COUNT, 5, coarse)[0] / 255.0)).mean() for coarse in (0.0, 1.0))
    assert blurred < 0.9 * sharp


def test_digits_in_few_pixels_are_those_digits_still() -> None:
    digits, labels = synthesis.styles(COUNT, 5)
    images, whose = synthesis.in_few_pixels(COUNT, 5, digits, labels)
    assert images.shape == (COUNT, 28, 28)
    assert images.dtype == np.uint8
    assert (images.max(axis=(1, 2)) == 255).all()
    assert (said(images) == whose).mean() >= 0.96
    assert np.abs(np.diff(images / 255.0)).mean() < 0.9 * np.abs(np.diff(digits / 255.0)).mean()
    assert np.array_equal(synthesis.in_few_pixels(COUNT, 5, digits, labels)[0], images)
    assert not np.array_equal(synthesis.in_few_pixels(COUNT, 6, digits, labels)[0], images)


def test_marks_and_pieces_are_drawn_not_to_be_read() -> None:
    digits, labels = synthesis.styles(COUNT, 5)
    for images in (synthesis.marks(COUNT, 5), synthesis.pieces(COUNT, 5, digits, labels)):
        assert images.shape == (COUNT, 28, 28)
        assert (said(images) == synthesis.NOT_A_DIGIT).mean() >= 0.9


# Of the others too many are a digit to us, too.
NEVER_A_DIGIT = (synthesis.MARKS.keys() | synthesis.PIECES.keys()) - {
    "two digits, one over the other",
    "two of MNIST's, one over the other",
    "the upper half of one on the lower half of another",
}


@pytest.mark.parametrize("kind", sorted(NEVER_A_DIGIT))
def test_no_kind_of_what_is_no_digit_is_hidden_among_the_others(kind: str) -> None:
    if kind in synthesis.MARKS:
        images = synthesis.marks(COUNT, 5, kind=kind)
    else:
        images = synthesis.pieces(COUNT, 5, *synthesis.styles(COUNT, 5), kind)
    assert (said(images) == synthesis.NOT_A_DIGIT).mean() >= 0.9


ARCH = np.array([[0.0, 100.0], [0.0, 0.0], [40.0, 0.0], [40.0, 100.0]])  # up, across and down again


@pytest.mark.parametrize(("share", "upper", "lengths"), [(0.3, True, [100]), (0.3, False, [30, 30])])
def test_a_part_is_all_that_lies_there_in_as_many_strokes(share: float, upper: bool, lengths: list[int]) -> None:
    kept = synthesis.cut([ARCH], share, upper)
    assert [np.abs(np.diff(stroke, axis=0)).sum() for stroke in kept] == pytest.approx(lengths, abs=2)
    heights = np.concatenate(kept)[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0, 30) if upper else (70, 100), abs=1)


def test_parts_are_wider_than_high() -> None:
    high, wide = (synthesis.marks(COUNT, 5, kind="parts of digits").any(axis=axis).sum(axis=1) for axis in (2, 1))
    assert np.median(high / wide) < 2 * synthesis.PART[1]


def test_of_two_digits_one_over_the_other_both_are_seen() -> None:
    kind = "two of MNIST's, one over the other, both to be seen"
    bars = np.zeros((2, 28, 28), np.uint8)
    bars[0, 3:25, 13:15] = bars[1, 13:15, 3:25] = 255
    blots = np.full((2, 28, 28), 255, np.uint8)
    (image,) = synthesis.pieces(1, 5, bars, np.array([4, 6]), kind)
    assert min((image > 127).any(axis=axis).sum() for axis in (0, 1)) >= 18
    for digits, labels in ((blots, [4, 6]), (bars, [1, 7])):  # one hides the other; a bar through a 7
        with pytest.raises(ValueError, match="more of them, or others"):
            synthesis.pieces(1, 5, digits, np.array(labels), kind)


def test_all_kinds_are_drawn_as_often_as_their_shares_say() -> None:
    rng = np.random.default_rng(5)
    for kinds in (synthesis.MARKS, synthesis.PIECES):
        drawn = [synthesis.any_of(kinds, rng) for _ in range(4 * COUNT)]
        for kind, (share, _) in kinds.items():
            spread = (share * (1 - share) / len(drawn)) ** 0.5
            assert drawn.count(kind) / len(drawn) == pytest.approx(share, abs=5 * spread), kind


def test_a_seed_gives_the_same_drawings_however_many_draw_them() -> None:
    few = synthesis.styles(2 * COUNT, 5, 0.5)[0]
    one, two = (synthesis.styles((synthesis.FEW + 1) * COUNT, 5, 0.5, workers)[0] for workers in (1, 2))
    assert np.array_equal(one, two)
    assert np.array_equal(one[: len(few)], few)
    assert not np.array_equal(few, synthesis.styles(2 * COUNT, 6, 0.5)[0])
