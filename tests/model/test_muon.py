"""Muon's steps: as far in all directions, however large the gradient is."""

import pytest
import torch
from torch import nn

from model.muon import LIKE_ADAM, Muon, orthogonal

RATE = 0.02


@pytest.mark.parametrize("shape", [(64, 144), (96, 864), (300, 20), (5, 5)])
def test_the_singular_values_become_alike_and_their_directions_stay(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(shape) @ torch.diag(torch.logspace(0, -1, shape[1]))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    turned = left.T @ orthogonal(matrix) @ right.T
    assert 0.5 < turned.diag().min() < turned.diag().max() < 1.25
    assert (turned - torch.diag(turned.diag())).abs().max() < 1e-3


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_a_step_is_as_long_whatever_the_gradient_and_of_the_size_of_adams(scale: float) -> None:
    torch.manual_seed(0)
    weight = nn.Parameter(torch.zeros(64, 32, 3, 3))
    weight.grad = scale * torch.randn_like(weight)
    Muon([weight], RATE).step()
    root_mean_square = weight.detach().square().mean().sqrt().item()
    assert root_mean_square == pytest.approx(RATE * LIKE_ADAM, rel=0.2)
    assert (weight.detach() * weight.grad).sum() < 0, "downhill"


def test_decay_shrinks_a_weight_beside_the_step() -> None:
    weights = [nn.Parameter(torch.full((8, 8), 2.0)) for _ in range(2)]
    for weight, decay in zip(weights, (0.0, 0.5), strict=True):
        weight.grad = torch.eye(8)
        Muon([weight], RATE, decay=decay).step()
    assert (weights[0] - weights[1]).detach().allclose(torch.tensor(2.0 * RATE * 0.5))


def test_what_has_no_gradient_stays_and_a_closure_is_refused() -> None:
    weight = nn.Parameter(torch.ones(2, 2))
    Muon([weight], RATE).step()
    assert weight.eq(1).all()
    with pytest.raises(ValueError, match="no closure"):
        Muon([weight], RATE).step(lambda: 0.0)


def test_it_ends_where_the_gradient_does() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(512, 16)
    wanted = inputs @ torch.randn(16, 16)
    weight = nn.Parameter(torch.zeros(16, 16))
    optimiser = Muon([weight], 0.5)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / 300)
    losses = []
    for _ in range(300):
        loss = (inputs @ weight - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    assert losses[-1] < 1e-3 * losses[0]
