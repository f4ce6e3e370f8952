"""The two networks, in PyTorch: for training, and for people who go on from the weights.

The service never imports this file: it runs the ONNX export of the same weights.
"""

import copy
from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

DIGITS = 10
CLASSES = DIGITS + 1  # the eleventh is for what is no digit


class Blog(nn.Module):
    """The network of "A Gentle Intro to PyTorch" (2017), exactly as published: 11,162 parameters and one mistake.

    The mistake is the ReLU on the logits. A class whose logit is negative for every image gets no gradient and never
    comes back, so some seeds end with digits that the network cannot say. It is kept, as the baseline.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 1, 5)
        self.conv2 = nn.Conv2d(1, 1, 5)
        self.fc1 = nn.Linear(100, 100)
        self.fc2 = nn.Linear(100, DIGITS)

    def forward(self, images: Tensor) -> Tensor:
        """(n, 1, 28, 28) float32 in 0..1 to (n, 10) log-probabilities."""
        features = functional.relu(self.conv1(images))
        features = functional.relu(self.conv2(features))
        features = functional.max_pool2d(features, 2).flatten(1)
        features = functional.relu(self.fc1(features))
        return functional.log_softmax(functional.relu(self.fc2(features)), dim=1)


def conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm, ReLU: the one building block of `DigitNet`."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class FirstStage(nn.Module):
    """The first stage of a cascade (Viola and Jones, 2001): enough for what is plain, with a 30th of the products."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            conv(1, 16, stride=2),  # 14x14
            conv(16, 32, stride=2),  # 7x7
            conv(32, 48),
        )
        self.head = nn.Linear(48 * 7 * 7, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """(n, 1, 28, 28) float32 in 0..1 to (n, 11) logits: ten digits, and none."""
        logits: Tensor = self.head(self.features(images).flatten(1))
        return logits


class DigitNet(nn.Module):
    """Ours: 3x3 convolutions at three sizes, then a 1x1 convolution that says, place by place, what speaks for a digit.

    Averaging that map over all places gives the logits. It is the same arithmetic as global average pooling and a
    linear layer, in the other order, so the map of evidence that explains an answer comes with it.

    `first` is a network of its own, which is trained when this one is finished, or None. The service asks it first, and
    this one where it hesitates, or where an answer is to be explained.
    """

    def __init__(self, widths: tuple[int, int, int] = (16, 64, 96)) -> None:
        super().__init__()
        small, middle, large = widths
        self.features = nn.Sequential(
            conv(1, small),  # 28x28
            conv(small, small),  # gaps that tell a 4 from a 9 are often one pixel wide
            conv(small, middle, stride=2),  # 14x14
            conv(middle, middle),
            conv(middle, middle),
            conv(middle, large, stride=2),  # 7x7
            conv(large, large),
            conv(large, large),
        )
        self.head = nn.Conv2d(large, CLASSES, 1)
        self.first: FirstStage | None = None

    def evidence(self, images: Tensor) -> Tensor:
        """(n, 1, 28, 28) float32 in 0..1 to (n, 11, 7, 7): for and against each digit, and none, place by place."""
        evidence: Tensor = self.head(self.features(images))
        return evidence

    def forward(self, images: Tensor) -> Tensor:
        """(n, 1, 28, 28) float32 in 0..1 to (n, 11) logits: ten digits, and none."""
        return self.evidence(images).mean(dim=(2, 3))


class Quick(nn.Module):
    """A small network that is right 99 times in 100 after one look at each of MNIST's images."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, bias=False),  # 12x12: a fifth of the work from here on
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            conv(16, 16),
            nn.MaxPool2d(2),  # 6x6
            conv(16, 32),
        )
        self.head = nn.Linear(6 * 6 * 32, DIGITS)

    def forward(self, images: Tensor) -> Tensor:
        """(n, 1, 28, 28) float32 in 0..1 to (n, 10) logits."""
        # In the order in which they lie in memory, so that their gradients come back in it: a tenth less time a step.
        features = self.features(images).permute(0, 2, 3, 1)
        logits: Tensor = self.head(features.flatten(1))
        return logits


NETWORKS: dict[str, Callable[[], nn.Module]] = {"digitnet": DigitNet, "quick": Quick, "blog": Blog}


def folded(network: nn.Module) -> nn.Module:
    """A copy for evaluation alone, its batch norms folded into the convolutions: the same answers, sooner."""
    network = copy.deepcopy(network).eval()
    for block in network.modules():
        if isinstance(block, nn.Sequential):
            for index in range(len(block) - 1):
                first, second = block[index], block[index + 1]
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    block[index], block[index + 1] = fuse_conv_bn_eval(first, second), nn.Identity()
    return network


def parameters(network: nn.Module) -> int:
    """How many numbers the network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
