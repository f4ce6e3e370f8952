"""From hand to ink: the mouse, and the pad whatever draws on it."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from model.strokes import parse_strokes, rasterise
from tests.browser.conftest import OpenPage, Watch
from tests.browser.hand import DASHES, DOWN, Hand, Point
from tests.browser.tasks import traced
from tests.conftest import Server
from tests.drawings import load_drawing

SEVEN, EIGHT = load_drawing("7-school"), load_drawing("8-school")


def finely(stroke: Sequence[Point]) -> list[Point]:
    """The same line in points less than a unit apart."""
    places = np.array(stroke)
    along = np.concatenate(([0], np.hypot(*np.diff(places, axis=0).T).cumsum()))
    at = np.linspace(0, along[-1], 1_000)
    return list(zip(*(np.interp(at, along, axis).tolist() for axis in places.T), strict=True))


@pytest.mark.parametrize("digit", range(10))
def test_each_digit_of_a_plain_school_hand_is_read_right(hand: Hand, digit: int) -> None:
    hand.draw(load_drawing(f"{digit}-school").strokes)

    assert hand.answer() == digit


def test_a_tap_leaves_a_dot(hand: Hand) -> None:
    hand.draw([[(140, 140)]])

    dot = hand.ink()
    assert 0.04 < dot.right - dot.left < 0.06
    assert abs(dot.left + dot.right - 1) < 0.02
    hand.wait_for("answered")


def test_only_the_primary_button_draws(page: Page, hand: Hand) -> None:
    page.mouse.move(*hand.at(DOWN[0]))
    page.mouse.down(button="right")
    hand.move(DOWN)
    page.mouse.up(button="right")

    assert hand.ink().share == 0
    assert hand.state() == "empty"


def test_a_stroke_goes_on_outside_the_pad_and_ends_there(page: Page, hand: Hand) -> None:
    hand.press((140, 140))
    page.mouse.move(*hand.at((340, 140)))
    page.mouse.move(*hand.at((340, 200)))
    hand.lift()
    hand.move(DOWN)

    hand.wait_for("answered")
    ink = hand.ink()
    assert ink.right == 1
    assert ink.bottom - ink.top < 0.3


def test_what_a_hand_does_far_outside_the_pad_is_no_line(page: Page, hand: Hand) -> None:
    hand.press((140, 60))
    hand.move([(140, 160), (140, 260), (140, 330), (180, 340), (240, 340), (270, 330)])
    hand.lift()
    assert hand.answer() == 1

    hand.press((60, 330))
    page.keyboard.press("Escape")
    hand.lift()
    hand.press((100, 60))
    hand.move([(100, 340), (180, 340), (180, 200), (180, 60)])
    hand.lift()
    hand.wait_for("answered")
    page.click("#undo")  # it came back with another stroke
    assert hand.ink().right < 0.4
    page.click("#undo")
    assert hand.ink().share == 0


def test_a_button_let_go_while_another_is_down_ends_the_stroke(page: Page, hand: Hand) -> None:
    hand.press(DOWN[0])
    hand.move(DOWN[:10])
    page.mouse.down(button="right")
    hand.lift()
    hand.move([(20, 20), (260, 20)])
    page.mouse.up(button="right")

    assert hand.ink().top > 0.15
    hand.wait_for("answered")


def test_lines_are_round_and_pass_through_what_was_drawn(hand: Hand) -> None:
    hand.draw([[(60, 60), (140, 60), (220, 60), (220, 140), (220, 220)]], every=1)

    ink = hand.ink()
    pen = 13 / 280
    assert ink.left == pytest.approx(60 / 280 - pen / 2, abs=0.006)
    assert ink.bottom == pytest.approx(220 / 280 + pen / 2, abs=0.006)
    assert hand.colour((225, 55))[3] == 0, "the corner is not smooth"
    assert hand.colour((180, 60))[3] == 255
    assert hand.colour((220, 180))[3] == 255


@pytest.mark.parametrize("ratio", [1, 1.5, 3])
def test_ink_is_as_sharp_as_the_screen(open_page: OpenPage, ratio: float) -> None:
    page = open_page(device_scale_factor=ratio)

    canvas, screen = page.evaluate("""() => {
      const pad = document.querySelector("#pad");
      return [pad.width, pad.getBoundingClientRect().width * devicePixelRatio];
    }""")
    assert abs(canvas - screen) < 1


def test_a_lost_capture_ends_the_stroke_and_keeps_its_ink(page: Page, hand: Hand) -> None:
    page.evaluate("pad.addEventListener('pointermove', (event) => (window.pointer = event.pointerId))")
    hand.press(DOWN[0])
    hand.move(DOWN)
    page.evaluate("pad.releasePointerCapture(pointer)")
    page.wait_for_timeout(50)
    hand.move([(250, 230), (250, 30)])
    hand.lift()

    hand.wait_for("answered")
    ink = hand.ink()
    assert ink.bottom - ink.top > 0.5
    assert ink.right < 0.7, "it went on drawing"


def test_the_drawing_survives_every_resize(page: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    before = hand.ink()
    for width, height in ((390, 844), (844, 390), (320, 568), (1920, 1080), (640, 400)):  # the last: zoom 200 %
        page.set_viewport_size({"width": width, "height": height})

        assert hand.ink().is_like(before), (width, height)
        box = page.locator("#pad").bounding_box()
        assert box
        assert box["width"] >= 260
        assert box["width"] == pytest.approx(box["height"], abs=0.1)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height, "the pad does not fit the screen"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert hand.answer() == 7


def test_text_twice_as_large_fits_a_phone(page: Page, hand: Hand) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    hand.draw(SEVEN.strokes)
    hand.wait_for("answered")
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"


def test_the_pad_keeps_still_under_the_hand_whatever_is_said_in_large_letters(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, service_workers="block")
    page = context.new_page()
    sizes = {"standard": 32, "fixed": 26}
    context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
    page.goto(server.url)
    hand = Hand(page)
    widths = set()
    for digit in (7, 4, 8):
        for stroke in load_drawing(f"{digit}-school").strokes:
            hand.draw([stroke])
            hand.wait_for("answered")
            widths.add(page.locator("#pad").evaluate("(pad) => pad.getBoundingClientRect().width"))
        page.keyboard.press("Escape")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 32
    assert len(widths) == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    context.close()


def test_a_resize_in_mid_stroke_loses_nothing(page: Page, hand: Hand) -> None:
    hand.press(DOWN[0])
    hand.move(DOWN[:10])
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_timeout(50)
    hand.move(DOWN[10:])
    hand.lift()

    ink = hand.ink()
    assert ink.right - ink.left < 0.06
    assert ink.top == pytest.approx((60 - 6.5) / 280, abs=0.01)
    assert ink.bottom == pytest.approx((220 + 6.5) / 280, abs=0.01)
    assert hand.answer() == 1


def test_five_hundred_rapid_strokes_are_all_kept_without_a_stutter(page: Page, hand: Hand) -> None:
    with traced(page) as tasks:
        for start in range(0, len(DASHES), 5):
            hand.replay(DASHES[start : start + 5])
        hand.wait_for("answered")
        with page.expect_request("**/predict?explain=true") as question:
            page.keyboard.press("Escape")
            page.keyboard.press("Control+z")
        hand.wait_for("answered")

    assert json.loads(question.value.post_data or "")["strokes"] == [
        [list(point) for point in stroke] for stroke in DASHES
    ]
    assert len(tasks.processor) > 500
    assert tasks.long == []
    for _ in range(3):
        page.keyboard.press("Control+z")
    hand.wait_for("answered")


def test_a_stroke_of_ten_thousand_points_is_drawn_and_read_without_a_stutter(page: Page, hand: Hand) -> None:
    with traced(page) as tasks, page.expect_request("**/predict?explain=true") as question:
        hand.spiral(10_000)
        hand.wait_for("answered")

    [stroke] = json.loads(question.value.post_data or "")["strokes"]
    assert 8_000 < len(stroke) <= 10_001  # most are further apart than what is left out
    assert len(tasks.processor) > 200
    assert tasks.long == []


def test_a_pen_of_a_thousand_points_a_second_sends_no_more_than_are_needed(page: Page, hand: Hand) -> None:
    fine = [finely(stroke) for stroke in EIGHT.strokes]
    with page.expect_request("**/predict?explain=true") as question:
        hand.replay(fine)
    assert hand.answer() == 8
    body = question.value.post_data or ""
    sent = json.loads(body)["strokes"]
    assert len(body) < 4_096, "beyond that it waits with pictures"
    assert [(stroke[0], stroke[-1]) for stroke in sent] == [
        (pytest.approx(stroke[0], abs=0.8), pytest.approx(stroke[-1], abs=0.8)) for stroke in fine
    ]
    all_of_it = rasterise(parse_strokes([[list(point) for point in stroke] for stroke in fine]))
    assert np.abs(rasterise(parse_strokes(sent)).pixels - all_of_it.pixels).max() < 0.15


def test_more_ink_than_can_be_read_is_said_to_be_too_much(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["422"]
    hand.replay([*DASHES, *DASHES, [(140.0, 140.0)]])
    hand.says("too much ink")
    page.click("#undo")
    hand.wait_for("answered")


def test_the_ink_changes_with_the_colour_scheme(page: Page, hand: Hand) -> None:
    hand.draw([DOWN])
    assert sum(hand.colour((140, 140))[:3]) < 200
    page.emulate_media(color_scheme="dark")

    assert sum(hand.colour((140, 140))[:3]) > 600


def test_points_between_frames_are_kept_and_an_empty_list_of_them_is_harmless(page: Page, hand: Hand) -> None:
    hand.press((60, 140))
    page.evaluate(
        """([left, top, scale]) => {
          const event = (x, y, coalescedEvents = []) => new PointerEvent("pointermove", {
            clientX: left + x * scale, clientY: top + y * scale, buttons: 1, pointerId: 1, pointerType: "mouse",
            bubbles: true, coalescedEvents,
          });
          const pad = document.querySelector("#pad");
          pad.dispatchEvent(event(140, 140, [event(80, 140), event(110, 60), event(140, 140)]));
          pad.dispatchEvent(event(180, 240));
        }""",
        [*hand.at((0, 0)), (hand.at((280, 0))[0] - hand.at((0, 0))[0]) / 280],
    )
    hand.move([(220, 140)])
    hand.lift()

    ink = hand.ink()
    assert ink.top < 90 / 280, "the point between is lost"
    assert ink.bottom > 180 / 280, "the point of the event without a list is lost"


def test_the_page_asks_for_nothing_but_its_own_files(page: Page) -> None:
    names = page.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)")

    assert all(name.startswith("/static/") for name in names), names
    assert page.locator("style, script:not([src]), [onclick]").count() == 0
