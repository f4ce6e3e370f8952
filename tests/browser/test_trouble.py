"""What the page says and does where the answer is slow, refused, or does not come at all."""

import time
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.app.pictures import png
from tests.browser.conftest import OpenPage, Watch, restarted
from tests.browser.hand import Hand
from tests.conftest import running
from tests.drawings import load_drawing

ONE, FOUR, SEVEN, EIGHT = (load_drawing(f"{digit}-school") for digit in (1, 4, 7, 8))


def test_a_slow_server_is_said_to_be_slow(stopped: Page, hand: Hand) -> None:
    held: list[Route] = []
    stopped.route("**/predict?explain=true", lambda route: held.append(route))
    with stopped.expect_request("**/predict?explain=true"):  # or `held` might not have it yet
        hand.draw(ONE.strokes)
    stopped.clock.run_for(1_400)
    hand.says("Reading…")
    stopped.clock.run_for(200)
    hand.says("Still reading")

    assert hand.state() == "waiting"
    held[0].continue_()
    assert hand.answer() == 1


def test_the_answer_to_half_a_drawing_does_not_outlast_a_slow_line(stopped: Page, hand: Hand) -> None:
    held: list[Route] = []
    stopped.route("**/predict?explain=true", lambda route: held.append(route))
    stroke = EIGHT.strokes[0]
    hand.press(stroke[0])
    hand.move(stroke)
    stopped.clock.run_for(100)  # frames, in which the page asks
    expect(stopped.locator("#result .digit")).not_to_have_text("")
    with stopped.expect_request("**/predict?explain=true"):
        hand.lift()
    stopped.clock.run_for(250)
    expect(stopped.locator("#result .digit")).not_to_have_text("")
    stopped.clock.run_for(100)
    hand.says("Reading…")
    hand.shows("")
    assert hand.state() == "waiting"
    held[-1].continue_()
    assert hand.answer() == 8
    stopped.clock.run_for(400)
    hand.shows("8")


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


def test_a_picture_that_is_too_large_for_what_is_in_between_is_sent_once(page: Page, hand: Hand, watch: Watch) -> None:
    watch.expected += ["413"]
    asked: list[Route] = []

    def refuse(route: Route) -> None:
        asked.append(route)
        route.fulfill(status=413, content_type="text/html", body="<h1>413 Request Entity Too Large</h1>")

    page.route("**/predict*", refuse)
    page.set_input_files("#file", {"name": "seven.png", "mimeType": "image/png", "buffer": png(7)})
    hand.says("too large")
    page.wait_for_timeout(1_000)
    assert len(asked) == 1
    assert hand.state() == "error"


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
    is_busy = True

    def busy(route: Route) -> None:
        times.append(time.monotonic())
        if is_busy:
            route.fulfill(status=503, headers={"Retry-After": "1"}, content_type="application/problem+json", body="{}")
        else:
            route.continue_()

    page.route("**/predict?explain=true", busy)
    hand.draw(ONE.strokes)
    hand.wait_for("error")
    hand.says("busy")
    is_busy = False

    assert hand.answer() == 1
    assert len(times) >= 2
    assert all(next_time - each >= 0.95 for each, next_time in pairwise(times))


def test_json_that_is_no_answer_is_not_taken_for_one(page: Page, hand: Hand) -> None:
    page.route("**/predict*", lambda route: route.fulfill(json={}))  # from the login page of some hotel, say
    hand.replay(ONE.strokes)
    hand.wait_for("error")
    hand.says("can’t be reached")
    page.keyboard.press("Escape")

    hand.wait_for("empty")
    assert "" not in page.locator("#shelf button").all_inner_texts(), "it was kept as read, as no digit at all"


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
