"""What is read on the event loop and what is not."""

import io
import struct
import time

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app import inline
from app.inline import JSON_BYTES, PICTURE_BYTES, SHUN_SECONDS, SLOW_SECONDS, Trust, is_plain, is_small
from model.decode import SMALL_PNG_PIXELS
from tests.app.pictures import picture, png
from tests.encodings import chunk, saved


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_a_drawn_picture_is_read_on_the_loop(mode: str) -> None:
    assert is_plain(saved(picture(7).convert(mode)))


def with_text(compressed: bool) -> bytes:
    """A picture with a million letters in it."""
    info, file = PngInfo(), io.BytesIO()
    info.add_text("Comment", "a" * 1_000_000 if compressed else "seven", zip=compressed)
    picture(7).save(file, "PNG", pnginfo=info)
    return file.getvalue()


NOT_PLAIN = {
    "nothing": b"",
    "a signature": png(7)[:8],
    "a head": png(7)[:33],
    "one cut short": png(7)[:-12],
    "a JPEG": saved(picture(7), "JPEG"),
    "a large one": saved(picture(7, side=321)),
    "one of sixteen bits": saved(Image.new("I;16", (28, 28))),
    "one with a text": with_text(compressed=False),
    "one with a packed text": with_text(compressed=True),
    "one in many pieces": png(7)[:33] + chunk(b"IDAT", b"") * 1_000 + png(7)[33:],
    "one that claims to be longer than it is": png(7)[:33] + struct.pack(">I", 2**32 - 1) + b"IDAT" + png(7)[41:],
}


def test_a_picture_cut_short_anywhere_is_not_either() -> None:
    whole = png(7)
    assert is_plain(whole)
    assert not any(is_plain(whole[:length]) for length in range(len(whole) - 12))


@pytest.mark.parametrize("name", NOT_PLAIN)
def test_everything_else_is_not(name: str) -> None:
    assert not is_plain(NOT_PLAIN[name])


def test_size_decides_what_is_looked_into() -> None:
    assert is_small("application/json", JSON_BYTES)
    assert not is_small("application/json; charset=utf-8", JSON_BYTES + 1)
    assert is_small("image/png", PICTURE_BYTES)
    assert not is_small("image/png", PICTURE_BYTES + 1)
    assert SMALL_PNG_PIXELS >= 280 * 280


def test_after_pictures_that_held_up_the_loop_none_is_read_there_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    trust = Trust()
    with trust.timed():
        time.sleep(2 * SLOW_SECONDS)  # the machine had other things to do
    assert trust.usual < SLOW_SECONDS / 8
    _work_for(100 * SLOW_SECONDS, trust)  # the machine halted, and counted it as work
    assert SLOW_SECONDS / 8 < trust.usual < SLOW_SECONDS
    assert trust.given()
    _work_for(5 * SLOW_SECONDS, trust)
    _work_for(5 * SLOW_SECONDS, trust)
    assert not trust.given()
    later = time.monotonic() + SHUN_SECONDS
    monkeypatch.setattr(inline, "monotonic", lambda: later)
    assert trust.given()
    _work_for(0, trust)
    assert trust.given()


def _work_for(seconds: float, trust: Trust) -> None:
    with trust.timed():
        until = time.thread_time() + seconds
        while time.thread_time() < until:
            pass
