from pathlib import Path

import pytest

from model import mnist
from model.mnist import FILES, DataError
from tests.data import data_folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder that looks like MNIST's: links to the real files, to be spoiled one by one."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in FILES:
        (raw / name).symlink_to(data_folder() / "MNIST" / "raw" / name)
    return tmp_path


def spoil(root: Path, name: str, data: bytes) -> None:
    (root / "MNIST" / "raw" / name).unlink()
    (root / "MNIST" / "raw" / name).write_bytes(data)


def test_mnist_is_loaded_as_tensors_in_0_to_1(copy: Path) -> None:
    split = mnist.load(copy, train=False)
    assert split.images.shape == (10_000, 1, 28, 28)
    assert (float(split.images.min()), float(split.images.max())) == (0, 1)
    assert split.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_the_held_out_images_are_not_among_those_learned_from() -> None:
    train = mnist.load(data_folder(), train=True)
    learned, held_out = mnist.hold_out(train)
    assert (len(learned), len(held_out)) == (55_000, 5_000)
    assert (held_out.images == train.images[55_000:]).all()


def test_a_file_cut_short_is_named(copy: Path) -> None:
    spoil(copy, "train-images-idx3-ubyte", b"\0" * 1000)
    with pytest.raises(DataError, match="train-images-idx3-ubyte is cut short: 1,000 bytes instead of 47,040,016"):
        mnist.load(copy, train=True)


def test_a_foreign_file_of_the_right_size_is_named(copy: Path) -> None:
    spoil(copy, "t10k-labels-idx1-ubyte", b"\0" * 10_008)
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte is not MNIST's file"):
        mnist.load(copy, train=False)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "MNIST" / "raw" / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte is missing"):
        mnist.check(copy)


def test_a_folder_that_is_named_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "env"))
    assert mnist.find() == tmp_path / "env"
    assert mnist.find(str(tmp_path / "flag")) == tmp_path / "flag"
