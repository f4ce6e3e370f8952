"""Requests made to break the service: each gets its problem, costs next to nothing, and the next one is answered."""

import io
import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from PIL import Image

from tests.app import bombs
from tests.app.pictures import FORM, STROKES, form_of, picture, png
from tests.app.shapes import assert_answer, assert_problem
from tests.conftest import Server, running
from tests.encodings import saved

MEMORY = 100_000_000  # bytes above the resting value, at the most, at any moment
SECONDS = 2.0  # of the processor: a busy machine does not add to them
PNG = "image/png"
JSON = "application/json"


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


def beyond_its_gif(gif: bytes) -> bytes:
    """A GIF whose first frame is said to be 22,000 pixels wide and high, and transparent: Pillow makes room at once."""
    frame = gif.index(b",\0\0\0\0")
    control = b"!\xf9\4\x11\0\0\0\0"
    return gif[:frame] + control + gif[frame : frame + 5] + (22_000).to_bytes(2, "little") * 2 + gif[frame + 9 :]


# What to send, as what, and which problem it is.
CASES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "blank": (lambda: saved(picture(7, ink=255)), PNG, "blank"),
    "transparent": (lambda: saved(picture(7, "RGBA", (0, 0, 0, 0), (0, 0, 0, 0))), PNG, "blank"),
    "1x1": (lambda: bomb(1), PNG, "blank"),
    "truncated": (lambda: png(7)[:-60], PNG, "not-an-image"),
    "cut in its head": (lambda: png(7)[:20], PNG, "not-an-image"),
    "10,000x10,000": (lambda: bomb(10_000), PNG, "too-many-pixels"),
    "10,000x10,000 as GIF": (lambda: bomb(10_000, "L", "GIF"), PNG, "too-many-pixels"),
    "a frame far beyond its GIF": (lambda: beyond_its_gif(saved(picture(7), "GIF")), PNG, "too-many-pixels"),
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
    "a text of 9 MB among points": (lambda: bombs.strokes_with_text(9_000_000), JSON, "bad-strokes"),
    "a text of 10 kB among points": (lambda: bombs.strokes_with_text(10_000), JSON, "bad-strokes"),
    "a data URI of semicolons": (lambda: b'{"image":"data:' + b";" * bombs.ALMOST_ALL + b',"}', JSON, "not-an-image"),
    "a PNG of empty chunks": (bombs.png_of_chunks, PNG, "not-an-image"),
    "a PNG in single bytes": (bombs.png_in_single_bytes, PNG, "not-an-image"),
    "a PNG of 16,000,000 rows": (bombs.png_upright, PNG, "too-many-pixels"),
    "a JPEG of empty segments": (bombs.jpeg_of_segments, PNG, "not-an-image"),
    "a JPEG of padding": (bombs.jpeg_of_padding, PNG, "not-an-image"),
    "a JPEG of padding in a scan": (bombs.jpeg_padded_in_scan, PNG, "too-many-pixels"),
    "a JPEG of 900,000 scans": (bombs.jpeg_of_scans, PNG, "not-an-image"),
    "a JPEG in layers": (bombs.jpeg_of_layers, PNG, "too-many-pixels"),
    "a thin JPEG": (bombs.jpeg_thin, PNG, "blank"),
    "a GIF of comments": (bombs.gif_of_comments, PNG, "not-an-image"),
    "a bitmap of 4,900,000 line ends": (lambda: bombs.bmp_of_runs(1_000, b"\0\0" * 4_900_000), PNG, "not-an-image"),
    "a bitmap of runs, 4,000x4,000": (lambda: bombs.bmp_of_runs(4_000, b"\xff\7" * 64_000), PNG, "too-many-pixels"),
}

# What costs as much, and is a seven all the same.
SEVENS: dict[str, Callable[[], bytes]] = {
    "texts": bombs.png_of_texts,
    "EXIF": bombs.png_with_exif,
    "padding": bombs.jpeg_padded,
    "64 scans": lambda: bombs.jpeg(progressive=True)[:-2] + b"\xff\xda\0\x08\1\1\0\1\x3f\0" * 54 + b"\xff\xd9",
    "what a GIF passes over": lambda: bombs.gif_after(b"x" * (bombs.ALMOST_ALL - 30_000)),
    "an end that is another file": lambda: png(7) + bombs.jpeg() + b"<script>" * 1_000_000,
}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_request_gets_its_problem_and_costs_little(alone: tuple[Server, int], name: str) -> None:
    make, content_type, kind = CASES[name]
    assert_problem(cheap(*alone, make(), content_type), kind)
    answer = httpx.post(f"{alone[0].url}/predict", json={"strokes": STROKES[7]})
    assert assert_answer(answer)["digit"] == 7


@pytest.mark.parametrize("name", SEVENS)
def test_a_seven_with_too_much_around_it_is_read_and_costs_little(alone: tuple[Server, int], name: str) -> None:
    assert assert_answer(cheap(*alone, SEVENS[name](), PNG))["digit"] == 7


def cheap(server: Server, resting: int, body: bytes, content_type: str) -> httpx.Response:
    """The answer, which has taken little memory and time to make."""
    server.reset_peak()
    before = server.seconds()
    response = httpx.post(f"{server.url}/predict", content=body, headers={"Content-Type": content_type}, timeout=60)
    seconds = server.seconds() - before
    peak, after = server.memory("VmHWM") - resting, server.memory() - resting
    print(f"{response.status_code}, {seconds:.2f} s, peak {peak / 1e6:+.1f} MB, after {after / 1e6:+.1f} MB")
    assert seconds <= SECONDS
    assert peak <= MEMORY
    assert after <= MEMORY
    return response


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
