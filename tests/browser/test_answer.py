"""From ink to answer: live, settled, late, and when nobody answers."""

import json
import time
from contextlib import suppress

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import OpenPage, Watch, restarted
from tests.browser.hand import Hand
from tests.conftest import running
from tests.drawings import load_drawing, load_drawings

ONE, SEVEN, EIGHT = (load_drawing(f"{digit}-school") for digit in (1, 7, 8))


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
    times: list[float] = []
    on_the_way: set[Request] = set()
    most = 0

    def sent(request: Request) -> None:
        nonlocal most
        times.append(time.monotonic())
        on_the_way.add(request)
        most = max(most, len(on_the_way))

    page.on("request", sent)
    page.on("requestfinished", lambda request: on_the_way.discard(request))
    hand.press((40, 40))
    started = time.monotonic()
    while time.monotonic() < started + 1.5:
        for stroke in EIGHT.strokes:
            hand.move(stroke)
    while_moving = len(times)
    elapsed = time.monotonic() - started
    hand.lift()

    assert 5 <= while_moving <= 10 * elapsed + 2
    assert most == 1
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


def test_the_answer_to_one_drawing_is_never_seen_beside_another(page: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    hand.wait_for("answered")
    page.click("#clear")
    hand.draw(ONE.strokes)
    hand.wait_for("answered")
    held: list[Route] = []
    page.route("**/predict*", lambda route: held.append(route))
    page.locator("#shelf button").first.click()  # the 7

    hand.says("Reading…")
    hand.shows("")
    assert page.locator("#chances .likeliest").count() == 0
    hand.draw(ONE.strokes)  # more ink on the same drawing, which has no answer yet
    hand.says("Reading…")


def test_a_first_drawing_is_said_to_be_read_while_the_answer_is_on_its_way(page: Page, hand: Hand) -> None:
    page.route("**/predict*", lambda _: None)
    hand.draw(SEVEN.strokes)

    hand.says("Reading…")


def test_an_answer_stays_while_strokes_are_added_or_taken_away(page: Page, hand: Hand) -> None:
    hand.draw(SEVEN.strokes)
    hand.draw([[(100, 140), (180, 140)]])
    hand.wait_for("answered")
    page.route("**/predict*", lambda _: None)
    page.click("#undo")

    hand.wait_for("waiting")
    hand.shows("7")
    hand.says("7")


def test_a_slow_server_is_said_to_be_slow(page: Page, hand: Hand) -> None:
    held: list[Route] = []
    page.route("**/predict?explain=true", lambda route: held.append(route))
    hand.draw(ONE.strokes)
    hand.says("Still reading")

    assert hand.state() == "waiting"
    held[0].continue_()
    assert hand.answer() == 1


def test_the_answer_to_half_a_drawing_does_not_outlast_a_slow_line(page: Page, hand: Hand) -> None:
    held: list[Route] = []
    page.route("**/predict?explain=true", lambda route: held.append(route))
    stroke = EIGHT.strokes[0]
    hand.press(stroke[0])
    hand.move(stroke)
    expect(page.locator("#result .digit")).not_to_have_text("")
    hand.lift()
    hand.says("Reading…")
    hand.shows("")
    assert hand.state() == "waiting"
    held[-1].continue_()
    assert hand.answer() == 8
    page.wait_for_timeout(400)
    hand.shows("8")


def test_two_digits_are_near_none_and_one_is_asked_for(page: Page, hand: Hand) -> None:
    shrunk = [
        [[(x / 2 + at, y / 2 + 60) for x, y in stroke] for stroke in drawing.strokes]
        for drawing, at in ((ONE, 0), (SEVEN, 140))
    ]
    hand.draw([*shrunk[0], *shrunk[1]])
    hand.wait_for("answered")
    assert page.locator("#result").get_attribute("data-verdict") == "not_a_digit"
    hand.says("doesn’t look like a digit")
    expect(page.locator("#result .detail")).to_have_text("One digit at a time")


def test_clearing_while_nobody_is_there_promises_nothing(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["ERR_INTERNET_DISCONNECTED"]
    page.context.set_offline(True)
    hand.draw(ONE.strokes)
    hand.says("can’t be reached")
    page.click("#clear")
    expect(page.locator("#result .detail")).to_contain_text("Draw all the same")
    page.context.set_offline(False)
    hand.says("draw one")
    assert hand.state() == "empty"


def test_a_server_killed_while_one_draws_is_waited_for(open_page: OpenPage, watch: Watch) -> None:
    watch.expected += [
        "ERR_CONNECTION_REFUSED",
        "ERR_CONNECTION_RESET",
        "ERR_EMPTY_RESPONSE",
        "ERR_SOCKET_NOT_CONNECTED",
    ]
    with running() as first:
        page = open_page(first.url)
        hand = Hand(page)
        stroke = EIGHT.strokes[0]
        hand.press(stroke[0])
        hand.move(stroke[: len(stroke) // 2])
        first.process.kill()
        first.process.wait()
        hand.move(stroke[len(stroke) // 2 :])
        hand.lift()
        hand.wait_for("error")
        hand.says("can’t be reached")
        assert hand.digit() is None
        ink = hand.ink()
        assert ink.share > 0.03

        with restarted(first):
            page.wait_for_selector('#result[data-state="answered"]', timeout=40_000)
            assert hand.digit() == "8"
            assert hand.ink() == ink


def test_a_busy_server_is_asked_again_when_it_says(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["503"]
    times: list[float] = []

    def busy_once(route: Route) -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    page.route("**/predict?explain=true", busy_once)
    hand.draw(ONE.strokes)
    hand.wait_for("error")
    hand.says("busy")

    assert hand.answer() == 1
    assert times[1] - times[0] >= 0.95


def test_a_refusal_is_said_in_plain_words_and_not_asked_again(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["422"]
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    page.set_input_files("#file", {"name": "no.png", "mimeType": "image/png", "buffer": b"this is text"})
    hand.wait_for("error")
    page.wait_for_timeout(800)

    assert len([request for request in asked if "predict" in request.url]) == 1
    hand.says("not a picture I can read")
    hand.draw(ONE.strokes)
    assert hand.answer() == 1


PLAIN = ["blank", "not-an-image", "unsupported-media", "too-many-pixels", "too-large", "too-slow", "bad-strokes"]


@pytest.mark.parametrize("kind", [*PLAIN, "some-new-one"])
def test_no_refusal_speaks_of_bytes_or_content_types(page: Page, hand: Hand, watch: Watch, kind: str) -> None:
    watch.expected += ["422"]
    problem = {"type": kind, "status": 422, "title": "title", "detail": "The Content-Type has 20,001 bytes."}
    page.route("**/predict?explain=true", lambda route: route.fulfill(status=422, json=problem))
    hand.replay(ONE.strokes)
    hand.wait_for("error")

    said = page.locator("#result .speech").inner_text()
    assert ("Content-Type" in said) == (kind not in PLAIN), said
    hand.shows("?")
    expect(page.locator("#result .announcement")).to_have_text(". ".join(said.split("\n\n")))


def test_only_settled_answers_are_announced(page: Page, hand: Hand) -> None:
    page.evaluate("""() => {
      window.said = [];
      const told = document.querySelector("#result .announcement");
      new MutationObserver(() => told.textContent && said.push(told.textContent)).observe(told, { childList: true });
    }""")
    hand.draw(load_drawing("4-school").strokes)
    hand.wait_for("answered")
    expect(page.locator("#result .announcement")).to_contain_text("That’s a 4.")

    assert page.evaluate("said.length") == 1
    shown = (
        "[...document.querySelectorAll('#result > :not(.announcement)')].every((part) => part.ariaHidden === 'true')"
    )
    assert page.evaluate(shown), "a screen reader would hear each passing answer"


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
