"""Taking a drawing away, and coming back to those of this visit."""

import io
import json
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.hand import DASHES, Hand
from tests.conftest import Server
from tests.drawings import Drawing, load_drawing, load_drawings

FOUR = load_drawing("4-school")

# So many milliseconds by the clock of the page.
REST = "(ms) => new Promise((over) => setTimeout(over, ms))"


def copied(page: Page, button: str) -> str:
    """What a click on this button copies, and says that it did; all pages share a clipboard, which is wiped first."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.click(button)
    text = page.wait_for_function("navigator.clipboard.readText()").json_value()
    expect(page.locator("#taken")).to_contain_text("copied")
    return str(text)


def sent(page: Page, hand: Hand) -> object:
    """The strokes of the last question."""
    page.keyboard.press("Control+z")
    page.wait_for_selector("#result:is([data-state=answered], [data-state=empty])")
    with page.expect_request("**/predict?explain=true") as question:
        page.keyboard.press("Control+y")
    hand.wait_for("answered")
    return json.loads(question.value.post_data or "")["strokes"]


@pytest.fixture
def permitted(open_page: OpenPage) -> Page:
    return open_page(permissions=["clipboard-read", "clipboard-write"])


@pytest.mark.parametrize("drawing", load_drawings()[::10], ids=str)
def test_a_link_opens_to_the_same_drawing_and_answer(open_page: OpenPage, drawing: Drawing) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    hand = Hand(page)
    hand.replay(drawing.strokes)
    answer = hand.answer()
    share = page.locator("#chances .likeliest .share").all_inner_texts()
    link = copied(page, "#copy-link")
    strokes = sent(page, hand)

    page.goto("about:blank")
    page.goto(link)
    assert hand.answer() == answer
    assert page.locator("#chances .likeliest .share").all_inner_texts() == share
    assert page.url == link
    page.click("#clear")
    assert "#" not in page.url, "the address holds a drawing that is gone"
    page.click("#undo")
    hand.wait_for("answered")
    assert sent(page, hand) == strokes


def test_a_link_is_short(permitted: Page) -> None:
    hand = Hand(permitted)
    hand.draw(FOUR.strokes, every=1)
    hand.wait_for("answered")
    assert len(copied(permitted, "#copy-link")) < 1_000


def test_a_link_that_is_damaged_opens_to_an_empty_pad(page: Page, hand: Hand, server: Server) -> None:
    for fragment in ("#d=", "#d=!!!", "#d=AAAA", "#d=_____w", "#d=AQ", "#d=" + "_" * 4_000, "#other"):
        page.goto("about:blank")
        page.goto(f"{server.url}/{fragment}")
        page.wait_for_selector('#result[data-state="empty"]')
        assert hand.ink().share == 0, fragment


def test_a_link_that_is_damaged_is_said_to_be(page: Page, hand: Hand, server: Server) -> None:
    page.goto("about:blank")
    page.goto(f"{server.url}/#d=_____w")
    hand.says("link is damaged")
    assert hand.state() == "empty"
    hand.draw(FOUR.strokes)
    assert hand.answer() == 4
    page.evaluate("location.hash = '#d=!'")
    page.wait_for_timeout(100)
    assert hand.answer() == 4, "a damaged link takes a drawing away"


def test_links_go_back_and_forth_with_the_browser(open_page: OpenPage, server: Server) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    hand = Hand(page)
    links = {}
    for digit in (4, 7):
        hand.replay(load_drawing(f"{digit}-school").strokes)
        hand.wait_for("answered")
        links[digit] = copied(page, "#copy-link").removeprefix(server.url + "/")
        page.keyboard.press("Escape")
        expect(page.locator("#taken")).to_have_text("")
    for digit in (4, 7):
        page.evaluate("(link) => (location.hash = link)", links[digit])
        hand.shows(str(digit))
        assert hand.answer() == digit

    page.go_back()
    hand.shows("4")
    assert hand.answer() == 4
    page.go_forward()
    hand.shows("7")
    assert hand.answer() == 7


def test_a_link_that_is_opened_with_the_pen_down_takes_the_place_of_the_drawing(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    hand = Hand(page)
    hand.replay(FOUR.strokes)
    hand.wait_for("answered")
    link = copied(page, "#copy-link").partition("#")[2]
    page.keyboard.press("Escape")
    hand.wait_for("empty")
    page.evaluate("scrollTo(0, 0)")
    hand.press((140, 60))
    hand.move([(140, y) for y in range(60, 220, 20)])
    hand.shows("1")
    page.evaluate("(link) => (location.hash = link)", link)
    hand.shows("4")
    hand.lift()
    assert hand.answer() == 4
    page.click("#undo")  # the stroke that was in progress came before the link's drawing
    hand.shows("1")


@pytest.mark.parametrize("way", ["reload", "docs and back"])
def test_a_drawing_outlives_a_reload_and_a_look_at_another_page(page: Page, hand: Hand, way: str) -> None:
    hand.draw(FOUR.strokes)
    hand.wait_for("answered")
    before = hand.ink()
    page.wait_for_timeout(450)  # it is remembered at most every 400 ms
    if way == "reload":
        page.reload()
    else:
        page.click("header a")
        page.wait_for_url("**/docs")
        page.go_back()

    assert hand.answer() == 4
    assert hand.ink().is_like(before)
    assert "#" not in page.url
    page.keyboard.press("Escape")
    hand.wait_for("empty")
    page.wait_for_function("() => !history.state")
    page.reload()
    page.wait_for_selector('#result[data-state="empty"]')
    assert hand.ink().share == 0, "a drawing that was cleared is back"


def test_a_stroke_is_remembered_at_once_and_a_burst_of_them_together(page: Page, hand: Hand) -> None:
    calls = page.evaluate_handle("""() => {
      const calls = [];
      const replace = history.replaceState;
      history.replaceState = (state, ...rest) => { calls.push(state.length); replace.call(history, state, ...rest); };
      return calls;
    }""")
    hand.replay(FOUR.strokes[:1])
    page.evaluate(REST, 20)
    (one,) = calls.json_value()
    page.evaluate(REST, 450)
    hand.replay(FOUR.strokes[1:])
    page.evaluate(REST, 20)
    _, two = calls.json_value()
    assert two > one
    hand.replay(DASHES[:50])
    page.evaluate(REST, 450)
    _, _, all_of_them = calls.json_value()
    assert all_of_them > two
    page.reload()
    hand.wait_for("answered")
    assert page.evaluate("() => history.state.length") == all_of_them


def test_where_storage_is_blocked_the_page_works(open_page: OpenPage) -> None:
    page = open_page()
    page.add_init_script("""
      for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches", "cookieStore"])
        Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
      history.replaceState = () => { throw new DOMException("blocked", "SecurityError"); };
      navigator.serviceWorker.register = () => Promise.reject(new DOMException("blocked", "SecurityError"));
    """)
    page.reload()
    hand = Hand(page)
    hand.draw(FOUR.strokes)
    assert hand.answer() == 4
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.keyboard.press("Escape")
    hand.wait_for("empty")


def test_the_line_for_curl_gets_the_same_answer(permitted: Page) -> None:
    hand = Hand(permitted)
    hand.draw(FOUR.strokes)
    answer = hand.answer()
    command = ["sh", "-c", copied(permitted, "#copy-curl")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)

    assert json.loads(done.stdout)["digit"] == answer


@pytest.mark.parametrize("name", ["7, neat.png", "7;x.png", "it's a \"7\\.png"])
def test_the_line_for_curl_finds_a_picture_of_any_name(permitted: Page, tmp_path: Path, name: str) -> None:
    image = Image.new("L", (100, 100), 255)
    image.paste(0, (45, 10, 55, 90))
    image.save(tmp_path / name, "PNG")
    permitted.set_input_files("#file", tmp_path / name)
    answer = Hand(permitted).answer()
    command = ["sh", "-c", copied(permitted, "#copy-curl")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=True)
    assert json.loads(done.stdout)["digit"] == answer == 1


def test_there_is_no_line_for_a_picture_that_only_the_browser_could_read(page: Page, hand: Hand) -> None:
    one = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><path d="M45 10h9v80h-9z"/></svg>'
    page.set_input_files("#file", {"name": "1.svg", "mimeType": "image/svg+xml", "buffer": one})
    assert hand.answer() == 1
    expect(page.locator("#copy-curl")).to_be_disabled()


def test_the_28_by_28_and_the_strokes_are_saved_under_names_that_say_what_they_are(page: Page, hand: Hand) -> None:
    hand.draw(FOUR.strokes)
    hand.wait_for("answered")
    with page.expect_download() as png:
        page.click("#save-png")
    with page.expect_download() as strokes:
        page.click("#save-strokes")

    assert (png.value.suggested_filename, strokes.value.suggested_filename) == ("4-28x28.png", "4-strokes.json")
    with Image.open(png.value.path()) as picture:
        assert picture.size == (28, 28)
    assert json.loads(strokes.value.path().read_text())["strokes"] == sent(page, hand)


def test_nothing_can_be_taken_from_an_empty_pad_and_no_link_from_a_picture(page: Page, hand: Hand) -> None:
    def enabled() -> list[str | None]:
        return [button.get_attribute("id") for button in page.locator(".ways :enabled").all()]

    assert enabled() == []
    hand.draw(FOUR.strokes)
    hand.wait_for("answered")
    assert enabled() == ["copy-link", "copy-curl", "save-png", "save-strokes"]
    image = Image.new("L", (100, 100), 255)
    image.paste(0, (45, 10, 55, 90))
    file = io.BytesIO()
    image.save(file, "PNG")
    page.keyboard.press("Escape")
    page.set_input_files("#file", {"name": "my 1.png", "mimeType": "image/png", "buffer": file.getvalue()})
    assert hand.answer() == 1
    assert enabled() == ["copy-curl", "save-png"]


def test_a_drawing_that_leaves_the_sheet_goes_to_the_shelf_and_can_be_put_back(page: Page, hand: Hand) -> None:
    shelf = page.locator("#shelf button")
    assert page.locator(".shelf").is_hidden()
    for name in ("4-school", "7-school"):
        hand.draw(load_drawing(name).strokes)
        hand.wait_for("answered")
        page.keyboard.press("Escape")
    assert shelf.all_inner_texts() == ["7", "4"]

    shelf.nth(1).click()
    assert hand.answer() == 4
    page.keyboard.press("Escape")
    assert shelf.all_inner_texts() == ["4", "7"], "each drawing is there once"
    page.keyboard.press("Control+z")
    assert hand.answer() == 4, "putting back can be undone like any other step"


def test_what_is_put_back_comes_into_view(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce")
    hand = Hand(page)
    hand.replay(FOUR.strokes)
    hand.wait_for("answered")
    page.keyboard.press("Escape")
    page.locator("#shelf button").click()

    assert hand.answer() == 4
    expect(page.locator("#pad")).to_be_in_viewport(ratio=1)
    expect(page.locator("#result")).to_be_in_viewport(ratio=1)


def test_the_shelf_holds_the_last_twelve(page: Page, hand: Hand) -> None:
    for digit in [*range(10), 1, 2, 3]:
        hand.replay(load_drawing(f"{digit}-school").strokes)
        hand.wait_for("answered")
        page.keyboard.press("Escape")

    assert page.locator("#shelf button").all_inner_texts() == list("321987654321")


def test_undo_puts_nothing_on_the_shelf(page: Page, hand: Hand) -> None:
    hand.draw(load_drawing("1-school").strokes)
    hand.wait_for("answered")
    page.keyboard.press("Control+z")

    hand.wait_for("empty")
    assert page.locator(".shelf").is_hidden()
