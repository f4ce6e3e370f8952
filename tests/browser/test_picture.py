"""A picture instead of a drawing: chosen, dropped or pasted, of any size, or none at all."""

import io
import json
import re
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Request, expect

from tests.browser.hand import Hand
from tests.drawings import Drawing, load_drawing

ONE, SEVEN = (load_drawing(f"{digit}-school") for digit in (1, 7))


def picture(drawing: Drawing) -> bytes:
    """A PNG of a drawing, dark on light."""
    image = Image.new("L", (560, 560), 245)
    pen = ImageDraw.Draw(image)
    for stroke in drawing.strokes:
        pen.line([(2 * x, 2 * y) for x, y in stroke], fill=20, width=30, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def drop(page: Page, name: str, kind: str, make: str) -> None:
    """Drop a file on the pad that this expression makes in the page: bytes, or a blob, or a promise of one."""
    page.evaluate(
        f"""async ([name, type]) => {{
          const data = new DataTransfer();
          data.items.add(new File([await ({make})], name, {{ type }}));
          const options = {{ bubbles: true, cancelable: true, dataTransfer: data }};
          document.querySelector("#pad").dispatchEvent(new DragEvent("drop", options));
        }}""",
        [name, kind],
    )


@pytest.fixture
def posted(page: Page) -> Callable[[], bytes]:
    """The last body that was no text."""
    page.evaluate("""() => {
      const ask = fetch;
      window.fetch = (...asked) => {
        if (asked[1]?.body instanceof Blob) window.posted = asked[1].body;
        return ask(...asked);
      };
    }""")
    return lambda: bytes(page.evaluate("posted.arrayBuffer().then((bytes) => [...new Uint8Array(bytes)])"))


BIG_SEVEN = """(async () => {
  const canvas = new OffscreenCanvas(%d, %d);
  const pen = canvas.getContext("2d");
  const grain = new OffscreenCanvas(512, 512);
  const spots = grain.getContext("2d");
  spots.fillStyle = "hsl(40 20%% 82%%)";
  spots.fillRect(0, 0, 512, 512);
  for (let i = 0; i < 20_000; i++) {
    spots.fillStyle = `hsl(40 20%% ${80 + 5 * Math.random()}%%)`;
    spots.fillRect(512 * Math.random(), 512 * Math.random(), 2, 2);
  }
  pen.scale(canvas.width / 400, canvas.width / 400);
  pen.fillStyle = pen.createPattern(grain, "repeat");
  pen.fillRect(0, 0, 400, 400);
  pen.lineWidth = 9;
  pen.lineCap = pen.lineJoin = "round";
  pen.stroke(new Path2D("M160 90H240L190 210"));
  return canvas.convertToBlob({ type: "image/%s", quality: 0.98 });
})()"""


@pytest.mark.parametrize(("kind", "width", "height"), [("jpeg", 6000, 4500), ("webp", 3000, 2250), ("png", 5000, 3800)])
def test_a_photograph_of_any_size_is_sent_small_and_read(
    page: Page, hand: Hand, posted: Callable[[], bytes], kind: str, width: int, height: int
) -> None:
    drop(page, "photo", f"image/{kind}", BIG_SEVEN % (width, height, kind))

    assert hand.answer() == 7
    with Image.open(io.BytesIO(posted())) as sent:
        assert max(sent.size) == 1_600
    box = f"0 0 1600 {round(1_600 * height / width)}"
    expect(page.locator("#cut")).to_have_attribute("viewBox", box)  # once the picture itself has been decoded


def test_a_small_picture_is_sent_as_it_is(page: Page, hand: Hand, posted: Callable[[], bytes]) -> None:
    png = picture(SEVEN)
    page.set_input_files("#file", {"name": "seven.png", "mimeType": "image/png", "buffer": png})

    assert hand.answer() == 7
    assert posted() == png


SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'><path d='M12 8H28L17 33' fill='none' stroke='#123'"


def test_a_picture_that_only_the_browser_can_read_is_read(page: Page, hand: Hand, posted: Callable[[], bytes]) -> None:
    drop(page, "seven.svg", "image/svg+xml", json.dumps(f"{SVG} stroke-width='4'/></svg>"))

    assert hand.answer() == 7
    assert posted().startswith(b"\x89PNG"), "what is transparent has to stay so"


def test_without_pixels_from_a_canvas_a_photograph_is_sent_as_it_is(
    page: Page, hand: Hand, posted: Callable[[], bytes]
) -> None:
    page.evaluate("""() => {
      const get = CanvasRenderingContext2D.prototype.getImageData;
      CanvasRenderingContext2D.prototype.getImageData = function (...box) {
        const image = get.apply(this, box);
        image.data[0] ^= 1;
        return image;
      };
    }""")
    drop(page, "photo.jpg", "image/jpeg", BIG_SEVEN % (2400, 1800, "jpeg"))

    assert hand.answer() == 7
    with Image.open(io.BytesIO(posted())) as sent:
        assert sent.size == (2400, 1800)


@pytest.mark.parametrize(
    ("name", "kind", "make"),
    [
        ("notes.pdf", "application/pdf", '"%PDF-1.7"'),
        ("film", "", "new Uint8Array(64_000_000)"),
        ("photo.heic", "image/heic", "crypto.getRandomValues(new Uint8Array(5_000))"),
        ("large.png", "image/png", "new Uint8Array(11_000_000)"),
    ],
)
def test_what_is_no_picture_is_refused_without_being_sent(
    page: Page, hand: Hand, name: str, kind: str, make: str
) -> None:
    hand.draw(ONE.strokes)
    assert hand.answer() == 1
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "predict" in request.url else None)
    before = hand.ink()
    drop(page, name, kind, make)

    hand.says("picture is too large" if name == "large.png" else "not a picture I can read")
    expect(page.locator("#picture")).not_to_have_attribute("src", re.compile(""))  # or it is painted as broken
    assert not asked
    assert hand.ink().is_like(before), "the drawing is lost"
    assert hand.answer() == 1
    hand.shows("1")


@pytest.mark.parametrize("way", ["chosen", "dropped", "pasted"])
def test_a_picture_is_read_like_a_drawing(page: Page, hand: Hand, way: str) -> None:
    png = picture(SEVEN)
    if way == "chosen":
        page.set_input_files("#file", {"name": "seven.png", "mimeType": "image/png", "buffer": png})
    else:
        page.evaluate(
            """([bytes, kind, name]) => {
              const data = new DataTransfer();
              data.items.add(new File([new Uint8Array(bytes)], "seven.png", { type: "image/png" }));
              const options = { bubbles: true, cancelable: true, [name]: data };
              const event = kind === "drop" ? new DragEvent(kind, options) : new ClipboardEvent(kind, options);
              document.querySelector("#pad").dispatchEvent(event);
            }""",
            [list(png), *(("drop", "dataTransfer") if way == "dropped" else ("paste", "clipboardData"))],
        )

    assert hand.answer() == 7
    assert page.locator("#picture").is_visible()
    page.keyboard.press("Control+z")
    hand.wait_for("empty")
    page.keyboard.press("Control+y")
    assert hand.answer() == 7
    hand.draw(ONE.strokes)
    assert hand.answer() == 1
    assert page.locator("#picture").is_hidden()
