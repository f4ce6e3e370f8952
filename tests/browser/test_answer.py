"""From ink to answer: live, settled, late, in words and aloud."""

import json
import time
from contextlib import suppress

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.hand import Hand
from tests.drawings import load_drawing, load_drawings

ONE, FOUR, SEVEN, EIGHT = (load_drawing(f"{digit}-school") for digit in (1, 4, 7, 8))

# When each question was asked that has been answered while the pen moves, in milliseconds. By the page's own account: a
# busy machine may bring several of them here at once.
ASKED = """() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/predict"))
  .map(({ startTime }) => startTime)"""


def test_an_empty_pad_has_no_answer(page: Page, hand: Hand) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")

    assert hand.state() == "empty"
    assert hand.digit() is None
    assert not asked


def test_clearing_takes_the_answer_away(page: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    hand.wait_for("answered")
    page.click("#clear")

    assert hand.state() == "empty"
    assert hand.digit() is None
    assert page.locator("#result").get_attribute("data-verdict") is None
    assert page.locator("#seen").is_hidden()


def test_the_answer_is_shown_in_a_digit_in_words_in_bars_and_in_the_28_by_28(page: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    hand.wait_for("answered")

    assert page.locator("#result").get_attribute("data-verdict") == "sure"
    hand.shows("7")
    hand.says("That’s a 7")
    assert page.locator("#chances .likeliest .name").inner_text() == "7"
    lengths = page.eval_on_selector_all(
        "#chances li", "rows => rows.map((row) => +row.style.getPropertyValue('--chance'))"
    )
    assert max(range(10), key=lengths.__getitem__) == 7
    seen = page.locator("#seen")
    assert seen.evaluate("(image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight])") == [28, 28]


def test_the_page_sends_strokes_and_asks_why_at_pen_up(page: Page, hand: Hand) -> None:
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    hand.draw(SEVEN.strokes)
    hand.wait_for("answered")

    assert asked[-1].url.endswith("/predict?explain=true")
    assert not any("explain" in request.url for request in asked[:-1])
    strokes = json.loads(asked[-1].post_data or "")["strokes"]
    assert len(strokes) == 1
    for (x, y), point in zip(
        SEVEN.strokes[0][:: len(SEVEN.strokes[0]) - 1], (strokes[0][0], strokes[0][-1]), strict=True
    ):
        assert point == pytest.approx([x, y], abs=0.6)


def test_an_answer_comes_while_the_pen_moves_and_does_not_pretend_to_be_settled(page: Page, hand: Hand) -> None:
    hand.press(SEVEN.strokes[0][0])
    hand.move(SEVEN.strokes[0])
    hand.shows("7")

    assert hand.state() == "drawing"
    assert hand.digit() is None
    hand.lift()
    assert hand.answer() == 7


def test_questions_come_one_at_a_time_and_at_most_ten_a_second(page: Page, hand: Hand) -> None:
    hand.press((40, 40))
    started = time.monotonic()
    asked: list[float] = []
    while len(asked) < 5 or time.monotonic() < started + 1.5:
        assert time.monotonic() < started + 30, f"only {len(asked)} questions"
        for stroke in EIGHT.strokes:
            hand.move(stroke)
        asked = page.evaluate(ASKED)
    assert len(asked) <= 10 * (asked[-1] - asked[0]) / 1_000 + 2

    held: list[Route] = []
    page.route("**/predict", lambda route: held.append(route))
    with page.expect_request("**/predict"):
        hand.move(EIGHT.strokes[0][:20])
    hand.move(EIGHT.strokes[0][:20])
    assert len(held) == 1
    hand.lift()
    hand.wait_for("answered")


def test_a_late_answer_never_overwrites_a_newer_one(page: Page, hand: Hand) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if "explain" in route.request.url and not held:
            held.append(route)
        else:
            route.continue_()

    given_up: list[Request] = []
    page.on("requestfailed", lambda request: given_up.append(request))
    page.route("**/predict*", hold_the_first)
    hand.draw(ONE.strokes)
    assert hand.state() == "waiting"
    page.keyboard.press("Escape")
    hand.draw(EIGHT.strokes)
    assert hand.answer() == 8
    assert held[0].request in given_up, "the older question was not aborted"
    with suppress(Exception):  # the page has given that question up
        held[0].continue_()
    page.wait_for_timeout(300)

    assert hand.digit() == "8"
    hand.shows("8")


def test_an_answer_that_comes_after_a_clear_is_not_shown(page: Page, hand: Hand) -> None:
    def slow(route: Route) -> None:
        page.wait_for_timeout(150)
        with suppress(Exception):
            route.continue_()

    page.route("**/predict*", slow)
    hand.draw(ONE.strokes)
    page.keyboard.press("Escape")
    page.wait_for_timeout(400)

    assert hand.state() == "empty"
    hand.shows("")


def test_the_answer_to_one_drawing_is_never_seen_beside_another(stopped: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    hand.wait_for("answered")
    stopped.click("#clear")
    hand.draw(ONE.strokes)
    hand.wait_for("answered")
    stopped.route("**/predict*", lambda _: None)
    stopped.locator("#shelf button").first.click()  # the 7

    hand.says("Reading…")
    hand.shows("")
    assert stopped.locator("#chances .likeliest").count() == 0
    hand.replay(ONE.strokes)  # more ink on the same drawing, which has no answer yet
    hand.says("Reading…")


def test_a_first_drawing_is_said_to_be_read_while_the_answer_is_on_its_way(stopped: Page, hand: Hand) -> None:
    stopped.route("**/predict*", lambda _: None)
    hand.draw(SEVEN.strokes)

    hand.says("Reading…")


def test_an_answer_stays_while_strokes_are_added_or_taken_away(stopped: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    hand.draw([[(100, 140), (180, 140)]])
    hand.wait_for("answered")
    stopped.route("**/predict*", lambda _: None)
    stopped.click("#undo")

    hand.wait_for("waiting")
    stopped.clock.run_for(250)  # longer than most answers take
    hand.shows("7")
    hand.says("7")


def test_two_digits_are_near_none_and_one_is_asked_for(page: Page, hand: Hand) -> None:
    shrunk = [
        [[(x / 2 + at, y / 2 + 60) for x, y in stroke] for stroke in drawing.strokes]
        for drawing, at in ((ONE, 0), (SEVEN, 140))
    ]
    hand.draw([*shrunk[0], *shrunk[1]])
    hand.wait_for("answered")
    assert page.locator("#result").get_attribute("data-verdict") == "not_a_digit"
    hand.says("doesn’t look like a digit")
    expect(page.locator("#result .detail")).to_have_text("I read 0 to 9, one at a time")


def test_only_settled_answers_are_announced(stopped: Page, hand: Hand) -> None:
    stopped.evaluate("""() => {
      window.said = [];
      const told = document.querySelector("#result .announcement");
      new MutationObserver(() => told.textContent && said.push(told.textContent)).observe(told, { childList: true });
    }""")
    first, second = FOUR.strokes
    hand.draw([first])
    hand.wait_for("answered")
    stopped.clock.run_for(600)  # a hand on its way to the next stroke
    hand.press(second[0])
    hand.move(second)
    stopped.clock.run_for(100)
    hand.shows("4")
    stopped.clock.run_for(2_000)
    assert stopped.evaluate("said") == [], "an answer to half a drawing"
    hand.lift()
    hand.wait_for("answered")
    stopped.clock.run_for(600)
    assert stopped.evaluate("said") == [], "the hand may go on"
    stopped.clock.run_for(200)
    expect(stopped.locator("#result .announcement")).to_contain_text("That’s a 4.")

    assert stopped.evaluate("said.length") == 1
    shown = (
        "[...document.querySelectorAll('#result > :not(.announcement)')].every((part) => part.ariaHidden === 'true')"
    )
    assert stopped.evaluate(shown), "a screen reader would hear each passing answer"


def test_every_style_gets_an_answer_and_the_report_says_which(page: Page, hand: Hand, report: list[str]) -> None:
    styles = [drawing for drawing in load_drawings() if drawing.style != "school"]
    misread = []
    for drawing in styles:
        hand.replay(drawing.strokes)
        answer = hand.answer()
        if answer != drawing.digit:
            misread.append(f"{drawing} as {answer} ({page.locator('#result').get_attribute('data-verdict')})")
        page.keyboard.press("Escape")

    right = len(styles) - len(misread)
    report.append(
        f"styles drawn on the page: {right} of {len(styles)} read right; misread: {', '.join(misread) or 'none'}"
    )
