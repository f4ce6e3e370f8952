"""A trained network to the two files that ship: safetensors for PyTorch, ONNX for the service, one card in both."""

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import safetensors.torch
import torch
from torch import Tensor, nn

from model.normalise import SIZE
from model.reader import CARD, CHECKSUMS

Card = Mapping[str, Any]


class _Explained(nn.Module):
    """Logits and the evidence they are the mean of, from one pass."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        evidence = self.network.evidence(images)  # type: ignore[operator]
        return evidence.mean(dim=(2, 3)), evidence


def save(network: nn.Module, card: Card, folder: Path) -> tuple[Path, Path]:
    """Write `<name>.safetensors`, `<name>.onnx` and the folder's SHA256SUMS; return the first two paths.

    The ONNX file takes `images`, (n, 1, 28, 28) float32 in 0..1, and gives `logits`, (n, classes), and where the
    network has one `evidence`, (n, classes, height, width). The card is JSON under the key `card` in both.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = network.eval().to(memory_format=torch.contiguous_format)
    metadata = {CARD: json.dumps(card, sort_keys=True)}
    tensors = folder / f"{card['name']}.safetensors"
    safetensors.torch.save_file({k: v.contiguous() for k, v in network.state_dict().items()}, tensors, metadata)
    graph = folder / f"{card['name']}.onnx"
    onnx.save(_graph(network, metadata), graph)
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(folder.glob("*.*"))]
    (folder / CHECKSUMS).write_text("".join(sums), "ascii")
    return tensors, graph


def load(network: nn.Module, path: Path) -> nn.Module:
    """Put the weights of a safetensors file into a network of the same shape, ready to evaluate."""
    network.load_state_dict(safetensors.torch.load_file(path))
    return network.eval()


def _graph(network: nn.Module, metadata: dict[str, str]) -> onnx.ModelProto:
    explained = hasattr(network, "evidence")
    outputs = ["logits", "evidence"] if explained else ["logits"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own future
        program = torch.onnx.export(
            _Explained(network).eval() if explained else network,
            (torch.zeros(2, 1, SIZE, SIZE),),
            input_names=["images"],
            output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("n", min=1, max=4096)},),
            dynamo=True,
            verbose=False,
        )
    if program is None:  # only the exporter of old gives nothing back
        raise RuntimeError("This version of torch exports no ONNX program; install one that pyproject.toml allows.")
    model = program.model_proto
    for node in model.graph.node:  # the exporter notes its stack traces there, with paths of this machine
        node.doc_string = ""
        del node.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    onnx.helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model
