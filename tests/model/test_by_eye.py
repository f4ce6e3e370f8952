"""Pairs of digits of which one is over the other: sure is the answer only where a person reads that digit, too."""

import numpy as np
import pytest

from model import synthesis
from model.ink import Pixels
from model.reader import DEFAULT, WEIGHTS, Network
from tests.benchmarks import by_eye
from tests.benchmarks.reading import EACH, SEED
from tests.data import mnist_images, mnist_labels


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pixels]:
    images, labels = mnist_images("t10k"), mnist_labels("t10k").astype(np.int64)
    drawn, cut = by_eye.KINDS
    made = {
        drawn: synthesis.marks(EACH, SEED, kind=drawn),
        cut: synthesis.pieces(EACH, SEED, (images * 255 + 0.5).astype(np.uint8), labels, cut),
    }
    return {kind: images.astype(np.float32) / np.float32(255) for kind, images in made.items()}


def test_hardly_a_pair_is_answered_sure_that_is_not_that_digit_to_the_eye(pairs: dict[str, Pixels]) -> None:
    for kind, figures in by_eye.measure(Network(WEIGHTS / f"{DEFAULT}.onnx"), pairs).items():
        assert figures["n"] == EACH
        assert figures["sure"] > 0
        assert figures["sure"] - figures["read_alike"] <= 0.02 * EACH, kind


def test_what_was_read_is_of_these_pairs_alone(pairs: dict[str, Pixels]) -> None:
    others = {kind: images[::-1] for kind, images in pairs.items()}
    for figures in by_eye.measure(Network(WEIGHTS / f"{DEFAULT}.onnx"), others).values():
        assert figures["read_alike"] == 0
        assert figures["not_read"] == figures["sure"] > 0
