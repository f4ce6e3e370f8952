"""The two files of each shipped network are one network."""

import hashlib
import json

import numpy as np
import pytest
import safetensors
import torch

from model import export
from model.networks import NETWORKS, parameters
from model.reader import CARD, CHECKSUMS, WEIGHTS, Network
from tests.data import mnist_images

SHIPPED = ["digitnet", "blog"]


@pytest.mark.parametrize("name", SHIPPED)
def test_torch_and_onnx_runtime_agree_on_a_thousand_inputs(name: str) -> None:
    random = np.random.default_rng(0).random((500, 1, 28, 28), np.float32)
    images = np.concatenate((mnist_images("t10k")[:500, None], random))
    network = export.load(NETWORKS[name](), WEIGHTS / f"{name}.safetensors")
    with torch.no_grad():
        expected = network(torch.from_numpy(images)).numpy()
    assert np.abs(Network(WEIGHTS / f"{name}.onnx").logits(images) - expected).max() < 1e-4


@pytest.mark.parametrize("name", SHIPPED)
def test_both_files_carry_the_same_card(name: str) -> None:
    with safetensors.safe_open(WEIGHTS / f"{name}.safetensors", "pt") as file:
        card = json.loads(file.metadata()[CARD])
    assert card == Network(WEIGHTS / f"{name}.onnx").card
    assert card["parameters"] == parameters(NETWORKS[name]())
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
