"""Undo, redo and clear, by button and by key."""

import pytest
from playwright.sync_api import Page

from tests.browser.hand import Hand
from tests.drawings import load_drawing

FIRST = [(100.0, 60.0), (100.0, 140.0), (100.0, 220.0)]
SECOND = [(180.0, 60.0), (180.0, 140.0), (180.0, 220.0)]


def enabled(page: Page) -> set[str]:
    return {name for name in ("undo", "redo", "clear") if page.locator(f"#{name}").is_enabled()}


def test_buttons_are_disabled_where_they_can_do_nothing(page: Page, hand: Hand) -> None:
    assert enabled(page) == set()
    hand.draw([FIRST])
    assert enabled(page) == {"undo", "clear"}
    page.click("#undo")
    assert enabled(page) == {"redo"}
    page.click("#redo")
    assert enabled(page) == {"undo", "clear"}
    page.click("#clear")
    assert enabled(page) == {"undo"}


def test_undo_and_redo_go_stroke_by_stroke(page: Page, hand: Hand) -> None:
    hand.draw([FIRST])
    one = hand.ink()
    hand.draw([SECOND])
    two = hand.ink()

    for undo, redo in (("Control+z", "Control+Shift+z"), ("Meta+z", "Meta+Shift+z"), ("Control+z", "Control+y")):
        page.keyboard.press(undo)
        assert hand.ink().is_like(one), undo
        page.keyboard.press(undo)
        assert hand.ink().share == 0, undo
        page.keyboard.press(redo)
        assert hand.ink().is_like(one), redo
        page.keyboard.press(redo)
        assert hand.ink().is_like(two), redo
    hand.wait_for("answered")


def test_the_answer_follows_undo_and_redo(page: Page, hand: Hand) -> None:
    hand.draw(load_drawing("1-school").strokes)
    assert hand.answer() == 1
    page.keyboard.press("Escape")
    hand.draw(load_drawing("8-school").strokes)
    assert hand.answer() == 8

    page.keyboard.press("Control+z")
    hand.wait_for("empty")
    page.keyboard.press("Control+z")
    assert hand.answer() == 1
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+y")
    assert hand.answer() == 8


@pytest.mark.parametrize("way", ["button", "key"])
def test_clear_can_itself_be_undone(page: Page, hand: Hand, way: str) -> None:
    hand.draw([FIRST, SECOND])
    before = hand.ink()
    if way == "button":
        page.click("#clear")
    else:
        page.keyboard.press("Escape")
    hand.wait_for("empty")
    assert hand.ink().share == 0

    page.click("#undo")
    assert hand.ink().is_like(before)
    hand.wait_for("answered")


def test_undo_in_mid_stroke_takes_that_stroke(page: Page, hand: Hand) -> None:
    hand.draw([FIRST])
    one = hand.ink()
    hand.press(SECOND[0])
    hand.move(SECOND)
    page.keyboard.press("Control+z")
    hand.move([(20, 20), (40, 40)])
    hand.lift()

    assert hand.ink().is_like(one)
    hand.wait_for("answered")


def test_a_new_stroke_after_undo_leaves_nothing_to_redo(page: Page, hand: Hand) -> None:
    hand.draw([FIRST])
    page.click("#undo")
    hand.draw([SECOND])

    assert enabled(page) == {"undo", "clear"}
    assert hand.ink().left > 0.5


def test_a_thousand_steps_can_be_undone_and_no_more_are_held(page: Page) -> None:
    undone = page.evaluate("""async () => {
      const { History } = await import("/static/ink.js");
      const history = new History();
      for (let i = 0; i < 1_200; i++) history.add([[i % 280, 10]]);
      let steps = 0;
      for (; history.canUndo; steps++) history.undo();
      return [steps, history.drawing.strokes.length];
    }""")

    assert undone == [1_000, 200]
