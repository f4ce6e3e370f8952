"""MNIST from disk, checked byte for byte, as tensors in memory; for training and tests, not for the service."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import MNIST

# (bytes, MD5) of the four files, unpacked. Source: the MNIST page's gzips.
FILES = {
    "train-images-idx3-ubyte": (47_040_016, "6bbc9ace898e44ae57da46a324031adb"),
    "train-labels-idx1-ubyte": (60_008, "a25bea736e30d166cdddb491f175f624"),
    "t10k-images-idx3-ubyte": (7_840_016, "2646ac647ad5339dbf082846283269ea"),
    "t10k-labels-idx1-ubyte": (10_008, "27ae3e4e09519cfbb04c329615203637"),
}
HELD_OUT = 5_000  # of the 60,000 training images: the last ones, never trained on, for every choice


class DataError(RuntimeError):
    """MNIST is missing, cut short or not MNIST. The message says which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Split:
    """`images`: (n, 1, 28, 28) float32 in 0..1, white on black. `labels`: (n,) int64, 0..9, or 10 for no digit."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        """How many images."""
        return len(self.labels)

    def first(self, limit: int | None) -> "Split":
        """The first `limit` images, or all."""
        return Split(self.images[:limit], self.labels[:limit])

    def joined(self, *others: "Split") -> "Split":
        """These images, then the other ones."""
        parts = (self, *others)
        return Split(torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts]))


def find(data: str | None = None) -> Path:
    """The folder that holds MNIST/raw: `data`, else DIGITS_DATA, else ./data or ../shared, whichever has it."""
    named = data or os.environ.get("DIGITS_DATA")
    if named:
        return Path(named)
    for folder in (Path("data"), Path("../shared")):
        if (folder / "MNIST" / "raw").is_dir():
            return folder
    return Path("data")


def load(root: Path, *, train: bool) -> Split:
    """All training or test images. Downloads them where the folder has none. Raises `DataError`."""
    if not any((root / "MNIST" / "raw" / name).exists() for name in FILES):
        try:
            MNIST(str(root), train=train, download=True)
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"MNIST is not in {root}/MNIST/raw and could not be downloaded ({error}). "
                "Put its four idx files there, or name the folder above with --data or DIGITS_DATA."
            ) from error
    check(root)
    data = MNIST(str(root), train=train)
    return Split(data.data[:, None].float() / 255, data.targets)


def check(root: Path) -> None:
    """Hold every file to its size and checksum. Raises `DataError` for the first that differs."""
    for name, (size, md5) in FILES.items():
        path = root / "MNIST" / "raw" / name
        if not path.is_file():
            raise DataError(f"{path} is missing. Delete {path.parent} to download MNIST again, or put the file there.")
        actual = path.stat().st_size
        if actual != size:
            state = "cut short" if actual < size else "too long"
            raise DataError(f"{path} is {state}: {actual:,} bytes instead of {size:,}. Delete it and get it again.")
        if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != md5:
            raise DataError(f"{path} is not MNIST's file: its MD5 is not {md5}. Delete it and get it again.")


def hold_out(split: Split) -> tuple[Split, Split]:
    """Split the training images in those to learn from and those to choose by."""
    cut = len(split) - HELD_OUT
    return Split(split.images[:cut], split.labels[:cut]), Split(split.images[cut:], split.labels[cut:])
