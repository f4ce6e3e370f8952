"""Muon (Jordan et al., 2024): momentum whose every step turns a layer's weights equally far in all directions.

A convolution's gradient is mostly made of a few directions, and what is rare among the images lies in the others. Muon
replaces the matrix of the step by the nearest one whose singular values are all alike. For the convolutions inside a
network it finds better weights than Adam in as many steps; vectors, and what touches pixels or classes, are Adam's.
"""

from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn

# Of a quintic that takes every singular value from 0 to 1 near 1: after five rounds to within 0.7 to 1.2, which is near
# enough, and steep at 0, where most of them start.
QUINTIC, ROUNDS = (3.4445, -4.7750, 2.0315), 5
# A step of singular values 1 is this small beside Adam's, whose entries are about 0.2 to 0.4 (Liu et al., 2025): with
# it one learning rate and one decay do for both.
LIKE_ADAM = 0.2


class Muon(torch.optim.Optimizer):
    """For weights of two or more dimensions: the first is a matrix's rows, the others together are its columns."""

    def __init__(self, weights: Iterable[nn.Parameter], rate: float, momentum: float = 0.95, decay: float = 0.0):
        super().__init__(weights, {"lr": rate, "momentum": momentum, "decay": decay})

    # The two ways that the base class declares; a type checker asks for both.
    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move every weight that has a gradient. A closure is what other optimisers take; there is no use for one."""
        if closure is not None:
            raise ValueError("Muon takes no closure: compute the gradient before the step.")
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group)
        return None

    def _move(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["mean"] = torch.zeros_like(weight)
        mean: Tensor = state["mean"].lerp_(gradient, 1 - group["momentum"])
        matrix = gradient.lerp(mean, group["momentum"]).flatten(1)  # Nesterov's: one step ahead of the mean
        size = LIKE_ADAM * max(matrix.shape) ** 0.5
        weight.mul_(1 - group["lr"] * group["decay"])
        weight.add_(orthogonal(matrix).view_as(weight), alpha=-group["lr"] * size)


def orthogonal(matrix: Tensor) -> Tensor:
    """(rows, columns) float32 with its singular values replaced by about 1, by Newton and Schulz's iteration."""
    a, b, c = QUINTIC
    flat = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    flat = flat / (flat.norm() + 1e-7)
    for _ in range(ROUNDS):
        square = flat @ flat.T
        flat = torch.addmm(flat, torch.addmm(square, square, square, beta=b, alpha=c), flat, beta=a)
    return flat.T if matrix.shape[0] > matrix.shape[1] else flat
