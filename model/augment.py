"""Random but natural changes to batches of 28x28 digits, all on whole tensors: one by one takes 20 times as long."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from model.normalise import SIZE

# The most that `amount` = 1 changes. Stronger shear and elastic make digits into other digits, and cost accuracy.
ROTATION = math.radians(12)
SCALE = 0.15
SHEAR = 0.25
SHIFT = 1.5  # pixels
ELASTIC = 1.2  # pixels, standard deviation at each of KNOTS x KNOTS places
KNOTS = 5
PEN = 0.6  # share of the way to a pen one pixel wider, or narrower, on each side
GAMMA = 0.3  # natural logarithm of the exponent on the intensity
# To look between pixels smooths a picture, and who learns from smooth pictures alone misreads sharp ones. So some are
# sharpened after it, until they are as sharp as they were: by at most so much of what sets a pixel off from the mean of
# the nine around it.
SHARPEN = 0.6


def augment(images: Tensor, amount: Tensor) -> Tensor:
    """Turn, scale, slant, shift and bend each image, make it sharper, and draw it with another pen.

    `images`: (n, 1, 28, 28) float32 in 0..1, white on black. `amount`: (n,) float32, how much each is changed: 0 not at
    all, 1 as far as the constants say. Returns the same shape and range, from torch's global random generator.
    """
    return _other_pen(_sharper(_warped(images, amount), amount), amount)


def _within(limit: Tensor) -> Tensor:
    """Uniform between minus and plus each limit."""
    return (torch.rand(limit.shape) * 2 - 1) * limit


def _warped(images: Tensor, amount: Tensor) -> Tensor:
    count = len(images)
    angle, shear = _within(amount * ROTATION), _within(amount * SHEAR)
    wide, high = 1 + _within(amount * SCALE), 1 + _within(amount * SCALE)
    cosine, sine = angle.cos(), angle.sin()
    pixel = 2 / SIZE  # grid_sample's unit is half a side
    affine = torch.stack(
        (
            torch.stack((cosine * wide, (cosine * shear - sine) * wide, _within(amount * SHIFT * pixel)), 1),
            torch.stack((sine * high, (sine * shear + cosine) * high, _within(amount * SHIFT * pixel)), 1),
        ),
        1,
    )
    grid = functional.affine_grid(affine, [count, 1, SIZE, SIZE], align_corners=False)
    bend = (torch.randn(count * 2, KNOTS * KNOTS) @ _SMOOTH).view(count, 2, SIZE, SIZE)
    grid += (bend * (amount * ELASTIC * pixel).view(-1, 1, 1, 1)).permute(0, 2, 3, 1)
    return functional.grid_sample(images, grid, align_corners=False)


def _knots_to_pixels() -> Tensor:
    """The matrix (knots, pixels) by which smooth interpolation spreads each knot over the picture."""
    knots = torch.eye(KNOTS * KNOTS).view(-1, 1, KNOTS, KNOTS)
    return functional.interpolate(knots, size=(SIZE, SIZE), mode="bicubic", align_corners=False).flatten(1)


_SMOOTH = _knots_to_pixels()


def _sharper(images: Tensor, amount: Tensor) -> Tensor:
    """By nothing or by as much as it takes, or anything between, where anything is changed at all."""
    share = torch.rand(len(images)) * SHARPEN * (amount > 0)
    around = functional.avg_pool2d(images, 3, 1, 1)
    return torch.lerp(images, around, -share.view(-1, 1, 1, 1)).clamp_(0, 1)


def _other_pen(images: Tensor, amount: Tensor) -> Tensor:
    """Half the images wider and half thinner, by blending with a dilation or an erosion; then another intensity."""
    half = len(images) // 2
    order = torch.randperm(len(images))
    amount = amount.view(-1, 1, 1, 1)
    share = torch.rand(amount.shape) * (amount * PEN)
    wider, thinner = order[:half], order[half:]
    dilated = functional.max_pool2d(images[wider], 3, 1, 1)
    eroded = -functional.max_pool2d(-images[thinner], 3, 1, 1)
    result = images.clone()
    result[wider] = torch.lerp(images[wider], dilated, share[wider])
    result[thinner] = torch.lerp(images[thinner], eroded, share[thinner])
    return result.clamp_(1e-4, 1).pow_(_within(amount * GAMMA).exp())
