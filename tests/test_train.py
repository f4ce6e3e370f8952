"""train.py as a person runs it: in a process of its own, on MNIST, a few batches at a time."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import train
from model import export, mnist
from model.networks import DigitNet
from model.reader import WEIGHTS, Network
from model.verdict import Calibration
from tests.benchmarks.reading import Answers
from tests.data import ROOT, data_folder

# No run takes a tenth of it, but on a machine that does much else.
SECONDS = 900

DRY = ("--dry-run", "--seeds", "2", "--threads", "1")

PICTURES = {"learning-curve.png", "confusion.png", "misread.png"}


def command(*flags: str | Path) -> list[str]:
    return [sys.executable, str(ROOT / "train.py"), "--data", str(data_folder()), *map(str, flags)]


def run(*flags: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*flags), capture_output=True, text=True, cwd=ROOT, timeout=SECONDS, check=False)


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a dry run of digitnet has written."""
    out = tmp_path_factory.mktemp("dry")
    done = run(*DRY, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


def assert_written(net: str, out: Path) -> None:
    assert Network(out / f"{net}.onnx").card["accuracy"]["mnist_test_sd"] is not None
    assert (out / f"{net}.safetensors").is_file()
    assert {path.name for path in (out / "report").iterdir()} == {"metrics.json", *PICTURES}
    metrics = json.loads((out / "report" / "metrics.json").read_text())
    assert [entry["seed"] for entry in metrics["accuracy"]["seeds"]] == [0, 1]


def test_a_dry_run_writes_weights_and_report(dry: Path, tmp_path: Path) -> None:
    assert_written("digitnet", dry)
    assert run("--dry-run", "--net", "blog", "--seeds", "2", "--out", tmp_path).returncode == 0
    assert_written("blog", tmp_path)


def test_after_ctrl_c_resume_ends_where_an_unbroken_run_does(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    flags = ("--quick", "--limit", "2048", "--epochs", "4", "--threads", "1")
    assert run(*flags, "--out", whole).returncode == 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what a shell has in the background
    process = subprocess.Popen(command(*flags, "--out", broken), stderr=subprocess.PIPE, text=True, cwd=ROOT)
    checkpoint = broken / "checkpoints" / "0.pt"
    deadline = time.monotonic() + SECONDS
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode != 0
    assert "--resume" in errors
    recipe = replace(train.RECIPES["quick"], epochs=4)
    train.Run(recipe, 0, 2048 // recipe.batch).restore(checkpoint)
    with pytest.raises(SystemExit, match="other flags"):
        train.Run(recipe, 0, 4096 // recipe.batch).restore(checkpoint)
    assert run(*flags, "--out", broken, "--resume").returncode == 0
    histories = [json.loads((out / "report" / "metrics.json").read_text())["histories"] for out in (whole, broken)]
    assert histories[0] == histories[1]


def test_muon_moves_the_convolutions_inside_and_adam_all_else() -> None:
    run = train.Run(train.RECIPES["digitnet"], 0, 1)
    moved = [{id(weight) for group in each.param_groups for weight in group["params"]} for each in run.optimisers]
    assert len(moved) == 2
    assert moved[0] | moved[1] == {id(weight) for weight in run.network.parameters()}
    assert not moved[0] & moved[1]
    convolutions = [each.weight for each in run.network.modules() if isinstance(each, nn.Conv2d)]
    assert moved[1] == {id(weight) for weight in convolutions[1:-1]}


def test_what_an_earlier_run_left_is_not_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", interrupted)
    data = train.load_data(data_folder(), train.RECIPES["quick"], 512)
    for name in ("0.pt", "1.pt", "1-alone.pt", "1-first.pt", "2.pt"):
        (tmp_path / name).touch()
    with pytest.raises(KeyboardInterrupt):
        train.train_all(train.RECIPES["quick"], range(2), data, tmp_path, resume=False)
    assert [path.name for path in tmp_path.iterdir()] == ["2.pt"], "nobody asked for seed 2"


@pytest.mark.parametrize("finished", [(), (0,)], ids=["before learning together", "between two seeds' checkpoints"])
def test_what_is_resumed_ends_where_an_unbroken_run_does(dry: Path, tmp_path: Path, finished: tuple[int, ...]) -> None:
    broken = tmp_path / "broken"
    (broken / "checkpoints").mkdir(parents=True)
    for seed in (0, 1):
        alone = f"{seed}-alone.pt"
        shutil.copy(dry / "checkpoints" / alone, broken / "checkpoints" / alone)
        so_far = f"{seed}.pt" if seed in finished else alone
        shutil.copy(dry / "checkpoints" / so_far, broken / "checkpoints" / f"{seed}.pt")
    assert run(*DRY, "--out", broken, "--resume").returncode == 0
    histories = [json.loads((out / "report" / "metrics.json").read_text())["histories"] for out in (dry, broken)]
    assert [len(history) for history in histories[0].values()] == [4, 4]
    assert histories[0] == histories[1]


def test_sure_is_where_an_answer_is_wrong_with_the_chance_that_was_asked_for() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(20):
        scores = rng.normal(6, 2, 7000)  # logits of the probabilities; some 45 answers are wrong
        wrong = rng.random(7000) < 1 / (1 + np.exp(1 + scores))
        shares = 1 / (1 + np.exp(-scores))
        found.append(train._sure_from(torch.from_numpy(shares), torch.from_numpy(wrong), 0.01))
    right = 1 / (1 + np.exp(1 - np.log(99)))  # 0.973: there 1 + the logit is the logit of 0.99
    assert abs(np.mean(found) - right) < 0.003
    assert np.std(found) < 0.01


def test_nothing_is_sure_where_the_probabilities_do_not_tell_right_from_wrong() -> None:
    shares = torch.linspace(0.5, 0.99, 1000)
    assert train._sure_from(shares, torch.arange(1000) % 3 == 0, 0.01) > 0.9999
    assert train._sure_from(shares, shares > 0.9, 0.01) == math.inf
    assert train._sure_from(shares, torch.zeros(1000, dtype=torch.bool), 0.01) < 0.9, "no answer is wrong"


def test_the_first_stage_learns_from_the_finished_network_and_answers_where_that_is_sure(tmp_path: Path) -> None:
    recipe = replace(train.RECIPES["digitnet"], first=4, sets=1)
    data = train.load_data(data_folder(), recipe, 4096)
    best = train.Run(recipe, 0, len(data.epochs[0]) // recipe.batch)
    best.averaged = whole = DigitNet()
    export.load(whole, WEIGHTS / "digitnet.safetensors")
    shipped = whole.first
    card, checkpoint = Network(WEIGHTS / "digitnet.onnx").card, tmp_path / "0-first.pt"
    calibration = Calibration.of(card["calibration"])
    stage = train.first_stage(best, data, calibration, checkpoint, resume=False)
    assert stage is not None
    assert whole.first is not shipped
    assert stage == train.first_stage(best, data, calibration, checkpoint, resume=True)
    assert 0.1 < stage["share"] < 1

    export.save(whole, {**card, "first_stage": stage}, tmp_path)
    served = Network(tmp_path / "digitnet.onnx")
    images, labels = data.held_out.images.numpy(), data.held_out.labels.numpy()
    logits, alone = served.logits(images), served.logits_of_whole(images)
    answered = (logits != alone).any(axis=1)
    assert answered.mean() > 0.1
    assert (logits.argmax(1) == alone.argmax(1))[answered].mean() > 0.99
    assert (logits.argmax(1) == labels).mean() > 0.98


def test_what_is_reported_is_what_the_service_does() -> None:
    recipe = train.RECIPES["digitnet"]
    run = train.Run(recipe, 0, 1)
    run.averaged = DigitNet()
    export.load(run.averaged, WEIGHTS / "digitnet.safetensors")
    network = Network(WEIGHTS / "digitnet.onnx")
    _, held_out = mnist.hold_out(mnist.load(data_folder(), train=True))
    again = train.as_served(run, held_out.images, network.calibration)
    doubted = np.array([len(views) > 1 for _, views in again])
    assert 0.01 < doubted.mean() < 0.1, "what one look leaves in doubt"
    served = Answers.to_images(network, held_out.images[:, 0].numpy())
    # The service computes in integers and has a first stage, so that a few at the threshold are sure to it alone.
    assert (np.array([reading.digit for reading, _ in again]) == served.digits).mean() > 0.998
    assert served.sure[~doubted].mean() > 0.99
    quick, few = train.Run(train.RECIPES["quick"], 0, 1), held_out.first(9)
    once = train.as_served(quick, few.images, Calibration())
    assert all(len(views) == 1 for _, views in once), "asked once"
    assert [reading.digit for reading, _ in once] == quick.answers(few.images).argmax(1).tolist()


def test_missing_data_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    environment = {**os.environ, "DIGITS_DATA": str(tmp_path), "http_proxy": "http://127.0.0.1:9"}
    environment["https_proxy"] = environment["http_proxy"]  # nothing listens there: no download
    done = subprocess.run(
        [sys.executable, "train.py", "--dry-run"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "DIGITS_DATA" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "flags",
    [("--quick", "--seeds", "0"), ("--quick", "--epochs", "-1"), ("--quick", "--limit", "100"), ("--limit", "1")],
)
def test_too_little_is_an_error_that_says_so(flags: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*flags, "--out", str(tmp_path))
    assert done.returncode != 0
    assert flags[-2] in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_help_explains_each_flag() -> None:
    text = run("--help").stdout
    for flag in ("--net", "--quick", "--seeds", "--epochs", "--data", "--out", "--report", "--resume", "--dry-run"):
        assert flag in text
