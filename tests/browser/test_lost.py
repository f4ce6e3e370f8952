"""Nothing is lost: not what was drawn, not one's place on the page, and no word is said too soon."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.hand import DOWN, Hand
from tests.drawings import load_drawing

FOUR = load_drawing("4-school")
SAID = """() => {
  const words = document.querySelector("#result .words");
  const said = [];
  const watch = new MutationObserver(() => said.push(words.textContent));
  watch.observe(words, { childList: true, characterData: true, subtree: true });
  return said;
}"""


def test_a_drawing_that_nobody_has_read_is_kept_too(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["ERR_FAILED"]
    page.route("**/predict*", lambda route: route.abort())
    hand.draw(FOUR.strokes)
    hand.says("can’t be reached")
    page.click("#clear")
    kept = page.locator("#shelf button")
    expect(kept).to_have_text("…")
    expect(kept).to_have_accessible_name("Put back the drawing read as nothing yet")
    page.unroute("**/predict*")
    kept.click()
    assert hand.answer() == 4


def test_what_was_refused_is_not_kept(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["422"]
    page.evaluate("""async () => {
      const canvas = new OffscreenCanvas(280, 280);
      const paper = canvas.getContext("2d");
      paper.fillStyle = "white";
      paper.fillRect(0, 0, 280, 280);
      const data = new DataTransfer();
      data.items.add(new File([await canvas.convertToBlob()], "blank.png", { type: "image/png" }));
      document.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
    }""")
    hand.says("no ink")
    page.click("#clear")
    hand.wait_for("empty")
    expect(page.locator(".shelf")).to_be_hidden()


def test_a_stroke_that_is_taken_back_before_it_ends_is_not_kept(page: Page, hand: Hand) -> None:
    hand.press(DOWN[0])
    hand.move(DOWN)
    hand.shows("1")
    page.keyboard.press("Control+z")
    hand.wait_for("empty")
    hand.lift()
    expect(page.locator(".shelf")).to_be_hidden()


def test_where_there_is_nothing_to_redo_the_drawing_is_kept(page: Page, hand: Hand) -> None:
    hand.draw(FOUR.strokes)
    assert hand.answer() == 4
    page.keyboard.press("Control+y")
    page.keyboard.press("Escape")
    hand.wait_for("empty")
    expect(page.locator("#shelf button")).to_have_text("4")


def test_after_a_reload_strokes_can_be_taken_back_one_by_one(page: Page, hand: Hand) -> None:
    hand.draw(FOUR.strokes)
    hand.wait_for("answered")
    page.wait_for_timeout(450)  # it is remembered at most every 400 ms
    whole = hand.ink()
    page.reload()
    assert hand.answer() == 4
    page.click("#undo")
    assert 0 < hand.ink().share < whole.share
    page.click("#redo")
    assert hand.ink().is_like(whole)


@pytest.mark.parametrize("button", ["#clear", "#undo"])
def test_the_keyboard_keeps_its_place_where_a_button_has_nothing_left_to_do(
    page: Page, hand: Hand, button: str
) -> None:
    hand.draw([DOWN])
    hand.wait_for("answered")
    page.locator(button).focus()
    page.keyboard.press("Enter")
    hand.wait_for("empty")
    expect(page.locator("#file")).to_be_focused()
    expect(page.locator("#result .announcement")).to_contain_text("Go on, draw one")


def test_half_a_digit_is_not_said_to_be_none(page: Page, hand: Hand) -> None:
    said = page.evaluate_handle(SAID)
    hand.press((40, 60))
    for end in (130, 220):
        with page.expect_response(lambda response: "predict" in response.url) as answer:
            hand.move([(float(x), 60.0) for x in range(end - 80, end, 4)])
    assert answer.value.json()["verdict"] == "not_a_digit", "another drawing is needed here"
    hand.move([(200, 80), (160, 140), (120, 230)])
    hand.shows("7")
    hand.lift()
    assert hand.answer() == 7
    assert not [words for words in said.json_value() if "doesn’t" in words]
    hand.draw([[(20, 20), (260, 20), (20, 260), (260, 260), (20, 60)]])
    hand.says("doesn’t look like a digit")


def test_one_asks_whether_anybody_is_there_however_often_one_clears(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["ERR_FAILED"]
    knocks: list[Route] = []

    def gone(route: Route) -> None:
        knocks.append(route)
        route.abort()

    page.route("**/predict*", lambda route: route.abort())
    page.route("**/readyz", gone)
    for _ in range(5):
        hand.replay([DOWN])
        hand.says("can’t be reached")
        page.keyboard.press("Escape")
        expect(page.locator("#result .detail")).to_contain_text("Draw all the same")
    at_once = len(knocks)
    page.wait_for_timeout(3_500)
    assert at_once >= 5
    assert 1 <= len(knocks) - at_once <= 2
