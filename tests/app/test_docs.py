"""The documentation as people read it: on a phone too, and with lines to try that ask the server it came from."""

import re

import httpx
import pytest
from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.conftest import Server


def test_the_lines_to_try_ask_the_server_that_the_page_came_from(server: Server) -> None:
    addresses = {
        "digits.example": "http://digits.example",
        "[::1]:8000": "http://[::1]:8000",
        '"><script>': "http://localhost:8000",
    }
    etags = set()
    for host, address in addresses.items():
        page = httpx.get(f"{server.url}/docs", headers={"Host": host})
        assert "<script" not in page.text
        lines = [line for pre in re.findall(r"(?s)<pre[^>]*>(.*?)</pre>", page.text) for line in pre.splitlines()]
        assert len(lines) == 8
        assert all(f" {address}/" in line for line in lines)
        again = httpx.get(f"{server.url}/docs", headers={"Host": host, "If-None-Match": page.headers["etag"]})
        assert again.status_code == 304
        etags.add(page.headers["etag"])
    assert len(etags) == len(addresses)
    behind = httpx.get(f"{server.url}/docs", headers={"Host": "a.example", "X-Forwarded-Proto": "https"})
    assert "curl https://a.example/models" in behind.text


@pytest.mark.skipif(chromium.find() is None, reason="no Chromium to read it in")
@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_no_cell_is_too_narrow_for_its_words(server: Server, width: int) -> None:
    with sync_playwright() as playwright:
        page = chromium.launch(playwright).new_page(viewport={"width": width, "height": 640})
        page.goto(f"{server.url}/docs")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        widths = page.locator("tbody th, tbody td:visible").evaluate_all(
            "cells => cells.map((cell) => cell.clientWidth)"
        )
    assert len(widths) > 50
    assert min(widths) > 200


def test_each_cell_says_what_it_is_where_it_does_not_stand_in_a_column(server: Server) -> None:
    page = httpx.get(f"{server.url}/docs").text
    assert '<td data-title="Default"><p><code>false</code></p></td>' in page
