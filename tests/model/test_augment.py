"""What the networks learn from, changed at random: ink still, the same digit still, and never twice alike."""

import numpy as np
import pytest
import torch
from torch import Tensor

from model import synthesis
from model.augment import augment
from model.reader import DEFAULT, WEIGHTS, Network
from train import RECIPES

COUNT = synthesis.CHUNK
RECIPE = RECIPES["digitnet"]


def drawings() -> tuple[Tensor, Tensor]:
    images, labels = synthesis.styles(COUNT, 5)
    return torch.from_numpy(images)[:, None].float() / 255, torch.from_numpy(labels)


def changed(images: Tensor, amount: float) -> Tensor:
    torch.manual_seed(0)
    return augment(images, torch.full((len(images),), amount))


def test_no_change_at_all_is_possible() -> None:
    images, _ = drawings()
    assert torch.allclose(changed(images, 0.0), images, atol=1e-3)


@pytest.mark.parametrize("amount", [0.1, 1.0])
def test_ink_stays_ink_and_no_two_are_changed_alike(amount: float) -> None:
    images = drawings()[0][:1].expand(COUNT, -1, -1, -1)
    seen = changed(images, amount)
    assert seen.shape == images.shape
    assert seen.dtype == torch.float32
    assert 0 <= seen.min() <= seen.max() <= 1
    assert len(np.unique(seen.flatten(1).numpy().round(3), axis=0)) == COUNT


def test_pictures_are_hardly_smoother_than_they_were() -> None:
    images, _ = drawings()
    steps, before = (
        sum(part.diff(dim=axis).abs().mean() for axis in (2, 3)) for part in (changed(images, 0.1), images)
    )
    assert 0.97 < steps / before < 1.03  # 0.96 without sharpening


@pytest.mark.parametrize("amount", [RECIPE.augment_drawn, RECIPE.augment], ids=["drawings", "MNIST's"])
def test_a_digit_changed_as_far_as_while_training_is_that_digit_still(amount: float) -> None:
    images, labels = drawings()
    said = torch.from_numpy(Network(WEIGHTS / f"{DEFAULT}.onnx").logits(changed(images, amount).numpy())).argmax(1)
    assert (said == labels).float().mean() >= 0.95
