"""From hand to ink: fingers and a pen on a screen."""

import time
from typing import Any

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.hand import DOWN, Hand, Screen
from tests.drawings import load_drawing

SEVEN = load_drawing("7-school")
SIDE = {"viewport": {"width": 844, "height": 390}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}
PHONE = {"viewport": {"width": 390, "height": 664}, "device_scale_factor": 3, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("phone", [PHONE, SIDE], ids=["upright", "on its side"])
def test_a_finger_draws_and_the_page_does_not_scroll(open_page: OpenPage, phone: dict[str, Any]) -> None:
    page = open_page(**phone)
    hand = Hand(page)

    for stroke in SEVEN.strokes:
        Screen(hand).drag(stroke)

    assert hand.answer() == 7
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight"), "there is nothing to scroll"


def test_a_second_finger_does_not_join_in(open_page: OpenPage) -> None:
    hand = Hand(open_page(**PHONE))
    screen = Screen(hand)

    screen.touch("Start", first=(140, 60))
    screen.touch("Start", first=(140, 60), second=(40, 200))
    for x, y in DOWN:
        screen.touch("Move", first=(x, y), second=(40, y))
    screen.touch("End")

    ink = hand.ink()
    assert ink.right - ink.left < 0.06
    assert ink.bottom - ink.top > 0.5
    hand.wait_for("answered")


def test_who_has_zoomed_in_can_zoom_out_again_on_the_pad_and_leaves_no_ink(open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    hand = Hand(page)
    screen = Screen(hand)
    x, y = hand.at((140, 140))
    gesture = {"x": int(x), "y": int(y), "scaleFactor": 3.0, "relativeSpeed": 1500}
    screen.session.send("Input.synthesizePinchGesture", gesture)
    page.wait_for_function("visualViewport.scale > 2")
    hand.next_frame()
    zoomed = page.evaluate("visualViewport.scale")

    def pinch(kind: str, *apart: int) -> None:
        points = [{"x": 60 + each, "y": 110, "id": int(each > 0)} for each in apart]
        screen.session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    pinch("Start", -50)
    pinch("Start", -50, 50)
    for apart in range(48, 8, -2):
        pinch("Move", -apart, apart)
        page.wait_for_timeout(16)
    pinch("End")

    page.wait_for_function("(zoomed) => visualViewport.scale < 0.7 * zoomed", arg=zoomed)
    assert hand.ink().share == 0
    assert hand.state() == "empty"


def test_a_cancelled_touch_ends_the_stroke_and_keeps_its_ink(open_page: OpenPage) -> None:
    hand = Hand(open_page(**PHONE))
    screen = Screen(hand)

    screen.touch("Start", finger=DOWN[0])
    for point in DOWN:
        screen.touch("Move", finger=point)
    screen.touch("Cancel")

    hand.wait_for("answered")
    ink = hand.ink()
    assert ink.bottom - ink.top > 0.5


def test_a_pen_beats_the_palm_that_came_first(open_page: OpenPage) -> None:
    page = open_page(has_touch=True)
    hand = Hand(page)
    screen = Screen(hand)

    screen.touch("Start", palm=(240, 240))
    screen.touch("Move", palm=(250, 230))
    screen.pen("Pressed", DOWN[0])
    for point in DOWN[1:]:
        screen.pen("Moved", point)
        screen.touch("Move", palm=(250, 230 + point[1] / 20))
    screen.pen("Released", DOWN[-1])
    screen.touch("End")

    assert hand.answer() == 1
    ink = hand.ink()
    assert ink.right < 0.6, "the palm left a mark"
    page.keyboard.press("Control+z")
    hand.wait_for("empty")


def test_a_touch_does_not_take_over_from_a_pen(open_page: OpenPage) -> None:
    hand = Hand(open_page(has_touch=True))
    screen = Screen(hand)

    screen.pen("Pressed", DOWN[0])
    screen.touch("Start", palm=(240, 240))
    for point in DOWN[1:]:
        screen.pen("Moved", point)
    lifted = time.time()
    screen.pen("Released", DOWN[-1], lifted)
    screen.touch("End", lifted)
    # The palm again, just after: on a busy machine it would come late, if it did not say when.
    screen.drag([(240, 230), (250, 240)], lifted + 0.1)

    hand.wait_for("answered")
    assert hand.ink().right < 0.6
