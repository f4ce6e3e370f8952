"""Where the tests find MNIST and the drawn sets, which are not part of the project."""

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent


def data_folder() -> Path:
    """The folder that holds MNIST/raw, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("DIGITS_DATA") or ROOT / "../shared")
    if not (folder / "MNIST" / "raw").is_dir():
        pytest.skip(f"MNIST is not in {folder}: set DIGITS_DATA to the folder that holds MNIST/raw")
    return folder.resolve()


@cache
def _images(path: Path) -> NDArray[np.float32]:
    pixels = np.frombuffer(path.read_bytes(), np.uint8, offset=16)
    return pixels.reshape(-1, 28, 28).astype(np.float32) / np.float32(255)


def mnist_images(part: str) -> NDArray[np.float32]:
    """(n, 28, 28) float32 in 0..1; `part` is "train" or "t10k"."""
    return _images(data_folder() / "MNIST" / "raw" / f"{part}-images-idx3-ubyte")


def mnist_labels(part: str) -> NDArray[np.uint8]:
    """(n,) uint8 in 0..9."""
    path = data_folder() / "MNIST" / "raw" / f"{part}-labels-idx1-ubyte"
    return np.frombuffer(path.read_bytes(), np.uint8, offset=8)


def drawn(name: str) -> list[dict[str, Any]]:
    """Drawings of a stroke file, turned so that y grows downwards, as on a canvas."""
    path = data_folder() / "strokes" / f"{name}.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    with gzip.open(path, "rt") as lines:
        drawings = [json.loads(line) for line in lines]
    for drawing in drawings:
        drawing["strokes"] = [[[x, -y] for x, y in stroke] for stroke in drawing["strokes"]]
    return drawings
