"""A hand that draws on the page and eyes that read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import CDPSession, Page, expect

from tests.drawings import PAD

Point = tuple[float, float]

# Columns and rows of the canvas that hold ink, as shares of its side, and how much ink there is.
LOOK = """() => {
  const pad = document.querySelector("#pad");
  const { width, height } = pad;
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(pad, 0, 0);
  const pixels = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
  let [left, top, right, bottom, count] = [width, height, -1, -1, 0];
  pixels.forEach((pixel, i) => {
    if (pixel >>> 24 < 128) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    count += 1;
  });
  return [left / width, top / height, right / width, bottom / height, count / pixels.length];
}"""

PICK = """([x, y]) => {
  const pad = document.querySelector("#pad");
  const copy = new OffscreenCanvas(pad.width, pad.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(pad, 0, 0);
  return Array.from(copy.getImageData((x / 280) * pad.width, (y / 280) * pad.width, 1, 1).data);
}"""

# A drawing at once, by events that the page makes itself: the browser waits for a frame at each real one.
REPLAY = """(strokes) => {
  const pad = document.querySelector("#pad");
  const { left, top, width } = pad.getBoundingClientRect();
  const send = (type, [x, y], buttons) => pad.dispatchEvent(new PointerEvent(type, {
    clientX: left + (x / 280) * width, clientY: top + (y / 280) * width, buttons, pointerId: 1, pointerType: "mouse",
    bubbles: true,
  }));
  for (const stroke of strokes) {
    send("pointerdown", stroke[0], 1);
    for (const point of stroke) send("pointermove", point, 1);
    send("pointerup", stroke.at(-1), 0);
  }
}"""

# One stroke of so many points, a hundred to a frame, as a pen gives them.
SPIRAL = """async (count) => {
  const pad = document.querySelector("#pad");
  const { left, top, width } = pad.getBoundingClientRect();
  const send = (type, n, buttons, coalescedEvents = []) => new PointerEvent(type, {
    clientX: left + width * (0.5 + (0.1 + 0.3 * (n % 3_000) / 3_000) * Math.cos(n / 15)),
    clientY: top + width * (0.5 + (0.1 + 0.3 * (n % 3_000) / 3_000) * Math.sin(n / 15)),
    buttons, pointerId: 1, pointerType: "mouse", bubbles: true, coalescedEvents,
  });
  pad.dispatchEvent(send("pointerdown", 0, 1));
  for (let n = 0; n < count; n += 100) {
    const between = Array.from({ length: 100 }, (_, i) => send("pointermove", n + i, 1));
    pad.dispatchEvent(send("pointermove", n + 99, 1, between));
    await new Promise(requestAnimationFrame);
  }
  pad.dispatchEvent(send("pointerup", count - 1, 0));
}"""

# One stroke, straight down.
DOWN = [(140.0, float(y)) for y in range(60, 221, 8)]

# Five hundred strokes, all over the pad.
DASHES = [[(20.0 + 10 * i, 12.0 + 10 * j), (24.0 + 10 * i, 16.0 + 10 * j)] for i in range(20) for j in range(25)]


@dataclass(frozen=True)
class Ink:
    """Where the ink on the pad lies and how much of the pad it covers, all in shares of the pad."""

    left: float
    top: float
    right: float
    bottom: float
    share: float

    def is_like(self, other: "Ink") -> bool:
        """Whether this is the same drawing, but for what rounding to pixels does."""
        mine, others = ((ink.left, ink.top, ink.right, ink.bottom) for ink in (self, other))
        moved = max(abs(a - b) for a, b in zip(mine, others, strict=True))
        return moved < 0.01 and abs(self.share - other.share) < 0.002


class Hand:
    """Draws with real input events; points are on the 280 by 280 pad."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def replay(self, strokes: Sequence[Sequence[Point]]) -> None:
        """All points of all strokes, without the mouse."""
        self.page.evaluate(REPLAY, strokes)

    def spiral(self, count: int) -> None:
        """One stroke of so many points that goes round and round."""
        self.page.evaluate(SPIRAL, count)

    def colour(self, point: Point) -> tuple[int, int, int, int]:
        """Of one pixel of the canvas: red, green, blue, alpha, each 0 to 255."""
        self.next_frame()
        red, green, blue, alpha = self.page.evaluate(PICK, point)
        return red, green, blue, alpha

    def next_frame(self) -> None:
        self.page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")

    def at(self, point: Point) -> Point:
        """Where a point of the pad is in the window."""
        box = self.page.locator("#pad").bounding_box()
        assert box
        return box["x"] + point[0] / PAD * box["width"], box["y"] + point[1] / PAD * box["height"]

    def press(self, point: Point) -> None:
        self.page.mouse.move(*self.at(point))
        self.page.mouse.down()

    def move(self, stroke: Sequence[Point]) -> None:
        box = self.page.locator("#pad").bounding_box()
        assert box
        for x, y in stroke:
            self.page.mouse.move(box["x"] + x / PAD * box["width"], box["y"] + y / PAD * box["height"])

    def lift(self) -> None:
        self.page.mouse.up()

    def draw(self, strokes: Sequence[Sequence[Point]], every: int = 2) -> None:
        """With the mouse, all of them, stopping at each of so many points: the browser takes a frame for each."""
        for stroke in strokes:
            self.press(stroke[0])
            self.move([*stroke[every:-1:every], *stroke[-1:]])
            self.lift()

    def ink(self) -> Ink:
        """What is on the canvas after the next frame."""
        self.next_frame()
        return Ink(*self.page.evaluate(LOOK))

    def state(self) -> str | None:
        return self.page.locator("#result").get_attribute("data-state")

    def digit(self) -> str | None:
        return self.page.locator("#result").get_attribute("data-digit")

    def says(self, words: str) -> None:
        """Wait until the page says this."""
        expect(self.page.locator("#result .words")).to_contain_text(words)

    def shows(self, digit: str) -> None:
        """Wait until this digit is shown, settled or not."""
        expect(self.page.locator("#result .digit")).to_have_text(digit)

    def wait_for(self, state: str) -> None:
        self.page.wait_for_selector(f'#result[data-state="{state}"]')

    def answer(self) -> int:
        """The digit that the page settles on."""
        self.wait_for("answered")
        digit = self.digit()
        assert digit is not None
        return int(digit)


class Screen:
    """Fingers and a pen, which the browser takes for real ones."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.session: CDPSession = hand.page.context.new_cdp_session(hand.page)

    def touch(self, kind: Literal["Start", "Move", "End", "Cancel"], at: float | None = None, **fingers: Point) -> None:
        """All fingers on the screen after this, by name, in points of the pad; `at`: when, as by `time.time()`."""
        points = []
        for identifier, (_, point) in enumerate(sorted(fingers.items())):
            x, y = self.hand.at(point)
            points.append({"x": x, "y": y, "id": identifier})
        event = {"type": f"touch{kind}", "touchPoints": points}
        self.session.send("Input.dispatchTouchEvent", {**event, **_timed(at)})

    def drag(self, stroke: Sequence[Point], at: float | None = None) -> None:
        """One finger, down to up."""
        self.touch("Start", at, finger=stroke[0])
        for point in stroke[1:]:
            self.touch("Move", at, finger=point)
        self.touch("End", at)

    def pen(self, kind: Literal["Pressed", "Moved", "Released"], point: Point, at: float | None = None) -> None:
        x, y = self.hand.at(point)
        event = {"type": f"mouse{kind}", "x": x, "y": y, "button": "left", "buttons": 1, "pointerType": "pen"}
        self.session.send("Input.dispatchMouseEvent", {**event, **_timed(at), "clickCount": 1, "force": 0.5})


def _timed(at: float | None) -> dict[str, float]:
    """What an event says of its time; where it says nothing, that is when the browser gets it."""
    return {} if at is None else {"timestamp": at}
