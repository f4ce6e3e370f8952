"""Drawing to answer: the one class that the service, the tests and the benchmarks call."""

import base64
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from PIL import Image

from model import image, strokes
from model.errors import UnknownModel
from model.evidence import by_occlusion, from_map
from model.hand import by_hands, together
from model.ink import Ink, Pixels
from model.normalise import SIZE, Normalised, normalise
from model.pen import by_pens
from model.verdict import DIGITS, Calibration, Verdict, judge, of_one

WEIGHTS = Path(__file__).parent / "weights"
CHECKSUMS = "SHA256SUMS"
CARD = "card"  # the metadata key that holds a network's card, in both of its files
FIRST_STAGE = "first_stage"  # the one that holds its first stage in the ONNX file, and what the card says of it
DEFAULT = "digitnet"


class BrokenWeights(RuntimeError):
    """A shipped network is missing, damaged or not one of ours."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer to a drawing.

    `probabilities`: ten floats that sum to 1. `alternatives`: other digits to consider, likeliest first. `explanation`:
    JSON-ready, or None where it was not asked for.
    """

    digit: int
    probabilities: tuple[float, ...]
    verdict: Verdict
    alternatives: tuple[int, ...]
    model: str
    version: str
    explanation: dict[str, Any] | None = None

    @property
    def confidence(self) -> float:
        """How likely `digit` is, in 0..1."""
        return self.probabilities[self.digit]

    def as_json(self) -> dict[str, Any]:
        """The body of a 200 answer of the HTTP contract; six decimals say all there is to be said."""
        shares = [round(share, 6) for share in self.probabilities]
        body: dict[str, Any] = {
            "digit": self.digit,
            "confidence": shares[self.digit],
            "probabilities": shares,
            "verdict": self.verdict,
            "alternatives": list(self.alternatives),
            "model": {"name": self.model, "version": self.version},
        }
        if self.explanation is not None:
            body["explanation"] = self.explanation
        return body


@dataclass(frozen=True, slots=True)
class Seen:
    """A drawing as a network sees it."""

    ink: Ink
    normalised: Normalised

    @property
    def pixels(self) -> Pixels:
        """(28, 28) float32 in 0..1."""
        return self.normalised.pixels


class Answering(Protocol):
    """What `look` needs of a network: a shipped one has more, and one in training has this, too."""

    name: str
    version: str
    calibration: Calibration
    # Whether it has learnt from drawings by many hands and pens; what is new to it only confuses it.
    knows_hands: bool

    def logits(self, images: Pixels) -> Pixels:
        """(n, 1, 28, 28) float32 in 0..1 to (n, classes) float32, as soon as possible."""

    def logits_of_whole(self, images: Pixels) -> Pixels:
        """The same by all of the network, where the first answer is in doubt."""


