"""The page without a mouse, without eyes for motion, with a keyboard alone."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.hand import Hand
from tests.browser.test_picture import SEVEN, picture

# Every one that starts, however short it is: one that runs at the moment of a look may be over before that comes.
COUNT_MOVES = """
  window.moves = 0;
  for (const start of ["animationstart", "transitionrun"]) document.addEventListener(start, () => (moves += 1));
"""

FOCUSED = """() => {
  const focused = document.activeElement;
  if (focused === document.body) return null;
  const outlined = [focused, ...document.querySelectorAll(":focus + span, label:focus-within")].some((each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  });
  return [focused.id || focused.textContent.trim(), outlined];
}"""


def test_the_keyboard_reaches_everything_sees_where_it_is_and_gets_out_again(page: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    hand.wait_for("answered")
    page.evaluate("document.activeElement.blur()")
    reached = {}
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        reached[focused[0]] = focused[1]
    else:
        raise AssertionError(f"the keyboard does not get out of the page: {list(reached)}")

    assert {"undo", "clear", "file"} <= reached.keys(), reached
    assert all(reached.values()), f"no outline on {[name for name, outlined in reached.items() if not outlined]}"


@pytest.mark.parametrize("height", [384, 390, 500])
def test_a_low_window_loses_nothing_of_the_page(open_page: OpenPage, height: int) -> None:
    page = open_page(viewport={"width": 844, "height": height})
    docs = page.locator("header a")
    docs.focus()
    box = docs.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    assert 0 < y < height
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).textContent", [x, y]) == "For coders"


def test_a_picture_is_chosen_with_the_keyboard_alone(page: Page, hand: Hand) -> None:
    page.locator("#file").focus()
    with page.expect_file_chooser() as chooser:
        # Playwright asks Chromium to hand over choosers without waiting for it: a question later, it does. (Without,
        # the page's own opened in 20 of 60 tries, and nobody saw it.)
        page.evaluate("0")
        page.keyboard.press("Space")
    chooser.value.set_files({"name": "seven.png", "mimeType": "image/png", "buffer": picture(SEVEN)})

    assert hand.answer() == 7


def test_who_wants_less_motion_gets_none(open_page: OpenPage) -> None:
    moved = {}
    for motion in ("no-preference", "reduce"):
        page = open_page(reduced_motion=motion)
        page.add_init_script(COUNT_MOVES)
        page.reload()
        hand = Hand(page)
        hand.draw(SEVEN.strokes)
        hand.wait_for("answered")
        hand.next_frame()
        moved[motion] = page.evaluate("moves")

    assert moved["no-preference"] > 0
    assert moved["reduce"] == 0
