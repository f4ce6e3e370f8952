"""What the networks learn from: digits changed at random, as sharp as those that they will read."""

import numpy as np
import pytest
import torch
from torch import Tensor

from model import synthesis
from model.augment import augment
from tests.data import mnist_images
from train import RECIPES, SETTLE_CHANGE

COUNT = synthesis.CHUNK
RECIPE = RECIPES["digitnet"]


def drawings() -> Tensor:
    return torch.from_numpy(synthesis.styles(COUNT, 5)[0])[:, None].float() / 255


def changed(images: Tensor, amount: float) -> Tensor:
    torch.manual_seed(0)
    return augment(images, torch.full((len(images),), amount))


def sharpness(images: Tensor) -> Tensor:
    """How much each image's pixels differ from the mean of their neighbours, for as much ink as there is: (n,)."""
    bends = [images.diff(n=2, dim=axis).square().sum(dim=(1, 2, 3)) for axis in (2, 3)]
    return (bends[0] + bends[1]) / images.square().sum(dim=(1, 2, 3))


def test_no_change_at_all_is_possible() -> None:
    images = drawings()
    assert torch.allclose(changed(images, 0.0), images, atol=1e-3)


@pytest.mark.parametrize("amount", [0.1, 1.0])
def test_ink_stays_ink_and_no_two_are_changed_alike(amount: float) -> None:
    images = drawings()[:1].expand(COUNT, -1, -1, -1)
    seen = changed(images, amount)
    assert seen.shape == images.shape
    assert seen.dtype == torch.float32
    assert 0 <= seen.min() <= seen.max() <= 1
    assert len(np.unique(seen.flatten(1).numpy().round(3), axis=0)) == COUNT


@pytest.mark.parametrize("share", [1.0, SETTLE_CHANGE], ids=["usual", "settling"])
@pytest.mark.parametrize("drawn", [True, False], ids=["drawn", "MNIST"])
def test_some_of_what_is_learnt_from_is_as_sharp_as_what_will_be_read(drawn: bool, share: float) -> None:
    # Smoother than that, all of it, and half of what is misread later is misread for its sharpness.
    images = drawings() if drawn else torch.from_numpy(mnist_images("train")[:COUNT])[:, None]
    amount = share * (RECIPE.augment_drawn if drawn else RECIPE.augment)
    as_sharp = (sharpness(changed(images, amount)) >= sharpness(images)).float().mean()
    assert 0.05 < as_sharp < 0.5
