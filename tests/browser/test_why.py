"""The way from drawing to answer: what is cut out, what is seen, what speaks for each digit, and how 2017 read it."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Watch
from tests.browser.hand import Hand
from tests.drawings import load_drawing

SEVEN = load_drawing("7-school").strokes
CORNER = [[(x / 5, y / 5) for x, y in stroke] for stroke in SEVEN]

# Of the picture of the evidence: how many of its squares are blue, orange, and neither.
COLOURS = """() => {
  const copy = new OffscreenCanvas(28, 28).getContext("2d", { willReadFrequently: true });
  copy.drawImage(document.querySelector("#evidence"), 0, 0);
  const { data } = copy.getImageData(0, 0, 28, 28);
  const counts = { blue: 0, orange: 0, neither: 0 };
  for (let i = 0; i < data.length; i += 4) {
    const warmth = data[i] - data[i + 2];
    counts[warmth > 25 ? "orange" : warmth < -25 ? "blue" : "neither"] += 1;
  }
  return counts;
}"""


def box(page: Page) -> list[float]:
    """Of the ink that is cut out, in pad units: left, top, right, bottom."""
    x, y, width, height = (
        float(page.locator("#cut rect").get_attribute(name) or "nan") for name in ("x", "y", "width", "height")
    )
    return [x, y, x + width, y + height]


@pytest.mark.parametrize("strokes", [SEVEN, CORNER], ids=["in the middle", "in a corner"])
def test_the_box_on_the_drawing_holds_its_ink_and_no_more(
    hand: Hand, page: Page, strokes: Sequence[Sequence[tuple[float, float]]]
) -> None:
    hand.draw(strokes)
    hand.wait_for("answered")

    left, top, right, bottom = box(page)
    points = [point for stroke in strokes for point in stroke]
    (low_x, high_x), (low_y, high_y) = ((min(axis), max(axis)) for axis in zip(*points, strict=True))
    assert left < low_x < high_x < right
    assert top < low_y < high_y < bottom
    assert max(right - left, bottom - top) < 1.3 * max(high_x - low_x, high_y - low_y)


def test_the_evidence_is_for_the_digit_named_until_another_is_picked(hand: Hand, page: Page) -> None:
    hand.draw(SEVEN)
    hand.wait_for("answered")
    expect(page.locator("#speaks")).to_have_text("What speaks for a 7")
    assert page.locator("#digits :checked").input_value() == "7"
    named = page.evaluate(COLOURS)
    assert named["blue"] > 10

    page.locator("#digits input[value='8']").check(force=True)
    expect(page.locator("#speaks")).to_have_text("What speaks for an 8")
    assert page.locator("#evidence").get_attribute("aria-label") == "What speaks for an 8"
    other = page.evaluate(COLOURS)
    assert other["orange"] > 10
    assert hand.digit() == "7", "the answer does not change"

    hand.replay([[(40, 200), (240, 200)]])
    hand.wait_for("answered")
    assert page.locator("#digits :checked").input_value() == hand.digit()


def test_a_digit_that_was_picked_while_nobody_was_there_can_be_picked_again(
    hand: Hand, page: Page, watch: Watch
) -> None:
    watch.expected += ["ERR_INTERNET_DISCONNECTED"]
    hand.draw(SEVEN)
    hand.wait_for("answered")
    eight = page.locator("#digits input[value='8']")
    page.context.set_offline(True)
    eight.click(force=True)  # not check(), which asks whether it is picked: the page may have taken it back by then
    expect(page.locator("#speaks")).to_contain_text("can’t be reached")
    assert page.locator("#digits :checked").input_value() == "7"
    page.context.set_offline(False)
    eight.check(force=True)
    expect(page.locator("#speaks")).to_have_text("What speaks for an 8")


def test_another_digit_can_be_picked_with_the_keyboard(hand: Hand, page: Page) -> None:
    hand.draw(SEVEN)
    hand.wait_for("answered")
    page.locator("#digits :checked").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator("#speaks")).to_have_text("What speaks for an 8")


def test_nothing_is_explained_before_there_is_an_answer_and_after_a_clear(hand: Hand, page: Page) -> None:
    for _ in range(2):
        assert page.locator("#digits :disabled").count() == 10
        assert page.locator("#seen").is_hidden()
        assert page.evaluate(COLOURS)["blue"] == 0
        hand.draw(SEVEN)
        hand.wait_for("answered")
        expect(page.locator("#digits :enabled")).to_have_count(10)
        page.keyboard.press("Escape")


def test_the_box_on_a_picture_is_in_its_own_pixels(hand: Hand, page: Page) -> None:
    svg = page.locator("#cut")
    page.evaluate("""async () => {
      const canvas = new OffscreenCanvas(900, 300);
      const pen = canvas.getContext("2d");
      pen.fillStyle = "white";
      pen.fillRect(0, 0, 900, 300);
      pen.lineWidth = 24;
      pen.stroke(new Path2D("M650 50H800L710 250"));
      const data = new DataTransfer();
      data.items.add(new File([await canvas.convertToBlob()], "7.png", { type: "image/png" }));
      document.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
    }""")
    assert hand.answer() == 7

    assert svg.get_attribute("viewBox") == "0 0 900 300"
    left, top, right, bottom = box(page)
    assert 600 < left < 650 < 800 < right < 860
    assert top < 50 < 250 < bottom


def test_the_network_of_2017_reads_along_while_its_panel_is_in_view_and_only_then(hand: Hand, page: Page) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "model=blog" in request.url else None)
    hand.draw(SEVEN)
    hand.wait_for("answered")
    page.wait_for_timeout(200)
    assert not asked

    page.locator(".past").scroll_into_view_if_needed()
    face = page.locator(".past .face")
    expect(face).to_have_text("7")
    expect(page.locator(".past .words")).to_contain_text("7")
    page.set_viewport_size({"width": 1200, "height": 1800})
    page.keyboard.press("Escape")
    expect(face).to_have_text("")
    hand.press(SEVEN[0][0])
    hand.move(SEVEN[0])
    expect(face).to_have_text("7")
    assert hand.state() == "drawing"
    hand.lift()


def test_the_network_of_2017_is_asked_again_and_says_nothing_of_another_drawing(
    hand: Hand, page: Page, watch: Watch
) -> None:
    watch.expected += ["503", "422"]
    refused: list[Route] = []

    def busy_once(route: Route) -> None:
        refused.append(route)
        route.fulfill(status=503, json={"type": "busy"}) if len(refused) == 1 else route.continue_()

    page.route("**/predict?model=blog", busy_once)
    page.set_viewport_size({"width": 1200, "height": 1800})
    hand.draw(SEVEN)
    expect(page.locator(".past .words")).to_contain_text("7")
    assert len(refused) >= 2

    page.route("**/predict?explain=true", lambda route: route.fulfill(status=422, json={"type": "blank", "detail": ""}))
    page.keyboard.press("Escape")
    hand.draw(SEVEN)
    hand.wait_for("error")
    expect(page.locator(".past .words")).to_have_text("No answer yet")


# What is JSON and no answer: from the login page of some hotel, say, or from another program.
STRANGE = {"empty": {}, "of another shape": {"digit": 3, "verdict": "sure", "probabilities": {"3": 0.9}}}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
def test_a_server_without_the_network_of_2017_is_no_reason_for_trouble(
    hand: Hand, page: Page, answer: dict[str, object]
) -> None:
    words = page.locator(".past .words")
    nothing = words.inner_text()
    page.set_viewport_size({"width": 1200, "height": 1800})
    hand.draw(SEVEN)
    expect(words).to_contain_text("7")
    page.route("**/predict?model=blog", lambda route: route.fulfill(json=answer))
    with page.expect_response("**/predict?model=blog"):
        hand.draw([[(100, 140), (180, 140)]])

    assert hand.answer() == 7
    expect(words).to_have_text(nothing)
