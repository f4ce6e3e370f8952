import base64
import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.errors import Blank, UnknownModel
from model.hand import OWN, by_hands
from model.ink import Pixels
from model.pen import by_pens
from model.reader import CHECKSUMS, DEFAULT, WEIGHTS, BrokenWeights, Network, Reader, look, see_image, see_strokes
from model.styles import sample
from model.verdict import judge, of_one, probabilities
from tests.benchmarks.variants import Canvas
from tests.data import ROOT, mnist_images, mnist_labels
from tests.drawings import SCRIBBLE, load_drawings
from tests.encodings import saved

SEVEN = [[[60, 60], [200, 60], [120, 230]]]
ONE = [[[140, 40], [140, 240]]]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


def png(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray((255 - pixels * 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_plain_digits_are_read_for_sure(reader: Reader) -> None:
    for strokes, digit in ((SEVEN, 7), (ONE, 1)):
        reading = reader.read_strokes(strokes)
        assert (reading.digit, reading.verdict, reading.alternatives) == (digit, "sure", ())
        assert sum(reading.probabilities) == pytest.approx(1, abs=1e-5)
        assert reading.confidence == max(reading.probabilities)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_dot_is_no_digit_however_small(reader: Reader, form: str) -> None:
    rng = np.random.default_rng(0)
    for radius in np.linspace(0.7, 12, 60):
        x, y = rng.uniform(20, 260, 2)
        corners = [(4 * (x - radius), 4 * (y - radius)), (4 * (x + radius), 4 * (y + radius))]
        paper = Image.new("L", (1120, 1120), "white")
        ImageDraw.Draw(paper).ellipse(corners, fill="black")
        buffer = io.BytesIO()
        paper.reduce(4).save(buffer, form)
        reading = reader.read_image(buffer.getvalue())
        assert reading.verdict != "sure"
        assert reading.verdict == "not_a_digit" or radius < 1, f"a dot of radius {radius:.1f} is {reading}"


def test_both_networks_can_be_asked(reader: Reader) -> None:
    assert reader.names == ("digitnet", "blog")
    for name in reader.names:
        reading = reader.read_strokes(SEVEN, model=name)
        card = next(card for card in reader.cards() if card["name"] == name)
        assert (reading.model, reading.version) == (name, card["version"])


def test_mnists_images_posted_as_pictures_are_read_as_well_as_ever(reader: Reader) -> None:
    images, labels = mnist_images("t10k")[:500], mnist_labels("t10k")[:500]
    answers = [reader.read_image(png(np.pad(image, 40))).digit for image in images]
    assert (np.array(answers) == labels).mean() >= 0.99


def test_an_explanation_shows_the_input_the_evidence_and_the_crop(reader: Reader) -> None:
    for name in reader.names:
        explanation = reader.read_strokes(SEVEN, model=name, explain=True).explanation
        assert explanation is not None
        data = base64.b64decode(explanation["input"].removeprefix("data:image/png;base64,"))
        assert Image.open(io.BytesIO(data)).size == (28, 28)
        evidence = np.array(explanation["evidence"])
        assert evidence.shape == (28, 28)
        assert np.abs(evidence).max() == pytest.approx(1, abs=1e-3)
        crop = explanation["crop"]
        assert crop["y"] < 60 < 230 < crop["y"] + crop["height"]


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1, 1e6])
def test_the_crop_is_as_exact_in_any_unit(reader: Reader, unit: float) -> None:
    crops = []
    for scale in (1.0, unit):
        strokes = [[[x * scale, y * scale] for x, y in stroke] for stroke in SEVEN]
        explanation = reader.read_strokes(strokes, explain=True).explanation
        assert explanation is not None
        crops.append({name: value / scale for name, value in explanation["crop"].items()})
    assert crops[1] == pytest.approx(crops[0], rel=1e-6)


def test_evidence_can_be_had_for_any_digit_and_is_for_the_one_named_unless_asked(reader: Reader) -> None:
    for name in reader.names:
        maps = []
        for digit in (None, 7, 1):
            explanation = reader.read_strokes(ONE, name, True, digit).explanation
            assert explanation is not None
            maps.append(explanation["evidence"])
        named, seven, one = maps
        assert named == one != seven


def test_an_answer_is_the_same_whether_or_not_it_is_explained(reader: Reader) -> None:
    for drawing in load_drawings():
        plain, explained = (reader.read_strokes(drawing.strokes, explain=explain) for explain in (False, True))
        assert plain.probabilities == explained.probabilities, drawing


def test_an_answer_is_the_same_whatever_else_is_asked_with_it() -> None:
    network = Network(WEIGHTS / f"{DEFAULT}.onnx")
    images = np.stack([see_strokes(drawing.strokes).pixels for drawing in load_drawings()])[:, None]
    alone = np.concatenate([network.logits(image[None]) for image in images])
    np.testing.assert_allclose(network.logits(images), alone, atol=1e-4)


def test_what_is_not_sure_at_first_is_a_mean_of_what_it_says_to_all_pens_and_to_other_hands(
    reader: Reader,
) -> None:
    network, rng, again = Network(WEIGHTS / f"{DEFAULT}.onnx"), np.random.default_rng(11), 0
    for index in range(400):
        strokes = [stroke.tolist() for stroke in sample(index % 10, rng, 1.4)[0]]
        seen = see_strokes(strokes)
        logits = network.logits(seen.pixels[None, None])[0]
        shares, none = of_one(logits.tolist(), network.calibration.temperature)
        if judge(shares, none, network.calibration)[0] == "sure":
            continue
        again += 1
        pens = by_pens(seen.ink)
        views = np.concatenate((pens, by_hands(pens)))
        own, others = np.split(network.logits_of_whole(views[:, None]), [3])
        logits = OWN * own.mean(axis=0) + (1 - OWN) * others.mean(axis=0)
        shares, _ = of_one(logits.tolist(), network.calibration.temperature)
        reading = reader.read_strokes(strokes, explain=True)
        assert reading.explanation is not None
        assert reading.probabilities == pytest.approx(shares, abs=1e-6)
        evidence = network.evidence(views, reading.digit)
        assert reading.explanation["evidence"] == evidence.astype(float).round(3).tolist()
    assert 3 < again < 100


def test_drawings_of_which_there_are_other_pens_and_none_are_read_together(reader: Reader) -> None:
    scribble = Canvas(mode="L").draw(SCRIBBLE)
    drawings = [see_image(saved(scribble.resize((side, side)))) for side in (30, 280, 20, 200)]
    network = reader.network(DEFAULT)
    together, alone = look(network, drawings), [look(network, [seen])[0] for seen in drawings]
    by_each = [by_pens(seen.ink) for seen in drawings]
    assert [len(pens) for pens in by_each] == [0, 3, 0, 3]
    for (_, views), pens, seen in zip(together, by_each, drawings, strict=True):
        own = pens if len(pens) else seen.pixels[None]
        assert np.array_equal(views, np.concatenate((own, by_hands(own))))
    for (reading, _), (other, _) in zip(together, alone, strict=True):
        assert reading.probabilities == pytest.approx(other.probabilities, abs=1e-4)


def test_what_is_sure_at_first_is_looked_at_once(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("model.reader.by_hands")
    assert reader.read_strokes(SEVEN, explain=True).verdict == "sure"
    with pytest.raises(NameError):
        reader.read_strokes(SEVEN + ONE)


def test_the_network_of_2017_is_asked_once(reader: Reader) -> None:
    blog = Network(WEIGHTS / "blog.onnx")
    for drawing in load_drawings():
        logits = blog.logits(see_strokes(drawing.strokes).pixels[None, None])[0]
        shares, _ = of_one(logits.tolist(), blog.calibration.temperature)
        assert reader.read_strokes(drawing.strokes, "blog").probabilities == tuple(shares)


def test_no_explanation_is_made_unasked(reader: Reader) -> None:
    assert "explanation" not in reader.read_strokes(SEVEN).as_json()


def test_a_network_that_does_not_exist_is_refused_with_those_that_do(reader: Reader) -> None:
    with pytest.raises(UnknownModel, match="digitnet, blog"):
        reader.read_strokes(SEVEN, model="resnet")


def test_a_blank_drawing_is_refused_with_advice(reader: Reader) -> None:
    with pytest.raises(Blank, match="Draw a digit"):
        reader.read_image(png(np.zeros((100, 100), np.float32)))


@pytest.mark.parametrize("harm", ["missing", "cut", "changed", "no list", "a list of names"])
def test_damaged_weights_are_refused_by_name(harm: str, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(WEIGHTS, folder)
    path = folder / "digitnet.onnx"
    data = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "no list":
        (folder / CHECKSUMS).unlink()
    elif harm == "a list of names":
        (folder / CHECKSUMS).write_text("digitnet.onnx\n")
    else:
        path.write_bytes(data[:-100] if harm == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BrokenWeights, match=CHECKSUMS if "list" in harm else r"digitnet\.onnx"):
        Reader(folder)


def test_weights_of_ones_own_take_the_place_of_those_of_their_name(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "digitnet.onnx", tmp_path)
    lines = (WEIGHTS / CHECKSUMS).read_text().splitlines()
    (tmp_path / CHECKSUMS).write_text(next(line for line in lines if line.endswith("digitnet.onnx")) + "\n")
    assert Reader(tmp_path).names == ("digitnet", "blog")
    (tmp_path / CHECKSUMS).write_text((tmp_path / CHECKSUMS).read_text().replace("  ", " *"))  # sha256sum -b
    assert Reader(tmp_path).names == ("digitnet", "blog")
    (tmp_path / CHECKSUMS).write_text("")
    with pytest.raises(BrokenWeights, match=CHECKSUMS):
        Reader(tmp_path)


def test_the_serving_half_imports_neither_torch_nor_the_service() -> None:
    code = "import sys, model.reader; print([m for m in sys.modules if m.split('.')[0] in ('torch', 'app', 'train')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("classes", [10, 11])
def test_one_drawing_is_weighed_as_many_are(classes: int) -> None:
    logits = np.random.default_rng(3).normal(0, 4, (50, classes)).astype(np.float32)
    for temperature in (0.7, 1.0, 2.5):
        shares, none = probabilities(logits, temperature)
        for index in range(len(logits)):
            one, one_none = of_one(logits[index].tolist(), temperature)
            assert one == pytest.approx(shares[index].tolist(), abs=1e-6)
            assert one_none == pytest.approx(float(none[index]), abs=1e-6)
