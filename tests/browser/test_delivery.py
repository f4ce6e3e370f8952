"""What a visit costs, and what is left without a server."""

import io
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage, Watch, restarted
from tests.browser.hand import Hand
from tests.conftest import Server, running
from tests.drawings import load_drawing

FOUR = load_drawing("4-school").strokes
BUDGET = 60_000  # bytes over the wire, headers of the answers included
READY_MS = 500
VISITS = 3  # the quickest counts: what else a machine has to do makes a visit longer, and none shorter
GONE = ["net::ERR_"]


def first_visit(page: Page, server: Server) -> tuple[list[float], float]:
    """The bytes of each answer to a browser that has kept nothing, and the milliseconds until one can draw."""
    page.goto("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    sizes: list[float] = []

    def finished(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    session.on("Network.loadingFinished", finished)
    page.goto(f"{server.url}/", wait_until="networkidle")
    ready = page.evaluate("performance.getEntriesByName('drawable')[0].startTime")
    later = ["sw.js", "manifest.webmanifest", "static/icon.svg"]  # for which a browser with a window asks by itself
    page.evaluate("(names) => Promise.all(names.map((name) => fetch(name)))", later)
    page.wait_for_timeout(100)
    return sizes, ready


def test_the_first_visit_costs_at_most_60_kb_and_can_be_drawn_on_within_half_a_second(
    open_page: OpenPage, server: Server, report: list[str]
) -> None:
    times = []
    for _ in range(VISITS):
        sizes, ready = first_visit(open_page(), server)
        times.append(ready)
        assert len(sizes) > 15
        assert sum(sizes) <= BUDGET

    shown = ", ".join(f"{ready:.0f}" for ready in times)
    report.append(f"first visit: {sum(sizes):,.0f} bytes in {len(sizes)} answers; drawable after {shown} ms")
    assert min(times) <= READY_MS


def test_a_second_visit_asks_for_the_page_alone(page: Page) -> None:
    page.reload(wait_until="networkidle")
    sizes = page.evaluate("performance.getEntriesByType('resource').map((entry) => [entry.name, entry.transferSize])")

    assert len(sizes) > 10
    assert [name for name, size in sizes if size > 0] == []
    assert page.evaluate("performance.getEntriesByType('navigation')[0].transferSize") < 1_000


@pytest.fixture
def own() -> Iterator[Server]:
    """A server to be stopped."""
    with running() as started:
        yield started


def test_without_a_server_the_page_opens_says_so_and_reads_once_it_is_back(
    own: Server, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected += GONE
    page = open_page(own.url, service_workers="allow")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => caches.open('page').then((kept) => kept.match('./')).then(Boolean)")
    own.stop()

    page.reload()
    hand = Hand(page)
    hand.says("can’t be reached")
    assert hand.state() == "error"
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Bricolage'))")
    hand.draw(FOUR)
    hand.wait_for("error")
    hand.says("can’t be reached")
    assert hand.ink().share > 0.03

    with restarted(own):
        page.wait_for_selector('#result[data-state="answered"]', timeout=40_000)
        assert hand.digit() == "4"


def test_a_page_that_is_back_before_anybody_drew_invites_again(own: Server, open_page: OpenPage, watch: Watch) -> None:
    watch.expected += GONE
    page = open_page(own.url, service_workers="allow")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => caches.open('page').then((kept) => kept.match('./')).then(Boolean)")
    page.context.set_offline(True)
    page.reload()
    hand = Hand(page)
    hand.says("can’t be reached")
    page.context.set_offline(False)

    hand.wait_for("empty")
    hand.says("draw one")


def test_a_damaged_link_is_said_to_be_on_a_second_visit_too(own: Server, open_page: OpenPage) -> None:
    page = open_page(own.url, service_workers="allow")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.goto("about:blank")
    with page.expect_response("**/readyz"):
        page.goto(f"{own.url}/#d=_____w")
    page.wait_for_timeout(100)

    Hand(page).says("link is damaged")


def test_an_update_replaces_what_was_kept(own: Server, open_page: OpenPage) -> None:
    page = open_page(own.url, service_workers="allow")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.evaluate("""async () => {
      const kept = await caches.open("page");
      await kept.put("static/0123456789ab/old.js", new Response("old"));
    }""")
    page.reload()
    page.wait_for_function("""async () => {
      const names = (await (await caches.open("page")).keys()).map(({ url }) => url);
      return names.length > 15 && !names.some((name) => name.includes("0123456789ab"));
    }""")


def preview(server: Server, **headers: str) -> str:
    """The address of the picture that is shown beside a link to the page."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    page = httpx.get(f"{server.url}/", headers=names).text
    found = re.search('property="og:image" content="([^"]*)"', page)
    assert found
    return found[1]


def test_a_link_is_previewed_with_a_picture_under_its_whole_address(server: Server) -> None:
    address = preview(server)
    assert address.startswith(f"{server.url}/static/")
    card = httpx.get(address)
    with Image.open(io.BytesIO(card.content)) as picture:
        assert picture.size == (1200, 630)
    assert "immutable" in card.headers["cache-control"]

    assert preview(server, host="digits.example", x_forwarded_proto="https").startswith(
        "https://digits.example/static/"
    )
    assert preview(server, host="digits.example", x_forwarded_proto="javascript").startswith("./static/")
    assert preview(server, host='"><script>').startswith("./static/")


def test_the_page_can_be_installed(open_page: OpenPage) -> None:
    page = open_page(service_workers="allow")
    page.evaluate("() => navigator.serviceWorker.ready")
    errors = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert [error for error in errors if error["errorId"] != "in-incognito"] == []
