"""What callers are told: what is wrong, where, and what to do about it."""

import json
from typing import Any

import httpx
import pytest

from tests.app.pictures import STROKES
from tests.app.shapes import assert_answer, assert_problem
from tests.conftest import Server

JSON = "application/json"


def told(server: Server, body: bytes, kind: str, query: str = "") -> str:
    """The detail of the problem that this JSON is."""
    headers = {"Content-Type": JSON}
    return assert_problem(httpx.post(f"{server.url}/predict{query}", content=body, headers=headers), kind)


POINTS = {
    "[1, 2, 3]": "is [1, 2, 3], not a pair of numbers",
    '[1, 2, 0.5, "7"]': 'is [1, 2, 0.5, "7"], not',
    "[1, 2, 3, 4, 5, 6]": "is [1, 2, 3, 4, ...], not",
    '{"x": 1, "y": 2}': 'is {"x": ..., "y": ...}, not',
    "null": "is null, not",
    "[1, true]": "is [1, true], not",
    '["12", 3]': 'is ["12", 3], not',
    "[[1, 2], [3, 4]]": "is [[...], [...]], not",
    f'["{"x" * 100}", 3]': f'is ["{"x" * 19}..., 3], not',
    "[NaN, 1]": "is [NaN, 1], which is not finite",
    "[1, -Infinity]": "is [1, -Infinity], which is not finite",
    "[1735689600000, 1]": "is [1735689600000, 1], beyond ±1,000,000,000. Scale or shift the drawing",
    f"[{'9' * 400}, 1]": f"is [{'9' * 20}..., 1], beyond",
}


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point[:20])
def test_a_bad_point_is_named_with_what_was_found_and_what_to_do(server: Server, point: str) -> None:
    good = [json.dumps([index, index]) for index in range(500)]
    good[317] = point
    body = f'{{"strokes": [[], [[1, 2]], [{", ".join(good)}]]}}'.encode()
    detail = told(server, body, "bad-strokes")
    assert f"Point 317 of stroke 2 (counted from 0) {POINTS[point]}" in detail
    assert ("Only [x, y] is taken" in detail) == ("not a pair" in detail)
    assert len(detail) < 400


def test_points_of_four_numbers_are_not_said_to_be_too_many(server: Server) -> None:
    points: list[Any] = [[1.0, 2.0, 0.5, 1_000.0]] * 15_000
    assert "[x, y] and nothing else" in told(server, json.dumps({"strokes": [points]}).encode(), "bad-strokes")


def test_a_body_that_is_too_large_is_told_of_strokes_too(server: Server) -> None:
    detail = told(server, b'{"strokes": [[' + b"[1.5, 2.5], " * 1_200_000 + b"[1, 2]]]}", "too-large")
    assert "300 x 300" in detail
    assert "strokes of fewer points: no more than 20,000" in detail


def test_a_byte_order_mark_is_passed_over(server: Server) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"strokes": STROKES[7]}).encode()
    answer = httpx.post(f"{server.url}/predict", content=body, headers={"Content-Type": JSON})
    assert assert_answer(answer)["digit"] == 7


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_json_in_another_coding_is_told_which_is_read(server: Server, coding: str) -> None:
    body = json.dumps({"strokes": STROKES[7], "name": "é"}, ensure_ascii=False).encode(coding)
    assert "it is not in UTF-8. Send UTF-8" in told(server, body, "bad-json")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"strokes', "Unterminated string starting at character 1."),
        (b'{"a": "\n"}', "Invalid control character at character 7."),
        (b'{"strokes": [[[1, ', "Expecting value at character 18."),
        (b'{"strokes": [[[' + b"9" * 5_000 + b", 1]]]}", "a number of too many digits."),
        (b"[[[1, 2]]]", "is not an object with strokes or an image in it."),
        (b'{"points": []}', "is not an object with strokes or an image in it."),
        (b'{"strokes": [], "image": ""}', "holds both strokes and an image. Send one of the two."),
    ],
)
def test_what_is_wrong_with_json_is_said_in_words(server: Server, body: bytes, says: str) -> None:
    assert says in told(server, body, "bad-json")


@pytest.mark.parametrize("value", ["explain", "explain=", "explain=maybe"])
def test_explain_is_told_what_it_takes(server: Server, value: str) -> None:
    body = json.dumps({"strokes": STROKES[7]}).encode()
    assert "explain: send `true` or `false`" in told(server, body, "bad-query", f"?{value}")
