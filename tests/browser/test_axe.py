"""No violations that axe-core finds, in every state, light and dark, wide and narrow."""

import json
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage, Watch
from tests.browser.hand import Hand
from tests.browser.node import package
from tests.drawings import load_drawing

AXE = "axe-core@4.14.1"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
ZIGZAG = [[(40.0, 60.0), (90.0, 220.0), (130.0, 60.0), (170.0, 220.0), (210.0, 60.0), (240.0, 220.0)]]


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    """The script."""
    assert pytestconfig.cache is not None
    return (package(AXE, pytestconfig.cache.mkdir("npm")) / "axe.min.js").read_text("utf-8")


def violations(page: Page) -> str:
    """What axe-core finds, a line each."""
    page.wait_for_timeout(300)  # colours and bars have come to rest
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return "\n".join(f"{each['id']}: {json.dumps([node['html'] for node in each['nodes']])}" for each in found)


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_any_state(
    open_page: OpenPage, watch: Watch, axe: str, scheme: Literal["light", "dark"], screen: dict[str, int]
) -> None:
    watch.expected.append("net::ERR_FAILED")
    page = open_page(color_scheme=scheme, viewport=screen, reduced_motion="reduce")
    hand = Hand(page)
    page.evaluate(axe)
    assert violations(page) == "", "empty"
    hand.replay(load_drawing("7-school").strokes)
    hand.wait_for("answered")
    assert violations(page) == "", "answered"
    page.keyboard.press("Escape")
    hand.replay(ZIGZAG)
    hand.wait_for("answered")
    assert violations(page) == "", "no digit, and a shelf"
    page.route("**/predict*", lambda route: route.abort())
    hand.replay([[(140.0, 60.0), (140.0, 200.0)]])
    hand.wait_for("error")
    assert violations(page) == "", "error"


def test_axe_finds_no_violation_in_the_documentation(open_page: OpenPage, axe: str) -> None:
    page = open_page()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(page.url.rstrip("/").removesuffix("/docs") + "/docs")
        page.evaluate(axe)
        assert violations(page) == "", scheme