class Network:
    """One shipped network, loaded and checked.

    `card`: its provenance and figures. `version`: the first 12 hex digits of the ONNX file's SHA-256.
    """

    def __init__(self, path: Path, threads: int = 1, sha256: str | None = None) -> None:
        """Load `path`. Raises `BrokenWeights` where it is missing, damaged, or differs from `sha256`."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BrokenWeights(f"The weights {path} cannot be read: {error.strerror}.") from error
        digest = hashlib.sha256(data).hexdigest()
        if sha256 is not None and digest != sha256:
            raise BrokenWeights(f"The weights {path} are damaged: their SHA-256 is {digest}, not {sha256}.")
        try:
            self._whole = _session(data, threads)
            metadata = self._whole.get_modelmeta().custom_metadata_map
            self.card: dict[str, Any] = json.loads(metadata[CARD])
            self.calibration = Calibration.of(self.card["calibration"])
            first = metadata.get(FIRST_STAGE)
            self._first = _session(base64.b64decode(first), threads) if first else None
            self._margin = float(self.card[FIRST_STAGE]["margin"]) if first else 0.0
            self.name: str = self.card["name"]
            self.knows_hands = bool(self.card["training"]["recipe"].get("styles"))
        except Exception as error:  # the runtime's own exceptions share no base but this
            raise BrokenWeights(f"The weights {path} are not a network of this program: {error}") from error
        self.version = digest[:12]
        self.bytes = len(data)
        self._explains = len(self._whole.get_outputs()) > 1

    def logits(self, images: Pixels) -> Pixels:
        """(n, 1, 28, 28) float32 in 0..1 to (n, classes) float32: the first stage's where it is certain."""
        if self._first is None:
            return self.logits_of_whole(images)
        logits, doubted = self._at_first(self._first, images)
        if doubted:
            logits[doubted] = self.logits_of_whole(images[doubted])
        return logits

    def logits_of_whole(self, images: Pixels) -> Pixels:
        """What `logits` would be without a first stage."""
        logits: Pixels = self._whole.run(["logits"], {"images": images})[0]
        return logits

    def _at_first(self, first: onnxruntime.InferenceSession, images: Pixels) -> tuple[Pixels, list[int]]:
        """The first stage's logits, and which of the images the whole network has to be asked about."""
        logits: Pixels = first.run(["logits"], {"images": images})[0]
        return logits, [index for index, row in enumerate(logits.tolist()) if not self._is_certain(row)]

    def _is_certain(self, logits: Sequence[float]) -> bool:
        """Whether a digit is so far ahead of all else that the whole network need not be asked."""
        second, best = sorted(logits)[-2:]
        return best - second >= self._margin and logits.index(best) < DIGITS

    def evidence(self, views: Pixels, digit: int) -> Pixels:
        """What in a drawing speaks for a digit and what against: (28, 28) float32 in -1..1.

        `views`: (n, 28, 28) float32 in 0..1, what it was shown of the drawing; the first counts where it has no map.
        """
        if not self._explains:
            return by_occlusion(self.logits, views[0], digit)
        return from_map(together(self._whole.run(["evidence"], {"images": views[:, None]})[0]), digit)


