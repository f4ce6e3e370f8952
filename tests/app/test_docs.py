"""The documentation: lines to try that ask the server it came from, and cells that say what they are."""

import json
import re

import httpx
import pytest

from app.main import DESCRIPTION
from app.problems import PROBLEMS
from app.settings import Settings
from model.decode import (
    MAX_PIXELS,
    MAX_PIXELS_JPEG,
    MAX_PIXELS_PROGRESSIVE,
    MAX_PIXELS_RLE,
    MAX_PIXELS_WEBP,
    MAX_SIDE,
)
from model.decode import MEDIA_TYPES as IMAGES
from model.strokes import MAX_COORDINATE, MAX_POINTS, MAX_STROKES
from tests.app.inprocess import app_with
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


@pytest.mark.parametrize("kind", PROBLEMS)
def test_every_problem_that_there_is_stands_in_the_documentation(server: Server, kind: str) -> None:
    status, title = PROBLEMS[kind]
    row = rf'<tr><th scope="row">{kind}</th><td data-title="Status"><p>{status}</p></td><td[^>]*><p>{title}</p></td>'
    assert re.search(row, httpx.get(f"{server.url}/docs").text)
    components = httpx.get(f"{server.url}/openapi.json").json()["components"]
    (content,) = components["responses"][kind]["content"].values()
    assert content["examples"][kind]["value"]["status"] == status
    assert kind in components["schemas"]["ProblemDetails"]["properties"]["type"]["enum"]


def test_problems_that_are_not_of_an_operation_are_said_to_be_of_any(server: Server) -> None:
    document = httpx.get(f"{server.url}/openapi.json").json()
    operations = json.dumps(document["paths"])
    assert {kind for kind in PROBLEMS if f"`{kind}`" not in operations and f"`{kind}`" not in DESCRIPTION} == set()


LIMITS = {
    "strokes": [MAX_STROKES, MAX_POINTS, int(MAX_COORDINATE)],
    "bytes": [Settings.read({}).max_bytes],
    "image/png": [MAX_PIXELS, MAX_SIDE],
    "image/jpeg": [MAX_PIXELS_JPEG, MAX_PIXELS_PROGRESSIVE, MAX_SIDE],
    "image/webp": [MAX_PIXELS_WEBP, MAX_SIDE],
    "image/gif": [MAX_PIXELS, MAX_SIDE],
    "image/bmp": [MAX_PIXELS, MAX_PIXELS_RLE, MAX_SIDE],
}


@pytest.mark.parametrize("what", LIMITS)
def test_every_limit_stands_in_the_documentation(server: Server, what: str) -> None:
    body = httpx.get(f"{server.url}/openapi.json").json()["paths"]["/predict"]["post"]["requestBody"]
    assert set(IMAGES) < {*LIMITS}
    page = httpx.get(f"{server.url}/docs").text
    said = {"strokes": body["content"]["application/json"]["schema"]["oneOf"][0], "bytes": body}
    description = (said[what] if what in said else body["content"][what]["schema"])["description"]
    assert description in page
    for limit in LIMITS[what]:
        assert f"{limit:,}" in description


def test_the_limit_of_bytes_is_the_one_that_is_set() -> None:
    assert "At most 12,345 bytes" in json.dumps(app_with(max_bytes=12_345).openapi())


def test_a_point_is_said_to_be_two_numbers(server: Server) -> None:
    page = httpx.get(f"{server.url}/docs").text
    assert "{&quot;strokes&quot;: [[[number, number], ... up to 20,000], ... up to 1,000]}" in page
    assert "[number, ... 10 in all]" in page
    body = httpx.get(f"{server.url}/openapi.json").json()["paths"]["/predict"]["post"]["requestBody"]
    strokes, _ = body["content"]["application/json"]["schema"]["oneOf"]
    point = strokes["properties"]["strokes"]["items"]["items"]
    assert (point["minItems"], point["maxItems"]) == (2, 2)
    assert (point["items"]["minimum"], point["items"]["maximum"]) == (-MAX_COORDINATE, MAX_COORDINATE)


def test_the_crop_is_said_to_be_what_it_is(server: Server) -> None:
    crop = httpx.get(f"{server.url}/openapi.json").json()["components"]["schemas"]["Crop"]
    assert "The square around the ink" in crop["description"]
    strokes = [[[100, 100], [180, 100], [120, 230]]]
    answer = httpx.post(f"{server.url}/predict?explain=true", json={"strokes": strokes}).json()
    box = answer["explanation"]["crop"]
    pen = 0.12 * box["width"]
    assert box["y"] == pytest.approx(100 - pen / 2, abs=pen / 4)
    assert box["height"] == pytest.approx(130 + pen, abs=pen / 2), "not 28/20 of it"


def test_each_operation_says_what_it_answers_with(server: Server) -> None:
    paths = httpx.get(f"{server.url}/openapi.json").json()["paths"]
    for path, expected in {"/metrics": "text/plain", "/healthz": "application/json"}.items():
        assert set(paths[path]["get"]["responses"]["200"]["content"]) == {expected}
