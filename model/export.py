"""A trained network to the two files that ship: safetensors for PyTorch, ONNX for the service, one card in both.

What the service runs can compute in 8-bit integers: 2 to 3 times as fast as in floats, and as accurate.
"""

import base64
import hashlib
import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import safetensors.torch
import torch
from onnxruntime import quantization
from torch import Tensor, nn

from model.networks import DigitNet, FirstStage, folded
from model.normalise import SIZE
from model.reader import CARD, CHECKSUMS, FIRST_STAGE

Card = Mapping[str, Any]

# Of the activations seen while calibrating, the range of integers covers all but the largest of 100,000.
CALIBRATED_SHARE = 99.999


class _Explained(nn.Module):
    """Logits and the evidence they are the mean of, from one pass."""

    def __init__(self, network: DigitNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        evidence = self.network.evidence(images)
        return evidence.mean(dim=(2, 3)), evidence


def save(network: nn.Module, card: Card, folder: Path, typical: Tensor | None = None) -> tuple[Path, Path]:
    """Write `<name>.safetensors`, `<name>.onnx` and the folder's SHA256SUMS; return the first two paths.

    The ONNX file takes `images`, (n, 1, 28, 28) float32 in 0..1, and gives `logits`, (n, classes), and where the
    network has one `evidence`, (n, classes, height, width). The card is JSON under the key `card` in both. A first
    stage is a whole ONNX file in base64 under the key `first_stage`; the card says there from which margin it stands.

    `typical`: images like those that the network will see, (n, 1, 28, 28). Where they are given, the ONNX file computes
    in 8-bit integers, with ranges taken from these images.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = network.eval().to(memory_format=torch.contiguous_format)
    metadata = {CARD: json.dumps(card, sort_keys=True)}
    tensors = folder / f"{card['name']}.safetensors"
    safetensors.torch.save_file({k: v.contiguous() for k, v in network.state_dict().items()}, tensors, metadata)
    graph = folder / f"{card['name']}.onnx"
    if isinstance(network, DigitNet) and network.first is not None:
        first = _model(network.first, typical)
        metadata[FIRST_STAGE] = base64.b64encode(first.SerializeToString()).decode("ascii")
    model = _model(network, typical)
    onnx.helper.set_model_props(model, metadata)
    onnx.save(model, graph)
    files = sorted(path for path in folder.iterdir() if path.suffix in (".onnx", ".safetensors"))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / CHECKSUMS).write_text("".join(sums), "ascii")
    return tensors, graph


def load(network: nn.Module, path: Path) -> nn.Module:
    """Put the weights of a safetensors file into a network of the same shape, ready to evaluate."""
    weights = safetensors.torch.load_file(path)
    if isinstance(network, DigitNet) and any(name.startswith("first.") for name in weights):
        network.first = FirstStage()
    network.load_state_dict(weights)
    return network.eval()


def _model(network: nn.Module, typical: Tensor | None) -> onnx.ModelProto:
    model = _graph(network) if typical is None else _in_integers(_graph(network), typical)
    onnx.checker.check_model(model, full_check=True)
    return model


def _graph(network: nn.Module) -> onnx.ModelProto:
    network = folded(network)
    explained = isinstance(network, DigitNet)
    outputs = ["logits", "evidence"] if explained else ["logits"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own future
        program = torch.onnx.export(
            _Explained(network).eval() if isinstance(network, DigitNet) else network,
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
    return model


class _Typical(quantization.CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Hands images to onnxruntime's calibration, a batch at a time; it takes batches of one size only."""

    def __init__(self, images: Tensor, batch: int = 250) -> None:
        batch = min(batch, len(images))
        self._parts: Iterator[Tensor] = iter(images[: len(images) // batch * batch].split(batch))

    def get_next(self) -> dict[str, Any] | None:
        part = next(self._parts, None)
        return None if part is None else {"images": part.numpy()}


@contextmanager
def _silence() -> Iterator[None]:
    """Without what the calibration prints, and its advice to do what is done here already."""
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _in_integers(model: onnx.ModelProto, typical: Tensor) -> onnx.ModelProto:
    """The same graph with its convolutions in 8-bit integers, but for one whose map is the evidence.

    Weights take 7 of the 8 bits: where a processor has no instructions for this (VNNI), sums of two products of 8 bits
    overflow, and the answer would depend on the machine.
    """
    shown = [node.name for node in model.graph.node if "evidence" in node.output]
    with TemporaryDirectory() as folder, _silence():
        path = Path(folder) / "integers.onnx"
        quantization.quantize_static(
            model,
            path,
            _Typical(typical),
            quant_format=quantization.QuantFormat.QOperator,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            calibrate_method=quantization.CalibrationMethod.Percentile,
            op_types_to_quantize=["Conv", "Relu"],
            nodes_to_exclude=shown,
            extra_options={"CalibPercentile": CALIBRATED_SHARE},
        )
        return onnx.load(path)
