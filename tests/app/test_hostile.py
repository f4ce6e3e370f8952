"""Requests made to break the service: each gets its problem, costs next to nothing, and the next one is answered."""

import io
import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from PIL import Image

from tests.app.pictures import STROKES, encoded, picture, png
from tests.app.shapes import assert_answer, assert_problem
from tests.conftest import Server, running

MEMORY = 100_000_000  # bytes above the resting value, at the most, at any moment
PNG = "image/png"
JSON = "application/json"
FORM = "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def alone() -> Iterator[tuple[Server, int]]:
    """A server of its own that has answered a little, and the memory that it rests at."""
    with running() as server:
        for _ in range(20):
            assert_answer(httpx.post(f"{server.url}/predict", content=png(7), headers={"Content-Type": PNG}))
            assert_answer(httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]}))
        yield server, server.memory()


def bomb(side: int, mode: str = "1", form: str = "PNG") -> bytes:
    """An image of many pixels in few bytes."""
    buffer = io.BytesIO()
    Image.new(mode, (side, side)).save(buffer, form)
    return buffer.getvalue()


def points(count: int) -> bytes:
    """A drawing of so many points."""
    return b'{"strokes":[[' + b"[1,2]," * (count - 1) + b"[3,4]]]}"


def form_of(data: bytes) -> bytes:
    """A multipart form with one file in it."""
    return b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + data + b"\r\n--x--\r\n"


# What to send, as what, and which problem it is.
CASES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "blank": (lambda: encoded(picture(7, ink=255)), PNG, "blank"),
    "transparent": (lambda: encoded(picture(7, "RGBA", (0, 0, 0, 0), (0, 0, 0, 0))), PNG, "blank"),
    "1x1": (lambda: bomb(1), PNG, "blank"),
    "truncated": (lambda: png(7)[:-60], PNG, "not-an-image"),
    "10,000x10,000": (lambda: bomb(10_000), PNG, "too-many-pixels"),
    "10,000x10,000 as GIF": (lambda: bomb(10_000, "L", "GIF"), PNG, "too-many-pixels"),
    "10,000x10,000 in a form": (lambda: form_of(bomb(10_000)), FORM, "too-many-pixels"),
    "50 MB": (lambda: b"\0" * 50_000_000, PNG, "too-large"),
    "50 MB of JSON": (lambda: b" " * 50_000_000, JSON, "too-large"),
    "just under the limit": (lambda: b"\0" * 9_999_999, PNG, "not-an-image"),
    "text as PNG": (lambda: b"This is a seven.\n" * 1_000, PNG, "not-an-image"),
    "NaN": (lambda: b'{"strokes":[[[NaN,1],[2,3]]]}', JSON, "bad-strokes"),
    "a million points": (lambda: points(1_000_000), JSON, "bad-strokes"),
    "a million strokes": (lambda: b'{"strokes":[' + b"[]," * 1_000_000 + b"[]]}", JSON, "bad-strokes"),
    "a million brackets": (lambda: b'{"strokes":' + b"[" * 1_000_000, JSON, "bad-strokes"),
    "a million members": (lambda: json.dumps(dict.fromkeys(map(str, range(500_000)))).encode(), JSON, "bad-strokes"),
    "deep JSON": (lambda: b'{"strokes":' + b"[" * 20_000 + b"]" * 20_000 + b"}", JSON, "bad-json"),
    "a long number": (lambda: b'{"strokes":' + b"1" * 9_000_000 + b"}", JSON, "bad-json"),
    "a long text": (lambda: b'{"strokes":"' + b"1" * 9_000_000 + b'"}', JSON, "bad-strokes"),
    "a long text with an emoji": (lambda: b'{"strokes":"' + b"1" * 9_000_000 + "🙂".encode() + b'"}', JSON, "bad-json"),
    "an escaped emoji": (lambda: b'{"strokes":"' + b"1" * 9_000_000 + b'\\ud83d\\ude42"}', JSON, "bad-strokes"),
    "a form of line ends": (lambda: b"--x\r\n\r\n" + b"\r\n--y" * 1_500_000, FORM, "bad-form"),
    "a form of parts": (lambda: b"--x\r\n\r\n\r\n" * 900_000, FORM, "bad-form"),
    "a form of headers": (lambda: b"--x\r\n" + b"a: b\r\n" * 1_000_000, FORM, "bad-form"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_request_gets_its_problem_and_costs_little_memory(alone: tuple[Server, int], name: str) -> None:
    server, resting = alone
    make, content_type, kind = CASES[name]
    body = make()
    server.reset_peak()
    response = httpx.post(f"{server.url}/predict", content=body, headers={"Content-Type": content_type}, timeout=20)
    assert_problem(response, kind)
    peak, after = server.memory("VmHWM") - resting, server.memory() - resting
    print(f"{name}: {kind}, peak {peak / 1e6:+.1f} MB, after {after / 1e6:+.1f} MB")
    assert peak <= MEMORY
    assert after <= MEMORY
    answer = httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]})
    assert assert_answer(answer)["digit"] == 7


@pytest.mark.parametrize("content_type", [PNG, JSON])
def test_50_mb_without_a_length_are_refused_when_the_limit_is_reached(
    alone: tuple[Server, int], content_type: str
) -> None:
    server, resting = alone
    server.reset_peak()
    chunks = (b" " * 1_000_000 for _ in range(50))
    response = httpx.post(f"{server.url}/predict", content=chunks, headers={"Content-Type": content_type}, timeout=20)
    assert_problem(response, "too-large")
    assert server.memory("VmHWM") - resting <= MEMORY
    assert assert_answer(httpx.post(f"{server.url}/predict", json={"strokes": STROKES[1]}))["digit"] == 1


def test_many_hostile_requests_at_once_leave_the_memory_where_it_was(alone: tuple[Server, int]) -> None:
    server, resting = alone
    with httpx.Client(base_url=server.url) as client:
        for _ in range(20):
            for name in ("10,000x10,000", "a million points", "an escaped emoji"):
                make, content_type, kind = CASES[name]
                assert_problem(client.post("/predict", content=make(), headers={"Content-Type": content_type}), kind)
    assert server.memory() - resting <= MEMORY
