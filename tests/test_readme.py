"""The README holds: its commands run, its figures are the shipped networks' own, what it names exists."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from app.cors import HEADERS, METHODS
from app.gate import DRAWING_SECONDS, IMAGE_SECONDS
from tests.benchmarks import card, words
from tests.conftest import Server
from tests.data import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def blocks_of(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


CURLS = [block for block in blocks_of("sh") if block.startswith("curl")]


def draw_seven(folder: Path) -> None:
    image = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(image).line([(60, 60), (200, 60), (120, 230)], 0, 24, joint="curve")
    image.save(folder / "7.png")


@pytest.mark.parametrize("block", CURLS)
def test_each_curl_line_gets_a_seven(block: str, server: Server, tmp_path: Path) -> None:
    draw_seven(tmp_path)
    assert "http://127.0.0.1:8000" in block
    command = block.replace("http://127.0.0.1:8000", server.url)
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, timeout=20, check=True)
    answer = json.loads(done.stdout)
    assert answer["digit"] == 7
    assert ("explanation" in answer) == ("explain=true" in block)


@pytest.mark.parametrize(("language", "command"), [("python", [sys.executable]), ("js", ["node"])])
def test_each_example_in_another_language_gets_a_seven(
    language: str, command: list[str], server: Server, tmp_path: Path
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    draw_seven(tmp_path)
    blocks = [block for block in blocks_of(language) if "http://127.0.0.1:8000" in block]
    assert blocks
    for index, block in enumerate(blocks):
        script = tmp_path / f"example{index}.{'mjs' if language == 'js' else 'py'}"
        script.write_text(block.replace("http://127.0.0.1:8000", server.url))
        done = subprocess.run(
            [*command, str(script)], capture_output=True, text=True, cwd=tmp_path, timeout=20, check=True
        )
        assert done.stdout == "7\n"


def test_the_weights_are_read_in_pytorch_as_it_says() -> None:
    (block,) = (block for block in blocks_of("python") if "import torch" in block)
    done = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert done.stdout == "7\n"


def test_there_are_curl_lines_for_strokes_forms_and_raw_images() -> None:
    assert len(CURLS) >= 4
    assert all(any(form in block for block in CURLS) for form in ("strokes", "-F file=@", "--data-binary"))


def test_the_table_is_what_was_measured() -> None:
    assert words.with_table(README, json.loads(card.FIGURES.read_text())) == README


def test_every_folder_and_file_that_is_named_exists() -> None:
    named = re.findall(r"`((?:app|model|static|tests|train)[/.][\w./-]*)`", README)
    assert len(named) >= 5
    for path in named:
        assert (ROOT / path).exists(), path


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= targets


def test_how_long_a_drawing_waits_is_what_is_set() -> None:
    words = {0.5: "half a second", 5.0: "five"}
    said = f"small pictures wait for {words[DRAWING_SECONDS]} at the most, large ones for {words[IMAGE_SECONDS]}"
    assert said in " ".join(README.split())


def test_every_header_that_another_page_may_send_is_named() -> None:
    (line,) = [line for line in README.splitlines() if line.startswith("Such a page may")]
    named = re.findall(r"`([^`]+)`", line)
    assert {each.upper() for each in named} == {each.upper() for each in (*METHODS, "content-type", *HEADERS)}