def _session(data: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


class Reader:
    """Reads drawings with any of the shipped networks. Safe to call from many threads at once."""

    def __init__(self, folder: Path = WEIGHTS, threads: int = 1) -> None:
        """Load every network that `folder`/SHA256SUMS names, and all others that ship. Raises `BrokenWeights`."""
        networks: list[Network] = [*_listed(WEIGHTS, threads), *(_listed(folder, threads) if folder != WEIGHTS else ())]
        self._networks = {network.name: network for network in networks}

    @property
    def names(self) -> tuple[str, ...]:
        """The networks that can be asked, the default first."""
        return tuple(sorted(self._networks, key=lambda name: (name != DEFAULT, name)))

    def cards(self) -> list[dict[str, Any]]:
        """What is known of each network, JSON-ready, the default first."""
        cards = []
        for name in self.names:
            network = self._networks[name]
            cards.append({**network.card, "version": network.version, "bytes": network.bytes})
        return cards

    def read_strokes(
        self, raw: object, model: str = DEFAULT, explain: bool = False, evidence_for: int | None = None
    ) -> Reading:
        """Answer for strokes as JSON gave them; explained, with the evidence for the digit named or for `evidence_for`.

        Raises `DrawingError` or `UnknownModel`.
        """
        network = self.network(model)
        return _read(network, see_strokes(raw), explain, evidence_for)

    def read_image(
        self, data: bytes, model: str = DEFAULT, explain: bool = False, evidence_for: int | None = None
    ) -> Reading:
        """Answer for an encoded image, as `read_strokes` does for strokes."""
        network = self.network(model)
        return _read(network, see_image(data), explain, evidence_for)

    def read_seen(self, drawings: Sequence[Seen]) -> list[Reading]:
        """Answers of the default network to several drawings: sooner than one after the other."""
        return [reading for reading, _ in look(self._networks[DEFAULT], drawings)]

    def network(self, name: str) -> Network:
        """The network of that name. Raises `UnknownModel`."""
        try:
            return self._networks[name]
        except KeyError:
            raise UnknownModel(f"There is no network {name[:40]!r}. Ask for one of: {', '.join(self.names)}.") from None


def see(ink: Ink) -> Seen:
    """Ink as a network sees it. Raises `Blank`."""
    return Seen(ink, normalise(ink.pixels))


def see_strokes(raw: object) -> Seen:
    """Strokes as JSON gave them, as a network sees them. Raises `DrawingError`."""
    return see(strokes.rasterise(strokes.parse_strokes(raw)))


def see_image(data: bytes) -> Seen:
    """An encoded image as a network sees it. Raises `DrawingError`."""
    return see(image.read_image(data))


def seen_as_it_is(image: Pixels) -> Seen:
    """A (28, 28) image float32 in 0..1 that has MNIST's geometry already, as MNIST's own."""
    return Seen(Ink(image), Normalised(image, (0.0, 0.0, float(SIZE)), (0, 0)))


def look(network: Answering, drawings: Sequence[Seen]) -> list[tuple[Reading, Pixels]]:
    """What each drawing shows, and what of it the network was shown for this: (n, 28, 28) float32.

    Where it would not be sure, it is shown the drawing with a thin, a usual and a thick pen where that is possible, and
    in turns with these as slightly other hands would have drawn it, and a mean of its logits counts: neither how thick
    lines are nor how they slant says what was meant.
    """
    images = np.stack([seen.pixels for seen in drawings])
    logits = network.logits(images[:, None])
    looks = [(_weighed(network, one), image[None]) for one, image in zip(logits, images, strict=True)]
    doubted = [index for index, (reading, _) in enumerate(looks) if reading.verdict != "sure" and network.knows_hands]
    for index in doubted:
        by_each = by_pens(drawings[index].ink)
        own = by_each if len(by_each) else images[index, None]
        views = np.concatenate((own, by_hands(own)))
        looks[index] = _weighed(network, together(network.logits_of_whole(views[:, None]))), views
    return looks


def _listed(folder: Path, threads: int) -> list[Network]:
    try:
        lines = (folder / CHECKSUMS).read_text("ascii").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenWeights(f"{folder / CHECKSUMS}, which lists the weights, cannot be read: {error}.") from error
    listed = [line.split(maxsplit=1) for line in lines if line.endswith(".onnx")]
    if not listed or any(len(parts) < 2 for parts in listed):
        raise BrokenWeights(f"{folder / CHECKSUMS} has to list .onnx files with their SHA-256, as sha256sum writes it.")
    return [Network(folder / name.removeprefix("*"), threads, sha256) for sha256, name in listed]


def _read(network: Network, seen: Seen, explain: bool, evidence_for: int | None) -> Reading:
    ((reading, views),) = look(network, [seen])
    if not explain:
        return reading
    evidence = network.evidence(views, reading.digit if evidence_for is None else evidence_for)
    return replace(reading, explanation=_explanation(evidence, seen))


def _weighed(network: Answering, logits: Pixels) -> Reading:
    shares, none = of_one(logits.tolist(), network.calibration.temperature)
    digit = shares.index(max(shares))
    verdict, alternatives = judge(shares, none, network.calibration)
    return Reading(digit, tuple(shares), verdict, alternatives, network.name, network.version)


def _explanation(evidence: Pixels, seen: Seen) -> dict[str, Any]:
    ink, (left, top, side) = seen.ink, seen.normalised.crop
    return {
        "input": _data_uri(seen.pixels),
        "evidence": evidence.astype(float).round(3).tolist(),  # as float32 0.014 would be 0.014000000432133675
        "crop": {
            "x": _rounded(ink.origin[0] + left / ink.scale),
            "y": _rounded(ink.origin[1] + top / ink.scale),
            "width": _rounded(side / ink.scale),
            "height": _rounded(side / ink.scale),
        },
    }


def _rounded(value: float) -> float:
    """To nine digits: the unit is the drawing's own, however small."""
    return float(f"{value:.9g}")


def _data_uri(pixels: Pixels) -> str:
    buffer = io.BytesIO()
    Image.fromarray((pixels * 255 + 0.5).astype(np.uint8)).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
