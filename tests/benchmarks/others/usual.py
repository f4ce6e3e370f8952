"""What both stand-ins share: the shipped weights in PyTorch, and what most programs do to an image before that."""

import io
from typing import Any

import torch
from PIL import Image, ImageDraw
from pydantic import BaseModel
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision import transforms

from model.networks import NETWORKS
from model.reader import DEFAULT, WEIGHTS

SIDE, PEN = 280, 24


class Drawing(BaseModel):
    """What is sent as JSON."""

    strokes: list[list[tuple[float, float]]]


def load() -> nn.Module:
    """The network, ready to answer."""
    network = NETWORKS[DEFAULT]()
    weights = load_file(WEIGHTS / f"{DEFAULT}.safetensors")
    network.load_state_dict({name: weight for name, weight in weights.items() if not name.startswith("first.")})
    return network.eval()


transform = transforms.Compose([transforms.Grayscale(), transforms.Resize((28, 28)), transforms.ToTensor()])


def of_file(data: bytes) -> Tensor:
    """Dark on light to (1, 1, 28, 28) in 0..1, light on dark."""
    image: Tensor = transform(Image.open(io.BytesIO(data)).convert("RGB"))
    return 1 - image[None]


def of_strokes(strokes: list[list[tuple[float, float]]]) -> Tensor:
    """The same for strokes, in pixels of a canvas of 280x280."""
    canvas = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(canvas)
    for stroke in strokes:
        draw.line([(x, y) for x, y in stroke], fill=255, width=PEN, joint="curve")
    image: Tensor = transform(canvas)
    return image[None]


def answer(network: nn.Module, image: Tensor) -> dict[str, Any]:
    """The digit, and how likely each is."""
    with torch.inference_mode():
        shares = network(image).softmax(1)[0]
    return {"digit": int(shares.argmax()), "probabilities": shares.tolist()}
