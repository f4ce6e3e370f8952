"""Digits of another tablet's file and of one's own, as tests/benchmarks/elsewhere.py takes them out of it."""

import json
from pathlib import Path

import pytest

from model.reader import WEIGHTS, Network
from tests.benchmarks.elsewhere import own, tablet
from tests.benchmarks.reading import Answers
from tests.drawings import load_drawings

# A letter, a barred 7 in two strokes, a sign that is no digit to us though Unicode says so, and a 1.
FILE = """//
// UJI: 100 units per millimetre
//
// ASCII char: a
WORD a trn_UJI_W01-01
  NUMSTROKES 1
  POINTS 3 # 10 10 20 20 30 10
// ASCII char: 7
WORD 7 trn_UJI_W01-01
  NUMSTROKES 2
  POINTS 4 # 200 300 400 290 600 300 380 1000
  POINTS 2 # 300 640 640 620
// Non-ASCII char: sup2
WORD ² trn_UJI_W01-01
  NUMSTROKES 1
  POINTS 2 # 10 10 20 20
WORD 1 trn_UJI_W01-02
  NUMSTROKES 1
  POINTS 2 # 400 300 390 1000
"""


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_digits_are_taken_with_all_their_strokes_and_nothing_else(tmp_path: Path, coding: str) -> None:
    file = tmp_path / "some.txt"
    file.write_text(FILE, coding)
    drawings, labels = tablet(file)
    assert labels.tolist() == [7, 1]
    assert [len(drawing.ink.strokes or []) for drawing in drawings] == [2, 1]
    answers = Answers.to_drawings(Network(WEIGHTS / "digitnet.onnx"), drawings)
    assert answers.digits.tolist() == [7, 1]


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.txt"
    file.write_text("x,y\n1,2\n", "utf-8")
    with pytest.raises(ValueError, match=r"other\.txt has no digits"):
        tablet(file)


def test_ones_own_are_drawings_as_the_service_takes_them(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    lines = [{"label": drawing.digit, "strokes": drawing.strokes} for drawing in load_drawings()]
    file.write_text("\n".join(map(json.dumps, lines)))
    drawings, labels = own(file)
    answers = Answers.to_drawings(Network(WEIGHTS / "digitnet.onnx"), drawings)
    assert answers.digits.tolist() == labels.tolist() == [line["label"] for line in lines]


@pytest.mark.parametrize(
    "line",
    [
        "7",
        "{",
        '{"label": 7}',
        '{"label": -1, "strokes": [[[1, 2], [9, 9]]]}',
        '{"label": 10, "strokes": [[[1, 2], [9, 9]]]}',
        '{"label": 7, "strokes": [[[1]]]}',
    ],
)
def test_what_is_no_drawing_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"label": 1, "strokes": [[[1, 2], [1, 90]]]}\n' + line)
    with pytest.raises(ValueError, match="line 2"):
        own(file)
