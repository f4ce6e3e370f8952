"""The documentation: lines to try that ask the server it came from, and cells that say what they are."""

import re

import httpx

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


def test_each_cell_says_what_it_is_where_it_does_not_stand_in_a_column(server: Server) -> None:
    page = httpx.get(f"{server.url}/docs").text
    assert '<td data-title="Default"><p><code>false</code></p></td>' in page
