"""Request ids, the access log, and Accept."""

import json
import subprocess
import sys
import time

import httpx
import pytest

from tests.app.pictures import STROKES, png
from tests.app.shapes import assert_answer, assert_problem
from tests.conftest import ROOT, Server, environment_of, free_port, wait_until_ready

GOOD = ["7", "0f343b09-31d4", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a/b:c=d@e.f+g"]
BAD = ["", "a b", "a,b", "x" * 129, '"', "<script>", "é"]


@pytest.mark.parametrize("value", GOOD)
def test_a_request_id_comes_back(server: Server, value: str) -> None:
    for path in ("/healthz", "/nothing", "/static/main.js"):
        assert httpx.get(server.url + path, headers={"X-Request-Id": value}).headers["x-request-id"] == value


@pytest.mark.parametrize("value", BAD)
def test_what_is_no_request_id_does_not_come_back(server: Server, value: str) -> None:
    response = httpx.get(f"{server.url}/healthz", headers=[(b"X-Request-Id", value.encode())])
    assert response.status_code == 200
    assert "x-request-id" not in response.headers


def test_without_being_asked_nothing_is_logged_and_no_id_is_made(server: Server) -> None:
    assert "x-request-id" not in httpx.get(f"{server.url}/healthz").headers


def test_the_access_log_has_a_line_of_json_for_each_request_and_nothing_of_drawings() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env=environment_of(port, DIGITS_ACCESS_LOG="1"),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(url, process)
            began = time.monotonic()
            with httpx.Client(base_url=url) as client:
                drawing = {"strokes": STROKES[7]}
                first = client.post("/predict?explain=1", json=drawing, headers={"X-Request-Id": "mine"})
                assert_answer(first)
                second = client.post("/predict", content=png(7), headers={"Content-Type": "image/png"})
                third = client.get("/nothing%0A%22here", headers={"X-Request-Id": "not mine"})
                fourth = client.get("/healthz", headers={"X-Forwarded-For": "203.0.113.7"})
            time.sleep(0.1)
        finally:
            process.terminate()
        out, _ = process.communicate(timeout=10)
        took = 1_000 * (time.monotonic() - began)
    lines = [json.loads(line) for line in out.splitlines()]
    lines = [line for line in lines if line["path"] != "/readyz"]
    assert [line["id"] for line in lines] == [each.headers["x-request-id"] for each in (first, second, third, fourth)]
    assert lines[0]["id"] == "mine"
    assert lines[2]["id"] != "not mine"
    assert len({line["id"] for line in lines}) == 4
    assert [line["status"] for line in lines] == [200, 200, 404, 200]
    assert [line["path"] for line in lines] == ["/predict", "/predict", '/nothing\n"here', "/healthz"]
    assert lines[0]["received"] == len(first.request.content)
    assert lines[0]["sent"] == len(first.content)
    assert lines[0]["client"] == "127.0.0.1"
    assert lines[3]["client"] == "203.0.113.7"
    assert 0 < lines[0]["milliseconds"] < took
    assert all(set(line) == set(lines[0]) for line in lines)
    assert "strokes" not in out
    assert "explain" not in out


@pytest.mark.parametrize(
    "accept",
    [
        *("", "*/*", "application/json", "application/*", "Application/JSON; charset=utf-8", "text/html, */*;q=0.1"),
        *("application/json;q=0.5, text/html", "text/html;q=0, */*", "application/json;q=nonsense"),
    ],
)
def test_whoever_takes_json_gets_it(server: Server, accept: str) -> None:
    headers = {"Accept": accept}
    assert_answer(httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]}, headers=headers))
    assert httpx.get(f"{server.url}/models", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/json;q=0", "application/json;q=0, */*", "application/xml, text/*"]
)
def test_whoever_takes_no_json_is_told_so(server: Server, accept: str) -> None:
    headers = {"Accept": accept}
    response = httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]}, headers=headers)
    assert "application/json" in assert_problem(response, "not-acceptable")
    assert_problem(httpx.get(f"{server.url}/models", headers=headers), "not-acceptable")
