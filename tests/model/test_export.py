"""The two files of each shipped network are one network."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch

from model import export
from model.ink import Pixels
from model.networks import DIGITS, NETWORKS, DigitNet, parameters
from model.reader import CARD, CHECKSUMS, WEIGHTS, Network
from tests.data import mnist_images

SHIPPED = ["digitnet", "blog"]


def in_torch(name: str, images: Pixels) -> Pixels:
    """The logits of the shipped safetensors, without a first stage."""
    network = export.load(NETWORKS[name](), WEIGHTS / f"{name}.safetensors")
    with torch.no_grad():
        logits: Pixels = network(torch.from_numpy(images)).numpy()
    return logits


def in_torch_with_first_stage(images: Pixels, margin: float) -> Pixels:
    """The same of digitnet as a cascade."""
    network = DigitNet()
    export.load(network, WEIGHTS / "digitnet.safetensors")
    assert network.first is not None
    with torch.no_grad():
        first: torch.Tensor = network.first(torch.from_numpy(images))
    most, second = first.topk(2).values.T
    certain = (most - second >= margin) & (first.argmax(1) < DIGITS)
    return np.where(certain.numpy()[:, None], first.numpy(), in_torch("digitnet", images))


def inputs() -> Pixels:
    random = np.random.default_rng(0).random((500, 1, 28, 28), np.float32)
    return np.concatenate((mnist_images("t10k")[:500, None], random))


def test_the_blog_network_is_the_same_in_torch_and_in_onnx_runtime() -> None:
    images = inputs()
    assert np.abs(Network(WEIGHTS / "blog.onnx").logits(images) - in_torch("blog", images)).max() < 1e-4


def test_digitnet_exported_in_floats_is_the_same_in_onnx_runtime(tmp_path: Path) -> None:
    images = inputs()
    network = export.load(NETWORKS["digitnet"](), WEIGHTS / "digitnet.safetensors")
    card = Network(WEIGHTS / "digitnet.onnx").card
    export.save(network, card, tmp_path)
    served = Network(tmp_path / "digitnet.onnx")
    assert np.abs(served.logits_of_whole(images) - in_torch("digitnet", images)).max() < 1e-4
    assert np.abs(served.logits(images) - in_torch_with_first_stage(images, card["first_stage"]["margin"])).max() < 1e-4


def test_digitnet_without_a_first_stage_answers_as_a_whole(tmp_path: Path) -> None:
    images = inputs()
    network = DigitNet()
    export.load(network, WEIGHTS / "digitnet.safetensors")
    network.first = None
    export.save(network, {**Network(WEIGHTS / "digitnet.onnx").card, "first_stage": None}, tmp_path)
    assert np.abs(Network(tmp_path / "digitnet.onnx").logits(images) - in_torch("digitnet", images)).max() < 1e-4


def test_what_else_lies_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.folder").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    network = export.load(NETWORKS["blog"](), WEIGHTS / "blog.safetensors")
    export.save(network, Network(WEIGHTS / "blog.onnx").card, tmp_path)
    assert (tmp_path / CHECKSUMS).read_text().count("\n") == 2


def test_digitnet_in_integers_answers_as_it_does_in_torch() -> None:
    images = mnist_images("t10k")[:, None]
    network, expected = Network(WEIGHTS / "digitnet.onnx"), in_torch("digitnet", images)
    parts = [images[start : start + 500] for start in range(0, len(images), 500)]
    whole = np.concatenate([network.logits_of_whole(part) for part in parts])
    assert np.sqrt(np.mean((whole - expected) ** 2)) < 0.02 * expected.std()
    assert (whole.argmax(1) == expected.argmax(1)).mean() >= 0.9985
    served = np.concatenate([network.logits(part) for part in parts])
    assert (served.argmax(1) == whole.argmax(1)).mean() >= 0.9995
    assert (served != whole).any(axis=1).mean() > 0.75, "the first stage answers too little to be of use"


@pytest.mark.parametrize("name", SHIPPED)
def test_both_files_carry_the_same_card(name: str) -> None:
    with safetensors.safe_open(WEIGHTS / f"{name}.safetensors", "pt") as file:
        card = json.loads(file.metadata()[CARD])
    assert card == Network(WEIGHTS / f"{name}.onnx").card
    assert card["parameters"] == parameters(export.load(NETWORKS[name](), WEIGHTS / f"{name}.safetensors"))
    assert {"command", "seed", "date", "versions", "data_md5"} <= card["training"].keys()
    assert card["accuracy"]["mnist_test"] > (0.96 if name == "blog" else 0.995)
    assert len(card["accuracy"]["seeds"]) >= (5 if name == "blog" else 3)


def test_the_checksums_are_those_of_the_files() -> None:
    lines = [line.split() for line in (WEIGHTS / CHECKSUMS).read_text().splitlines()]
    assert {name for _, name in lines} == {f"{name}.{kind}" for name in SHIPPED for kind in ("onnx", "safetensors")}
    for digest, name in lines:
        assert hashlib.sha256((WEIGHTS / name).read_bytes()).hexdigest() == digest, name


def test_nothing_of_the_machine_that_trained_is_in_the_files() -> None:
    for path in WEIGHTS.glob("*.onnx"):
        assert b"/site-packages/" not in path.read_bytes(), path.name
